// Which basic blocks of the module have run: of one that scripts/build-module --coverage built.
#pragma once

#include <bitset>

namespace rb::test {

using Blocks = std::bitset<8192>;

/// Whether the loaded module can tell.
[[nodiscard]] bool counts_blocks();

/// Those that ran since the last call, in any task.
[[nodiscard]] Blocks take_blocks();

}  // namespace rb::test
