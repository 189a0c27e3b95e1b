// For tests that make real trees.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "harness/verify/verify.h"

namespace rb::test {

/// Ends the program as skipped (exit code 77) where namespaces can't be made.
inline void need_root() {
  if (::geteuid() == 0) return;
  std::cerr << "skipped: making a pid namespace needs root\n";
  std::exit(77);
}

/// What was found; an error of the verifier counts as a difference.
inline std::vector<std::string> differences(const Result<Verification>& verification) {
  if (!verification) return {"the verifier failed: " + describe(verification.error())};
  return verification->differences;
}

}  // namespace rb::test
