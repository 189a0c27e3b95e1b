// Files of synthetic images: made once, never where others have a say.
#include "workloads/fixtures.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "workloads/workload.h"

namespace rb::test {
namespace {

constexpr std::uint64_t kSize = 32;
constexpr std::uint64_t kSeed = 5;

/// An image that needs the fixture directory and one file.
Image image_with(const std::string& path) {
  ImageWriter writer;
  REQUIRE(find_workload("threads")->build({{"n", 1}, {"seed", 1}}, writer));
  writer.fixtures.push_back({.kind = RBI_FIXTURE_DIRECTORY,
                             .path = writer.add_string(kFixtureDirectory),
                             .mode = 0700,
                             .reserved = 0,
                             .size = 0,
                             .seed = 0});
  writer.fixtures.push_back({.kind = RBI_FIXTURE_FILE,
                             .path = writer.add_string(path),
                             .mode = 0600,
                             .reserved = 0,
                             .size = kSize,
                             .seed = kSeed});
  auto image = writer.to_image();
  if (!image) FAIL(describe(image.error()));
  return std::move(*image);
}

std::string in_directory(const std::string& name) {
  return std::string(kFixtureDirectory) + "/" + name + "." + std::to_string(::getpid());
}

}  // namespace

TEST_CASE("fixtures outside their directory are refused") {
  for (const char* path : {"/tmp/file", "/run/restartbench/../file", "/run/restartbench2/file",
                           "/run/restartbench/a/b"}) {
    INFO(path);
    const Status status = make_fixtures(image_with(path));
    REQUIRE_FALSE(status);
    if (::geteuid() == 0) CHECK(status.error().kind == ErrorKind::kBadImage);
    CHECK(::access(path, F_OK) != 0);
  }
}

TEST_CASE("fixtures are made with their pattern, and again where they are damaged") {
  if (::geteuid() != 0) return;  // the directory is root's
  const std::string path = in_directory("pattern");
  const Image image = image_with(path);
  for (const bool damaged : {false, true}) {
    if (damaged) std::filesystem::resize_file(path, 8);
    REQUIRE(make_fixtures(image));
    std::ifstream file(path, std::ios::binary);
    __u64 words[kSize / 8 + 1] = {};
    file.read(reinterpret_cast<char*>(words), sizeof words);
    REQUIRE(file.gcount() == static_cast<std::streamsize>(kSize));
    for (std::uint64_t i = 0; i < kSize / 8; ++i) CHECK(words[i] == rbi_word(kSeed, i));
  }
  struct stat before {};
  struct stat after {};
  ::stat(path.c_str(), &before);
  REQUIRE(make_fixtures(image));
  ::stat(path.c_str(), &after);
  CHECK(before.st_ino == after.st_ino);  // not made anew
  ::unlink(path.c_str());
}

TEST_CASE("fixtures of other owners and symbolic links are refused") {
  if (::geteuid() != 0) return;
  const std::string path = in_directory("refused");
  const Image image = image_with(path);
  REQUIRE(::symlink("/tmp", path.c_str()) == 0);
  Status status = make_fixtures(image);
  REQUIRE_FALSE(status);
  CHECK(status.error().message == path + " is not a regular file");
  ::unlink(path.c_str());

  std::ofstream(path) << "0123";
  REQUIRE(::chown(path.c_str(), 1, 1) == 0);
  status = make_fixtures(image);
  REQUIRE_FALSE(status);
  CHECK(status.error().message == path + " belongs to another user");
  ::unlink(path.c_str());
}

}  // namespace rb::test
