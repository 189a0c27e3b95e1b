// What the checks see of an image whose section table is already checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "image/fields.h"
#include "image/format.h"

namespace rb::validation {

/// Where user space lies: vm.mmap_min_addr's default, and TASK_SIZE_MAX of
/// arch/x86/include/asm/page_64_types.h with four-level page tables.
inline constexpr std::uint64_t kUserStart = 65536;
inline constexpr std::uint64_t kUserEnd = (1ull << 47) - 4096;

/// Largest number of a descriptor: fs.nr_open's default, less one.
inline constexpr std::uint64_t kMaxFd = (1u << 20) - 1;

inline constexpr std::uint64_t kPidMin = 2;               // 1 is the init of the pid namespace
inline constexpr std::uint64_t kPidMax = (1u << 22) - 1;  // PID_MAX_LIMIT, linux/threads.h

/// Largest file offset: loff_t is signed.
inline constexpr std::uint64_t kMaxOffset = INT64_MAX;

/// Bits of signal n in a mask, and the two signals nobody can mask or handle.
constexpr std::uint64_t signal_bit(unsigned signal) { return 1ull << (signal - 1); }
inline constexpr unsigned kSigKill = 9;
inline constexpr unsigned kSigStop = 19;
constexpr bool is_unmaskable(std::uint64_t signal) {
  return signal == kSigKill || signal == kSigStop;
}

constexpr bool is_page_aligned(std::uint64_t value) { return value % RBI_PAGE_SIZE == 0; }
/// Up to the next page boundary. @param value  at most INT64_MAX
constexpr std::uint64_t whole_pages(std::uint64_t value) {
  return (value + RBI_PAGE_SIZE - 1) / RBI_PAGE_SIZE * RBI_PAGE_SIZE;
}

/// Typed tables over the bytes of an image. Offsets, counts and record sizes
/// of the sections were checked; nothing else was.
class View {
 public:
  explicit View(std::span<const std::byte> bytes) : bytes_(bytes) {}

  [[nodiscard]] const rbi_header& header() const {
    return *reinterpret_cast<const rbi_header*>(bytes_.data());
  }
  [[nodiscard]] std::uint64_t count(rbi_section section) const {
    return header().sections[section].count;
  }
  /// The record's first byte. @param index below count(section)
  [[nodiscard]] const std::byte* record(rbi_section section, std::size_t index) const {
    return bytes_.data() + header().sections[section].offset + index * record_type(section).size;
  }
  template <class Record>
  [[nodiscard]] std::span<const Record> table(rbi_section section) const {
    return {reinterpret_cast<const Record*>(record(section, 0)), count(section)};
  }
  [[nodiscard]] std::span<const std::byte> section_bytes(rbi_section section) const {
    return {record(section, 0), count(section) * record_type(section).size};
  }
  /// Whether a reference points at the start of a string; needs check_strings().
  [[nodiscard]] bool is_string(std::uint64_t reference) const;
  /// The string at a reference that is_string().
  [[nodiscard]] std::string_view string(std::uint64_t reference) const {
    return reinterpret_cast<const char*>(record(RBI_SEC_STRINGS, reference));
  }

 private:
  std::span<const std::byte> bytes_;
};

/// One record under check: builds the errors, and has the rules that several
/// records share. `field` is always a name of the fields table.
class At {
 public:
  At(const View& view, rbi_section section, std::size_t index)
      : view_(view), section_(section), index_(index) {}

  /// "SECTION[INDEX].FIELD VALUE: RULE", kBadImage.
  [[nodiscard]] tl::unexpected<Error> refuse(std::string_view field, std::string_view rule) const;

  [[nodiscard]] Status require(bool holds, std::string_view field, std::string_view rule) const {
    if (holds) return {};
    return refuse(field, rule);
  }
  /// The value is an index into a section.
  [[nodiscard]] Status index(std::string_view field, std::uint64_t value, rbi_section target) const;
  /// The value is at least low and at most high.
  [[nodiscard]] Status within(std::string_view field, std::uint64_t value, std::uint64_t low,
                              std::uint64_t high) const;
  /// The value has no bits but those allowed.
  [[nodiscard]] Status bits(std::string_view field, std::uint64_t value,
                            std::uint64_t allowed) const;
  [[nodiscard]] Status zero(std::string_view field, std::uint64_t value) const;
  /// The value is an address that user space can have mapped.
  [[nodiscard]] Status user_address(std::string_view field, std::uint64_t value) const;
  /// The value refers to a string that is an absolute path.
  [[nodiscard]] Status path(std::string_view field, std::uint64_t reference) const;
  /// The value is a signal mask without SIGKILL and SIGSTOP.
  [[nodiscard]] Status mask(std::string_view field, std::uint64_t value) const;

 private:
  /// A value as the field prints it.
  [[nodiscard]] std::string text(std::string_view field, std::uint64_t value) const;

  const View& view_;
  rbi_section section_;
  std::size_t index_;
};

/// "SECTION[INDEX]: RULE", for rules about a record as a whole.
[[nodiscard]] tl::unexpected<Error> refuse_record(rbi_section section, std::size_t index,
                                                  std::string_view rule);

/// Every record of a section is in use.
/// @param by  who should use it: "a task"
[[nodiscard]] Status require_all_used(rbi_section section, const std::vector<bool>& used,
                                      std::string_view by);

}  // namespace rb::validation
