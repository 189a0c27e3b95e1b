#include "harness/capture/refusals.h"

#include <algorithm>

namespace rb::capture {
namespace {

constexpr std::size_t kMostShown = 20;

}  // namespace

void Refusals::add(std::string sentence) {
  // Threads have much in common.
  if (std::find(sentences_.begin(), sentences_.end(), sentence) != sentences_.end()) return;
  sentences_.push_back(std::move(sentence));
}

Status Refusals::status(std::string_view root) const {
  if (sentences_.empty()) return {};
  std::string message = fmt::format("cannot capture the tree of {}: ", root);
  if (sentences_.size() == 1) {
    message += sentences_.front();
  } else {
    message += fmt::format("{} things cannot be saved", sentences_.size());
    for (std::size_t i = 0; i < sentences_.size() && i < kMostShown; ++i) {
      message += "\n  " + sentences_[i];
    }
    if (sentences_.size() > kMostShown) {
      message += fmt::format("\n  and {} more", sentences_.size() - kMostShown);
    }
  }
  return fail(ErrorKind::kUnsupported, std::move(message));
}

}  // namespace rb::capture
