// How descriptor tables are filled: right for thousands of random ones, and with few calls.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "tests/strategies/fd_simulator.h"
#include "workloads/synthetic/tree.h"

namespace rb::test {
namespace {

constexpr std::uint32_t kFiles = 40;
constexpr std::uint32_t kSockets = 4;
constexpr std::uint32_t kPipes = 10;

/// An image with descriptions of all kinds; tables of the tests name them.
Image description_image(std::uint32_t files, std::uint32_t sockets, std::uint32_t pipes) {
  SyntheticTree tree("fill", 1);
  for (std::uint32_t i = 1; i <= files; ++i) {
    tree.add_fd(tree.root(), tree.add_description({.kind = RBI_OFD_FILE,
                                                   .path = tree.add_file(i % 4, 4096),
                                                   .flags = O_RDONLY,
                                                   .offset = i * 8}));
  }
  for (std::uint32_t i = 0; i < sockets; ++i) {
    tree.add_fd(tree.root(), tree.add_description({.kind = RBI_OFD_SOCKET,
                                                   .path = fmt::format("fill-{}", i),
                                                   .flags = O_RDWR,
                                                   .backlog = 1}));
  }
  for (std::uint32_t i = 0; i < pipes; ++i) {
    const PipeId pipe = tree.add_pipe({.size = i});
    tree.add_fd(tree.root(),
                tree.add_description({.kind = RBI_OFD_PIPE_READ, .flags = O_RDONLY, .pipe = pipe}));
    if (i % 5 == 4) continue;  // its other end was closed
    tree.add_fd(tree.root(), tree.add_description(
                                 {.kind = RBI_OFD_PIPE_WRITE, .flags = O_WRONLY, .pipe = pipe}));
  }
  ImageWriter writer;
  tree.write(writer);
  auto image = writer.to_image();
  if (!image) FAIL(describe(image.error()));
  return std::move(*image);
}

rbi_fd entry(std::uint32_t fd, std::uint32_t ofd, bool cloexec = false) {
  return {.fd = fd, .ofd = ofd, .flags = cloexec ? RBI_FD_CLOEXEC : 0u, .reserved = 0};
}

/// Tables as the planner of descriptors asks for them.
struct Case {
  std::vector<rbi_fd> present;
  std::vector<rbi_fd> wanted;
  std::vector<std::uint32_t> stored;
};

class CaseMaker {
 public:
  CaseMaker(const Image& image, std::uint64_t seed) : image_(image), random_(seed) {}

