// What the run is at and how long it will take, for a person who watches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

#include "strategies/stage.h"

namespace rb {

/// One line on a terminal, rewritten in place; silent elsewhere. Time left is
/// the time so far, spread over the cells that are still to come: a guess, as
/// cells differ.
class Progress {
 public:
  /// @param shown  whether `terminal` is one
  /// @param time   nullptr: none that a person waits for; nothing is said of time left
  Progress(std::ostream& terminal, bool shown, std::size_t cells, TimeSource* time);

  /// A cell or image that work has begun or goes on with.
  void at(const std::string& name);

  /// A group with that many cells is done: erases the line.
  void group_done(std::size_t cells);

 private:
  std::ostream& terminal_;
  bool shown_;
  std::size_t cells_;
  std::size_t done_ = 0;
  TimeSource* time_;
  std::uint64_t begin_ns_ = 0;
};

}  // namespace rb
