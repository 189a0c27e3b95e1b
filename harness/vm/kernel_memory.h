// Caches of the guest's kernel, emptied of what earlier restarts left in them.
#pragma once

#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace rb::vm {

class KernelMemory {
 public:
  /// Errors: kSystem, where this kernel lacks what is needed.
  [[nodiscard]] static Result<KernelMemory> create();

  void pin() const;

 private:
  KernelMemory() = default;

  Fd drop_caches_;
  Fd last_pid_;
  Fd radix_tree_;
  std::vector<Fd> shrink_;
};

}  // namespace rb::vm
