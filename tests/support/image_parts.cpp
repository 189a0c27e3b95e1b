#include "tests/support/image_parts.h"

#include <xxhash.h>

#include <cstring>

#include "image/fields.h"
#include "image/validate.h"

namespace rb::test {
namespace {

std::size_t round_up(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

/// Part of bytes; nullopt if it is not all there.
std::optional<std::vector<std::byte>> part(std::span<const std::byte> bytes, std::uint64_t offset,
                                           std::uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) return std::nullopt;
  const auto found = bytes.subspan(offset, size);
  return std::vector<std::byte>(found.begin(), found.end());
}

void move_runs(std::vector<std::byte>& runs, std::uint64_t by) {
  for (std::size_t at = 0; at + sizeof(rbi_run) <= runs.size(); at += sizeof(rbi_run)) {
    rbi_run run;
    std::memcpy(&run, runs.data() + at, sizeof run);
    run.offset += by;
    std::memcpy(runs.data() + at, &run, sizeof run);
  }
}

}  // namespace

std::size_t ImageParts::record_size(std::size_t index) {
  return record_type(static_cast<rbi_section>(index)).size;
}

std::optional<ImageParts> ImageParts::take_apart(std::span<const std::byte> bytes) {
  ImageParts parts;
  if (bytes.size() < sizeof parts.header_) return std::nullopt;
  std::memcpy(&parts.header_, bytes.data(), sizeof parts.header_);
  for (std::size_t i = 0; i < RBI_SEC_COUNT; ++i) {
    const rbi_section_ref& ref = parts.header_.sections[i];
    if (ref.count > bytes.size()) return std::nullopt;
    auto found = part(bytes, ref.offset, ref.count * record_size(i));
    if (!found) return std::nullopt;
    parts.sections_[i] = std::move(*found);
  }
  auto pages = part(bytes, parts.header_.pages_offset, parts.header_.pages_size);
  if (!pages) return std::nullopt;
  parts.pages_ = std::move(*pages);
  return parts;
}

std::vector<std::byte> ImageParts::put_together() const {
  rbi_header header = header_;
  std::size_t end = sizeof header;
  for (std::size_t i = 0; i < RBI_SEC_COUNT; ++i) {
    const std::size_t start = round_up(end, RBI_SECTION_ALIGN);
    header.sections[i].offset = start;
    header.sections[i].count = count(i);
    end = start + sections_[i].size();
  }
  header.metadata_size = end;
  header.pages_offset = round_up(end, RBI_PAGE_SIZE);
  header.pages_size = pages_.size();
  header.file_size = header.pages_offset + pages_.size();

  std::vector<std::byte> bytes(header.file_size);
  std::memcpy(bytes.data(), &header, sizeof header);
  for (std::size_t i = 0; i < RBI_SEC_COUNT; ++i) {
    std::vector<std::byte> section = sections_[i];
    if (i == RBI_SEC_RUNS) move_runs(section, header.pages_offset - header_.pages_offset);
    if (!section.empty())
      std::memcpy(bytes.data() + header.sections[i].offset, section.data(), section.size());
  }
  if (!pages_.empty())
    std::memcpy(bytes.data() + header.pages_offset, pages_.data(), pages_.size());
  seal(bytes);
  return bytes;
}

void seal(std::span<std::byte> bytes) {
  rbi_header header;
  if (bytes.size() < sizeof header) return;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.pages_offset <= bytes.size() &&
      header.pages_size <= bytes.size() - header.pages_offset) {
    header.pages_checksum = XXH64(bytes.data() + header.pages_offset, header.pages_size, 0);
    std::memcpy(bytes.data(), &header, sizeof header);
  }
  if (header.metadata_size >= sizeof header && header.metadata_size <= bytes.size()) {
    header.checksum = metadata_checksum(bytes);
    std::memcpy(bytes.data(), &header, sizeof header);
  }
}

}  // namespace rb::test
