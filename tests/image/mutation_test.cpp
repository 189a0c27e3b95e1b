// Every field of every record is checked: changed once, it is refused, and the
// error says which and why.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/image/image_bytes.h"
#include "tests/image/mutations.h"
#include "tests/support/sample_image.h"

namespace rb::test {
namespace {

bool is_any_value(std::string_view section, std::string_view field) {
  const auto all = any_values();
  return std::any_of(all.begin(), all.end(), [&](const AnyValue& any) {
    return any.section == section && any.field == field;
  });
}

bool has_mutation(std::string_view section, std::string_view field) {
  const auto all = mutations();
  return std::any_of(all.begin(), all.end(), [&](const Mutation& mutation) {
    return mutation.section == section && mutation.field == field;
  });
}

TEST_CASE("every field of every record has a mutation or takes any value") {
  for (const RecordType* type : all_record_types()) {
    for (const Field& field : type->fields) {
      INFO(type->name << "." << field.name);
      CHECK((has_mutation(type->name, field.name) || is_any_value(type->name, field.name)));
    }
  }
}

TEST_CASE("a changed field is refused by name, with its value and the rule") {
  const ImageBytes sample(sample_image());
  REQUIRE(sample.verdict().empty());
  for (const Mutation& mutation : mutations()) {
    ImageBytes changed = sample;
    REQUIRE(changed.get(mutation.section, mutation.index, mutation.field) != mutation.value);
    changed.set(mutation.section, mutation.index, mutation.field, mutation.value);
    changed.reseal();
    INFO(fmt::format("{}[{}].{} = {:#x}", mutation.section, mutation.index, mutation.field,
                     mutation.value));
    CHECK(changed.verdict() == mutation.error);
  }
}

TEST_CASE("a field that takes any value is protected by the checksum") {
  const ImageBytes sample(sample_image());
  for (const AnyValue& any : any_values()) {
    const Field& field = field_of(type_named(any.section), any.field);
    for (std::uint32_t element = 0; element < field.count; ++element) {
      ImageBytes changed = sample;
      changed.set(any.section, 0, any.field, changed.get(any.section, 0, any.field, element) ^ 1,
                  element);
      INFO(any.section << "." << any.field << " element " << element);
      CHECK_THAT(changed.verdict(),
                 Catch::Contains("checksum") && Catch::EndsWith("the file is damaged"));
      changed.reseal();
      CHECK(changed.verdict() == "");
    }
  }
}

TEST_CASE("any change of a field is refused without a new checksum") {
  const ImageBytes sample(sample_image());
  for (const RecordType* type : all_record_types()) {
    for (const Field& field : type->fields) {
      ImageBytes changed = sample;
      changed.record(type->name, 0)[field.offset] ^= std::byte{1};
      INFO(type->name << "." << field.name);
      CHECK(changed.verdict() != "");
    }
  }
}

}  // namespace
}  // namespace rb::test
