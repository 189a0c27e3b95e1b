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
#include "harness/json_results.h"
#include "harness/verify_mode.h"

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

/// Documentation/admin-guide/pm/cpufreq.rst; virtual machines mostly have none.
std::string governor() {
  std::ifstream file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  std::string name;
  return file >> name ? name : "none";
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
  context["governor"] = governor();
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
  context["cpus"] = options.strategy_options.cpus;
  context["seed"] = options.seed;
  context["repetitions"] = options.repetitions;
  context["min_time_s"] = options.min_time_s;
  context["max_time_s"] = options.max_time_s;
  context["verify"] = verify_mode_name(options.verify);
  return context;
}

std::vector<std::string> context_warnings(const Json& context) {
  std::vector<std::string> warnings;
  const auto is = [&](const char* key, std::string_view value) {
    return context.at(key).get<std::string>() == value;
  };
  if (is("clock", "fake")) {
    warnings.push_back("the clock is a fake: no number here was measured");
  }
  if (is("build_type", "Debug") || is("build_type", "")) {
    warnings.push_back("bench was built without optimisation: its share of a time is too large");
  }
  if (is("verify", "none")) {
    warnings.push_back(
        "nothing was verified (--verify none): a time may be that of a wrong restart");
  }
  if (!is("governor", "none") && !is("governor", "performance")) {
    warnings.push_back(
        fmt::format("the CPU frequency governor is {}: times vary with the clock rate",
                    context.at("governor").get<std::string>()));
  }
  return warnings;
}

}  // namespace rb
