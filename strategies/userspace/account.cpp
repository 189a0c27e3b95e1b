#include "strategies/userspace/account.h"

#include <linux/close_range.h>
#include <sched.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <set>

namespace rb {
namespace {

enum Class : std::size_t { kMm, kFiles, kFs, kSighand };  // order of ObjectCounts

/// restorer/exec.c: the way back to the scaffold takes that many descriptors for a while.
constexpr std::uint64_t kExecDescriptorsOnTheWay = 4;

struct Table {
  std::set<std::uint32_t> open;  ///< numbers
};
struct Memory {
  std::uint64_t pages = 0;  ///< private ones, which clone has to copy the entries of
};
struct Nothing {};

/// A task; references to the same object are a share of it.
struct Actor {
  std::size_t slot = 0;
  const rst_op* next = nullptr;
  const rst_op* end = nullptr;
  std::shared_ptr<Memory> mm = std::make_shared<Memory>();
  std::shared_ptr<Table> files = std::make_shared<Table>();
  std::shared_ptr<Nothing> fs = std::make_shared<Nothing>();
  std::shared_ptr<Nothing> sighand = std::make_shared<Nothing>();
};

class Accountant {
 public:
  Accountant(const Program& program, const BornWith& coordinator)
      : program_(program),
        events_(program.event_count, 0),
        ended_(program.slots.size(), 0),
        first_high_(coordinator.first_high),
        has_high_(coordinator.high_descriptors > 0),
        born_pages_(coordinator.pages) {
    Actor actor = actor_at(program.slots.size() - 1);
    for (std::uint32_t i = 0; i < coordinator.descriptors; ++i) actor.files->open.insert(i);
    for (std::uint32_t i = 0; i < coordinator.high_descriptors; ++i) {
      actor.files->open.insert(coordinator.first_high + i);
    }
    actor.mm->pages = coordinator.pages;
    ready_.push_back(std::move(actor));
  }

  /// Each task goes on until it has to wait for another.
  RestartAccount run() {
    std::size_t idle = 0;
    while (!ready_.empty()) {
      Actor actor = std::move(ready_.front());
      ready_.pop_front();
      const rst_op* before = actor.next;
      while (actor.next != actor.end && !waits(*actor.next)) {
        const rst_op& op = *actor.next++;
        if (op.kind == RST_EXIT) {
          exit(actor);
          actor.next = actor.end;
          break;
        }
        perform(actor, op);
      }
      idle = actor.next == before ? idle + 1 : 0;
      if (actor.next == actor.end) {
        standing_.push_back(std::move(actor));
      } else {
        ready_.push_back(std::move(actor));
        RB_ASSERT(idle <= ready_.size());  // else all wait for each other
      }
    }
    return account_;
  }

 private:
  [[nodiscard]] Actor actor_at(std::size_t slot) const {
    Actor actor;
    actor.slot = slot;
    const TaskProgram& task = program_.tasks[slot];
    actor.next = program_.ops.data() + task.first_op;
    actor.end = actor.next + task.op_count;
    return actor;
  }

  [[nodiscard]] bool waits(const rst_op& op) const {
    if (op.kind == RST_WAIT) return events_[op.x] < op.a;
    return op.kind == RST_REAP && ended_[op.x] == 0;
  }

  /// The new object of a class, or the reference that takes its place.
  template <class Object, class Copy>
  void make_or_share(Class kind, std::shared_ptr<Object>& own,
                     const std::shared_ptr<Object>& creators, bool shared, Copy copy) {
    if (shared) {
      own = creators;
      ++account_.objects.inherited[kind];
    } else {
      copy();
      ++account_.objects.made[kind];
    }
  }

  void copy_table(std::shared_ptr<Table>& own, const Table& from) {
    own = std::make_shared<Table>(from);
    account_.work.descriptors_copied += from.open.size();
  }

  void create(const Actor& creator, const rst_op& op) {
    for (std::uint32_t slot = op.x; slot < op.x + op.y; ++slot) {
      Actor child = actor_at(slot);
      if ((program_.slots[slot].flags & RST_SLOT_THROWAWAY) != 0) ++account_.work.throwaway_tasks;
      make_or_share(kMm, child.mm, creator.mm, (op.a & CLONE_VM) != 0, [&] {
        child.mm = std::make_shared<Memory>(*creator.mm);
        account_.work.pages_copied += creator.mm->pages;
      });
      make_or_share(kFiles, child.files, creator.files, (op.a & CLONE_FILES) != 0,
                    [&] { copy_table(child.files, *creator.files); });
      make_or_share(kFs, child.fs, creator.fs, (op.a & CLONE_FS) != 0, [] {});
      make_or_share(kSighand, child.sighand, creator.sighand, (op.a & CLONE_SIGHAND) != 0, [] {});
      ready_.push_back(std::move(child));
    }
  }

