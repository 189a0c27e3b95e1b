#include "image/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/error.h"

namespace rb {
namespace {

using enum FieldFormat;

// name, offset, size, count, format and, for an index, the section it points into
#define RB_FIELD(record, member, ...)                                                         \
  Field {                                                                                     \
#member, offsetof(record, member), sizeof(std::declval <record>().member), 1, __VA_ARGS__ \
  }
#define RB_ARRAY(record, member, format)                                          \
  Field {                                                                         \
#member, offsetof(record, member), sizeof(std::declval <record>().member[0]), \
        std::extent_v < decltype(record::member)>, format                         \
  }

constexpr Field kHeader[] = {
    RB_FIELD(rbi_header, magic, kText),
    RB_FIELD(rbi_header, version, kDecimal),
    RB_FIELD(rbi_header, arch, kDecimal),
    RB_FIELD(rbi_header, header_size, kDecimal),
    RB_FIELD(rbi_header, section_count, kDecimal),
    RB_FIELD(rbi_header, file_size, kDecimal),
    RB_FIELD(rbi_header, metadata_size, kDecimal),
    RB_FIELD(rbi_header, checksum, kHex),
    RB_FIELD(rbi_header, pages_offset, kHex),
    RB_FIELD(rbi_header, pages_size, kHex),
    RB_FIELD(rbi_header, pages_checksum, kHex),
};

constexpr Field kSectionRef[] = {
    RB_FIELD(rbi_section_ref, offset, kHex),
    RB_FIELD(rbi_section_ref, count, kDecimal),
    RB_FIELD(rbi_section_ref, record_size, kDecimal),
    RB_FIELD(rbi_section_ref, kind, kDecimal),
};

constexpr Field kTask[] = {
    RB_FIELD(rbi_task, pid, kDecimal),
    RB_FIELD(rbi_task, group, kIndex, RBI_SEC_GROUPS),
    RB_FIELD(rbi_task, mm, kIndex, RBI_SEC_MMS),
    RB_FIELD(rbi_task, files, kIndex, RBI_SEC_FILES),
    RB_FIELD(rbi_task, fs, kIndex, RBI_SEC_FS),
    RB_FIELD(rbi_task, sighand, kIndex, RBI_SEC_SIGHANDS),
    RB_FIELD(rbi_task, registers, kIndex, RBI_SEC_REGISTERS),
    RB_FIELD(rbi_task, pending_first, kDecimal),
    RB_FIELD(rbi_task, pending_count, kDecimal),
    RB_FIELD(rbi_task, robust_list_len, kDecimal),
    RB_FIELD(rbi_task, blocked, kHex),
    RB_FIELD(rbi_task, robust_list, kHex),
    RB_FIELD(rbi_task, clear_child_tid, kHex),
    RB_FIELD(rbi_task, rseq, kHex),
    RB_FIELD(rbi_task, rseq_len, kDecimal),
    RB_FIELD(rbi_task, rseq_sig, kHex),
    RB_FIELD(rbi_task, altstack_sp, kHex),
    RB_FIELD(rbi_task, altstack_size, kDecimal),
    RB_FIELD(rbi_task, altstack_flags, kHex),
    RB_FIELD(rbi_task, credentials, kIndex, RBI_SEC_CREDENTIALS),
    RB_FIELD(rbi_task, name, kText),
};

constexpr Field kGroup[] = {
    RB_FIELD(rbi_group, leader, kIndex, RBI_SEC_TASKS),
    RB_FIELD(rbi_group, parent, kIndex, RBI_SEC_GROUPS),
    RB_FIELD(rbi_group, pgid, kDecimal),
    RB_FIELD(rbi_group, sid, kDecimal),
    RB_FIELD(rbi_group, exit_signal, kDecimal),
    RB_FIELD(rbi_group, pending_first, kDecimal),
    RB_FIELD(rbi_group, pending_count, kDecimal),
    RB_FIELD(rbi_group, flags, kHex),
    RB_FIELD(rbi_group, itimers[0].interval, kDecimal),
    RB_FIELD(rbi_group, itimers[0].value, kDecimal),
    RB_FIELD(rbi_group, itimers[1].interval, kDecimal),
    RB_FIELD(rbi_group, itimers[1].value, kDecimal),
    RB_FIELD(rbi_group, itimers[2].interval, kDecimal),
    RB_FIELD(rbi_group, itimers[2].value, kDecimal),
    RB_FIELD(rbi_group, limit_first, kDecimal),
    RB_FIELD(rbi_group, limit_count, kDecimal),
    RB_FIELD(rbi_group, timer_first, kDecimal),
    RB_FIELD(rbi_group, timer_count, kDecimal),
    RB_FIELD(rbi_group, oom_score_adj, kSigned),
    RB_FIELD(rbi_group, reserved, kDecimal),
};

constexpr Field kMm[] = {
    RB_FIELD(rbi_mm, vma_first, kDecimal),  RB_FIELD(rbi_mm, vma_count, kDecimal),
    RB_FIELD(rbi_mm, run_first, kDecimal),  RB_FIELD(rbi_mm, run_count, kDecimal),
    RB_FIELD(rbi_mm, auxv_first, kDecimal), RB_FIELD(rbi_mm, auxv_count, kDecimal),
    RB_FIELD(rbi_mm, exe, kString),         RB_FIELD(rbi_mm, flags, kHex),
    RB_FIELD(rbi_mm, start_code, kHex),     RB_FIELD(rbi_mm, end_code, kHex),
    RB_FIELD(rbi_mm, start_data, kHex),     RB_FIELD(rbi_mm, end_data, kHex),
    RB_FIELD(rbi_mm, start_brk, kHex),      RB_FIELD(rbi_mm, brk, kHex),
    RB_FIELD(rbi_mm, start_stack, kHex),    RB_FIELD(rbi_mm, arg_start, kHex),
    RB_FIELD(rbi_mm, arg_end, kHex),        RB_FIELD(rbi_mm, env_start, kHex),
    RB_FIELD(rbi_mm, env_end, kHex),
};

constexpr Field kVma[] = {
    RB_FIELD(rbi_vma, start, kHex),
    RB_FIELD(rbi_vma, end, kHex),
    RB_FIELD(rbi_vma, offset, kHex),
    RB_FIELD(rbi_vma, prot, kHex),
    RB_FIELD(rbi_vma, flags, kHex),
    RB_FIELD(rbi_vma, kind, kDecimal),
    RB_FIELD(rbi_vma, backing, kIndex, RBI_SEC_BACKINGS),
};

constexpr Field kRun[] = {
    RB_FIELD(rbi_run, address, kHex),
    RB_FIELD(rbi_run, pages, kDecimal),
    RB_FIELD(rbi_run, offset, kHex),
};

constexpr Field kBacking[] = {
    RB_FIELD(rbi_backing, kind, kDecimal),      RB_FIELD(rbi_backing, path, kString),
    RB_FIELD(rbi_backing, size, kHex),          RB_FIELD(rbi_backing, run_first, kDecimal),
    RB_FIELD(rbi_backing, run_count, kDecimal), RB_FIELD(rbi_backing, seals, kHex),
    RB_FIELD(rbi_backing, mode, kOctal),
};

constexpr Field kAuxv[] = {
    RB_FIELD(rbi_auxv, type, kDecimal),
    RB_FIELD(rbi_auxv, value, kHex),
};

constexpr Field kFiles[] = {
    RB_FIELD(rbi_files, fd_first, kDecimal),
    RB_FIELD(rbi_files, fd_count, kDecimal),
};

constexpr Field kFd[] = {
    RB_FIELD(rbi_fd, fd, kDecimal),
    RB_FIELD(rbi_fd, ofd, kIndex, RBI_SEC_OFDS),
    RB_FIELD(rbi_fd, flags, kHex),
    RB_FIELD(rbi_fd, reserved, kDecimal),
};

constexpr Field kOfd[] = {
    RB_FIELD(rbi_ofd, kind, kDecimal),     RB_FIELD(rbi_ofd, path, kString),
    RB_FIELD(rbi_ofd, flags, kOctal),      RB_FIELD(rbi_ofd, object, kIndex),
    RB_FIELD(rbi_ofd, offset, kDecimal),   RB_FIELD(rbi_ofd, owner, kSigned),
    RB_FIELD(rbi_ofd, signal, kDecimal),   RB_FIELD(rbi_ofd, flock, kDecimal),
    RB_FIELD(rbi_ofd, reserved, kDecimal),
};

constexpr Field kPipe[] = {
    RB_FIELD(rbi_pipe, capacity, kDecimal),
    RB_FIELD(rbi_pipe, data_size, kDecimal),
    RB_FIELD(rbi_pipe, data, kDecimal),
};

constexpr Field kFs[] = {
    RB_FIELD(rbi_fs, cwd, kString),
    RB_FIELD(rbi_fs, root, kString),
    RB_FIELD(rbi_fs, umask, kOctal),
    RB_FIELD(rbi_fs, reserved, kDecimal),
};

constexpr Field kSighand[] = {
    RB_FIELD(rbi_sighand, action_first, kDecimal),
    RB_FIELD(rbi_sighand, action_count, kDecimal),
};

constexpr Field kAction[] = {
    RB_FIELD(rbi_action, signal, kDecimal), RB_FIELD(rbi_action, reserved, kDecimal),
    RB_FIELD(rbi_action, handler, kHex),    RB_FIELD(rbi_action, flags, kHex),
    RB_FIELD(rbi_action, restorer, kHex),   RB_FIELD(rbi_action, mask, kHex),
};

constexpr Field kSiginfo[] = {
    RB_FIELD(rbi_siginfo, signo, kSigned), RB_FIELD(rbi_siginfo, error, kSigned),
    RB_FIELD(rbi_siginfo, code, kSigned),  RB_FIELD(rbi_siginfo, reserved, kSigned),
    RB_ARRAY(rbi_siginfo, fields, kHex),
};

constexpr Field kRegisters[] = {
    RB_FIELD(rbi_registers, r15, kHex),
    RB_FIELD(rbi_registers, r14, kHex),
    RB_FIELD(rbi_registers, r13, kHex),
    RB_FIELD(rbi_registers, r12, kHex),
    RB_FIELD(rbi_registers, rbp, kHex),
    RB_FIELD(rbi_registers, rbx, kHex),
    RB_FIELD(rbi_registers, r11, kHex),
    RB_FIELD(rbi_registers, r10, kHex),
    RB_FIELD(rbi_registers, r9, kHex),
    RB_FIELD(rbi_registers, r8, kHex),
    RB_FIELD(rbi_registers, rax, kHex),
    RB_FIELD(rbi_registers, rcx, kHex),
    RB_FIELD(rbi_registers, rdx, kHex),
    RB_FIELD(rbi_registers, rsi, kHex),
    RB_FIELD(rbi_registers, rdi, kHex),
    RB_FIELD(rbi_registers, rip, kHex),
    RB_FIELD(rbi_registers, rflags, kHex),
    RB_FIELD(rbi_registers, rsp, kHex),
    RB_FIELD(rbi_registers, fs_base, kHex),
    RB_FIELD(rbi_registers, gs_base, kHex),
    RB_FIELD(rbi_registers, xfeatures, kHex),
    RB_FIELD(rbi_registers, xstate, kDecimal),
    RB_FIELD(rbi_registers, xstate_size, kDecimal),
    RB_FIELD(rbi_registers, reserved, kDecimal),
};

constexpr Field kFixture[] = {
    RB_FIELD(rbi_fixture, kind, kDecimal), RB_FIELD(rbi_fixture, path, kString),
    RB_FIELD(rbi_fixture, mode, kOctal),   RB_FIELD(rbi_fixture, reserved, kDecimal),
    RB_FIELD(rbi_fixture, size, kDecimal), RB_FIELD(rbi_fixture, seed, kHex),
};

constexpr Field kCredentials[] = {
    RB_FIELD(rbi_credentials, uid, kDecimal),
    RB_FIELD(rbi_credentials, euid, kDecimal),
    RB_FIELD(rbi_credentials, suid, kDecimal),
    RB_FIELD(rbi_credentials, fsuid, kDecimal),
    RB_FIELD(rbi_credentials, gid, kDecimal),
    RB_FIELD(rbi_credentials, egid, kDecimal),
    RB_FIELD(rbi_credentials, sgid, kDecimal),
    RB_FIELD(rbi_credentials, fsgid, kDecimal),
    RB_FIELD(rbi_credentials, gid_first, kDecimal),
    RB_FIELD(rbi_credentials, gid_count, kDecimal),
    RB_FIELD(rbi_credentials, securebits, kHex),
    RB_FIELD(rbi_credentials, flags, kHex),
    RB_FIELD(rbi_credentials, personality, kHex),
    RB_FIELD(rbi_credentials, death_signal, kDecimal),
    RB_FIELD(rbi_credentials, inheritable, kHex),
    RB_FIELD(rbi_credentials, permitted, kHex),
    RB_FIELD(rbi_credentials, effective, kHex),
    RB_FIELD(rbi_credentials, bounding, kHex),
    RB_FIELD(rbi_credentials, ambient, kHex),
};

constexpr Field kGid[] = {
    RB_FIELD(rbi_gid, gid, kDecimal),
};

constexpr Field kLimit[] = {
    RB_FIELD(rbi_limit, resource, kDecimal),
    RB_FIELD(rbi_limit, reserved, kDecimal),
    RB_FIELD(rbi_limit, soft, kHex),
    RB_FIELD(rbi_limit, hard, kHex),
};

constexpr Field kTimer[] = {
    RB_FIELD(rbi_timer, id, kSigned),
    RB_FIELD(rbi_timer, clock, kDecimal),
    RB_FIELD(rbi_timer, notify, kDecimal),
    RB_FIELD(rbi_timer, signal, kDecimal),
    RB_FIELD(rbi_timer, task, kIndex, RBI_SEC_TASKS),
    RB_FIELD(rbi_timer, reserved, kDecimal),
    RB_FIELD(rbi_timer, sigval, kHex),
    RB_FIELD(rbi_timer, interval, kDecimal),
    RB_FIELD(rbi_timer, value, kDecimal),
};

constexpr Field kLock[] = {
    RB_FIELD(rbi_lock, files, kIndex, RBI_SEC_FILES),
    RB_FIELD(rbi_lock, ofd, kIndex, RBI_SEC_OFDS),
    RB_FIELD(rbi_lock, type, kDecimal),
    RB_FIELD(rbi_lock, pid, kDecimal),
    RB_FIELD(rbi_lock, start, kDecimal),
    RB_FIELD(rbi_lock, length, kDecimal),
};

constexpr Field kZombie[] = {
    RB_FIELD(rbi_zombie, pid, kDecimal),
    RB_FIELD(rbi_zombie, parent, kIndex, RBI_SEC_GROUPS),
    RB_FIELD(rbi_zombie, pgid, kDecimal),
    RB_FIELD(rbi_zombie, sid, kDecimal),
    RB_FIELD(rbi_zombie, exit_signal, kDecimal),
    RB_FIELD(rbi_zombie, status, kHex),
    RB_FIELD(rbi_zombie, name, kText),
};

constexpr Field kPty[] = {
    RB_FIELD(rbi_pty, number, kDecimal),      RB_FIELD(rbi_pty, flags, kHex),
    RB_FIELD(rbi_pty, sid, kDecimal),         RB_FIELD(rbi_pty, foreground, kDecimal),
    RB_FIELD(rbi_pty, input_flags, kOctal),   RB_FIELD(rbi_pty, output_flags, kOctal),
    RB_FIELD(rbi_pty, control_flags, kOctal), RB_FIELD(rbi_pty, local_flags, kOctal),
    RB_FIELD(rbi_pty, input_speed, kDecimal), RB_FIELD(rbi_pty, output_speed, kDecimal),
    RB_FIELD(rbi_pty, rows, kDecimal),        RB_FIELD(rbi_pty, columns, kDecimal),
    RB_FIELD(rbi_pty, width, kDecimal),       RB_FIELD(rbi_pty, height, kDecimal),
    RB_FIELD(rbi_pty, uid, kDecimal),         RB_FIELD(rbi_pty, gid, kDecimal),
    RB_FIELD(rbi_pty, mode, kOctal),          RB_FIELD(rbi_pty, input_size, kDecimal),
    RB_FIELD(rbi_pty, data, kDecimal),        RB_FIELD(rbi_pty, data_size, kDecimal),
    RB_FIELD(rbi_pty, control, kText),
};

constexpr Field kSocket[] = {
    RB_FIELD(rbi_socket, family, kDecimal),
    RB_FIELD(rbi_socket, type, kDecimal),
    RB_FIELD(rbi_socket, state, kDecimal),
    RB_FIELD(rbi_socket, peer, kIndex, RBI_SEC_SOCKETS),
    RB_FIELD(rbi_socket, options, kHex),
    RB_FIELD(rbi_socket, backlog, kDecimal),
    RB_FIELD(rbi_socket, send_buffer, kDecimal),
    RB_FIELD(rbi_socket, receive_buffer, kDecimal),
    RB_FIELD(rbi_socket, path, kString),
    RB_FIELD(rbi_socket, mode, kOctal),
    RB_FIELD(rbi_socket, port, kDecimal),
    RB_FIELD(rbi_socket, scope, kDecimal),
    RB_ARRAY(rbi_socket, address, kHex),
};

constexpr Field kMessage[] = {
    RB_FIELD(rbi_message, socket, kIndex, RBI_SEC_SOCKETS),
    RB_FIELD(rbi_message, size, kDecimal),
    RB_FIELD(rbi_message, data, kDecimal),
};

constexpr Field kEvent[] = {
    RB_FIELD(rbi_event, clock, kDecimal), RB_FIELD(rbi_event, flags, kHex),
    RB_FIELD(rbi_event, value, kHex),     RB_FIELD(rbi_event, interval, kDecimal),
    RB_FIELD(rbi_event, ticks, kDecimal),
};

constexpr Field kEpollItem[] = {
    RB_FIELD(rbi_epoll_item, epoll, kIndex, RBI_SEC_OFDS),
    RB_FIELD(rbi_epoll_item, fd, kDecimal),
    RB_FIELD(rbi_epoll_item, ofd, kIndex, RBI_SEC_OFDS),
    RB_FIELD(rbi_epoll_item, events, kHex),
    RB_FIELD(rbi_epoll_item, data, kHex),
};

constexpr Field kWatch[] = {
    RB_FIELD(rbi_watch, inotify, kIndex, RBI_SEC_OFDS),
    RB_FIELD(rbi_watch, wd, kDecimal),
    RB_FIELD(rbi_watch, mask, kHex),
    RB_FIELD(rbi_watch, path, kString),
};

#undef RB_FIELD
#undef RB_ARRAY

/// A field that is missing here would be neither shown nor tested.
constexpr bool covers(std::span<const Field> fields, std::size_t size) {
  std::size_t end = 0;
  for (const Field& field : fields) {
    if (field.offset != end || field.size == 0 || field.count == 0) return false;
    if (field.format != kText && field.size != 4 && field.size != 8) return false;
    end += std::size_t{field.size} * field.count;
  }
  return end == size;
}
static_assert(covers(kHeader, offsetof(rbi_header, sections)));
static_assert(covers(kSectionRef, sizeof(rbi_section_ref)));
static_assert(covers(kTask, sizeof(rbi_task)));
static_assert(covers(kGroup, sizeof(rbi_group)));
static_assert(covers(kMm, sizeof(rbi_mm)));
static_assert(covers(kVma, sizeof(rbi_vma)));
static_assert(covers(kRun, sizeof(rbi_run)));
static_assert(covers(kBacking, sizeof(rbi_backing)));
static_assert(covers(kAuxv, sizeof(rbi_auxv)));
static_assert(covers(kFiles, sizeof(rbi_files)));
static_assert(covers(kFd, sizeof(rbi_fd)));
static_assert(covers(kOfd, sizeof(rbi_ofd)));
static_assert(covers(kPipe, sizeof(rbi_pipe)));
static_assert(covers(kFs, sizeof(rbi_fs)));
static_assert(covers(kSighand, sizeof(rbi_sighand)));
static_assert(covers(kAction, sizeof(rbi_action)));
static_assert(covers(kSiginfo, sizeof(rbi_siginfo)));
static_assert(covers(kRegisters, sizeof(rbi_registers)));
static_assert(covers(kFixture, sizeof(rbi_fixture)));
static_assert(covers(kCredentials, sizeof(rbi_credentials)));
static_assert(covers(kGid, sizeof(rbi_gid)));
static_assert(covers(kLimit, sizeof(rbi_limit)));
static_assert(covers(kTimer, sizeof(rbi_timer)));
static_assert(covers(kLock, sizeof(rbi_lock)));
static_assert(covers(kZombie, sizeof(rbi_zombie)));
static_assert(covers(kPty, sizeof(rbi_pty)));
static_assert(covers(kSocket, sizeof(rbi_socket)));
static_assert(covers(kMessage, sizeof(rbi_message)));
static_assert(covers(kEvent, sizeof(rbi_event)));
static_assert(covers(kEpollItem, sizeof(rbi_epoll_item)));
static_assert(covers(kWatch, sizeof(rbi_watch)));

constexpr std::array<RecordType, RBI_SEC_COUNT> kSections = {{
    {"tasks", sizeof(rbi_task), kTask},
    {"groups", sizeof(rbi_group), kGroup},
    {"mms", sizeof(rbi_mm), kMm},
    {"vmas", sizeof(rbi_vma), kVma},
    {"runs", sizeof(rbi_run), kRun},
    {"backings", sizeof(rbi_backing), kBacking},
    {"auxv", sizeof(rbi_auxv), kAuxv},
    {"files", sizeof(rbi_files), kFiles},
    {"fds", sizeof(rbi_fd), kFd},
    {"ofds", sizeof(rbi_ofd), kOfd},
    {"pipes", sizeof(rbi_pipe), kPipe},
    {"fs", sizeof(rbi_fs), kFs},
    {"sighands", sizeof(rbi_sighand), kSighand},
    {"actions", sizeof(rbi_action), kAction},
    {"pending", sizeof(rbi_siginfo), kSiginfo},
    {"registers", sizeof(rbi_registers), kRegisters},
    {"credentials", sizeof(rbi_credentials), kCredentials},
    {"gids", sizeof(rbi_gid), kGid},
    {"limits", sizeof(rbi_limit), kLimit},
    {"timers", sizeof(rbi_timer), kTimer},
    {"locks", sizeof(rbi_lock), kLock},
    {"zombies", sizeof(rbi_zombie), kZombie},
    {"ptys", sizeof(rbi_pty), kPty},
    {"fixtures", sizeof(rbi_fixture), kFixture},
    {"xstates", 1, {}},
    {"sockets", sizeof(rbi_socket), kSocket},
    {"messages", sizeof(rbi_message), kMessage},
    {"events", sizeof(rbi_event), kEvent},
    {"epoll_items", sizeof(rbi_epoll_item), kEpollItem},
    {"watches", sizeof(rbi_watch), kWatch},
    {"bytes", 1, {}},
    {"strings", 1, {}},
}};

constexpr RecordType kHeaderType = {"header", offsetof(rbi_header, sections), kHeader};
constexpr RecordType kSectionRefType = {"sections", sizeof(rbi_section_ref), kSectionRef};

}  // namespace

const RecordType& record_type(rbi_section section) {
  RB_ASSERT(section < RBI_SEC_COUNT);
  return kSections[section];
}

const RecordType& header_type() { return kHeaderType; }

const RecordType& section_ref_type() { return kSectionRefType; }

const Field& field_of(const RecordType& type, std::string_view name) {
  const auto at = std::find_if(type.fields.begin(), type.fields.end(),
                               [&](const Field& field) { return field.name == name; });
  RB_ASSERT(at != type.fields.end());
  return *at;
}

std::uint64_t field_value(const std::byte* record, const Field& field, std::uint32_t element) {
  RB_ASSERT(element < field.count);
  if (field.format == kText) return 0;
  const std::byte* at = record + field.offset + std::size_t{element} * field.size;
  if (field.size == 8) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return field.format == kSigned
             ? static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(value)})
             : value;
}

std::string value_text(FieldFormat format, std::uint64_t value) {
  switch (format) {
    case kSigned:
      return fmt::format("{}", static_cast<std::int64_t>(value));
    case kHex:
      return fmt::format("{:#x}", value);
    case kOctal:
      return fmt::format("{:#o}", value);
    case kIndex:
    case kString:
      return value == RBI_NONE ? "none" : fmt::format("{}", value);
    case kDecimal:
    case kText:
      break;
  }
  return fmt::format("{}", value);
}

std::string field_text(const std::byte* record, const Field& field, std::uint32_t element) {
  if (field.format != kText) return value_text(field.format, field_value(record, field, element));
  const std::string_view text(reinterpret_cast<const char*>(record + field.offset), field.size);
  return quoted(text.substr(0, text.find_last_not_of('\0') + 1));
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte >= 0x20 && byte < 0x7f) {
      result += c;
    } else {
      result += fmt::format("\\x{:02x}", byte);
    }
  }
  result += '"';
  return result;
}

}  // namespace rb
