#include "harness/vm/kernel_log.h"

#include <sys/klog.h>

#include <algorithm>

namespace rb::vm {
namespace {

constexpr std::string_view kComplaints[] = {
    "WARNING:", "BUG:", "Oops:", "Bad rss", "general protection fault, ", "refcount_t:"};
constexpr std::size_t kMost = 8192;

// syslog(2)
constexpr int kReadAll = 3;
constexpr int kSize = 10;

}  // namespace

std::string complaints_in(std::string_view log) {
  std::size_t first = std::string_view::npos;
  for (const std::string_view complaint : kComplaints) first = std::min(first, log.find(complaint));
  if (first == std::string_view::npos) return {};
  const std::size_t line = log.rfind('\n', first);
  return std::string(log.substr(line == std::string_view::npos ? 0 : line + 1, kMost));
}

std::string read_kernel_log() {
  const int size = ::klogctl(kSize, nullptr, 0);
  if (size <= 0) return {};
  std::string log(static_cast<std::size_t>(size), '\0');
  const int got = ::klogctl(kReadAll, log.data(), size);
  log.resize(static_cast<std::size_t>(std::max(got, 0)));
  return log;
}

}  // namespace rb::vm
