// What a tree consists of, by its image.
#include "harness/ledger/needs.h"

#include <catch2/catch.hpp>

#include "tests/support/sample_image.h"

namespace rb::test {
namespace {

PerClass needs(ImageWriter writer, unsigned vdso = 2) {
  auto image = writer.to_image();
  INFO((image ? "" : describe(image.error())));
  REQUIRE(image.has_value());
  return needed_objects(*image, vdso);
}
std::uint64_t of(const PerClass& needed, ObjectClass object) {
  return needed[static_cast<std::size_t>(object)];
}

}  // namespace

TEST_CASE("the needs of an image are its records and what they entail", "[ledger]") {
  const PerClass needed = needs(sample_image());
  // mm, vma, files, fd_array, fs, sighand, signal, task, pid, cred, open_file, pipe
  CHECK(needed == PerClass{2, 9, 2, 0, 2, 3, 3, 4, 4, 3, 24, 2});
}

TEST_CASE("a vDSO is as many VMAs as this kernel makes of it", "[ledger]") {
  CHECK(of(needs(sample_image(), 3), ObjectClass::kVma) == 10);
  CHECK(vdso_vmas() >= 2);
}

TEST_CASE("the array of a table is needed from number 64 on", "[ledger]") {
  ImageWriter writer = sample_image();
  writer.fds[3].fd = 63;
  CHECK(of(needs(writer), ObjectClass::kFdArray) == 0);
  writer.fds[3].fd = 64;
  CHECK(of(needs(writer), ObjectClass::kFdArray) == 1);
}

TEST_CASE("a process group whose leader is gone needs a pid", "[ledger]") {
  ImageWriter writer = sample_image();
  writer.groups[2].pgid = 90;
  CHECK(of(needs(writer), ObjectClass::kPid) == 5);
}

}  // namespace rb::test
