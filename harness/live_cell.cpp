#include "harness/live_cell.h"

#include "harness/interrupt.h"
#include "harness/selection.h"

namespace rb {
namespace {

/// What the strategy itself, the machine or the options rule out.
Status supported(const Strategy& strategy, const Image& image, const StrategyOptions& options) {
  if (const auto lacks = machine_lacks(strategy)) return fail(ErrorKind::kLacking, *lacks);
  const bool own = options.pids == PidMode::kOwn;
  if ((strategy.flags & (own ? kOwnPidNamespace : kHostPids)) == 0) {
    return fail(ErrorKind::kUnsupported, own ? "cannot restart into a pid namespace of its own"
                                             : "cannot restart into the caller's pid namespace");
  }
  return strategy.supports(image, options);
}

bool is_refusal(ErrorKind kind) {
  return kind == ErrorKind::kUnsupported || kind == ErrorKind::kLacking;
}

}  // namespace

/// A second tree of it can stand beside the one that is timed.
bool fits_twice(const Image& image) {
  constexpr std::uint64_t kMost = 256 << 20;  // of the guest's memory
  const auto ofds = image.ofds();
  return image.header().pages_size <= kMost && std::none_of(ofds.begin(), ofds.end(), [](auto& o) {
           return o.kind == RBI_OFD_SOCKET;  // a name that only one can have
         });
}

LiveCell::LiveCell(const Parts& parts, const Image& image, const RunOptions& options,
                   TimeSource& time, CellResult& result)
    : parts_(parts),
      image_(image),
      options_(options),
      time_(time),
      result_(result),
      clock_(time),
      random_(options.seed) {}

void LiveCell::refuse(TrialError error) {
  // Whatever else went wrong follows from that, or means nothing.
  if (auto same = image_.unchanged(); !same) error = {std::move(same).error(), {}};
  // A signal that reaches the tasks too fails the trial at hand; that failure
  // says nothing of the strategy.
  const bool interrupted = interrupted_by() != 0;
  result_.state = interrupted                    ? CellState::kInterrupted
                  : is_refusal(error.error.kind) ? CellState::kUnsupported
                                                 : CellState::kFailed;
  result_.error = interrupted ? Error{ErrorKind::kRestart, "interrupted", {}} : error.error;
  if (!interrupted) result_.differences = std::move(error.differences);
  result_.repetitions.clear();
}

/// On a clock that is exact it matters whether a restart's objects fill up what other
/// cells left half empty in the kernel's slabs, or need new ones. A tree of the same
/// image, which stays as long as the cell, has filled up all of that.
void LiveCell::place_ballast() {
  if (options_.clock != ClockKind::kInstructions || !fits_twice(image_)) return;
  if (result_.strategy->kind == StrategyKind::kPeer) return;  // making one takes a dump
  StrategyOptions options = options_.strategy_options;
  options.pids = PidMode::kOwn;  // the image's own numbers are for the tree that is timed
  time_.settle();
  auto restarter = result_.strategy->prepare(image_, options);
  if (!restarter) return;
  // If this fails, so will the restarts that count, and they say why.
  auto tree = (*restarter)->restart(clock_);
  if (!tree) return;
  ballast_restarter_ = std::move(*restarter);
  ballast_ = std::move(*tree);
}

bool LiveCell::make_ready() {
  const Strategy& strategy = *result_.strategy;
  StrategyOptions strategy_options = options_.strategy_options;
  strategy_options.given_up = interrupted_again;
  if (auto ok = supported(strategy, image_, strategy_options); !ok) {
    refuse({std::move(ok).error(), {}});
    return false;
  }
  place_ballast();
  auto restarter = strategy.prepare(image_, strategy_options);
  if (!restarter) {
    refuse({std::move(restarter).error(), {}});
    return false;
  }
  restarter_ = std::move(*restarter);
  if (result_.verifiable && options_.verify != VerifyMode::kNone) {
    if (!try_once(true)) return false;
    ++result_.verified_before;
  }
  const std::uint64_t begin = time_.now_ns();
  if (!try_once(result_.verifiable && options_.verify == VerifyMode::kAll)) return false;
  cost_ = {static_cast<double>(clock_.total_ns()), static_cast<double>(time_.now_ns() - begin)};
  return true;
}

/// A restart in which this process was not stopped: how long that took is not the strategy's
/// time.
TrialResult<Restarted> LiveCell::restart_undisturbed() {
  for (;;) {
    const int before = times_continued();
    auto restarted = restart_timed(*restarter_, clock_);
    if (!restarted || times_continued() == before || interrupted_by() != 0) return restarted;
    auto finished = finish(parts_, image_, std::move(restarted->tree), false);
    if (!finished) return tl::unexpected(std::move(finished).error());
  }
}

bool LiveCell::try_once(bool verify) {
  auto restarted = restart_undisturbed();
  if (!restarted) {
    refuse(std::move(restarted).error());
    return false;
  }
  result_.objects = restarted->tree->objects();
  if (auto finished = finish(parts_, image_, std::move(restarted->tree), verify); !finished) {
    refuse(std::move(finished).error());
    return false;
  }
  if (!image_.unchanged()) {
    refuse({});
    return false;
  }
  return true;
}

void LiveCell::take_turn(benchmark::State& state) {
  if (result_.error || interrupted_by() != 0) {
    if (!result_.error) refuse({});
    state.SkipWithError(result_.error->message.c_str());
    return;
  }
  turn_ = {};
  const auto planned = static_cast<std::uint64_t>(state.max_iterations);
  const bool sampled = options_.verify == VerifyMode::kSample;
  const std::uint64_t sample = sampled && planned > 0 ? random_() % planned : 0;
  while (state.KeepRunning()) {
    const bool verify = result_.verifiable && (options_.verify == VerifyMode::kAll ||
                                               (sampled && turn_.samples.size() == sample));
    auto restarted = restart_undisturbed();
    if (restarted) {
      state.PauseTiming();  // the CPU time is to be that of restarting, too
      turn_.samples.push_back(restarted->sample);
      auto finished = finish(parts_, image_, std::move(restarted->tree), verify);
      state.ResumeTiming();
      if (!finished) refuse(std::move(finished).error());
      state.SetIterationTime(static_cast<double>(turn_.samples.back().total_ns) * 1e-9);
      if (verify) ++turn_.verified;
    } else {
      refuse(std::move(restarted).error());
    }
    if (!result_.error && (interrupted_by() != 0 || !image_.unchanged())) refuse({});
    if (result_.error) {
      state.SkipWithError(result_.error->message.c_str());
      return;
    }
  }
}

void LiveCell::keep_turn() { result_.repetitions.push_back(std::move(turn_)); }

}  // namespace rb
