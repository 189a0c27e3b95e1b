// No bytes, however damaged, make the validator crash or read out of bounds.
// Most of its worth is under AddressSanitizer.
#include <catch2/catch.hpp>
#include <random>

#include "image/validate.h"
#include "tests/image/image_bytes.h"
#include "tests/support/sample_image.h"

namespace rb::test {
namespace {

using Random = std::mt19937_64;

TEST_CASE("an image that is cut off anywhere is refused") {
  ImageBytes sample(sample_image());
  const auto bytes = sample.bytes();
  for (std::size_t size = 0; size < bytes.size(); size += 64) {
    INFO("size " << size);
    ImageBytes cut(bytes.first(size));
    CHECK(cut.verdict() != "");
    if (size < sizeof(rbi_header)) continue;
    cut.header().file_size = size;
    cut.reseal();
    CHECK(cut.verdict() != "");
  }
}

TEST_CASE("trailing bytes are refused") {
  ImageBytes sample(sample_image());
  std::vector<std::byte> longer(sample.bytes().begin(), sample.bytes().end());
  longer.resize(longer.size() + 64);
  CHECK_THAT(ImageBytes(longer).verdict(), Catch::StartsWith("header.file_size"));
}

TEST_CASE("random bytes are refused") {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::byte> garbage(random() % 4096);
    for (std::byte& byte : garbage) byte = static_cast<std::byte>(random());
    CHECK(ImageBytes(garbage).verdict() != "");
  }
}

TEST_CASE("random metadata behind a good header does not crash") {
  const ImageBytes sample(sample_image());
  Random random(2);
  for (int i = 0; i < 2000; ++i) {
    ImageBytes image = sample;
    // The section table stays, so that the records are looked at.
    const std::size_t end = image.header().metadata_size;
    for (std::size_t k = sizeof(rbi_header); k < end; ++k) {
      if (random() % 64 == 0) image.bytes()[k] = static_cast<std::byte>(random());
    }
    image.reseal();
    (void)image.verdict();
  }
}

TEST_CASE("flipped bits with good checksums do not crash") {
  const ImageBytes sample(sample_image());
  Random random(3);
  int refused = 0;
  constexpr int kRounds = 20000;
  for (int i = 0; i < kRounds; ++i) {
    ImageBytes image = sample;
    const std::size_t end = image.header().metadata_size;
    for (std::uint64_t flips = 1 + random() % 4; flips > 0; --flips) {
      const std::size_t bit = random() % (end * 8);
      image.bytes()[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    }
    image.reseal();
    refused += image.verdict(CheckContents::kNo).empty() ? 0 : 1;
  }
  // Much of the sample is XSAVE areas and registers, where most bits may be anything.
  CHECK(refused > kRounds / 2);
  CHECK(refused < kRounds);
}

TEST_CASE("every field set to extreme values does not crash") {
  const ImageBytes sample(sample_image());
  constexpr std::uint64_t kExtremes[] = {
      0,           1,          0x7fffffff, 0x80000000,   0xfffffffe, 0xffffffff,
      0x100000000, 1ull << 47, 1ull << 63, ~0ull - 4095, INT64_MAX,  ~0ull};
  for (const RecordType* type : all_record_types()) {
    for (const Field& field : type->fields) {
      for (std::uint32_t element = 0; element < field.count; ++element) {
        for (const std::uint64_t value : kExtremes) {
          ImageBytes image = sample;
          image.set(type->name, 0, field.name, value, element);
          image.reseal();
          (void)image.verdict();
        }
      }
    }
  }
}

TEST_CASE("padding between sections must be zero") {
  ImageBytes image(sample_image());
  const rbi_section_ref& tasks = image.header().sections[RBI_SEC_TASKS];
  const std::size_t end = tasks.offset + tasks.count * tasks.record_size;
  REQUIRE(end < image.header().sections[RBI_SEC_GROUPS].offset);
  image.bytes()[end] = std::byte{7};
  image.reseal();
  CHECK_THAT(image.verdict(), Catch::EndsWith("0x07: padding must be zero"));

  ImageBytes gap(sample_image());
  REQUIRE(gap.header().metadata_size < gap.header().pages_offset);
  gap.bytes()[gap.header().pages_offset - 1] = std::byte{7};
  CHECK_THAT(gap.verdict(), Catch::EndsWith("0x07: padding must be zero"));
}

}  // namespace
}  // namespace rb::test
