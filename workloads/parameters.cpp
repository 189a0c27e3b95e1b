// Parameters and images of any workload.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "workloads/workload.h"

namespace rb {
namespace {

constexpr Parameter kSeed = {"seed", "what all patterns derive from",          1,
                             0,      std::numeric_limits<std::int64_t>::max(), "1"};

Status check(const Workload& workload, const Parameter& parameter, std::int64_t value) {
  if (value >= parameter.min && value <= parameter.max) return {};
  return fail(ErrorKind::kUsage,
              fmt::format("workload {}: {}={} is out of range {} to {}", workload.name,
                          parameter.name, value, parameter.min, parameter.max));
}

std::string known_names(const Workload& workload) {
  std::string names;
  for (const Parameter& parameter : workload.parameters)
    names += fmt::format("{}, ", parameter.name);
  return names + kSeed.name;
}

}  // namespace

Result<ParameterValues> complete_parameters(const Workload& workload,
                                            const ParameterValues& given) {
  ParameterValues values;
  const auto take = [&](const Parameter& parameter) -> Status {
    const auto at = given.find(parameter.name);
    const std::int64_t value = at == given.end() ? parameter.default_value : at->second;
    values[parameter.name] = value;
    return check(workload, parameter, value);
  };
  for (const Parameter& parameter : workload.parameters) RB_TRY(take(parameter));
  RB_TRY(take(kSeed));
  for (const auto& [name, value] : given) {
    if (values.contains(name)) continue;
    return fail(ErrorKind::kUsage,
                fmt::format("workload {} has no parameter {}", workload.name, name),
                fmt::format("it has {}", known_names(workload)));
  }
  return values;
}

Result<Image> build_image(const Workload& workload, const ParameterValues& values) {
  auto complete = complete_parameters(workload, values);
  if (!complete) return tl::unexpected<Error>(std::move(complete).error());
  ImageWriter writer;
  RB_TRY(workload.build(*complete, writer));
  return writer.to_image();
}

}  // namespace rb
