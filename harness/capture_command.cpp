#include "harness/capture_command.h"

#include <fmt/format.h>

#include "harness/capture/capture.h"
#include "harness/format.h"
#include "harness/interrupt.h"
#include "image/format.h"

namespace rb {
namespace {

double milliseconds(std::uint64_t ns) { return static_cast<double>(ns) * 1e-6; }

std::string counted(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", format_count(count), count == 1 ? one : many);
}

}  // namespace

Status capture_command(const CaptureOptions& options, const Parts& parts, std::ostream& out) {
  const auto captured = parts.capture(
      {options.root, options.out, options.leave_running, [] { return interrupted_by() != 0; }});
  if (!captured) return tl::unexpected(captured.error());
  out << fmt::format("{}: {} in {}, {} bytes of memory; frozen for {:.1f} ms by {} stops (",
                     options.out, counted(captured->tasks, "task", "tasks"),
                     counted(captured->processes, "process", "processes"),
                     format_count(captured->pages * RBI_PAGE_SIZE),
                     milliseconds(captured->frozen_ns), format_count(captured->stops));
  for (std::size_t i = 0; i < kCaptureStageCount; ++i) {
    out << fmt::format("{}{} {:.1f}", i == 0 ? "" : ", ", stage_name(static_cast<CaptureStage>(i)),
                       milliseconds(captured->stage_ns[i]));
  }
  out << fmt::format("); {}\n", options.leave_running ? "goes on" : "ended");
  return {};
}

}  // namespace rb
