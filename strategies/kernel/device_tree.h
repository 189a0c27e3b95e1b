// A tree that /dev/restart has restarted.
#pragma once

#include "strategies/userspace/session.h"

namespace rb {

/// The tree of a session whose program used the device: its tasks stand inside
/// the kernel, with nothing of the restorer mapped.
class DeviceTree final : public Tree {
 public:
  DeviceTree(Session& session, Program program)
      : tree_(session, std::move(program)), counts_(counts_of(session)) {}

  [[nodiscard]] TreeAccess access() const override;
  [[nodiscard]] std::optional<ObjectCounts> objects() const override { return counts_; }
  [[nodiscard]] std::optional<RestartAccount> account() const override;
  [[nodiscard]] Status release() override { return tree_.release(); }
  [[nodiscard]] Result<int> wait_root() override { return tree_.wait_root(); }
  [[nodiscard]] Status detach() override { return tree_.detach(); }
  [[nodiscard]] Status destroy() override { return tree_.destroy(); }

 private:
  [[nodiscard]] static ObjectCounts counts_of(Session& session);

  SessionTree tree_;
  ObjectCounts counts_;
};

}  // namespace rb
