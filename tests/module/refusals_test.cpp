// Hostile images and calls: refused, with the place; and nothing else happens.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <random>

#include "strategies/kernel/module/restart_refer.h"
#include "strategies/kernel/module/restart_uapi.h"
#include "tests/image/image_bytes.h"
#include "tests/image/mutations.h"
#include "tests/support/sample_image.h"

namespace rb::test {
namespace {

struct Verdict {
  int error = 0;
  restart_status status{};
};

int image_file(std::span<const std::byte> bytes) {
  const int fd = ::memfd_create("image", MFD_CLOEXEC);
  REQUIRE(::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  return fd;
}

Verdict load(std::span<const std::byte> bytes, std::uint32_t flags = 0) {
  Verdict verdict;
  const int device = ::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC);
  REQUIRE(device >= 0);
  const int file = image_file(bytes);
  restart_load load{};
  load.size = sizeof load;
  load.version = RESTART_API_VERSION;
  load.flags = flags;
  load.image_fd = file;
  verdict.error = ::ioctl(device, RESTART_LOAD, &load) == 0 ? 0 : errno;
  verdict.status.size = sizeof verdict.status;
  REQUIRE(::ioctl(device, RESTART_STATUS, &verdict.status) == 0);
  ::close(file);
  ::close(device);
  return verdict;
}

/// The sample, with the states of the CPU that it names left out: what the
/// guest's CPU has is not its point.
ImageBytes sample() {
  ImageBytes bytes(sample_image());
  bytes.reseal();
  return bytes;
}

/// What only user space reads: strings, pipes' contents, files to make.
bool is_user_spaces(const Mutation& mutation) {
  const std::string_view error = mutation.error;
  for (const std::string_view section : {"fixtures", "strings", "sockets", "messages", "events",
                                         "epoll_items", "watches", "bytes"}) {
    const bool found_there = error.starts_with(section) && error.substr(section.size(), 1) == "[";
    if (mutation.section == section || found_there) return true;
  }
  if (error.find("must be its own, is that of ofds") != error.npos) return true;
  const bool has_data = mutation.section == "pipes" || mutation.section == "ptys";
  if (has_data && mutation.field.starts_with("data")) return true;
  // What a terminal's path must be.
  if (error.find("must be \"/dev/") != error.npos) return true;
  // References to strings: that they start one is for who opens the path.
  const bool path = mutation.field == "path" || mutation.field == "exe" ||
                    mutation.field == "cwd" || mutation.field == "root";
  return path && mutation.value != RBI_NONE;
}

/// Where the validator found it: the start of its message.
std::string place(const Verdict& verdict) {
  const restart_status& status = verdict.status;
  if (status.where != RESTART_AT_IMAGE) return fmt::format("not in the image: {}", status.where);
  const auto field_name = [&](const RecordType& type) -> std::string {
    for (const Field& field : type.fields) {
      const bool inside =
          status.field >= field.offset && status.field - field.offset < field.size * field.count;
      if (inside) return fmt::format(".{}", field.name);
    }
    return "";
  };
  if (status.section == RBI_NONE) return "header" + field_name(header_type());
  if (status.index == RBI_NONE) {
    return fmt::format("sections[{}]{}", status.section, field_name(section_ref_type()));
  }
  const RecordType& type = record_type(static_cast<rbi_section>(status.section));
  return fmt::format("{}[{}]{}", type.name, status.index, field_name(type));
}

TEST_CASE("the sample image is accepted") {
  const Verdict verdict = load(sample().bytes());
  INFO(place(verdict));
  CHECK(verdict.error == 0);
  CHECK(verdict.status.state == RESTART_LOADED);
  CHECK(verdict.status.tasks == 4);
}

TEST_CASE("a changed field is refused where the validator refuses it") {
  int compared = 0;
  for (const Mutation& mutation : mutations()) {
    if (is_user_spaces(mutation)) continue;
    ImageBytes changed = sample();
    changed.set(mutation.section, mutation.index, mutation.field, mutation.value);
    changed.reseal();
    const Verdict verdict = load(changed.bytes());
    INFO(mutation.error);
    INFO("found: " << place(verdict));
    CHECK((verdict.error == EINVAL || verdict.error == EOPNOTSUPP));
    const std::string found = place(verdict);
    // Breaks two rules, and either may be found first.
    if (mutation.section == "groups" && mutation.index == 2 && mutation.field == "sid" &&
        mutation.value == 100) {
      continue;
    }
    const std::string wanted(mutation.error.substr(0, mutation.error.find_first_of(" :")));
    CHECK(wanted.substr(0, wanted.find('.', 0)) == found.substr(0, found.find('.', 0)));
    ++compared;
  }
  CHECK(compared > 150);
}

TEST_CASE("an XSAVE area that the CPU would not load is refused") {
  struct Byte {
    std::size_t offset;
    std::uint8_t value;
  };
  // MXCSR's reserved bits; a state that is not announced, or a supervisor's; the compacted
  // format; the header's reserved bytes.
  static constexpr Byte kWrong[] = {{26, 1},  {27, 0x80},  {512, 7}, {513, 1}, {519, 0x80},
                                    {520, 1}, {527, 0x80}, {528, 1}, {575, 1}};
  for (const Byte& wrong : kWrong) {
    ImageBytes changed = sample();
    changed.record("xstates", 0)[wrong.offset] = std::byte{wrong.value};
    changed.reseal();
    const Verdict verdict = load(changed.bytes());
    INFO("byte " << wrong.offset << ": " << place(verdict));
    CHECK(verdict.error == EINVAL);
    CHECK(place(verdict) == "registers[0].xstate");
  }
}

TEST_CASE("what user space is told has nothing of the kernel's memory in it") {
  const int device = ::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC);
  REQUIRE(device >= 0);
  restart_status status;
  std::memset(&status, 0xa5, sizeof status);
  status.size = sizeof status;
  REQUIRE(::ioctl(device, RESTART_STATUS, &status) == 0);
  ::close(device);
  // Nothing is loaded, so that all but this is 0, each gap included.
  restart_status nothing;
  std::memset(&nothing, 0, sizeof nothing);
  nothing.size = sizeof nothing;
  nothing.section = nothing.index = nothing.field = RBI_NONE;
  CHECK(std::memcmp(&status, &nothing, sizeof status) == 0);
}

TEST_CASE("an image that is cut off anywhere is refused") {
  ImageBytes whole = sample();
  for (std::size_t size = 0; size < whole.bytes().size(); size += 512) {
    INFO(size);
    CHECK(load(whole.bytes().first(size)).error != 0);
  }
}

TEST_CASE("random damage is refused or harmless") {
  std::mt19937_64 random(1);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    ImageBytes damaged = sample();
    const std::size_t end = damaged.header().metadata_size;
    for (int changes = 0; changes < 3; ++changes) {
      damaged.bytes()[random() % end] = static_cast<std::byte>(random());
    }
    refused += load(damaged.bytes(), static_cast<std::uint32_t>(random() & 1)).error != 0 ? 1 : 0;
  }
  CHECK(refused > 1000);
}

