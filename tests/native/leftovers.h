// What a restart must not leave behind in the process that asked for it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace rb::test {

/// A process below this one, in any pid namespace.
struct Descendant {
  pid_t pid = 0;
  std::string name;
  char state = '?';
};

/// All descendants of this process, zombies included. This process becomes a
/// child subreaper, so that orphans stay visible.
[[nodiscard]] std::vector<Descendant> descendants();

/// How many descendants are left once orphans had time to end; they are reaped.
[[nodiscard]] std::size_t descendants_left();

/// Descendants, descriptors and mappings of this process at one moment.
class Holdings {
 public:
  [[nodiscard]] static Holdings now();

  /// What `later` has and this has not, and the reverse; one line each. The
  /// sizes of mappings do not count: the heap may grow.
  [[nodiscard]] std::vector<std::string> differences(const Holdings& later) const;

 private:
  std::vector<std::string> processes_;
  std::vector<std::string> fds_;
  std::vector<std::string> mappings_;
};

}  // namespace rb::test
