// Restarts a tree by running another program.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/peer/holder.h"
#include "strategies/strategy.h"

namespace rb::peer {

/// Runs a command in a new pid namespace for each restart; what it leaves running there is the
/// tree.
class ProcessRestarter final : public Restarter {
 public:
  /// @param reason  finds the reason of a failure in what the command printed
  ProcessRestarter(Storage storage, std::vector<std::string> command,
                   std::string (*reason)(std::string_view output), bool (*given_up)())
      : storage_(std::move(storage)),
        command_(std::move(command)),
        reason_(reason),
        given_up_(given_up) {}

  /// Makes a namespace for the next restart: once before the first one, and after each.
  [[nodiscard]] Status make_ready();

  Result<std::unique_ptr<Tree>> restart(StageClock& clock) override;

 private:
  Storage storage_;
  std::vector<std::string> command_;
  std::string (*reason_)(std::string_view output);
  bool (*given_up_)();
  std::unique_ptr<Holder> next_;
};

/// A file in the storage, written by a holder: `first` of Holder::start().
[[nodiscard]] bool write_image(const Image& image, const std::string& path);

}  // namespace rb::peer
