// Which task opens which descriptors, when, and how tables inherit them.
#pragma once

#include <cstdint>
#include <vector>

#include "strategies/userspace/restorer/program.h"
#include "strategies/userspace/scaffold_address.h"
#include "strategies/userspace/topology.h"

namespace rb {

/// When descriptors are opened, relative to the creation of tasks: the three
/// ways whose difference the project measures (docs/strategies.md).
enum class DescriptorOrder {
  kTopologyFirst,   ///< Tables are filled once no task copies them any more.
  kFirstUnshare,    ///< Filled at once; a task of its own table copies and closes all.
  kFirstCloseRange  ///< Filled at once; close_range(CLOSE_RANGE_UNSHARE) copies nothing.
};

/// How a files_struct comes into being from the one its founder had.
enum class TableBirth : std::uint8_t {
  kCopy,         ///< Plain copy of a table that is empty, or whose contents it wants.
  kPunch,        ///< Shared first, then close_range(0, ~0, CLOSE_RANGE_UNSHARE).
  kUnshareClose  ///< Shared first, then unshare(CLONE_FILES) and close_range(0, ~0).
};

struct TablePlan {
  TableBirth birth = TableBirth::kCopy;
  bool early = false;          ///< filled by its founder as soon as it exists
  std::vector<rst_op> fill;    ///< what its contents take; empty if nobody keeps it
  std::vector<rst_op> refill;  ///< the same from nothing, after an exec that emptied it
};

struct DescriptorPlan {
  /// What the coordinator opens before it creates the root: descriptions that
  /// several tables take by reference, and memory shared between mms.
  std::vector<rst_op> store;
  std::vector<rst_op> owners;              ///< what it does to them once all tasks exist
  std::vector<TablePlan> tables;           ///< by files object of the topology
  std::vector<std::uint32_t> backing_fds;  ///< by backing: in the store, or kNotStored
  std::vector<std::uint32_t> stored;       ///< the same, by description
};

/// Pure.
/// @param first_store_fd  lowest number that is free in the coordinator
/// @param creator_has_files  the coordinator is born with open files of no use
[[nodiscard]] DescriptorPlan plan_descriptors(const ImageAt& at, const Topology& topology,
                                              DescriptorOrder order, std::uint32_t first_store_fd,
                                              bool creator_has_files = false);

}  // namespace rb
