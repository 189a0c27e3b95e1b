// What bench's exit code says. Prose: docs/errors.md.
#pragma once

#include "base/error.h"

namespace rb {

enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,      ///< A restart failed or restored something wrong.
  kExitUsage = 2,       ///< The command line is wrong.
  kExitRegression = 3,  ///< Of scripts/regress: a regression was found.
  kExitNoResult = 4,    ///< The virtual machine panicked, hung or stopped: no result.
  kExitSkipped = 77,    ///< The machine lacks something; as CTest and automake have it.
  kExitSignal = 128,    ///< Plus the number of the signal, as shells have it.
};

/// The code that an error of a kind ends the program with.
[[nodiscard]] constexpr int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return kExitUsage;
    case ErrorKind::kLacking:
      return kExitSkipped;
    case ErrorKind::kNoResult:
      return kExitNoResult;
    case ErrorKind::kBadImage:
    case ErrorKind::kUnsupported:
    case ErrorKind::kRestart:
    case ErrorKind::kSystem:
      return kExitFailed;
  }
  return kExitFailed;
}

}  // namespace rb
