#include "strategies/kernel/device_tree.h"

#include <algorithm>

namespace rb {

static_assert(RESTART_CLASS_MM == 0 && RESTART_CLASS_FILES == 1 && RESTART_CLASS_FS == 2 &&
                  RESTART_CLASS_SIGHAND == 3 && RESTART_CLASS_COUNT == 4,
              "ObjectCounts has the device's order");

TreeAccess DeviceTree::access() const {
  TreeAccess access = tree_.access();
  access.scaffold = {};
  return access;
}

/// What user space does is in the program; what becomes of objects, the device knows.
std::optional<RestartAccount> DeviceTree::account() const {
  auto account = tree_.account();
  if (account) account->objects = counts_;
  return account;
}

ObjectCounts DeviceTree::counts_of(Session& session) {
  const restart_status& status = session.scaffold().control().device;
  ObjectCounts counts;
  std::copy(std::begin(status.made), std::end(status.made), counts.made.begin());
  std::copy(std::begin(status.attached), std::end(status.attached), counts.attached.begin());
  std::copy(std::begin(status.inherited), std::end(status.inherited), counts.inherited.begin());
  return counts;
}

}  // namespace rb
