#include "strategies/kernel/device_text.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "image/fields.h"
#include "strategies/userspace/failure_text.h"

namespace rb {
namespace {

[[nodiscard]] std::string task_name(const Image& image, std::uint32_t index) {
  if (index >= image.tasks().size()) return "a task";
  const rbi_task& task = image.tasks()[index];
  return fmt::format("task {} (pid {}, {})", index, task.pid, task.name);
}

/// ", field name" of a record, if it is known.
[[nodiscard]] std::string field_name(const RecordType& type, std::uint32_t offset) {
  for (const Field& field : type.fields) {
    const bool inside = offset >= field.offset && offset - field.offset < field.size * field.count;
    if (inside) return fmt::format(", field {}", field.name);
  }
  return "";
}

/// "record 3 of sighands", or "section tasks" where no record is to blame.
[[nodiscard]] std::string record_name(const restart_status& status) {
  if (status.section >= RBI_SEC_COUNT) {
    return fmt::format("header{}", field_name(header_type(), status.field));
  }
  const RecordType& type = record_type(static_cast<rbi_section>(status.section));
  if (status.index == RBI_NONE) return fmt::format("section {}", type.name);
  return fmt::format("record {} of {}{}", status.index, type.name, field_name(type, status.field));
}

[[nodiscard]] std::string file_name(const Image& image, const restart_status& status) {
  const auto path = [&](std::span<const rbi_fs> fs, __u32 rbi_fs::*which) {
    return status.index < fs.size() ? std::string(image.string(fs[status.index].*which)) : "?";
  };
  switch (status.section) {
    case RESTART_FILE_OFD: {
      const auto ofds = image.ofds();
      const bool named = status.index < ofds.size() && ofds[status.index].path != RBI_NONE;
      return fmt::format("open file description {}{}", status.index,
                         named ? fmt::format(" ({})", image.string(ofds[status.index].path)) : "");
    }
    case RESTART_FILE_BACKING:
      return fmt::format("what backing {} stands for", status.index);
    case RESTART_FILE_EXE:
      return fmt::format("the executable of mm {}", status.index);
    case RESTART_FILE_CWD:
      return fmt::format("the directory {} of fs {}", path(image.fs(), &rbi_fs::cwd), status.index);
    case RESTART_FILE_ROOT:
      return fmt::format("the root {} of fs {}", path(image.fs(), &rbi_fs::root), status.index);
    default:
      return fmt::format("file {}", status.index);
  }
}

/// What a task could not do.
[[nodiscard]] const char* action(__u32 where) {
  switch (where) {
    case RESTART_AT_CREATE:
      return "be created by the kernel";
    case RESTART_AT_SIGHAND:
      return "be given its signal handlers";
    case RESTART_AT_FS:
      return "be given its directories";
    case RESTART_AT_MM:
      return "be given its memory";
    case RESTART_AT_FILES:
      return "be given its descriptors";
    case RESTART_AT_SIGNALS:
      return "be given its pending signals, timers or locked memory";
    case RESTART_AT_SESSION:
      return "join its session or process group";
    case RESTART_AT_REGISTERS:
      return "be given its registers";
    case RESTART_AT_PROCESS:
      return "be given its zombies, limits, locks or credentials";
    case RESTART_AT_CLAIM:
      return "attach itself: it is not the task that it says it is";
    default:
      return "be restarted";
  }
}

[[nodiscard]] std::string advice(const restart_status& status) {
  if (status.where == RESTART_AT_CREATE) return creation_advice(status.error);
  if (status.error == EMFILE) return "raise the limit on open files: ulimit -n, fs.nr_open";
  if (status.error == ENOMEM) return "free memory, or raise vm.max_map_count";
  return "";
}

[[nodiscard]] std::string sentence(const Image& image, const restart_status& status) {
  switch (status.where) {
    case RESTART_AT_IMAGE:
      return fmt::format("{} refuses the image for its {}", RESTART_DEVICE, record_name(status));
    case RESTART_AT_FILE:
      return fmt::format("{} lacks or refuses {}", RESTART_DEVICE, file_name(image, status));
    case RESTART_AT_BARRIER:
      return status.index == RBI_NONE
                 ? fmt::format("the restart ended with {} of {} tasks at the barrier",
                               status.arrived, status.tasks)
                 : fmt::format("{} died before all stood at the barrier",
                               task_name(image, status.index));
    default:
      return fmt::format("{} could not {}", task_name(image, status.index), action(status.where));
  }
}

}  // namespace

Error describe_device_failure(const Image& image, const restart_status& status) {
  return Error{ErrorKind::kRestart,
               fmt::format("{}: {}", sentence(image, status), std::strerror(status.error)),
               advice(status)};
}

}  // namespace rb
