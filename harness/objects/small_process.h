// A process that is cheap to copy.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>

namespace rb {

/// Leaves clone(2) little to copy: closes all descriptors but the standard ones and takes
/// all memory out of what it copies but this thread's stack, code and shared memory. A
/// child without CLONE_VM must not touch anything else.
void become_small();

/// How many VMAs a process has; 0 if it is not there.
[[nodiscard]] std::uint64_t vmas_of(pid_t pid);

/// Raises RLIMIT_NOFILE as far as it goes up to `wanted`. @return what it is then
rlim_t open_file_limit(std::uint64_t wanted);

}  // namespace rb
