// The kernel's fault injection: allocations, and copies from and to user space, that fail.
#pragma once

#include <string>

#include "base/fd.h"

namespace rb::test {

/// Whether this kernel has it: CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC, debugfs.
[[nodiscard]] bool can_inject_faults();

/// Lets those allocations fail, too, that may sleep, and keeps quiet about it in the log.
void prepare_faults();

/// One failure in this thread: of an allocation of whatever kind, or of a copy.
class FailNth {
 public:
  FailNth();
  /// The n-th from now on fails, n > 0. Allocates nothing itself.
  void arm(unsigned n) const;
  /// @return whether it has come to that
  [[nodiscard]] bool disarm() const;

 private:
  Fd file_;
};

/// Whether this task, and those that it makes from now on, are the ones of FailInTree.
void be_failed(bool yes);

/// One failure of an allocation in any of several tasks. As the kernel counts on and does not
/// say where it is, a program may have one of a kind, once a boot.
class FailInTree {
 public:
  /// @param kind "failslab" or "fail_page_alloc"
  explicit FailInTree(const std::string& kind);
  /// The n-th from now on fails, n > 0, of tasks that be_failed() has marked.
  void arm(unsigned long n);
  /// @return whether it has come to that. No marked task may be left.
  [[nodiscard]] bool disarm();

 private:
  void set(const char* name, unsigned long value) const;
  [[nodiscard]] bool is_used_up() const;
  void use_up() const;

  std::string folder_;
  unsigned long count_ = 0;  ///< the kernel's
  unsigned long next_ = 0;   ///< at which count the armed failure is
};

}  // namespace rb::test
