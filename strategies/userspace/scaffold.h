// The scaffold as the caller sees it: memory shared with every task.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "image/image.h"
#include "strategies/userspace/compile.h"
#include "strategies/userspace/restorer/program.h"

namespace rb {

/// How much room a scaffold must have for a program.
struct ScaffoldSize {
  std::size_t slots = 0;
  std::size_t ops = 0;
  std::size_t events = 0;
  std::size_t stack_size = 0;  ///< bytes a task, multiple of the page size

  [[nodiscard]] bool fits(const Program& program) const {
    return program.slots.size() <= slots && program.ops.size() <= ops &&
           program.event_count <= events;
  }
};

/// The stack that each task needs below its first user instruction.
[[nodiscard]] std::size_t restorer_stack_size(const Image& image);

/// Control block, code, stacks and image, mapped where no mm of the image has
/// anything: at the same address here and in every task.
class Scaffold {
 public:
  Scaffold() = default;  ///< nothing mapped

  /// Address space that a scaffold for this image takes, control part only.
  [[nodiscard]] static Result<Scaffold> create(const Image& image, const ScaffoldSize& size);

  /// A free address for `size` + image bytes, in the image and in this process.
  [[nodiscard]] static Result<std::uint64_t> find_hole(const Image& image, std::uint64_t size);

  [[nodiscard]] rst_control& control() const {
    return *reinterpret_cast<rst_control*>(control_.data());
  }
  [[nodiscard]] std::uint64_t image_address() const { return control().image; }
  [[nodiscard]] int control_fd() const { return fd_.get(); }
  [[nodiscard]] const ScaffoldSize& size() const { return size_; }

  /// Copies a program in, which must fit, and clears what the last one left.
  void load(const Program& program);

  [[nodiscard]] rst_slot& slot(std::size_t index) const {
    return reinterpret_cast<rst_slot*>(control().slots)[index];
  }

 private:
  ScaffoldSize size_;
  Fd fd_;
  Mapping control_;  // everything but the image
  Mapping image_;
};

/// The restorer's program for exec, as a memfd. A new one each time.
[[nodiscard]] Result<Fd> restorer_program();

}  // namespace rb