  /// unshare(2) makes nothing where nothing is shared.
  void unshare(Actor& actor, std::uint64_t flags) {
    if ((flags & CLONE_FILES) != 0 && actor.files.use_count() > 1) {
      copy_table(actor.files, Table(*actor.files));
      ++account_.objects.made[kFiles];
    }
    if ((flags & CLONE_FS) != 0 && actor.fs.use_count() > 1) {
      actor.fs = std::make_shared<Nothing>();
      ++account_.objects.made[kFs];
    }
  }

  void exec(Actor& actor) {
    ++account_.work.execs;
    unshare(actor, CLONE_FILES);
    account_.work.descriptors_closed += actor.files->open.size() + kExecDescriptorsOnTheWay;
    actor.files->open.clear();
    actor.mm = std::make_shared<Memory>();
    ++account_.objects.made[kMm];
    if (actor.sighand.use_count() == 1) return;
    actor.sighand = std::make_shared<Nothing>();
    ++account_.objects.made[kSighand];
  }

  void close_range(Actor& actor, const rst_op& op) {
    auto within = [&op](std::set<std::uint32_t>& open) {
      return std::pair(open.lower_bound(static_cast<std::uint32_t>(op.a)),
                       open.upper_bound(static_cast<std::uint32_t>(op.b)));
    };
    if ((op.c & CLOSE_RANGE_UNSHARE) != 0 && actor.files.use_count() > 1) {
      // What would be closed is not even copied.
      Table kept(*actor.files);
      const auto [first, last] = within(kept.open);
      kept.open.erase(first, last);
      copy_table(actor.files, kept);
      ++account_.objects.made[kFiles];
      return;
    }
    const auto [first, last] = within(actor.files->open);
    account_.work.descriptors_closed += static_cast<std::uint64_t>(std::distance(first, last));
    actor.files->open.erase(first, last);
  }

  /// Drops what the coordinator was born with: RST_SHED.
  void shed(Actor& actor) {
    rst_op high{};
    high.a = first_high_;
    high.b = ~0u;
    if (has_high_) close_range(actor, high);
    actor.mm->pages -= std::min(actor.mm->pages, born_pages_);
  }

  /// A descriptor that was open on the number is closed.
  void install(Actor& actor, std::uint32_t number) {
    if (!actor.files->open.insert(number).second) ++account_.work.descriptors_closed;
  }

  void exit(Actor& actor) {
    if (actor.files.use_count() == 1) {
      account_.work.descriptors_closed += actor.files->open.size();
    }
    ended_[actor.slot] = 1;
    actor = Actor{};
  }

  void perform(Actor& actor, const rst_op& op) {
    switch (op.kind) {
      case RST_CREATE:
      case RST_CREATE_LEAF:
        return create(actor, op);
      case RST_UNSHARE:
        ++account_.work.unshares;
        return unshare(actor, op.a);
      case RST_EXEC:
        return exec(actor);
      case RST_POST:
        ++events_[op.x];
        return;
      case RST_CLOSE_RANGE:
        return close_range(actor, op);
      case RST_FIFO:
        ++account_.work.descriptors_closed;
        return install(actor, op.x);
      case RST_EPOLL_ADD:
        // On its number for a moment, and what is there on another meanwhile.
        if (op.a != op.y) {
          account_.work.descriptors_closed += actor.files->open.contains(op.y) ? 3 : 1;
        }
        return;
      case RST_SOCKETPAIR:
      case RST_PIPE:
        install(actor, op.y);
        return install(actor, op.x);
      case RST_OPEN:
      case RST_DUP:
      case RST_DUP3:
      case RST_SOCKET:
      case RST_EVENT:
      case RST_EPOLL:
      case RST_INOTIFY:
      case RST_REOPEN:
      case RST_MEMFD:
      case RST_PIDFD:
      case RST_FETCH:
      case RST_DEVICE_LOAD:
        return install(actor, op.x);
      // Descriptors of files that are mapped, and the pidfd to fetch one with.
      case RST_MMAP_PATH:
        actor.next += op.x;  // by the same descriptor
        ++account_.work.descriptors_closed;
        return;
      case RST_MMAP_FETCH:
        account_.work.descriptors_closed += 2;
        return;
      case RST_SET_MM:
        account_.work.descriptors_closed += op.e != 0 ? 1 : 0;
        return;
      case RST_SHED:
        return shed(actor);
      case RST_DEVICE_GIVE:
        actor.next += (op.z + RST_FDS_PER_OP - 1) / RST_FDS_PER_OP;
        return;
      case RST_FILL:
        actor.mm->pages += op.b / RBI_PAGE_SIZE;
        account_.work.descriptors_closed += op.x;
        return;
      default:
        return;  // touches none of what is accounted for
    }
  }

  const Program& program_;
  std::vector<std::uint64_t> events_;
  std::vector<char> ended_;
  std::uint32_t first_high_;
  bool has_high_;
  std::uint64_t born_pages_;
  std::deque<Actor> ready_;
  std::deque<Actor> standing_;  ///< at the barrier; they keep their objects
  RestartAccount account_;
};

}  // namespace

RestartAccount account_for(const Program& program, const BornWith& coordinator) {
  return Accountant(program, coordinator).run();
}

}  // namespace rb
