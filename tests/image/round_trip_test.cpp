// What a writer was given is what a reader gets.
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "image/validate.h"
#include "tests/image/image_bytes.h"
#include "tests/support/sample_image.h"

namespace rb::test {
namespace {

template <class Record>
bool same(std::span<const Record> read, const std::vector<Record>& written) {
  return read.size() == written.size() &&
         (read.empty() || std::memcmp(read.data(), written.data(), read.size_bytes()) == 0);
}

TEST_CASE("every record comes back as it was written") {
  const ImageWriter w = sample_image();
  const Result<Image> image = w.to_image();
  REQUIRE(image);
  CHECK(same(image->tasks(), w.tasks));
  CHECK(same(image->groups(), w.groups));
  CHECK(same(image->mms(), w.mms));
  CHECK(same(image->vmas(), w.vmas));
  CHECK(same(image->backings(), w.backings));
  CHECK(same(image->auxv(), w.auxv));
  CHECK(same(image->files(), w.files));
  CHECK(same(image->fds(), w.fds));
  CHECK(same(image->ofds(), w.ofds));
  CHECK(same(image->pipes(), w.pipes));
  CHECK(same(image->fs(), w.fs));
  CHECK(same(image->sighands(), w.sighands));
  CHECK(same(image->actions(), w.actions));
  CHECK(same(image->pending(), w.pending));
  CHECK(same(image->registers(), w.registers));
  CHECK(same(image->credentials(), w.credentials));
  CHECK(same(image->gids(), w.gids));
  CHECK(same(image->limits(), w.limits));
  CHECK(same(image->timers(), w.timers));
  CHECK(same(image->locks(), w.locks));
  CHECK(same(image->zombies(), w.zombies));
  CHECK(same(image->sockets(), w.sockets));
  CHECK(same(image->messages(), w.messages));
  CHECK(same(image->events(), w.events));
  CHECK(same(image->epoll_items(), w.epoll_items));
  CHECK(same(image->watches(), w.watches));
  CHECK(same(image->ptys(), w.ptys));
  CHECK(same(image->fixtures(), w.fixtures));
}

TEST_CASE("the sample has records in every section") {
  const Result<Image> image = sample_image().to_image();
  REQUIRE(image);
  for (const rbi_section_ref& section : image->header().sections) CHECK(section.count > 0);
}

TEST_CASE("contents, pipe data, XSAVE areas and strings come back") {
  const Result<Image> image = sample_image().to_image();
  REQUIRE(image);
  REQUIRE(image->runs().size() == 6);
  const __u64 seeds[] = {1, 2, 3, 4, 5, 6};
  for (std::size_t i = 0; i < 6; ++i) {
    const auto contents = image->contents(image->runs()[i]);
    REQUIRE(contents.size() == image->runs()[i].pages * RBI_PAGE_SIZE);
    __u64 last = 0;
    std::memcpy(&last, contents.data() + contents.size() - 8, 8);
    CHECK(last == rbi_word(seeds[i], contents.size() / 8 - 1));
  }
  CHECK(std::memcmp(image->pipe_data(image->pipes()[0]).data(), "hello", 5) == 0);
  CHECK(std::memcmp(image->message_data(image->messages()[0]).data(), "abc", 3) == 0);
  CHECK(image->xstate(image->registers()[3]).size() == RBI_XSAVE_MIN);
  CHECK(image->string(image->fs()[0].cwd) == "/tmp");
}

TEST_CASE("the same records give the same bytes") {
  const Result<Image> first = sample_image().to_image();
  const Result<Image> second = sample_image().to_image();
  REQUIRE(first);
  REQUIRE(second);
  const auto a = first->bytes();
  const auto b = second->bytes();
  REQUIRE(a.size() == b.size());
  CHECK(std::memcmp(a.data(), b.data(), a.size()) == 0);
}

TEST_CASE("an image is written to a file and opened by its path") {
  const std::string path =
      (std::filesystem::temp_directory_path() / "restartbench-round-trip.image").string();
  REQUIRE(sample_image().write_file(path));
  const Result<Image> image = Image::open(path);
  CHECK(image);
  REQUIRE(::truncate(path.c_str(), 100) == 0);
  const Result<Image> damaged = Image::open(path);
  std::remove(path.c_str());
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().kind == ErrorKind::kBadImage);
  CHECK(damaged.error().message ==
        path + ": the image has 100 bytes: must be at least 840, the size of its header");
}

TEST_CASE("damaged pages are found when asked for, and only then") {
  ImageBytes image(sample_image());
  image.bytes().back() ^= std::byte{1};
  CHECK_THAT(image.verdict(CheckContents::kYes), Catch::StartsWith("header.pages_checksum 0x"));
  CHECK(image.verdict(CheckContents::kNo) == "");
}

}  // namespace
}  // namespace rb::test
