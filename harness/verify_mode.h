// Names and meanings of --verify modes, for every reporter alike.
#pragma once

#include <string_view>

#include "harness/options.h"

namespace rb {

[[nodiscard]] constexpr std::string_view verify_mode_name(VerifyMode mode) {
  switch (mode) {
    case VerifyMode::kAll:
      return "all";
    case VerifyMode::kSample:
      return "sample";
    case VerifyMode::kFirst:
      return "first";
    case VerifyMode::kNone:
      return "none";
  }
  return "?";
}

[[nodiscard]] constexpr std::string_view verify_mode_meaning(VerifyMode mode) {
  switch (mode) {
    case VerifyMode::kAll:
      return "all: a restart before timing and every timed one were as the image says";
    case VerifyMode::kSample:
      return "sample: a restart before timing and one in every round were as the image says";
    case VerifyMode::kFirst:
      return "first: a restart before timing was as the image says";
    case VerifyMode::kNone:
      return "NO: nobody looked at what was restarted (--verify none)";
  }
  return "?";
}

}  // namespace rb
