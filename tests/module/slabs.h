// Counts of kernel objects: what a restart must give back.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace rb::test {

/// Active objects of the caches that restarts use. Needs slab_nomerge.
class Slabs {
 public:
  [[nodiscard]] static Slabs now();

  /// Waits until no cache has more objects than here, as most are freed with
  /// delay; what still has more after some seconds, one line each. Each CPU may
  /// hold one slab, whose free objects count as used: a leak in every restart of
  /// a test is more than that.
  [[nodiscard]] std::vector<std::string> leaks() const;

 private:
  struct Cache {
    long active;
    long slab;  ///< objects in one
  };
  std::map<std::string, Cache> caches_;
};

}  // namespace rb::test
