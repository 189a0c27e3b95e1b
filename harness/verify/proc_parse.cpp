#include "harness/verify/proc_parse.h"

#include <sys/mman.h>

#include <charconv>

namespace rb {
namespace {

/// Cuts the next line off text.
std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// Cuts the next word off text; separators are blanks.
std::string_view next_word(std::string_view& text) {
  const auto start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) {
    text = {};
    return {};
  }
  text.remove_prefix(start);
  const auto end = text.find_first_of(" \t");
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(word.size());
  return word;
}

std::optional<std::uint64_t> number(std::string_view word, int base) {
  const bool negative = base == 10 && !word.empty() && word.front() == '-';
  if (negative) word.remove_prefix(1);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return negative ? 0 - value : value;
}

/// Undoes the octal or \n escapes that seq_file(9) writes for `special`.
std::string unescape(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\\n") {
      result += '\n';
      i += 1;
    } else if (text.substr(i, 2) == "\\\\") {
      result += '\\';
      i += 1;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::optional<ProcMapping> parse_mapping(std::string_view line) {
  ProcMapping mapping;
  const std::string_view range = next_word(line);
  const std::string_view permissions = next_word(line);
  const auto offset = number(next_word(line), 16);
  const std::string_view device = next_word(line);
  const auto inode = number(next_word(line), 10);
  const auto dash = range.find('-');
  const auto colon = device.find(':');
  if (dash == std::string_view::npos || colon == std::string_view::npos ||
      permissions.size() != 4 || !offset || !inode) {
    return std::nullopt;
  }
  const auto start = number(range.substr(0, dash), 16);
  const auto end = number(range.substr(dash + 1), 16);
  const auto major = number(device.substr(0, colon), 16);
  const auto minor = number(device.substr(colon + 1), 16);
  if (!start || !end || !major || !minor) return std::nullopt;
  mapping.start = *start;
  mapping.end = *end;
  mapping.prot = (permissions[0] == 'r' ? unsigned{PROT_READ} : 0u) |
                 (permissions[1] == 'w' ? unsigned{PROT_WRITE} : 0u) |
                 (permissions[2] == 'x' ? unsigned{PROT_EXEC} : 0u);
  mapping.shared = permissions[3] == 's';
  mapping.offset = *offset;
  mapping.device = *major << 32 | *minor;
  mapping.inode = *inode;
  const auto path = line.find_first_not_of(' ');
  if (path != std::string_view::npos) mapping.path = line.substr(path);
  return mapping;
}

void apply_vm_flags(std::string_view flags, ProcMapping& mapping) {
  mapping.flags = flags;
  for (;;) {
    const std::string_view flag = next_word(flags);
    if (flag.empty()) return;
    if (flag == "gd") mapping.growsdown = true;
    if (flag == "nr") mapping.noreserve = true;
  }
}

}  // namespace

std::optional<ProcStat> parse_stat(std::string_view text) {
  // The name may contain parentheses; no field after it can.
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  ProcStat stat;
  stat.comm = text.substr(open + 1, close - open - 1);
  std::string_view rest = text.substr(close + 1);
  rest = rest.substr(0, rest.find('\n'));
  const std::string_view state = next_word(rest);
  if (state.size() != 1) return std::nullopt;
  stat.state = state.front();
  for (std::size_t i = 4; i < ProcStat::kFields; ++i) {
    const auto value = number(next_word(rest), 10);
    if (!value) return std::nullopt;
    stat.field[i] = *value;
  }
  return stat;
}

std::optional<ProcStatus> parse_status(std::string_view text) {
  ProcStatus status;
  unsigned found = 0;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    const auto colon = line.find(":\t");
    if (colon == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, colon);
    std::string_view value = line.substr(colon + 2);
    const auto set = [&](std::uint64_t& target) {
      const auto bits = number(value, 16);
      if (bits) target = *bits;
      found += bits.has_value() ? 1 : 0;
    };
    if (key == "Name") {
      status.name = unescape(value);
      ++found;
    } else if (key == "State" && !value.empty()) {
      status.state = value.front();
      ++found;
    } else if (key == "Umask") {
      // Absent in a zombie, which has no fs_struct any more.
      status.umask = static_cast<std::uint32_t>(number(value, 8).value_or(0));
    } else if (key == "SigPnd") {
      set(status.private_pending);
    } else if (key == "ShdPnd") {
      set(status.shared_pending);
    } else if (key == "SigBlk") {
      set(status.blocked);
    } else if (key == "SigIgn") {
      set(status.ignored);
    } else if (key == "SigCgt") {
      set(status.caught);
    }
  }
  if (found != 7) return std::nullopt;
  return status;
}

std::optional<std::vector<ProcMapping>> parse_maps(std::string_view text) {
  std::vector<ProcMapping> mappings;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.empty()) continue;
    constexpr std::string_view kVmFlags = "VmFlags:";
    if (line.substr(0, kVmFlags.size()) == kVmFlags) {
      if (mappings.empty()) return std::nullopt;
      apply_vm_flags(line.substr(kVmFlags.size()), mappings.back());
      continue;
    }
    if (line.front() >= 'A' && line.front() <= 'Z') continue;  // Another value of smaps.
    auto mapping = parse_mapping(line);
    if (!mapping) return std::nullopt;
    mappings.push_back(std::move(*mapping));
  }
  return mappings;
}

std::optional<ProcFdInfo> parse_fdinfo(std::string_view text) {
  std::optional<std::uint64_t> offset;
  std::optional<std::uint64_t> flags;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    const std::string_view key = next_word(line);
    if (key == "pos:") offset = number(next_word(line), 10);
    if (key == "flags:") flags = number(next_word(line), 8);
  }
  if (!offset || !flags) return std::nullopt;
  return ProcFdInfo{*offset, static_cast<std::uint32_t>(*flags)};
}

std::optional<std::uint64_t> parse_inode_link(std::string_view link, std::string_view kind) {
  if (link.size() < kind.size() + 4 || link.substr(0, kind.size()) != kind) return std::nullopt;
  link.remove_prefix(kind.size());
  if (link.substr(0, 2) != ":[" || link.back() != ']') return std::nullopt;
  return number(link.substr(2, link.size() - 3), 10);
}

}  // namespace rb
