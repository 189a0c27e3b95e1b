#include "image/validate/view.h"

#include <fmt/format.h>

#include <algorithm>

namespace rb::validation {

bool View::is_string(std::uint64_t reference) const {
  const auto strings = section_bytes(RBI_SEC_STRINGS);
  if (reference >= strings.size()) return false;
  return reference == 0 || strings[reference - 1] == std::byte{0};
}

tl::unexpected<Error> At::refuse(std::string_view field, std::string_view rule) const {
  const RecordType& type = record_type(section_);
  const std::string value = field_text(view_.record(section_, index_), field_of(type, field));
  return fail(ErrorKind::kBadImage,
              fmt::format("{}[{}].{} {}: {}", type.name, index_, field, value, rule));
}

std::string At::text(std::string_view field, std::uint64_t value) const {
  return value_text(field_of(record_type(section_), field).format, value);
}

Status At::index(std::string_view field, std::uint64_t value, rbi_section target) const {
  if (value < view_.count(target)) return {};
  return refuse(field, fmt::format("must be below {}, the number of {}", view_.count(target),
                                   record_type(target).name));
}

Status At::within(std::string_view field, std::uint64_t value, std::uint64_t low,
                  std::uint64_t high) const {
  if (value >= low && value <= high) return {};
  return refuse(field, fmt::format("must be {} to {}", text(field, low), text(field, high)));
}

Status At::bits(std::string_view field, std::uint64_t value, std::uint64_t allowed) const {
  if ((value & ~allowed) == 0) return {};
  return refuse(field, fmt::format("has bits {} set; only {} are allowed",
                                   text(field, value & ~allowed), text(field, allowed)));
}

Status At::zero(std::string_view field, std::uint64_t value) const {
  return require(value == 0, field, "must be zero");
}

Status At::user_address(std::string_view field, std::uint64_t value) const {
  if (value >= kUserStart && value < kUserEnd) return {};
  return refuse(field,
                fmt::format("must be a user address, {:#x} to {:#x}", kUserStart, kUserEnd - 1));
}

Status At::path(std::string_view field, std::uint64_t reference) const {
  if (!view_.is_string(reference)) return refuse(field, "must be the offset of a string");
  const std::string_view string = view_.string(reference);
  if (string.starts_with('/')) return {};
  return refuse(field, fmt::format("must be an absolute path, not {}", quoted(string)));
}

Status At::mask(std::string_view field, std::uint64_t value) const {
  return require((value & (signal_bit(kSigKill) | signal_bit(kSigStop))) == 0, field,
                 "must not contain SIGKILL (bit 8) or SIGSTOP (bit 18)");
}

tl::unexpected<Error> refuse_record(rbi_section section, std::size_t index, std::string_view rule) {
  return fail(ErrorKind::kBadImage,
              fmt::format("{}[{}]: {}", record_type(section).name, index, rule));
}

Status require_all_used(rbi_section section, const std::vector<bool>& used, std::string_view by) {
  const auto unused = std::find(used.begin(), used.end(), false);
  if (unused == used.end()) return {};
  return refuse_record(section, static_cast<std::size_t>(unused - used.begin()),
                       fmt::format("must be used by {}", by));
}

}  // namespace rb::validation