  Case make() {
    Case result;
    result.wanted = table();
    if (below(2) == 0) result.present = inherited(result.wanted);
    result.stored.assign(image_.ofds().size(), kNotStored);
    for (auto& fd : result.stored) {
      if (below(4) == 0) fd = 0;
    }
    store_what_must_be(result);
    std::uint32_t next = static_cast<std::uint32_t>(below(5));
    for (auto& fd : result.stored) {
      if (fd != kNotStored) fd = next++;
    }
    return result;
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  std::uint32_t any_ofd() {
    return static_cast<std::uint32_t>(below(static_cast<int>(image_.ofds().size())));
  }

  /// Runs, gaps, dups, close-on-exec, in some proportion of each.
  std::vector<rbi_fd> table() {
    std::vector<rbi_fd> table;
    const int size = below(below(4) == 0 ? 120 : 12);
    const int gap_chance = below(3) * 20;
    std::uint32_t fd = below(2) == 0 ? 0 : static_cast<std::uint32_t>(below(30));
    for (int i = 0; i < size; ++i, ++fd) {
      if (below(100) < gap_chance) fd += static_cast<std::uint32_t>(1 + below(8));
      const bool dup = !table.empty() && below(4) == 0;
      const std::uint32_t ofd =
          dup ? table[static_cast<std::size_t>(below(static_cast<int>(table.size())))].ofd
              : any_ofd();
      table.push_back(entry(fd, ofd, below(3) == 0));
    }
    return table;
  }

  /// What a copied table holds: some of what is wanted, some of what is not.
  std::vector<rbi_fd> inherited(const std::vector<rbi_fd>& wanted) {
    std::vector<rbi_fd> table;
    for (const rbi_fd& fd : wanted) {
      const int kind = below(8);
      if (kind == 0) continue;
      table.push_back(entry(fd.fd, kind == 1 ? any_ofd() : fd.ofd, below(3) == 0));
    }
    std::uint32_t fd = wanted.empty() ? 0 : wanted.back().fd + 1;
    for (int i = below(6); i > 0; --i) {
      fd += static_cast<std::uint32_t>(below(3));
      table.push_back(entry(fd++, any_ofd()));
    }
    return table;
  }

  /// A description that another table has, too, can't be opened a second time:
  /// it is inherited in place or stored.
  void store_what_must_be(Case& c) {
    const auto ofds = image_.ofds();
    const auto has = [](const std::vector<rbi_fd>& table, std::uint32_t ofd) {
      return std::any_of(table.begin(), table.end(),
                         [&](const rbi_fd& fd) { return fd.ofd == ofd; });
    };
    const auto kept = [&](std::uint32_t ofd) {
      return std::any_of(c.present.begin(), c.present.end(), [&](const rbi_fd& have) {
        return have.ofd == ofd && std::any_of(c.wanted.begin(), c.wanted.end(), [&](auto& want) {
                 return want.fd == have.fd && want.ofd == ofd;
               });
      });
    };
    const std::vector<PipeEnds> ends = pipe_ends(image_);
    for (std::uint32_t i = 0; i < ofds.size(); ++i) {
      if (has(c.present, i) && !kept(i)) c.stored[i] = 0;
      if (!is_pipe_end(ofds[i])) continue;
      const PipeEnds pair = ends[ofds[i].object];
      const std::uint32_t other = pair.read == i ? pair.write : pair.read;
      if (other == RBI_NONE) continue;
      // One pipe, one maker: the store, or this table for both ends.
      if (c.stored[i] != kNotStored || has(c.present, i)) c.stored[i] = c.stored[other] = 0;
    }
  }

  const Image& image_;
  std::mt19937_64 random_;
};

std::string filled_wrong(const ImageAt& at, const Case& c, std::vector<rst_op>& ops) {
  fill_table(at, c.present, c.wanted, c.stored, ops);
  FdSimulator kernel(at, c.stored);
  kernel.run(c.present, ops);
  return kernel.verdict(c.wanted);
}

std::string text(const Case& c) {
  const auto list = [](const std::vector<rbi_fd>& table) {
    std::string line;
    for (const rbi_fd& fd : table) {
      line += fmt::format(" {}:{}{}", fd.fd, fd.ofd, fd.flags != 0 ? "c" : "");
    }
    return line;
  };
  std::string stored;
  for (std::size_t i = 0; i < c.stored.size(); ++i) {
    if (c.stored[i] != kNotStored) stored += fmt::format(" {}", i);
  }
  return fmt::format("present{}\nwanted{}\nstored{}", list(c.present), list(c.wanted), stored);
}

TEST_CASE("20,000 random descriptor tables are filled right", "[table_fill]") {
  const Image image = description_image(kFiles, kSockets, kPipes);
  const ImageAt at(image, 0x1000000);
  std::size_t fetches = 0;
  std::size_t pipes = 0;
  std::size_t closes = 0;
  for (std::uint64_t seed = 0; seed < 20000; ++seed) {
    const Case c = CaseMaker(image, seed).make();
    std::vector<rst_op> ops;
    const std::string wrong = filled_wrong(at, c, ops);
    if (!wrong.empty()) FAIL("seed " << seed << "\n" << wrong << text(c));
    for (const rst_op& op : ops) {
      fetches += op.kind == RST_FETCH ? 1 : 0;
      pipes += op.kind == RST_PIPE ? 1 : 0;
      closes += op.kind == RST_CLOSE_RANGE ? 1 : 0;
    }
  }
  // The cases must keep covering what they are for.
  CHECK(fetches > 10000);
  CHECK(pipes > 5000);
  CHECK(closes > 5000);
}

TEST_CASE("the simulator sees what is wrong", "[table_fill]") {
  const Image image = description_image(2, 0, 1);
  const ImageAt at(image, 0x1000000);
  Case c;
  c.wanted = {entry(0, 1), entry(1, 2)};
  c.stored.assign(image.ofds().size(), kNotStored);
  std::vector<rst_op> ops;
  REQUIRE(filled_wrong(at, c, ops).empty());
  const auto verdict_of = [&](const std::vector<rst_op>& changed) {
    FdSimulator kernel(at, c.stored);
    kernel.run({}, changed);
    return kernel.verdict(c.wanted);
  };
  auto changed = ops;
  changed.pop_back();
  CHECK(verdict_of(changed) == "descriptor 1 is missing\n");
  changed = ops;
  changed.push_back(ops.back());
  CHECK(verdict_of(changed).find("again") != std::string::npos);
  changed = ops;
  changed[0].x = 7;
  CHECK(verdict_of(changed).find("got 0 instead of 7") != std::string::npos);
  changed = ops;
  changed[0].b |= O_CLOEXEC;
  CHECK(verdict_of(changed).find("FD_CLOEXEC is wrong") != std::string::npos);
}

/// Calls that a table of `count` descriptors from `first` on takes.
std::size_t calls(std::uint32_t first, std::uint32_t count, bool dups = false) {
  const Image image = description_image(dups ? 1 : count, 0, 0);
  const ImageAt at(image, 0x1000000);
  Case c;
  c.stored.assign(image.ofds().size(), kNotStored);
  for (std::uint32_t i = 0; i < count; ++i) {
    c.wanted.push_back(entry(first + i, dups ? 1 : 1 + i));  // description 0 is /dev/null
  }
  std::vector<rst_op> ops;
  CHECK(filled_wrong(at, c, ops) == "");
  return ops.size();
}

TEST_CASE("consecutive descriptors cost one call each", "[table_fill]") {
  CHECK(calls(0, 10000) == 10000);
  CHECK(calls(0, 1) == 1);
}

TEST_CASE("a gap of three below costs at most five calls more", "[table_fill]") {
  CHECK(calls(3, 10000) <= 10005);
  CHECK(calls(3, 10) <= 15);
}

TEST_CASE("a wide gap below few descriptors costs two calls each", "[table_fill]") {
  CHECK(calls(500, 3) <= 9);
}

TEST_CASE("duplicates cost one call each", "[table_fill]") { CHECK(calls(0, 1000, true) == 1000); }

TEST_CASE("an inherited table that is right costs nothing", "[table_fill]") {
  const Image image = description_image(1000, 0, 0);
  const ImageAt at(image, 0x1000000);
  const auto table = image.fds_of(image.files()[0]);
  const std::vector<std::uint32_t> stored(image.ofds().size(), kNotStored);
  std::vector<rst_op> ops;
  fill_table(at, table, table, stored, ops);
  CHECK(ops.empty());
  fill_table(at, table, table.subspan(0, 10), stored, ops);
  CHECK(ops.size() == 1);  // one range
}

}  // namespace
}  // namespace rb::test
