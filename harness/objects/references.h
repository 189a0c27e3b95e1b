// References to kernel objects, taken and dropped.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace rb {

/// Takes a reference to an object of this process and drops it, so many times, in one system
/// call. Errors: kLacking.
using GetAndPut = std::function<Status(unsigned object, unsigned count)>;

/// The number by which GetAndPut knows a class ("mm", "files", "fs", "sighand", "signal",
/// "open_file"), if it does.
[[nodiscard]] std::optional<unsigned> referred_object(std::string_view name);

/// The most that one call does.
[[nodiscard]] unsigned most_references();

/// By /dev/restart, which is opened with the first call. Errors: kLacking, without it.
[[nodiscard]] GetAndPut device_references();

}  // namespace rb
