// The memory with the check blocks and the tables they point at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "workloads/payload/check_block.h"

namespace rb {

/// Collects the bytes of one mm's check area.
class CheckArea {
 public:
  /// @param start  its address, page-aligned
  explicit CheckArea(std::uint64_t start) : start_(start) {}

  /// Appends records. @return where they will stand
  template <class Record>
  payload_table put(std::span<const Record> records) {
    const std::uint64_t address = place(std::as_bytes(records));
    return {records.empty() ? 0 : address, records.size()};
  }
  template <class Record>
  payload_table put(const std::vector<Record>& records) {
    return put(std::span<const Record>(records));
  }
  /// Appends a string, NUL-terminated. @return its address
  std::uint64_t put_string(std::string_view text) {
    const std::uint64_t address = place(std::as_bytes(std::span(text)));
    bytes_.push_back(std::byte{});
    return address;
  }
  [[nodiscard]] std::uint64_t start() const { return start_; }
  [[nodiscard]] std::uint64_t pages() const {
    return (bytes_.size() + RBI_PAGE_SIZE - 1) / RBI_PAGE_SIZE;
  }
  [[nodiscard]] std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::uint64_t place(std::span<const std::byte> bytes) {
    bytes_.resize((bytes_.size() + 7) / 8 * 8);
    const std::uint64_t address = start_ + bytes_.size();
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return address;
  }
  std::uint64_t start_;
  std::vector<std::byte> bytes_;
};

}  // namespace rb
