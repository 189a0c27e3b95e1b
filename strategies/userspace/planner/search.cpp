#include "strategies/userspace/planner/search.h"

#include <unordered_set>

#include "strategies/userspace/planner/candidates.h"
#include "strategies/userspace/planner/fingerprint.h"

namespace rb {
namespace {

/// Weighed pairs a node may cost on average before the search gives up.
constexpr long kWorkPerNode = 500;

class Search {
 public:
  Search(Reducer& reducer, const SearchLimits& limits)
      : reducer_(reducer),
        limits_(limits),
        node_limit_(limits.nodes + reducer.state().size()),
        work_limit_(reducer.work() + kWorkPerNode * node_limit_) {}

  SearchResult run() {
    const Reducer::Mark start = reducer_.mark();
    if (limits_.thorough)
      reducer_.stop_settling();
    else
      reducer_.start_settling();
    const bool found = settle_and_finish() || descend();
    if (found) result_.moves = reducer_.moves();
    result_.exhausted = !found && !gave_up_;
    reducer_.undo_to(start);
    return std::move(result_);
  }

 private:
  struct Frame {
    Reducer::Mark mark;
    int throwaways = 0;  // still to be used
    bool listed = false;
    std::vector<Candidate> candidates;
    std::size_t next = 0;
  };

  bool settle_and_finish() {
    if (!limits_.thorough) reducer_.settle();
    return reducer_.finish();
  }

  bool descend() {
    push(limits_.throwaways);
    while (!frames_.empty()) {
      const auto candidate = next_choice(frames_.back());
      if (!candidate) {
        dead_ends_.insert(fingerprint(reducer_.state(), frames_.back().throwaways));
        frames_.pop_back();
        if (!frames_.empty()) reducer_.undo_to(frames_.back().mark);
        continue;
      }
      const int throwaways = frames_.back().throwaways - candidate->helpers;
      if (!take(*candidate)) {
        reducer_.undo_to(frames_.back().mark);
        continue;
      }
      if (settle_and_finish()) return true;
      if (++nodes_ > node_limit_ || reducer_.work() > work_limit_) {
        gave_up_ = true;
        return false;
      }
      if (!dead_ends_.empty() && dead_ends_.contains(fingerprint(reducer_.state(), throwaways))) {
        reducer_.undo_to(frames_.back().mark);
        continue;
      }
      push(throwaways);
    }
    return false;
  }

  void push(int throwaways) {
    frames_.push_back({.mark = reducer_.mark(), .throwaways = throwaways, .candidates = {}});
    note_progress();
  }

  std::optional<Candidate> next_choice(Frame& frame) {
    if (!frame.listed && frame.next == 0 && !limits_.thorough) {
      frame.next = 1;
      if (auto quick = quick_candidate(reducer_)) return quick;
    }
    if (!frame.listed) {
      frame.listed = true;
      frame.next = 0;
      frame.candidates = all_candidates(reducer_, frame.throwaways, limits_.exec);
    }
    if (frame.next == frame.candidates.size()) return std::nullopt;
    return frame.candidates[frame.next++];
  }

  bool take(const Candidate& candidate) {
    switch (candidate.kind) {
      case Candidate::Kind::kCreate:
        reducer_.create(candidate.task, candidate.creator, candidate.fit);
        break;
      case Candidate::Kind::kExec:
        reducer_.exec(candidate.task);
        break;
      case Candidate::Kind::kThrowaway: {
        const int parent = reducer_.state().task(candidate.task).parent;
        const int added = reducer_.add_throwaway(parent);
        const Fit fit = reducer_.weigh(candidate.task, added, false);
        if (!fit.ok) return false;
        reducer_.create(candidate.task, added, fit);
        break;
      }
    }
    return true;
  }

  /// Remembers what blocks the state with the fewest tasks left.
  void note_progress() {
    const ReverseState& state = reducer_.state();
    if (result_.blocked >= 0 && state.alive() >= fewest_) return;
    fewest_ = state.alive();
    int other = -1;
    for (int i = state.first_alive(); i >= 0; i = state.next_alive(i)) {
      if (!state.is_leaf(i) || state.task(i).throwaway) continue;
      other = i;
      result_.blocked = i;
      result_.blocked_class = blocking_class(state, reducer_.means(), i);
      if (result_.blocked_class < static_cast<int>(kSharedCount)) return;
    }
    result_.blocked = other;
  }

  Reducer& reducer_;
  SearchLimits limits_;
  long node_limit_;
  long work_limit_;
  long nodes_ = 0;
  bool gave_up_ = false;
  int fewest_ = 0;
  std::vector<Frame> frames_;
  std::unordered_set<std::uint64_t> dead_ends_;
  SearchResult result_;
};

}  // namespace

SearchResult search(Reducer& reducer, const SearchLimits& limits) {
  return Search(reducer, limits).run();
}

}  // namespace rb
