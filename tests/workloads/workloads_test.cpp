// Parameters, determinism and structure of the workloads.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <set>

#include "workloads/workload.h"

namespace rb::test {
namespace {

Image image_of(std::string_view name, const ParameterValues& values = {}) {
  const Workload* workload = find_workload(name);
  if (workload == nullptr) FAIL("no workload " << name);
  auto image = build_image(*workload, values);
  if (!image) FAIL(describe(image.error()));
  return std::move(*image);
}

std::string error_of(std::string_view name, const ParameterValues& values) {
  const auto image = build_image(*find_workload(name), values);
  if (image) return {};
  CHECK(image.error().kind == ErrorKind::kUsage);
  return describe(image.error());
}

/// The number of different objects of each class that tasks use.
struct Counts {
  std::size_t tasks, groups, mms, files, fs, sighands;
  bool operator==(const Counts&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Counts& c) {
  return out << c.tasks << " tasks " << c.groups << " groups " << c.mms << " mms " << c.files
             << " files " << c.fs << " fs " << c.sighands << " sighands";
}

Counts counts(const Image& image) {
  const auto distinct = [&](__u32 rbi_task::*member) {
    std::set<__u32> values;
    for (const rbi_task& task : image.tasks()) values.insert(task.*member);
    return values.size();
  };
  return {image.tasks().size(),       distinct(&rbi_task::group), distinct(&rbi_task::mm),
          distinct(&rbi_task::files), distinct(&rbi_task::fs),    distinct(&rbi_task::sighand)};
}

/// The longest way from a group up to the root.
std::size_t depth(const Image& image) {
  std::vector<std::size_t> depths;
  for (const rbi_group& group : image.groups()) {
    depths.push_back(group.parent == RBI_NONE ? 0 : depths[group.parent] + 1);
  }
  return *std::max_element(depths.begin(), depths.end());
}

/// What decides an image but the payload's own code, which compilers change.
std::uint64_t hash(const Image& image) {
  const rbi_header& header = image.header();
  return XXH64(image.bytes().data() + sizeof header, header.metadata_size - sizeof header, 0);
}

}  // namespace

TEST_CASE("workloads are registered completely") {
  std::set<std::string> names;
  for (const Workload* workload : workloads()) {
    INFO(workload->name);
    CHECK(names.insert(workload->name).second);
    CHECK(find_workload(workload->name) == workload);
    REQUIRE(workload->summary != nullptr);
    CHECK(std::strlen(workload->summary) <= 72);
    REQUIRE(workload->build != nullptr);
    for (const Parameter& parameter : workload->parameters) {
      INFO(parameter.name);
      CHECK(std::strlen(parameter.summary) > 0);
      CHECK(parameter.min <= parameter.default_value);
      CHECK(parameter.default_value <= parameter.max);
      CHECK(parameter.name != std::string("seed"));
      std::string sweep = parameter.default_sweep;
      REQUIRE_FALSE(sweep.empty());
      for (char* value = std::strtok(sweep.data(), ","); value != nullptr;
           value = std::strtok(nullptr, ",")) {
        CHECK(std::atoll(value) >= parameter.min);
        CHECK(std::atoll(value) <= parameter.max);
      }
    }
  }
  CHECK(names.size() == 19);
  CHECK(find_workload("thread") == nullptr);
}

TEST_CASE("parameters are completed and checked") {
  const Workload& threads = *find_workload("threads");
  const auto defaults = complete_parameters(threads, {});
  REQUIRE(defaults);
  CHECK(*defaults == ParameterValues{{"n", 10}, {"seed", 1}});
  const auto given = complete_parameters(threads, {{"n", 10000}, {"seed", 7}});
  REQUIRE(given);
  CHECK(*given == ParameterValues{{"n", 10000}, {"seed", 7}});

  CHECK(error_of("threads", {{"n", 0}}) == "workload threads: n=0 is out of range 1 to 32000");
  CHECK(error_of("threads", {{"n", 32001}}) ==
        "workload threads: n=32001 is out of range 1 to 32000");
  CHECK(error_of("threads", {{"seed", -1}}).find("seed=-1 is out of range") != std::string::npos);
  CHECK(error_of("threads", {{"m", 1}}) == "workload threads has no parameter m; it has n, seed");
  CHECK(error_of("tree", {{"depth", 10}, {"fanout", 3}}) ==
        "workload tree: depth and fanout make more than 32000 processes");
  CHECK(error_of("own-files", {{"n", 2000}, {"f", 501}}) ==
        "workload own-files: n * f is 1002000, more than 1000000");
  CHECK(error_of("fds", {{"n", 100000}, {"tasks", 11}}) ==
        "workload fds: n * tasks is 1100000, more than 1000000");
  CHECK(error_of("prefork", {{"workers", 1000}, {"threads", 32}}) ==
        "workload prefork: 32001 tasks are more than 32000");
  CHECK(error_of("prefork", {{"workers", 100}, {"mib", 41}}) ==
        "workload prefork: 4100 MiB are more than 4096");
}

TEST_CASE("same parameters and seed, same bytes") {
  for (const Workload* workload : workloads()) {
    INFO(workload->name);
    const Image first = image_of(workload->name);
    const Image second = image_of(workload->name);
    REQUIRE(first.bytes().size() == second.bytes().size());
    CHECK(std::memcmp(first.bytes().data(), second.bytes().data(), first.bytes().size()) == 0);
    const Image other = image_of(workload->name, {{"seed", 2}});
    CHECK(hash(other) != hash(first));
  }
}

TEST_CASE("default images stay what they are") {
  // A change here is a change of what is measured: say so in the commit.
  CHECK(hash(image_of("threads")) == 0x702388b6e43b3548);
  CHECK(hash(image_of("signals")) == 0x27d69207095fc483);
  CHECK(hash(image_of("fds")) == 0x1af4f0634e56fa7e);
  CHECK(hash(image_of("memory")) == 0x33997e9c0570ee4c);
  CHECK(hash(image_of("prefork")) == 0x9620e6acf9c54cbb);
}

TEST_CASE("trees have the tasks and the sharing that their names say") {
  CHECK(counts(image_of("threads", {{"n", 7}})) == Counts{7, 1, 1, 1, 1, 1});
  CHECK(counts(image_of("processes", {{"n", 7}})) == Counts{7, 7, 7, 7, 7, 7});
  CHECK(counts(image_of("chain", {{"n", 7}})) == Counts{7, 7, 7, 7, 7, 7});
  CHECK(counts(image_of("tree", {{"depth", 2}, {"fanout", 4}})) == Counts{21, 21, 21, 21, 21, 21});
  CHECK(counts(image_of("shared-files", {{"n", 7}})) == Counts{7, 7, 7, 1, 7, 7});
  CHECK(counts(image_of("own-files", {{"n", 7}})) == Counts{7, 7, 7, 7, 7, 7});
  CHECK(counts(image_of("shared-fs", {{"n", 7}})) == Counts{7, 7, 7, 7, 1, 7});
  CHECK(counts(image_of("own-fs", {{"n", 7}})) == Counts{7, 7, 7, 7, 7, 7});
  CHECK(counts(image_of("shared-mm", {{"n", 7}})) == Counts{7, 7, 1, 7, 7, 7});
  CHECK(counts(image_of("shared-sighand", {{"n", 7}})) == Counts{7, 7, 1, 7, 7, 1});
  CHECK(counts(image_of("fds", {{"tasks", 3}})) == Counts{3, 3, 3, 3, 3, 3});
  CHECK(counts(image_of("pipes")) == Counts{2, 2, 2, 2, 2, 2});
  CHECK(counts(image_of("sessions", {{"n", 3}})) == Counts{16, 16, 16, 16, 16, 16});
  CHECK(counts(image_of("signals", {{"n", 7}})) == Counts{14, 7, 7, 7, 7, 7});
  CHECK(counts(image_of("memory", {{"tasks", 3}})) == Counts{3, 3, 3, 3, 3, 3});
  CHECK(counts(image_of("middle", {{"n", 2}})) == Counts{7, 7, 7, 5, 7, 7});
  CHECK(counts(image_of("middle", {{"n", 2}, {"share", 1}})) == Counts{7, 7, 7, 7, 5, 7});
  CHECK(counts(image_of("prefork", {{"workers", 3}, {"threads", 5}})) == Counts{16, 4, 4, 4, 4, 4});

  CHECK(depth(image_of("processes", {{"n", 7}})) == 1);
  CHECK(depth(image_of("chain", {{"n", 7}})) == 6);
  CHECK(depth(image_of("tree", {{"depth", 2}, {"fanout", 4}})) == 2);
}

TEST_CASE("in the middle case the ends share, through a process that does not") {
  for (const int share : {0, 1}) {
    const Image image = image_of("middle", {{"share", share}});
    for (std::size_t a = 1; a < image.tasks().size(); a += 3) {
      const auto& tasks = image.tasks();
      const auto object = share == 0 ? &rbi_task::files : &rbi_task::fs;
      CHECK(tasks[a].*object == tasks[a + 2].*object);
      CHECK(tasks[a].*object != tasks[a + 1].*object);
      CHECK(image.groups()[tasks[a + 1].group].parent == tasks[a].group);
      CHECK(image.groups()[tasks[a + 2].group].parent == tasks[a + 1].group);
    }
  }
}

TEST_CASE("descriptions are shared as the parameters say") {
  const auto same = image_of("own-files", {{"n", 3}, {"f", 20}});
  CHECK(same.fds().size() == 3 * 23);
  CHECK(same.ofds().size() == 21);
  const auto distinct = image_of("own-files", {{"n", 3}, {"f", 20}, {"distinct", 1}});
  CHECK(distinct.fds().size() == 3 * 23);
  CHECK(distinct.ofds().size() == 61);

  const auto fds = image_of("fds", {{"n", 80}});
  CHECK(fds.files()[0].fd_count == 83);
  CHECK(fds.ofds().size() == 1 + 60);  // two of eight are dups
  CHECK(fds.fds_of(fds.files()[0]).back().fd == 3 + 80 + 10 - 1);
  CHECK(fds.files()[1].fd_count > 50);
  CHECK(fds.files()[1].fd_count < 60);
}

TEST_CASE("pids and names are the order of creation") {
  const Image image = image_of("prefork");
  for (std::size_t i = 0; i < image.tasks().size(); ++i) CHECK(image.tasks()[i].pid == 100 + i);
  CHECK(image.tasks()[3].name == std::string("prefork-3"));
}

TEST_CASE("the largest trees can be built") {
  CHECK(image_of("threads", {{"n", 10000}}).tasks().back().pid < 30000);
  CHECK(image_of("processes", {{"n", 2000}}).groups().size() == 2000);
  CHECK(image_of("fds", {{"n", 100000}, {"tasks", 1}}).fds().size() == 100003);
  CHECK(image_of("prefork", {{"workers", 200}, {"threads", 49}}).tasks().size() == 9801);
}

}  // namespace rb::test
