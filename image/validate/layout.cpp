// Header and section table: after this, every section is a table in bounds.
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "image/validate.h"
#include "image/validate/checks.h"

namespace rb::validation {
namespace {

constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// "header.FIELD VALUE: RULE"
tl::unexpected<Error> refuse(const rbi_header& header, std::string_view field,
                             std::string_view rule) {
  const auto* record = reinterpret_cast<const std::byte*>(&header);
  return fail(ErrorKind::kBadImage,
              fmt::format("header.{} {}: {}", field,
                          field_text(record, field_of(header_type(), field)), rule));
}

/// "sections[INDEX].FIELD VALUE: RULE"; a section's own name is part of the rule.
tl::unexpected<Error> refuse(const rbi_header& header, unsigned section, std::string_view field,
                             std::string_view rule) {
  const auto* record = reinterpret_cast<const std::byte*>(&header.sections[section]);
  return fail(ErrorKind::kBadImage,
              fmt::format("sections[{}].{} {}: section {}: {}", section, field,
                          field_text(record, field_of(section_ref_type(), field)),
                          record_type(static_cast<rbi_section>(section)).name, rule));
}

Status check_identity(const rbi_header& header) {
  if (std::memcmp(header.magic, RBI_MAGIC, sizeof header.magic) != 0) {
    return refuse(header, "magic", "must be \"" RBI_MAGIC "\": this is not an image");
  }
  if (header.version != RBI_VERSION) {
    return refuse(header, "version",
                  fmt::format("this program reads version {} only", RBI_VERSION));
  }
  if (header.arch != RBI_ARCH_X86_64) {
    return refuse(header, "arch", fmt::format("must be {} (x86-64)", RBI_ARCH_X86_64));
  }
  if (header.header_size != sizeof header) {
    return refuse(header, "header_size", fmt::format("must be {}", sizeof header));
  }
  if (header.section_count != RBI_SEC_COUNT) {
    return refuse(header, "section_count", fmt::format("must be {}", int{RBI_SEC_COUNT}));
  }
  return {};
}

/// header | metadata | padding to a page | pages, and nothing after them.
Status check_sizes(const rbi_header& header, std::uint64_t size) {
  if (header.file_size != size) {
    return refuse(header, "file_size", fmt::format("must be {}, the size of the file", size));
  }
  if (header.metadata_size < sizeof header || header.metadata_size > size) {
    return refuse(header, "metadata_size",
                  fmt::format("must be {} to {}, the size of the file", sizeof header, size));
  }
  // No overflow: metadata_size is at most the size of a real file.
  const std::uint64_t pages = align_up(header.metadata_size, RBI_PAGE_SIZE);
  if (header.pages_offset != pages) {
    return refuse(header, "pages_offset",
                  fmt::format("must be {:#x}, the first page boundary after the metadata", pages));
  }
  if (pages > size || header.pages_size != size - pages || !is_page_aligned(header.pages_size)) {
    return refuse(header, "pages_size",
                  "must be a multiple of the page size and end with the file");
  }
  return {};
}

Status check_section(const rbi_header& header, unsigned section, std::uint64_t start) {
  const rbi_section_ref& ref = header.sections[section];
  const RecordType& type = record_type(static_cast<rbi_section>(section));
  if (ref.kind != section) {
    return refuse(header, section, "kind", fmt::format("must be {}, its position", section));
  }
  if (ref.record_size != type.size) {
    return refuse(header, section, "record_size", fmt::format("must be {}", type.size));
  }
  if (ref.offset != start) {
    return refuse(header, section, "offset",
                  fmt::format("must be {:#x}, the first {}-byte boundary after what precedes it",
                              start, RBI_SECTION_ALIGN));
  }
  if (start > header.metadata_size || ref.count > (header.metadata_size - start) / type.size) {
    return refuse(header, section, "count",
                  fmt::format("must end within metadata_size {}", header.metadata_size));
  }
  if (ref.count >= RBI_NONE) {
    return refuse(header, section, "count", "must be below 2^32 - 1, as references have 32 bits");
  }
  return {};
}

Status check_padding(std::span<const std::byte> bytes, std::uint64_t from, std::uint64_t to) {
  const auto gap = bytes.subspan(from, to - from);
  const auto at =
      std::find_if(gap.begin(), gap.end(), [](std::byte b) { return b != std::byte{}; });
  if (at == gap.end()) return {};
  return fail(ErrorKind::kBadImage, fmt::format("byte {:#x} {:#04x}: padding must be zero",
                                                from + static_cast<std::uint64_t>(at - gap.begin()),
                                                static_cast<unsigned>(*at)));
}

/// Sections follow one another without a gap but for alignment, so that one
/// set of records has one layout.
Status check_sections(std::span<const std::byte> bytes, const rbi_header& header) {
  std::uint64_t end = sizeof header;
  for (unsigned section = 0; section < RBI_SEC_COUNT; ++section) {
    const std::uint64_t start = align_up(end, RBI_SECTION_ALIGN);
    RB_TRY(check_section(header, section, start));
    RB_TRY(check_padding(bytes, end, start));
    const rbi_section_ref& ref = header.sections[section];
    end = start + ref.count * ref.record_size;
  }
  if (header.metadata_size != end) {
    return refuse(header, "metadata_size",
                  fmt::format("must be {}, the end of the last section", end));
  }
  return check_padding(bytes, end, header.pages_offset);
}

}  // namespace

Status check_layout(std::span<const std::byte> bytes, CheckContents contents) {
  if (bytes.size() < sizeof(rbi_header)) {
    return fail(ErrorKind::kBadImage,
                fmt::format("the image has {} bytes: must be at least {}, the size of its header",
                            bytes.size(), sizeof(rbi_header)));
  }
  RB_ASSERT(reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(rbi_header) == 0);
  const auto& header = *reinterpret_cast<const rbi_header*>(bytes.data());
  RB_TRY(check_identity(header));
  RB_TRY(check_sizes(header, bytes.size()));
  RB_TRY(check_sections(bytes, header));
  if (const __u64 sum = metadata_checksum(bytes); sum != header.checksum) {
    return refuse(header, "checksum",
                  fmt::format("must be {:#x}, that of the metadata: the file is damaged", sum));
  }
  if (contents == CheckContents::kNo) return {};
  const XXH64_hash_t sum = XXH64(bytes.data() + header.pages_offset, header.pages_size, 0);
  if (sum != header.pages_checksum) {
    return refuse(header, "pages_checksum",
                  fmt::format("must be {:#x}, that of the pages: the file is damaged", sum));
  }
  return {};
}

}  // namespace rb::validation
