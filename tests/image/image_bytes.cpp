#include "tests/image/image_bytes.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "image/validate.h"

namespace rb::test {
namespace {

/// The bytes of a written image; the writer must have made a valid one.
std::vector<std::byte> written(const ImageWriter& writer) {
  const Result<Image> image = writer.to_image();
  if (!image) throw std::runtime_error(image.error().message);
  const auto bytes = image->bytes();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

ImageBytes::ImageBytes(const ImageWriter& writer) : bytes_(written(writer)) {}

ImageBytes::ImageBytes(std::span<const std::byte> bytes) : bytes_(bytes.begin(), bytes.end()) {}

std::byte* ImageBytes::record(std::string_view section, std::size_t index) {
  if (section == "header") return bytes_.data();
  if (section == "sections") return reinterpret_cast<std::byte*>(&header().sections[index]);
  for (unsigned s = 0; s < RBI_SEC_COUNT; ++s) {
    const RecordType& type = record_type(static_cast<rbi_section>(s));
    if (type.name != section) continue;
    RB_ASSERT(index < header().sections[s].count);
    return bytes_.data() + header().sections[s].offset + index * type.size;
  }
  throw std::runtime_error("no section " + std::string(section));
}

void ImageBytes::set(std::string_view section, std::size_t index, std::string_view field,
                     std::uint64_t value, std::uint32_t element) {
  const Field& where = field_of(type_named(section), field);
  RB_ASSERT(element < where.count);
  const std::size_t size = std::min<std::size_t>(where.size, sizeof value);
  std::memcpy(record(section, index) + where.offset + std::size_t{element} * where.size, &value,
              size);
}

std::uint64_t ImageBytes::get(std::string_view section, std::size_t index, std::string_view field,
                              std::uint32_t element) {
  return field_value(record(section, index), field_of(type_named(section), field), element);
}

void ImageBytes::reseal() {
  rbi_header& h = header();
  if (h.pages_offset <= bytes_.size() && h.pages_size <= bytes_.size() - h.pages_offset) {
    h.pages_checksum = XXH64(bytes_.data() + h.pages_offset, h.pages_size, 0);
  }
  if (h.metadata_size >= sizeof h && h.metadata_size <= bytes_.size()) {
    h.checksum = metadata_checksum(bytes_);
  }
}

std::string ImageBytes::verdict(CheckContents contents) const {
  const Status status = validate(bytes_, contents);
  if (status) return "";
  RB_ASSERT(status.error().kind == ErrorKind::kBadImage);
  return status.error().message;
}

const RecordType& type_named(std::string_view name) {
  for (const RecordType* type : all_record_types()) {
    if (type->name == name) return *type;
  }
  throw std::runtime_error("no records " + std::string(name));
}

std::vector<const RecordType*> all_record_types() {
  std::vector<const RecordType*> types = {&header_type(), &section_ref_type()};
  for (unsigned s = 0; s < RBI_SEC_COUNT; ++s) {
    const RecordType& type = record_type(static_cast<rbi_section>(s));
    if (!type.fields.empty()) types.push_back(&type);
  }
  return types;
}

}  // namespace rb::test
