#include "strategies/userspace/planner/fingerprint.h"

#include <unordered_map>

namespace rb {
namespace {

/// SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014).
std::uint64_t mix(std::uint64_t hash, int value) {
  std::uint64_t z = hash + 0x9e3779b97f4a7c15ull + static_cast<std::uint64_t>(value + 2);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t fingerprint(const ReverseState& state, int throwaways) {
  std::array<std::unordered_map<int, int>, kClassCount> number;
  std::uint64_t hash = mix(0, throwaways);
  for (int i = 0; i < state.size(); ++i) {
    const StateTask& task = state.task(i);
    if (!task.alive) {
      if (!task.throwaway) hash = mix(hash, -2);
      continue;
    }
    if (task.throwaway) hash = mix(mix(hash, task.parent), task.moves_children);
    for (std::size_t cls = 0; cls < kClassCount; ++cls) {
      int object = task.object[cls];
      // Sessions are told apart by who founds them, so they keep their names.
      if (object != kWild && cls != kSessionClass)
        object =
            number[cls].try_emplace(object, static_cast<int>(number[cls].size())).first->second;
      hash = mix(hash, object);
    }
  }
  return hash;
}

}  // namespace rb
