#include <fcntl.h>
#include <sys/mman.h>

#include <catch2/catch.hpp>

#include "harness/verify/proc_parse.h"

namespace rb::test {
namespace {

std::string stat_line(const char* comm) {
  std::string line = std::string("77 (") + comm + ") S 4 5 6";
  for (int i = 7; i <= 52; ++i) line += i == 38 ? " -1" : " " + std::to_string(i);
  return line + "\n";
}

TEST_CASE("stat: names may contain parentheses, blanks and newlines") {
  for (const char* name : {"a", "a) R 1 (b", ") S 9", "", "two\nlines"}) {
    const auto stat = parse_stat(stat_line(name));
    REQUIRE(stat);
    CHECK(stat->comm == name);
    CHECK(stat->state == 'S');
    CHECK(stat->field[4] == 4);
    CHECK(stat->field[6] == 6);
    CHECK(stat->field[52] == 52);
    CHECK(static_cast<std::int64_t>(stat->field[38]) == -1);
  }
}

TEST_CASE("stat: what is cut off or no number is refused") {
  const std::string line = stat_line("a");
  for (std::size_t size = 0; size + 4 < line.size(); ++size) {
    CHECK(!parse_stat(line.substr(0, size)));
  }
  CHECK(!parse_stat("1 (a) S x 2 3"));
}

constexpr char kStatus[] =
    "Name:\ta\\nb\\\\c\nUmask:\t0027\nState:\tS (sleeping)\nTgid:\t2\n"
    "SigQ:\t3/63455\nSigPnd:\t0000000000000001\nShdPnd:\t0000000000004000\n"
    "SigBlk:\tfffffffe7ffbfeff\nSigIgn:\t0000000000000200\nSigCgt:\t0000000000000800\n";

TEST_CASE("status: sets, umask and an escaped name") {
  const auto status = parse_status(kStatus);
  REQUIRE(status);
  CHECK(status->name == "a\nb\\c");
  CHECK(status->umask == 027);
  CHECK(status->state == 'S');
  CHECK(status->private_pending == 1);
  CHECK(status->shared_pending == 0x4000);
  CHECK(status->blocked == 0xfffffffe7ffbfeff);
  CHECK(status->ignored == 0x200);
  CHECK(status->caught == 0x800);
}

TEST_CASE("status: without a signal set it is refused") {
  const std::string text = kStatus;
  CHECK(!parse_status(text.substr(0, text.find("SigCgt"))));
  CHECK(!parse_status(""));
}

TEST_CASE("maps: ranges, permissions, offset, device, inode, path") {
  const auto maps = parse_maps(
      "00400000-00452000 r-xp 00001000 fd:1f 173521      /usr/bin/a b\n"
      "7ffe4000-7ffe5000 rw-s 00000000 00:00 0 \n"
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n");
  REQUIRE(maps);
  REQUIRE(maps->size() == 3);
  CHECK((*maps)[0].start == 0x400000);
  CHECK((*maps)[0].end == 0x452000);
  CHECK((*maps)[0].prot == (PROT_READ | PROT_EXEC));
  CHECK(!(*maps)[0].shared);
  CHECK((*maps)[0].offset == 0x1000);
  CHECK((*maps)[0].device == (0xfdull << 32 | 0x1f));
  CHECK((*maps)[0].inode == 173521);
  CHECK((*maps)[0].path == "/usr/bin/a b");
  CHECK((*maps)[1].shared);
  CHECK((*maps)[1].prot == (PROT_READ | PROT_WRITE));
  CHECK((*maps)[1].path.empty());
  CHECK((*maps)[2].path == "[vsyscall]");
  CHECK((*maps)[2].start == 0xffffffffff600000);
}

TEST_CASE("smaps: flags belong to the mapping before them") {
  const auto maps = parse_maps(
      "1000-2000 rw-p 00000000 00:00 0 \nSize:  4 kB\nTHPeligible:    0\nVmFlags: rd wr gd ac \n"
      "2000-3000 rw-p 00000000 00:00 0 \nVmFlags: rd nr sd\n");
  REQUIRE(maps);
  REQUIRE(maps->size() == 2);
  CHECK((*maps)[0].growsdown);
  CHECK(!(*maps)[0].noreserve);
  CHECK(!(*maps)[1].growsdown);
  CHECK((*maps)[1].noreserve);
}

TEST_CASE("maps: what is not understood is refused") {
  for (const char* text :
       {"1000 rw-p 0 00:00 0\n", "1000-2000 rwp 0 00:00 0\n", "1000-2000 rw-p 0 0000 0\n",
        "1000-2000 rw-p 0 00:00 x\n", "10x0-2000 rw-p 0 00:00 0\n", "VmFlags: rd\n"}) {
    CHECK(!parse_maps(text));
  }
}

TEST_CASE("fdinfo: decimal offset, octal flags") {
  const auto info = parse_fdinfo("pos:\t1234567890123\nflags:\t02100002\nmnt_id:\t13\nino:\t9\n");
  REQUIRE(info);
  CHECK(info->offset == 1234567890123);
  CHECK(info->flags == (O_RDWR | O_CLOEXEC | 0100000));
  CHECK(!parse_fdinfo("pos:\t1\n"));
  CHECK(!parse_fdinfo("flags:\t02\n"));
  CHECK(!parse_fdinfo("pos:\tx\nflags:\t02\n"));
}

TEST_CASE("links to inodes") {
  CHECK(parse_inode_link("pipe:[123]", "pipe") == 123u);
  CHECK(parse_inode_link("socket:[7]", "socket") == 7u);
  for (const char* link :
       {"pipe:[12", "pipe:12]", "socket:[7]", "pipe:[x]", "", "pipe", "pipe:[]"}) {
    CHECK(!parse_inode_link(link, "pipe"));
  }
}

}  // namespace
}  // namespace rb::test
