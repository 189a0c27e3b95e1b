#include "harness/objects/cost_json.h"

#include <fstream>
#include <nlohmann/json.hpp>

namespace rb {
namespace {

using Json = nlohmann::ordered_json;

Json samples_json(const std::vector<MakeAndEnd>& samples) {
  Json make = Json::array();
  Json end = Json::array();
  for (const MakeAndEnd& sample : samples) {
    make.push_back(sample.make);
    end.push_back(sample.end);
  }
  return {{"create", std::move(make)}, {"destroy", std::move(end)}};
}

std::vector<MakeAndEnd> samples_of(const Json& json) {
  const Json& make = json.at("create");
  const Json& end = json.at("destroy");
  std::vector<MakeAndEnd> samples;
  for (std::size_t i = 0; i < make.size(); ++i) {
    samples.push_back({make[i].get<double>(), end.at(i).get<double>()});
  }
  return samples;
}

Json spread_json(const Spread& spread) {
  return {{"median", spread.median}, {"median_absolute_deviation", spread.deviation}};
}

}  // namespace

Json costs_json(const std::vector<ObjectCost>& costs) {
  Json list = Json::array();
  for (const ObjectCost& cost : costs) {
    list.push_back(
        {{"object", cost.object},
         {"descriptors", cost.size.descriptors},
         {"vmas", cost.size.vmas},
         {"memory", cost.size.memory},
         {"create", spread_json(make_cost(cost))},
         {"destroy", spread_json(end_cost(cost))},
         {"both", spread_json(both_cost(cost))},
         {"get_put", cost.get_put.empty() ? Json(nullptr) : spread_json(reference_cost(cost))},
         {"new", samples_json(cost.own)},
         {"reference", samples_json(cost.reference)},
         {"at_once", cost.at_once},
         {"get_puts", cost.get_put},
         {"copied_vmas", cost.copied_vmas}});
  }
  return list;
}

Result<std::vector<ObjectCost>> parse_costs(const Json& json) {
  try {
    std::vector<ObjectCost> costs;
    for (const Json& entry : json) {
      ObjectCost cost;
      entry.at("object").get_to(cost.object);
      entry.at("descriptors").get_to(cost.size.descriptors);
      entry.at("vmas").get_to(cost.size.vmas);
      entry.at("memory").get_to(cost.size.memory);
      cost.own = samples_of(entry.at("new"));
      cost.reference = samples_of(entry.at("reference"));
      // Files of before have none of these.
      cost.at_once = entry.value("at_once", std::vector<double>());
      cost.get_put = entry.value("get_puts", std::vector<double>());
      cost.copied_vmas = entry.value("copied_vmas", std::uint64_t{0});
      if (cost.own.empty()) return fail(ErrorKind::kUsage, cost.object + " has no samples");
      costs.push_back(std::move(cost));
    }
    return costs;
  } catch (const Json::exception& error) {
    return fail(ErrorKind::kUsage, error.what());
  }
}

Result<CostFile> read_cost_file(const std::string& path) {
  const auto wrong = [&](const std::string& why) {
    return fail(ErrorKind::kUsage, path + " has no costs of objects: " + why,
                "bench objects --out FILE writes one");
  };
  std::ifstream file(path);
  if (!file) return wrong("it cannot be read");
  const Json document = Json::parse(file, nullptr, false);
  if (!document.is_object() || !document.contains("objects") || !document.contains("context")) {
    return wrong("it is another kind of file");
  }
  auto costs = parse_costs(document["objects"]);
  if (!costs) return wrong(costs.error().message);
  return CostFile{document["context"].value("unit", ""), std::move(*costs)};
}

}  // namespace rb
