// Pseudo-terminals.
#include <string>
#include <string_view>
#include <utility>

#include "image/show_parts.h"

namespace rb::show {
namespace {

std::string flags_text(__u32 flags) {
  constexpr std::pair<__u32, std::string_view> kNames[] = {
      {RBI_PTY_HUNG_UP, "hung up"},     {RBI_PTY_SLAVE_CLOSED, "slave closed"},
      {RBI_PTY_LOCKED, "locked"},       {RBI_PTY_PACKET, "packet mode"},
      {RBI_PTY_EXCLUSIVE, "exclusive"}, {RBI_PTY_MASTER_EXCLUSIVE, "exclusive master"},
      {RBI_PTY_STOPPED, "stopped"},
  };
  std::string text;
  for (const auto& [bit, name] : kNames) {
    if ((flags & bit) != 0) text += fmt::format(", {}", name);
  }
  return text;
}

}  // namespace

void pseudo_terminals(Page& page, const Image& image) {
  const auto ptys = image.ptys();
  for (std::size_t i = 0; i < page.rows(ptys.size()); ++i) {
    const rbi_pty& pty = ptys[i];
    page.line("  pty {}: /dev/pts/{}, {} x {}, flags {:#o} {:#o} {:#o} {:#o}{}", i, pty.number,
              pty.columns, pty.rows, pty.input_flags, pty.output_flags, pty.control_flags,
              pty.local_flags, flags_text(pty.flags));
    page.line("    {} unread by the slave, {} by the master{}", counted(pty.input_size, "byte"),
              counted(pty.data_size - pty.input_size, "byte"),
              pty.sid == 0 ? ""
                           : fmt::format("; terminal of session {}, foreground group {}", pty.sid,
                                         pty.foreground));
  }
  page.rest(ptys.size(), "pseudo-terminals", "  ");
}

}  // namespace rb::show
