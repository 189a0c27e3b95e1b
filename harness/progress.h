// What the run is at and how long it will take, for a person who watches.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "strategies/stage.h"

namespace rb {

/// How far a run has come.
struct ProgressState {
  std::size_t done = 0;
  std::size_t all = 0;
  std::string what;  ///< of which there are so many: "cells done"
  std::string at;    ///< what work has begun or goes on with; empty: nothing, for now
};

/// Shows it to a person.
using ShowProgress = std::function<void(const ProgressState&)>;

/// One line on a terminal, rewritten in place, erased when there is nothing to
/// show. Time left is the time so far, spread over what is still to come: a guess,
/// as cells differ. Both parameters outlive the result.
[[nodiscard]] ShowProgress show_on(std::ostream& terminal, TimeSource& time);

/// For the way from a virtual machine to its host, whose time it is that matters.
[[nodiscard]] std::string to_text(const ProgressState& state);
[[nodiscard]] std::optional<ProgressState> parse_progress(const std::string& text);

/// Counts what is done.
class Progress {
 public:
  /// @param show  may be empty: nobody watches
  /// @param what  of which there are `all`, as in "cells done"
  Progress(ShowProgress show, std::size_t all, std::string what);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { show_nothing(); }

  /// What work has begun or goes on with.
  void at(const std::string& name);

  /// The same, by one who counts what is done.
  void at(const std::string& name, std::size_t done) {
    state_.done = done;
    at(name);
  }

  /// So many more are done. Nothing is shown until the next at().
  void group_done(std::size_t more);

 private:
  void show_nothing();

  ShowProgress show_;
  ProgressState state_;
};

}  // namespace rb
