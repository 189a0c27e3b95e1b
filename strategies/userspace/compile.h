// From an image and a plan to the program that the restorer runs.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "strategies/strategy.h"
#include "strategies/userspace/descriptors.h"
#include "strategies/userspace/planner/plan.h"
#include "strategies/userspace/restorer/packet.h"
#include "strategies/userspace/restorer/program.h"

namespace rb {

/// What one task does, and what it is to become.
struct TaskProgram {
  std::uint32_t first_op = 0;
  std::uint32_t op_count = 0;         ///< 0 = none: it only arrives at the barrier
  std::uint32_t flags = 0;            ///< rst_packet_flags
  const rbi_task* record = nullptr;   ///< nullptr = not a task of the image
  const rbi_run* contents = nullptr;  ///< contents that it restores itself, or nullptr
};

/// What every task does: ops by slot, in one array.
struct Program {
  std::vector<rst_slot> slots;     ///< image tasks, throw-away tasks, the coordinator
  std::vector<TaskProgram> tasks;  ///< by slot
  std::vector<rst_op> ops;
  std::uint32_t event_count = 0;
  std::uint32_t expected = 0;  ///< tasks at the barrier
};

/// Descriptors that the coordinator is born with when a plan has execs: the
/// restorer's program, the control block, the image, on numbers 0, 1, 2.
inline constexpr std::uint32_t kExecDescriptors = 3;

/// Compiles a restart. Pure.
/// @param creator  what tasks that are copies of the coordinator have to get rid of
/// @param at  the image, where the scaffold has it
[[nodiscard]] Result<Program> compile(const ImageAt& at, const SharingGraph& graph,
                                      const Plan& plan, DescriptorOrder order,
                                      const CreatorSize& creator = {});

}  // namespace rb
