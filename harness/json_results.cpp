#include "harness/json_results.h"

#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/replacement.h"
#include "harness/benchmark_rows.h"
#include "harness/clock_names.h"
#include "harness/ledger/json.h"
#include "harness/result_names.h"
#include "harness/selection.h"
#include "harness/statistics/summary.h"
#include "harness/verify_mode.h"

namespace rb {
namespace {

using Json = nlohmann::ordered_json;

/// Where the image came from, and who restarted it.
void add_identity(Json& object, const GroupResult& group, const CellResult& cell) {
  const bool is_workload = group.source.workload != nullptr;
  object["workload"] = is_workload ? Json(group.source.workload->name) : Json(nullptr);
  object["parameters"] = Json::object();
  for (const auto& [name, value] : group.source.values) object["parameters"][name] = value;
  if (group.source.creator) {
    object["parameters"]["creator_fds"] = group.source.creator->descriptors;
    object["parameters"]["creator_memory"] = group.source.creator->memory;
  }
  if (!is_workload) object["image"] = group.source.path;
  object["strategy"] = cell.strategy->name;
  object["kind"] = kind_name(cell.strategy->kind);
  object["tasks"] = group.tasks;
}

/// One list a repetition of what `value` picks from each sample.
template <class Pick>
Json per_repetition(const CellResult& cell, Pick value) {
  Json lists = Json::array();
  for (const Repetition& repetition : cell.repetitions) {
    Json& list = lists.emplace_back(Json::array());
    for (const Sample& sample : repetition.samples) list.push_back(value(sample));
  }
  return lists;
}

Json medians(const Json& lists) {
  Json result = Json::array();
  for (const Json& list : lists) result.push_back(median(list.get<std::vector<double>>()));
  return result;
}

Json stages_json(const CellResult& cell) {
  Json stages = Json::object();
  for (std::size_t stage = 0; stage < kStageCount; ++stage) {
    Json samples =
        per_repetition(cell, [&](const Sample& sample) { return sample.stages_ns[stage]; });
    stages[std::string(stage_name(static_cast<Stage>(stage)))] = {{"medians", medians(samples)},
                                                                  {"samples", std::move(samples)}};
  }
  return stages;
}

Json verified_json(const CellResult& cell, VerifyMode verify) {
  std::size_t timed = 0;
  for (const Repetition& repetition : cell.repetitions) timed += repetition.verified;
  return {{"mode", cell.verifiable ? verify_mode_name(verify) : "not applicable"},
          {"before_timing", cell.verified_before},
          {"timed", timed}};
}

Json objects_json(const ObjectCounts& counts) {
  constexpr const char* kClasses[] = {"mm", "files", "fs", "sighand"};
  Json objects = Json::object();
  for (std::size_t i = 0; i < std::size(kClasses); ++i) {
    objects[kClasses[i]] = {{"made", counts.made[i]},
                            {"attached", counts.attached[i]},
                            {"inherited", counts.inherited[i]}};
  }
  return objects;
}

Json counters_json(const CountedRestarts& counted) {
  Json events = Json::object();
  for (const EventCounts& event : counted.events) events[event.name] = counts_json(event);
  return events;
}

Json model_json(const Prediction& prediction, double measured) {
  Json terms = Json::array();
  for (const Term& term : prediction.terms) {
    terms.push_back({{"what", term.what}, {"count", term.count}, {"each", term.each}});
  }
  return {{"predicted", prediction.total},
          {"unexplained", measured - prediction.total},
          {"terms", std::move(terms)}};
}

Json cell_json(const GroupResult& group, const CellResult& cell, VerifyMode verify,
               ClockKind clock) {
  Json object = {{"name", cell.name}};
  add_identity(object, group, cell);
  object["state"] = state_name(cell.state);
  object["verified"] = verified_json(cell, verify);
  if (const auto median = median_ns(cell)) {
    object["unit"] = clock_unit(clock);
    object["median_ns"] = *median;
    object["median_absolute_deviation_ns"] = median_absolute_deviation(totals_ns(cell));
    object["samples_ns"] =
        per_repetition(cell, [](const Sample& sample) { return sample.total_ns; });
    object["stages_ns"] = stages_json(cell);
    if (cell.counted) {
      object["counters"] = counters_json(*cell.counted);
      object["counting"] = counting_json(*cell.counted);
    }
    if (cell.ledger) object["ledger"] = ledger_json(*cell.ledger);
    if (cell.prediction) object["model"] = model_json(*cell.prediction, *median);
    if (cell.objects) object["objects"] = objects_json(*cell.objects);
  } else if (cell.error) {
    object["error"] = {{"kind", error_kind_name(cell.error->kind)},
                       {"message", cell.error->message},
                       {"advice", cell.error->advice},
                       {"differences", cell.differences}};
  }
  return object;
}

/// How a cell compares with the image's first one.
Json comparison_json(const GroupResult& group, const CellResult& cell) {
  const Comparison& found = *cell.vs_first;
  const auto end = [&](double Interval::*which) {
    return found.interval ? Json(*found.interval.*which) : Json(nullptr);
  };
  return {{"cell", cell.name},
          {"baseline", group.cells.front().name},
          {"ratio", found.ratio},
          {"low", end(&Interval::low)},
          {"high", end(&Interval::high)},
          {"confidence", found.confidence},
          {"pairs", found.pairs},
          {"method", "order statistics of pair ratios"},
          {"correction", "bonferroni"},
          {"verdict", verdict_name(found.verdict)},
          {"stopped_by", stopped_by_name(*group.stopped_by)}};
}

void add_rows(Json& rows, const GroupResult& group, const CellResult& cell) {
  const auto add = [&](Json row) {
    add_identity(row, group, cell);
    rows.push_back(std::move(row));
  };
  if (cell.state != CellState::kTimed) {
    // A failed cell has no time, not even of its repetitions before the failure.
    add(error_row(cell.name, cell.error ? describe(*cell.error) : "not run"));
    return;
  }
  for (const std::string& row : cell.rows) add(Json::parse(row));
}

bool write_all(const Fd& fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd.get(), text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Json results_json(const RunResult& run, const Json& context, const std::vector<Warning>& warnings,
                  VerifyMode verify, ClockKind clock) {
  Json document = {{"context", context},        {"interrupted", run.signal != 0},
                   {"warnings", Json::array()}, {"benchmarks", Json::array()},
                   {"cells", Json::array()},    {"comparisons", Json::array()}};
  for (const Warning& warning : warnings) document["warnings"].push_back(warning_json(warning));
  for (const GroupResult& group : run.groups) {
    for (const CellResult& cell : group.cells) {
      add_rows(document["benchmarks"], group, cell);
      document["cells"].push_back(cell_json(group, cell, verify, clock));
      if (cell.vs_first) document["comparisons"].push_back(comparison_json(group, cell));
    }
  }
  return document;
}

std::string to_text(const Json& document) {
  // dump() is either all on one line or one number a line: neither can be read
  // or compared. Only the two outer levels are laid out here.
  std::string text = "{";
  const char* comma = "";
  for (const auto& [key, value] : document.items()) {
    text += comma;
    text += "\n" + Json(key).dump() + ": ";
    comma = ",";
    if (!value.is_array() || value.empty()) {
      text += value.is_object() ? value.dump(1) : value.dump();
      continue;
    }
    const char* inner_comma = "[\n";
    for (const Json& element : value) {
      text += inner_comma + element.dump();
      inner_comma = ",\n";
    }
    text += "]";
  }
  return text + "\n}\n";
}

Status replace_file(const std::string& path, const std::string& text) {
  auto file = Replacement::create(path);
  if (!file) return tl::unexpected(std::move(file).error());
  if (!write_all(file->fd(), text)) return fail_errno("cannot write " + path);
  return file->commit();
}

}  // namespace rb
