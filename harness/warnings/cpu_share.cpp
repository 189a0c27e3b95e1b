#include "harness/warnings/cpu_share.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace rb {
namespace {

constexpr double kMost = 0.05;
constexpr double kShortest = 0.2;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double used_by(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

std::optional<CpuTimes> parse_cpu_times(const std::string& stat, double ticks_per_second) {
  std::istringstream line(stat.substr(0, stat.find('\n')));
  std::string name;
  // user nice system idle iowait irq softirq steal; guest times are in user and nice.
  double ticks[8] = {};
  line >> name;
  for (double& each : ticks) line >> each;
  if (!line || name != "cpu") return std::nullopt;
  CpuTimes times;
  times.idle = (ticks[3] + ticks[4]) / ticks_per_second;
  for (const int busy : {0, 1, 2, 5, 6, 7}) times.busy += ticks[busy] / ticks_per_second;
  return times;
}

std::optional<CpuTimes> read_cpu_times() {
  std::ifstream file("/proc/stat");
  std::string line;
  std::getline(file, line);
  auto times = parse_cpu_times(line, static_cast<double>(::sysconf(_SC_CLK_TCK)));
  if (times) times->own = used_by(RUSAGE_SELF) + used_by(RUSAGE_CHILDREN);
  return times;
}

std::optional<double> share_of_others(const CpuTimes& before, const CpuTimes& after) {
  const double busy = after.busy - before.busy;
  const double all = busy + after.idle - before.idle;
  if (all < kShortest) return std::nullopt;
  return std::clamp((busy - (after.own - before.own)) / all, 0.0, 1.0);
}

std::optional<Warning> cpu_share_warning(double share) {
  if (share <= kMost) return std::nullopt;
  return Warning{
      "cpu-share",
      fmt::format("others used {:.0f} % of the CPUs while bench was measuring", share * 100),
      "end what else is running, or trust ratios only", share};
}

}  // namespace rb
