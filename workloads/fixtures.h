// Where the files of synthetic images live.
#pragma once

namespace rb {

/// Root's own directory; its parent is always there and never persistent.
inline constexpr char kFixtureDirectory[] = "/run/restartbench";

}  // namespace rb
