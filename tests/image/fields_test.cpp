#include "image/fields.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <set>

#include "tests/image/image_bytes.h"

namespace rb::test {
namespace {

TEST_CASE("the fields of a record cover its bytes once each") {
  for (const RecordType* type : all_record_types()) {
    INFO(type->name);
    std::size_t end = 0;
    std::set<std::string_view> names;
    for (const Field& field : type->fields) {
      CHECK(field.offset == end);
      CHECK(names.insert(field.name).second);
      end += std::size_t{field.size} * field.count;
    }
    CHECK(end == type->size);
  }
  CHECK(header_type().size + RBI_SEC_COUNT * section_ref_type().size == sizeof(rbi_header));
}

TEST_CASE("fields are read and printed as their format says") {
  rbi_siginfo info{};
  info.code = -6;
  info.fields[13] = 0x123;
  const auto* bytes = reinterpret_cast<const std::byte*>(&info);
  const RecordType& type = record_type(RBI_SEC_PENDING);
  CHECK(field_text(bytes, field_of(type, "code")) == "-6");
  CHECK(field_value(bytes, field_of(type, "fields"), 13) == 0x123);
  CHECK(field_text(bytes, field_of(type, "fields"), 13) == "0x123");

  rbi_ofd ofd{};
  ofd.path = RBI_NONE;
  ofd.flags = 04002;
  const auto* other = reinterpret_cast<const std::byte*>(&ofd);
  CHECK(field_text(other, field_of(record_type(RBI_SEC_OFDS), "path")) == "none");
  CHECK(field_text(other, field_of(record_type(RBI_SEC_OFDS), "flags")) == "04002");

  rbi_task task{};
  std::memcpy(task.name, "a\"\n\xff", 4);
  CHECK(field_text(reinterpret_cast<const std::byte*>(&task),
                   field_of(record_type(RBI_SEC_TASKS), "name")) == R"("a\"\x0a\xff")");
}

}  // namespace
}  // namespace rb::test