TEST_CASE("random bytes behind a good header are refused or harmless") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 1000; ++i) {
    ImageBytes damaged = sample();
    const std::size_t end = damaged.header().metadata_size;
    for (std::size_t k = sizeof(rbi_header); k < end; ++k) {
      if (random() % 64 == 0) damaged.bytes()[k] = static_cast<std::byte>(random());
    }
    (void)load(damaged.bytes());
  }
}

TEST_CASE("calls that make no sense are refused") {
  std::mt19937_64 random(3);
  const int device = ::open(RESTART_DEVICE, O_RDWR | O_CLOEXEC);
  REQUIRE(device >= 0);
  // Before anything is loaded.
  CHECK((::ioctl(device, RESTART_RELEASE, 0) < 0 && errno == EBADFD));
  CHECK((::ioctl(device, RESTART_ATTACH, 0) < 0 && errno == EBADFD));
  CHECK((::ioctl(device, RESTART_ABORT, 0) < 0 && errno == EBADFD));
  CHECK((::ioctl(device, RESTART_LOAD, nullptr) < 0 && errno == EFAULT));
  CHECK((::ioctl(device, RESTART_STATUS, nullptr) < 0 && errno == EFAULT));
  CHECK((::ioctl(device, _IO('R', 99), 0) < 0 && errno == ENOTTY));

  restart_refer refer{RESTART_REFERRED_COUNT, 1};
  CHECK((::ioctl(device, RESTART_REFER, &refer) < 0 && errno == EINVAL));
  refer = {RESTART_REFERRED_MM, RESTART_MAX_REFER + 1};
  CHECK((::ioctl(device, RESTART_REFER, &refer) < 0 && errno == EINVAL));
  CHECK((::ioctl(device, RESTART_REFER, nullptr) < 0 && errno == EFAULT));
  for (std::uint32_t object = 0; object < RESTART_REFERRED_COUNT; ++object) {
    refer = {object, RESTART_MAX_REFER};
    CHECK(::ioctl(device, RESTART_REFER, &refer) == 0);
  }
  restart_load wrong{};
  wrong.size = sizeof wrong;
  wrong.version = RESTART_API_VERSION + 1;
  CHECK((::ioctl(device, RESTART_LOAD, &wrong) < 0 && errno == EINVAL));
  wrong.version = RESTART_API_VERSION;
  wrong.image_fd = device;
  CHECK((::ioctl(device, RESTART_LOAD, &wrong) < 0 && errno == EINVAL));
  wrong.image_fd = -1;
  CHECK((::ioctl(device, RESTART_LOAD, &wrong) < 0 && errno == EBADF));

  ImageBytes bytes = sample();
  restart_load good = wrong;
  good.image_fd = image_file(bytes.bytes());
  REQUIRE(::ioctl(device, RESTART_LOAD, &good) == 0);
  CHECK((::ioctl(device, RESTART_LOAD, &good) < 0 && errno == EBUSY));
  restart_status status{};
  status.size = sizeof status;
  CHECK((::ioctl(device, RESTART_RUN, &status) < 0 && errno == ENOENT));
  CHECK(status.where == RESTART_AT_FILE);
  status.size = 1;
  CHECK((::ioctl(device, RESTART_STATUS, &status) < 0 && errno == EINVAL));
  // A tree must not hold its own restart.
  __s32 fds[1] = {device};
  restart_files files{};
  files.count = 1;
  files.fds = reinterpret_cast<__u64>(fds);
  CHECK((::ioctl(device, RESTART_GIVE_FILES, &files) < 0 && errno == ELOOP));
  // Of what is no terminal, nobody's controlling one is made.
  fds[0] = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  files.first = 17;
  REQUIRE(sample_image().ofds[files.first].kind == RBI_OFD_PTY_SLAVE);
  CHECK((::ioctl(device, RESTART_GIVE_FILES, &files) < 0 && errno == ENOTTY));
  ::close(fds[0]);
  files.first = RBI_NONE;
  CHECK((::ioctl(device, RESTART_GIVE_FILES, &files) < 0 && errno == EINVAL));
  files.first = 0;
  files.fds = 1;
  CHECK((::ioctl(device, RESTART_GIVE_FILES, &files) < 0 && errno == EFAULT));
  for (int i = 0; i < 20000; ++i) {
    // Never RUN: it would wait for tasks that nobody makes.
    static constexpr unsigned long kCalls[] = {RESTART_LOAD, RESTART_GIVE_FILES, RESTART_STATUS,
                                               RESTART_RELEASE};
    std::uint64_t garbage[64];
    for (std::uint64_t& word : garbage) word = random() >> (random() % 64);
    (void)::ioctl(device, kCalls[random() % 4], garbage);
    (void)::ioctl(device, random() & 0xffffffff & ~0xff00ul, garbage);
  }
  ::close(device);
}

}  // namespace
}  // namespace rb::test
