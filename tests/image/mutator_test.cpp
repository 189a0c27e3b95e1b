// The fuzzers' mutator: it reaches rules of every kind of record, and valid images.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "tests/image/image_bytes.h"
#include "tests/support/image_mutator.h"
#include "tests/support/image_parts.h"
#include "tests/support/sample_image.h"

namespace rb::test {
namespace {

TEST_CASE("an image taken apart and put together is the same") {
  ImageBytes sample(sample_image());
  auto parts = ImageParts::take_apart(sample.bytes());
  REQUIRE(parts);
  const auto again = parts->put_together();
  CHECK(std::equal(again.begin(), again.end(), sample.bytes().begin(), sample.bytes().end()));
}

TEST_CASE("a record more or less leaves the layout of an image right") {
  ImageBytes sample(sample_image());
  auto parts = ImageParts::take_apart(sample.bytes());
  REQUIRE(parts);
  parts->section(RBI_SEC_XSTATES).resize(parts->section(RBI_SEC_XSTATES).size() + 3 * 4096);
  CHECK(ImageBytes(parts->put_together()).verdict().empty());
  parts->section(RBI_SEC_FDS).resize(sizeof(rbi_fd));
  CHECK(ImageBytes(parts->put_together()).verdict().starts_with("files[0].fd_count"));
}

TEST_CASE("mutations are refused for every kind of record, and some are valid") {
  ImageBytes sample(sample_image());
  std::mt19937_64 random(1);
  std::map<std::string, int> refused;
  int valid = 0;
  for (int i = 0; i < 20'000; ++i) {
    const ImageBytes mutant(mutate_image(sample.bytes(), 1u << 20, random));
    const std::string verdict = mutant.verdict();
    if (verdict.empty()) {
      ++valid;
    } else {
      ++refused[verdict.substr(0, verdict.find_first_of("[. "))];
    }
  }
  CHECK(valid > 2000);
  for (const RecordType* type : all_record_types()) {
    INFO(type->name);
    CHECK(refused[std::string(type->name)] > 0);
  }
}

TEST_CASE("what is no image is changed without a look into it") {
  std::mt19937_64 random(1);
  const std::vector<std::byte> few(10);
  for (int i = 0; i < 100; ++i) CHECK(mutate_image(few, 10, random).size() == 10);
  CHECK(mutate_image({}, 10, random).empty());
}

}  // namespace
}  // namespace rb::test
