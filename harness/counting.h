// Counting what a cell's restarts do, once they are timed.
#pragma once

#include "harness/counters/passes.h"
#include "harness/objects/cost.h"
#include "harness/options.h"
#include "harness/parts.h"
#include "harness/results.h"

namespace rb {

/// What to count in every cell.
class Counting {
 public:
  /// Finds out what can be counted here. Errors: kUsage for a counter that does not
  /// exist; kLacking if nothing can be counted.
  [[nodiscard]] static Result<Counting> create(const RunOptions& options, const Parts& parts);

  [[nodiscard]] bool wanted() const { return !events_.empty() || !creations_.empty(); }

  /// Counts restarts of a cell that was timed. One that fails makes it a failed cell.
  void count(CellResult& cell, const Image& image, const RunOptions& options, const Parts& parts,
             TimeSource& time) const;

 private:
  /// The events of the ledger that there are. Errors: a restart failed.
  [[nodiscard]] Result<Ledger> keep_ledger(CountedSubject subject, const Image& image,
                                           const Parts& parts) const;

  std::vector<EventSpec> events_;
  std::vector<ObjectCost> costs_;  ///< to predict times from; empty = none
  unsigned vdso_vmas_ = 0;
  std::vector<Result<EventSpec>> creations_;  ///< by class, if the ledger is to be kept
  std::optional<EventSpec> vma_copies_;       ///< the same, where the kernel tells
};

}  // namespace rb
