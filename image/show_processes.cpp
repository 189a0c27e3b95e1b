// What processes have besides objects that they share: credentials, limits,
// timers; and those that have ended.
#include "image/fields.h"
#include "image/show_parts.h"

namespace rb::show {
namespace {

void credentials(Page& page, const Image& image) {
  const auto all = image.credentials();
  if (all.empty()) return;
  page.blank();
  page.line("credentials");
  for (std::size_t i = 0; i < page.rows(all.size()); ++i) {
    const rbi_credentials& record = all[i];
    page.line("  credentials {}: uid {}/{}/{}/{} gid {}/{}/{}/{}, {}", i, record.uid, record.euid,
              record.suid, record.fsuid, record.gid, record.egid, record.sgid, record.fsgid,
              counted(record.gid_count, "supplementary group"));
    page.line("    effective {:#x} permitted {:#x} inheritable {:#x} bounding {:#x} ambient {:#x}",
              record.effective, record.permitted, record.inheritable, record.bounding,
              record.ambient);
    page.line("    securebits {:#x}{}, personality {:#x}{}", record.securebits,
              (record.flags & RBI_CREDENTIALS_NO_NEW_PRIVS) != 0 ? ", no new privileges" : "",
              record.personality,
              record.death_signal == 0
                  ? ""
                  : fmt::format(", {} on the parent's death", signal_name(record.death_signal)));
  }
  page.rest(all.size(), "credentials", "  ");
}

std::string notification(const Image& image, const rbi_timer& timer) {
  if (timer.signal == 0) return "tells nobody";
  const std::string signal = signal_name(timer.signal);
  return timer.task == RBI_NONE
             ? signal
             : fmt::format("{} to thread {}", signal, image.tasks()[timer.task].pid);
}

void limits_and_timers(Page& page, const Image& image) {
  const std::size_t count = image.limits().size() + image.timers().size();
  if (count == 0) return;
  page.blank();
  page.line("limits and timers");
  std::size_t left = page.rows(count);
  for (const rbi_group& group : image.groups()) {
    const __u32 pid = image.tasks()[group.leader].pid;
    for (__u32 i = group.limit_first; i < group.limit_first + group.limit_count; ++i) {
      if (left == 0) break;
      const rbi_limit& limit = image.limits()[i];
      page.line("  {}: resource {} soft {:#x} hard {:#x}", pid, limit.resource, limit.soft,
                limit.hard);
      --left;
    }
    for (__u32 i = group.timer_first; i < group.timer_first + group.timer_count; ++i) {
      if (left == 0) break;
      const rbi_timer& timer = image.timers()[i];
      page.line("  {}: timer {} of clock {}, {} ns left, interval {} ns, {}", pid, timer.id,
                timer.clock, timer.value, timer.interval, notification(image, timer));
      --left;
    }
  }
  page.rest(count, "limits and timers", "  ");
}

void zombies(Page& page, const Image& image) {
  const auto all = image.zombies();
  if (all.empty()) return;
  page.blank();
  page.line("zombies");
  for (std::size_t i = 0; i < page.rows(all.size()); ++i) {
    const rbi_zombie& zombie = all[i];
    const __u32 parent = image.tasks()[image.groups()[zombie.parent].leader].pid;
    page.line("  {} {}: child of {}, status {:#x}; pgid {} sid {}", zombie.pid, quoted(zombie.name),
              parent, zombie.status, zombie.pgid, zombie.sid);
  }
  page.rest(all.size(), "zombies", "  ");
}

}  // namespace

void processes(Page& page, const Image& image) {
  zombies(page, image);
  credentials(page, image);
  limits_and_timers(page, image);
}

}  // namespace rb::show
