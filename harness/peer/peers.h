// Other programs that restart a tree, to be measured beside the strategies.
//
// A peer is a Strategy (strategies/strategy.h) of kind kPeer, whose tree runs as soon as it is
// there: it never stands at a barrier. Each is a program of its own, timed from its start to its
// end. Prose: docs/peers.md.
#pragma once

#include <span>

#include "strategies/strategy.h"

namespace rb::peer {

/// "criu", and bench restart with each strategy, as processes.
[[nodiscard]] std::span<const Strategy* const> peers();

/// What this machine lacks for it, whatever the image. Errors: kLacking.
[[nodiscard]] Status check_peer(const Strategy& peer);

/// Files that a virtual machine needs for it besides bench: programs.
[[nodiscard]] Result<std::vector<std::string>> programs_of(const Strategy& peer);

}  // namespace rb::peer
