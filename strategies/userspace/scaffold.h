// The scaffold as the caller sees it: memory shared with every task.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "image/image.h"
#include "strategies/userspace/compile.h"
#include "strategies/userspace/restorer/packet.h"
#include "strategies/userspace/restorer/program.h"

namespace rb {

/// The stack of a task under restart: XSAVE area, packet, ops, room to run in.
struct StackLayout {
  std::size_t packet = 0;  ///< offset of struct rst_packet from the bottom, bytes
  std::size_t size = 0;    ///< bytes a task, multiple of the page size
};

/// How much room a scaffold must have for a program.
struct ScaffoldSize {
  std::size_t slots = 0;
  std::size_t ops = 0;
  std::size_t events = 0;
  StackLayout stack;

  [[nodiscard]] bool fits(const Program& program) const {
    return program.slots.size() <= slots && program.ops.size() <= ops &&
           program.event_count <= events;
  }
};

/// The stack that each task needs until its first user instruction.
[[nodiscard]] StackLayout restorer_stack(const Image& image);

/// The room that a program for this image takes.
[[nodiscard]] ScaffoldSize scaffold_size(const Image& image, const Program& program);

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
  void load(const Image& image, const Program& program);

  [[nodiscard]] rst_slot& slot(std::size_t index) const {
    return reinterpret_cast<rst_slot*>(control().slots)[index];
  }
  [[nodiscard]] rst_packet& packet(std::size_t index) const {
    return *reinterpret_cast<rst_packet*>(stack(index) + control().packet);
  }

 private:
  [[nodiscard]] std::byte* stack(std::size_t index) const {
    return reinterpret_cast<std::byte*>(control().stacks) + index * control().stack_size;
  }
  [[nodiscard]] std::span<const std::byte> image_bytes() const {
    return {image_.data(), control().image_size};
  }
  void load_task(const Image& image, const Program& program, std::size_t index);

  ScaffoldSize size_;
  Fd fd_;
  Mapping control_;  // everything but the image
  Mapping image_;
};

/// The restorer's program for exec, as a memfd. A new one each time.
[[nodiscard]] Result<Fd> restorer_program();

}  // namespace rb
