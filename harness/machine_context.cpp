#include "harness/machine_context.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <CLI/Version.hpp>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/benchmark_rows.h"
#include "harness/clock_names.h"
#include "harness/group_comparison.h"
#include "harness/json_results.h"
#include "harness/verify_mode.h"
#include "harness/warnings/machine.h"

namespace rb {
namespace {

using Json = nlohmann::ordered_json;

/// proc(5): the value of the first "model name" line.
std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const auto value = line.find(": ");
    if (value != std::string::npos) return line.substr(value + 2);
  }
  return "unknown";
}

Json library_versions() {
  return {{"benchmark", RB_BENCHMARK_VERSION},
          {"cli11", CLI11_VERSION},
          {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
                              FMT_VERSION % 100)},
          {"nlohmann_json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                                        NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)}};
}

Json vm_json(const VirtualMachine& guest) {
  return {{"qemu", guest.qemu},
          {"accelerator", guest.accelerator},
          {"kernel", guest.kernel},
          {"kernel_arguments", guest.kernel_arguments},
          {"memory_mib", guest.memory_mib},
          {"cpus", guest.cpus}};
}

}  // namespace

Json machine_context(const RunOptions& options, const VirtualMachine* guest) {
  Json context = benchmark_context();
  context["schema_version"] = kResultsSchemaVersion;
  context["bench_version"] = RB_VERSION;
  context["build_type"] = RB_BUILD_TYPE;
  context["compiler"] = RB_COMPILER;
  context["libraries"] = library_versions();

  utsname system{};
  ::uname(&system);
  context["kernel"] = fmt::format("{} {}", system.release, system.version);
  context["machine"] = system.machine;
  context["cpu_model"] = cpu_model();
  const std::string governor = read_machine_facts({}).governor;
  context["governor"] = governor.empty() ? "none" : governor;
  struct sysinfo memory {};
  ::sysinfo(&memory);
  context["memory_bytes"] = std::uint64_t{memory.totalram} * memory.mem_unit;

  context["start_time"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  context["command_line"] = options.command_line;
  const ClockKind clock = options.clock.value_or(ClockKind::kWall);
  context["clock"] = clock_name(clock);
  context["unit"] = clock_unit(clock);
  if (guest != nullptr) context["vm"] = vm_json(*guest);
  context["pids"] = options.strategy_options.pids == PidMode::kOwn ? "own" : "host";
  context["pin"] = options.pin;
  context["fifo"] = options.fifo;
  context["cpus"] = options.strategy_options.cpus;
  context["seed"] = options.seed;
  context["repetitions"] = options.repetitions > 0 ? Json(options.repetitions) : Json(nullptr);
  context["precision"] = options.precision;
  context["confidence"] = kRunConfidence;
  context["min_time_s"] = options.min_time_s;
  context["max_time_s"] = options.max_time_s;
  context["verify"] = verify_mode_name(options.verify);
  return context;
}

std::vector<Warning> context_warnings(const Json& context) {
  std::vector<Warning> warnings;
  const auto is = [&](const char* key, std::string_view value) {
    return context.at(key).get<std::string>() == value;
  };
  if (is("clock", "fake")) {
    warnings.push_back({"fake-clock",
                        "the clock is a fake: no number here was measured",
                        "leave out --clock",
                        {}});
  }
  if (is("clock", "instructions")) {
    warnings.push_back({"emulation",
                        "the machine is emulated: numbers are instructions, not times",
                        "compare them with each other only",
                        {}});
  }
  if (is("verify", "none")) {
    warnings.push_back({"not-verified",
                        "nothing was verified: a time may be that of a wrong restart",
                        "leave out --verify none",
                        {}});
  }
  // Of what was not measured in time, the machine does not matter.
  if (is("clock", "wall")) {
    for (Warning& warning : machine_warnings(read_machine_facts({}))) {
      warnings.push_back(std::move(warning));
    }
  }
  return warnings;
}

}  // namespace rb
