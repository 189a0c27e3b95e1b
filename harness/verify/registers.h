// CPU state of a stopped task against that of an image: pure functions over values.
#pragma once

#include <sys/user.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "image/format.h"

namespace rb {

/// Sentences without a subject, one for each difference of general registers and segment bases.
/// Of the flags, those that a program can set are compared.
[[nodiscard]] std::vector<std::string> compare_registers(const rbi_registers& expected,
                                                         const user_regs_struct& found);

/// The same for the extended state, component by component: one that the image lacks must be in
/// its initial state. Left out: the x87 instruction and data pointers, which some CPUs save
/// only after an exception; the protection keys of an image without them.
/// @param expected  the image's XSAVE area
/// @param features  its components
/// @param found  as ptrace(2) has it: NT_X86_XSTATE
[[nodiscard]] std::vector<std::string> compare_xstate(std::span<const std::byte> expected,
                                                      std::uint64_t features,
                                                      std::span<const std::byte> found);

}  // namespace rb
