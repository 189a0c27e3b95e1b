// What the results call states of cells and kinds of errors.
#pragma once

#include <array>
#include <string_view>

#include "base/error.h"
#include "harness/results.h"

namespace rb {

/// "timed", "failed", "unsupported", "interrupted".
[[nodiscard]] constexpr std::string_view state_name(CellState state) {
  switch (state) {
    case CellState::kTimed:
      return "timed";
    case CellState::kFailed:
      return "failed";
    case CellState::kUnsupported:
      return "unsupported";
    case CellState::kInterrupted:
      return "interrupted";
  }
  return "?";
}
inline constexpr std::array kCellStates = {CellState::kTimed, CellState::kFailed,
                                           CellState::kUnsupported, CellState::kInterrupted};

/// "usage", "bad image", "unsupported", "lacking", "restart", "system", "no result".
[[nodiscard]] constexpr std::string_view error_kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kBadImage:
      return "bad image";
    case ErrorKind::kUnsupported:
      return "unsupported";
    case ErrorKind::kLacking:
      return "lacking";
    case ErrorKind::kRestart:
      return "restart";
    case ErrorKind::kSystem:
      return "system";
    case ErrorKind::kNoResult:
      return "no result";
  }
  return "?";
}
inline constexpr std::array kErrorKinds = {
    ErrorKind::kUsage,   ErrorKind::kBadImage, ErrorKind::kUnsupported, ErrorKind::kLacking,
    ErrorKind::kRestart, ErrorKind::kSystem,   ErrorKind::kNoResult};

}  // namespace rb
