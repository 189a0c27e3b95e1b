#include "harness/workload_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "harness/names.h"

namespace rb {
namespace {

Result<std::int64_t> parse_value(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return fail(ErrorKind::kUsage, fmt::format("'{}' is not an integer", text));
  }
  return value;
}

std::vector<std::string> parameter_names(const Workload& workload) {
  std::vector<std::string> names;
  for (const Parameter& parameter : workload.parameters) names.emplace_back(parameter.name);
  names.emplace_back("seed");
  return names;
}

/// Reads pieces from left to right; the state is the workload and the parameter
/// that the next piece may belong to.
class Parser {
 public:
  explicit Parser(std::span<const Workload* const> registry) : registry_(registry) {}

  Status piece(std::string_view text) {
    if (text.empty()) return fail(ErrorKind::kUsage, "--workload has an empty piece");
    if (text.find('=') != std::string_view::npos) return parameter(text);
    if (text == "all") return everything();
    if (const Workload* workload = find_named(registry_, text)) {
      start(*workload);
      return {};
    }
    return value(text);
  }

  std::vector<WorkloadRequest> take() { return std::move(requests_); }

 private:
  void start(const Workload& workload) {
    requests_.push_back({&workload, {}});
    in_parameter_ = false;
    open_ = true;
  }

  Status everything() {
    for (const Workload* workload : registry_) {
      start(*workload);
      for (const Parameter& parameter : workload->parameters) {
        if (parameter.default_sweep == nullptr || *parameter.default_sweep == '\0') continue;
        auto& sweep = requests_.back().sweeps.emplace_back(Sweep{parameter.name, {}});
        for (const auto piece : split(parameter.default_sweep, ',')) {
          const auto value = parse_value(piece);
          RB_ASSERT(value.has_value());  // a broken table of the workload
          sweep.values.push_back(*value);
        }
      }
    }
    // "all:n=3" and "all,3" mean nothing.
    open_ = false;
    in_parameter_ = false;
    return {};
  }

  Status parameter(std::string_view text) {
    const std::string_view name = text.substr(0, text.find('='));
    if (!open_) {
      return fail(ErrorKind::kUsage, fmt::format("'{}' stands before any workload", text),
                  fmt::format("a workload comes first: {}", workload_names()));
    }
    auto& [workload, sweeps] = requests_.back();
    const auto names = parameter_names(*workload);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return fail(
          ErrorKind::kUsage,
          fmt::format("'{}': workload {} has no parameter '{}'", text, workload->name, name),
          fmt::format("its parameters are {}", fmt::join(names, ", ")));
    }
    const auto same = [&](const Sweep& sweep) { return sweep.parameter == name; };
    if (std::any_of(sweeps.begin(), sweeps.end(), same)) {
      return fail(ErrorKind::kUsage, fmt::format("'{}': {} is given twice for workload {}", text,
                                                 name, workload->name));
    }
    const auto first = parse_value(text.substr(name.size() + 1));
    if (!first)
      return fail(ErrorKind::kUsage, fmt::format("'{}': {}", text, first.error().message));
    sweeps.push_back({std::string(name), {*first}});
    in_parameter_ = true;
    return {};
  }

  Status value(std::string_view text) {
    const auto number = parse_value(text);
    if (!number || !in_parameter_) {
      const std::string what = in_parameter_
                                   ? fmt::format("'{}' is neither a workload nor a value of {}",
                                                 text, requests_.back().sweeps.back().parameter)
                               : number ? fmt::format("'{}' is a value without a parameter", text)
                                        : fmt::format("'{}' is not a workload", text);
      return fail(ErrorKind::kUsage, what, fmt::format("workloads are {}, all", workload_names()));
    }
    requests_.back().sweeps.back().values.push_back(*number);
    return {};
  }

  std::string workload_names() const { return joined_names(registry_); }

  std::span<const Workload* const> registry_;
  std::vector<WorkloadRequest> requests_;
  bool open_ = false;          ///< the last request takes parameters
  bool in_parameter_ = false;  ///< its last sweep takes values
};

}  // namespace

Result<std::vector<WorkloadRequest>> parse_workloads(std::string_view text,
                                                     std::span<const Workload* const> registry) {
  Parser parser(registry);
  for (const auto part : split(text, ',')) {
    for (const auto piece : split(part, ':')) RB_TRY(parser.piece(piece));
  }
  return parser.take();
}

Result<std::vector<ParameterValues>> expand(const WorkloadRequest& request, std::uint64_t seed) {
  std::vector<ParameterValues> combinations(1);
  combinations.front()["seed"] = static_cast<std::int64_t>(seed);
  for (const Sweep& sweep : request.sweeps) {
    std::vector<ParameterValues> crossed;
    crossed.reserve(combinations.size() * sweep.values.size());
    for (const ParameterValues& values : combinations) {
      for (const std::int64_t value : sweep.values) {
        crossed.push_back(values);
        crossed.back()[sweep.parameter] = value;
      }
    }
    combinations = std::move(crossed);
  }
  for (ParameterValues& values : combinations) {
    auto complete = complete_parameters(*request.workload, values);
    if (!complete) return tl::unexpected(std::move(complete).error());
    values = std::move(*complete);
  }
  return combinations;
}

}  // namespace rb
