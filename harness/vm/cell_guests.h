// Cells in guests of their own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "harness/bench.h"
#include "harness/cell_source.h"
#include "harness/vm/guest_run.h"

namespace rb::vm {

/// What came out of a guest.
struct CellOutcome {
  int code = 0;
  std::string err;
  std::string results;  ///< JSON
};

/// Boots a guest for each cell, as many at a time as there are CPUs. Whatever ran before
/// a cell, and beside it, leaves no trace in its counts: there is nothing.
class CellGuests final : public CellSource {
 public:
  /// run_guest(), or what stands in for it. Called in several threads at once.
  using RunGuest = std::function<Result<int>(const GuestJob&, const Streams&)>;

  /// @param job  all but the arguments, the files and the memory, which cells choose
  CellGuests(GuestJob job, const RunOptions& options, const Parts& parts, const Streams& streams,
             RunGuest run_guest = vm::run_guest);
  CellGuests(const CellGuests&) = delete;
  CellGuests& operator=(const CellGuests&) = delete;
  ~CellGuests() override;

  [[nodiscard]] Status begin(const std::vector<Group>& matrix) override;
  [[nodiscard]] Result<nlohmann::ordered_json> context() override;
  void take(GroupResult& group, CellResult& cell) override;

  /// The first guest that ended without its exit code, if any did: the whole run has no
  /// other exit code then.
  [[nodiscard]] const std::optional<Error>& lost() const noexcept { return lost_; }

  /// The exit code of a guest's bench that did not begin, because of the command line or of
  /// what the guest lacks, and has said so: every other one would end with it, too.
  [[nodiscard]] std::optional<int> refusal() const noexcept { return refusal_; }

 private:
  struct Slot {
    GuestJob job;
    std::optional<Result<CellOutcome>> outcome;
  };

  void work();
  [[nodiscard]] Result<CellOutcome> run(const GuestJob& job) const;
  const Result<CellOutcome>& wait_for(Slot& slot);
  void pass_on(const CellOutcome& outcome, const nlohmann::ordered_json& document);

  GuestJob job_;
  RunGuest run_guest_;
  const RunOptions& options_;
  const Parts& parts_;
  const Streams& streams_;
  std::vector<Slot> slots_;
  std::size_t taken_ = 0;
  std::set<std::string> said_;  ///< lines of guests on stderr
  std::optional<Error> lost_;
  std::optional<int> refusal_;
  unsigned largest_mib_ = 0;  ///< of the machines

  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> given_up_ = false;
  std::mutex mutex_;  ///< of every outcome
  std::condition_variable ended_;
  std::vector<std::thread> workers_;
};

}  // namespace rb::vm
