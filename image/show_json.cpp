#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "image/fields.h"
#include "image/show.h"

namespace rb {
namespace {

using Json = nlohmann::ordered_json;

/// Text that is valid JSON whatever bytes a name consists of.
std::string escaped(std::string_view text) {
  const std::string in_quotes = quoted(text);
  return in_quotes.substr(1, in_quotes.size() - 2);
}

Json json_of(const std::byte* record, const Field& field, std::uint32_t element) {
  const std::uint64_t value = field_value(record, field, element);
  switch (field.format) {
    case FieldFormat::kDecimal:
      return value;
    case FieldFormat::kSigned:
      return static_cast<std::int64_t>(value);
    case FieldFormat::kIndex:
    case FieldFormat::kString:
      return value == RBI_NONE ? Json() : Json(value);
    case FieldFormat::kHex:
    case FieldFormat::kOctal:
      return field_text(record, field, element);
    case FieldFormat::kText:
      break;
  }
  const std::string text = field_text(record, field);
  return text.substr(1, text.size() - 2);
}

Json record_of(const Image& image, const RecordType& type, const std::byte* record) {
  Json object = Json::object();
  for (const Field& field : type.fields) {
    const std::string name(field.name);
    if (field.count == 1) {
      object[name] = json_of(record, field, 0);
    } else {
      for (std::uint32_t i = 0; i < field.count; ++i) {
        object[name].push_back(json_of(record, field, i));
      }
    }
    if (field.format != FieldFormat::kString) continue;
    const auto reference = static_cast<__u32>(field_value(record, field));
    object[name + "_string"] =
        reference == RBI_NONE ? Json() : Json(escaped(image.string(reference)));
  }
  return object;
}

}  // namespace

Json show_json(const Image& image) {
  const rbi_header& header = image.header();
  const std::byte* bytes = image.bytes().data();
  Json result = Json::object();
  result["header"] = record_of(image, header_type(), bytes);
  result["sections"] = Json::array();
  for (unsigned s = 0; s < RBI_SEC_COUNT; ++s) {
    Json section = {{"name", record_type(static_cast<rbi_section>(s)).name}};
    section.update(record_of(image, section_ref_type(),
                             reinterpret_cast<const std::byte*>(&header.sections[s])));
    result["sections"].push_back(std::move(section));
  }
  for (unsigned s = 0; s < RBI_SEC_COUNT; ++s) {
    const RecordType& type = record_type(static_cast<rbi_section>(s));
    if (type.fields.empty()) continue;
    Json records = Json::array();
    for (std::uint64_t i = 0; i < header.sections[s].count; ++i) {
      records.push_back(record_of(image, type, bytes + header.sections[s].offset + i * type.size));
    }
    result[std::string(type.name)] = std::move(records);
  }
  return result;
}

}  // namespace rb
