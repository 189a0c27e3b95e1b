// Where things of an image are in every task under restart.
#pragma once

#include <cstdint>

#include "image/image.h"

namespace rb {

/// The image file as mapped in the scaffold.
class ImageAt {
 public:
  ImageAt(const Image& image, std::uint64_t address) : image_(image), address_(address) {}

  [[nodiscard]] std::uint64_t of(const void* record) const {
    return address_ + static_cast<std::uint64_t>(static_cast<const std::byte*>(record) -
                                                 image_.bytes().data());
  }
  [[nodiscard]] std::uint64_t of_string(__u32 reference) const {
    return of(image_.string(reference).data());
  }
  [[nodiscard]] std::uint64_t of_offset(std::uint64_t offset) const { return address_ + offset; }
  [[nodiscard]] const Image& image() const { return image_; }

 private:
  const Image& image_;
  std::uint64_t address_;
};

}  // namespace rb
