#include <sys/mman.h>

#include <catch2/catch.hpp>

#include "harness/verify/areas.h"
#include "harness/verify/inspection.h"
#include "harness/verify/memory_reader.h"
#include "harness/verify/vm_flags.h"

namespace rb::test {
namespace {

ProcMapping mapping(std::uint64_t start, std::uint64_t end, std::uint32_t prot = PROT_READ) {
  ProcMapping result;
  result.start = start;
  result.end = end;
  result.prot = prot;
  return result;
}

ProcMapping file(std::uint64_t start, std::uint64_t end, std::uint64_t offset,
                 std::uint64_t inode = 5) {
  ProcMapping result = mapping(start, end);
  result.offset = offset;
  result.inode = inode;
  result.path = "/no/such/file";
  return result;
}

std::vector<std::string> compare(std::vector<Area> expected, std::vector<Area> found,
                                 const CompareOptions& options = {}) {
  std::vector<BackingFound> backings;
  return compare_areas(expected, found, options, backings);
}

Area area(std::uint64_t start, std::uint64_t end, std::uint32_t prot = PROT_READ) {
  Area result;
  result.start = start;
  result.end = end;
  result.prot = prot;
  return result;
}

TEST_CASE("adjacent equal anonymous mappings are one area") {
  CHECK(areas_of_task(std::vector{mapping(0x1000, 0x2000), mapping(0x2000, 0x3000)}, {}).size() ==
        1);
  CHECK(areas_of_task(std::vector{mapping(0x1000, 0x2000), mapping(0x3000, 0x4000)}, {}).size() ==
        2);
  CHECK(
      areas_of_task(std::vector{mapping(0x1000, 0x2000), mapping(0x2000, 0x3000, 0)}, {}).size() ==
      2);
}

TEST_CASE("advice and locks are told apart, and named") {
  ProcMapping advised = mapping(0x1000, 0x2000);
  advised.flags = " rd mr mw me lo rr dc ac dd";
  const std::vector<ProcMapping> both = {advised, mapping(0x2000, 0x3000)};
  REQUIRE(areas_of_task(both, {}).size() == 2);
  CHECK(areas_of_task(both, {}, 0).size() == 1);
  Area wanted = area(0x1000, 0x2000);
  wanted.advice = RBI_VMA_LOCKED | RBI_VMA_RANDOM;
  CHECK(compare({wanted}, {areas_of_task(both, {})[0]}) ==
        std::vector<std::string>{"expected 0x1000-0x2000 r--p anonymous random locked, found "
                                 "0x1000-0x2000 r--p anonymous random dontfork dontdump locked"});
  wanted.advice |= RBI_VMA_DONTFORK | RBI_VMA_DONTDUMP;
  CHECK(compare({wanted}, {areas_of_task(both, {})[0]}).empty());
}

TEST_CASE("locks that wait for a touch are found where they have no name") {
  ProcMapping one = mapping(0x1000, 0x2000);
  const auto advice = [&one](const char* flags) {
    one.flags = flags;
    return advice_of(one);
  };
  CHECK(advice(" rd wr mr mw me lo ac") == RBI_VMA_LOCKED);
  CHECK(advice(" rd wr mr mw me lo lf ac") == (RBI_VMA_LOCKED | RBI_VMA_LOCKONFAULT));
  CHECK(advice(" rd wr mr mw me lo ?? ac") == (RBI_VMA_LOCKED | RBI_VMA_LOCKONFAULT));
  CHECK(advice(" rd wr mr mw me lo rr ?? ac") ==
        (RBI_VMA_LOCKED | RBI_VMA_RANDOM | RBI_VMA_LOCKONFAULT));
  CHECK(advice(" rd wr mr mw me lo ac ??") == RBI_VMA_LOCKED);
  CHECK(advice(" rd wr mr mw me ?? ac") == 0);
}

TEST_CASE("file mappings merge only where the offset goes on") {
  CHECK(areas_of_task(std::vector{file(0x1000, 0x2000, 0), file(0x2000, 0x3000, 0x1000)}, {})
            .size() == 1);
  CHECK(areas_of_task(std::vector{file(0x1000, 0x2000, 0), file(0x2000, 0x3000, 0x2000)}, {})
            .size() == 2);
  CHECK(areas_of_task(std::vector{file(0x1000, 0x2000, 0), file(0x2000, 0x3000, 0x1000, 6)}, {})
            .size() == 2);
}

TEST_CASE("the scaffold is cut out, also from the middle of a mapping") {
  const auto areas = areas_of_task(std::vector{file(0x1000, 0x9000, 0)}, {0x3000, 0x5000});
  REQUIRE(areas.size() == 2);
  CHECK(areas[0].end == 0x3000);
  CHECK(areas[1].start == 0x5000);
  CHECK(areas[1].offset == 0x4000);
  CHECK(areas_of_task(std::vector{mapping(0x3000, 0x5000)}, {0x3000, 0x5000}).empty());
  CHECK(areas_of_task(std::vector{mapping(0x5000, 0x6000)}, {0x3000, 0x5000}).size() == 1);
}

TEST_CASE("differences name both sides") {
  CHECK(compare({area(0x1000, 0x2000)}, {area(0x1000, 0x2000)}).empty());
  CHECK(compare({area(0x1000, 0x2000)}, {}) ==
        std::vector<std::string>{"expected 0x1000-0x2000 r--p anonymous, found nothing"});
  CHECK(compare({}, {area(0x1000, 0x2000)}) ==
        std::vector<std::string>{"expected nothing, found 0x1000-0x2000 r--p anonymous"});
  CHECK(compare({area(0x1000, 0x2000)}, {area(0x1000, 0x2000, PROT_READ | PROT_WRITE)}) ==
        std::vector<std::string>{
            "expected 0x1000-0x2000 r--p anonymous, found 0x1000-0x2000 rw-p anonymous"});
  CHECK(compare({area(0x1000, 0x2000)}, {area(0x1000, 0x3000)}).size() == 1);
  CHECK(compare({area(0x1000, 0x2000)}, {area(0x0, 0x2000)}).size() == 1);
}

TEST_CASE("one difference does not hide the next") {
  const auto found = compare({area(0x1000, 0x2000), area(0x5000, 0x6000)},
                             {area(0x1000, 0x2000, 0), area(0x7000, 0x8000)});
  REQUIRE(found.size() == 3);
  CHECK(found[0].find("0x1000-0x2000 ---p") != std::string::npos);
  CHECK(found[1] == "expected 0x5000-0x6000 r--p anonymous, found nothing");
  CHECK(found[2] == "expected nothing, found 0x7000-0x8000 r--p anonymous");
}

TEST_CASE("sharing, growsdown, noreserve, offset, path and kind count") {
  const auto differs = [](auto change) {
    Area changed = area(0x1000, 0x2000);
    change(changed);
    return compare({area(0x1000, 0x2000)}, {changed}).size() == 1;
  };
  CHECK(differs([](Area& one) { one.shared = true; }));
  CHECK(differs([](Area& one) { one.growsdown = true; }));
  CHECK(differs([](Area& one) { one.noreserve = true; }));
  CHECK(differs([](Area& one) { one.kind = AreaKind::kVdso; }));
  CHECK(differs([](Area& one) { one.kind = AreaKind::kFile; }));
  Area first = area(0x1000, 0x2000);
  first.kind = AreaKind::kFile;
  first.path = "/no/a";
  Area second = first;
  CHECK(compare({first}, {second}).empty());
  second.offset = 0x1000;
  CHECK(compare({first}, {second}).size() == 1);
  second = first;
  second.path = "/no/b";
  CHECK(compare({first}, {second}).size() == 1);
}

TEST_CASE("flags that are unknown are not compared") {
  Area changed = area(0x1000, 0x2000);
  changed.noreserve = true;
  CompareOptions options;
  options.noreserve_known = false;
  CHECK(compare({area(0x1000, 0x2000)}, {changed}, options).empty());
}

TEST_CASE("only stacks of running tasks may grow") {
  Area stack = area(0x5000, 0x6000);
  stack.growsdown = true;
  Area grown = stack;
  grown.start = 0x3000;
  CompareOptions options;
  CHECK(compare({stack}, {grown}, options).size() == 1);
  options.stacks_may_grow = true;
  CHECK(compare({stack}, {grown}, options).empty());
}

TEST_CASE("the vDSO must start where it did; its length is the kernel's") {
  Area vdso = area(0x1000, 0x5000);
  vdso.kind = AreaKind::kVdso;
  Area other = vdso;
  other.end = 0x7000;
  CHECK(compare({vdso}, {other}).empty());
  other.start = 0x2000;
  CHECK(compare({vdso}, {other}).size() == 1);
}

TEST_CASE("the vDSO's mappings are one area") {
  ProcMapping data = mapping(0x1000, 0x3000);
  data.path = "[vvar]";
  ProcMapping clock = mapping(0x3000, 0x4000);
  clock.path = "[vvar_vclock]";
  ProcMapping code = mapping(0x4000, 0x6000, PROT_READ | PROT_EXEC);
  code.path = "[vdso]";
  const auto areas = areas_of_task(std::vector{data, clock, code}, {});
  REQUIRE(areas.size() == 1);
  CHECK(areas[0].kind == AreaKind::kVdso);
  CHECK(areas[0].end == 0x6000);
}

TEST_CASE("first difference outside what may differ") {
  std::vector<std::byte> expected(64);
  std::vector<std::byte> found(64);
  CHECK(!first_difference(expected, found, 0x1000, {}));
  found[10] = std::byte{1};
  found[40] = std::byte{1};
  CHECK(first_difference(expected, found, 0x1000, {}) == 10u);
  const AddressRange ignored[] = {{0x100a, 0x100b}};
  CHECK(first_difference(expected, found, 0x1000, ignored) == 40u);
  const AddressRange both[] = {{0x100a, 0x100b}, {0x1028, 0x1029}};
  CHECK(!first_difference(expected, found, 0x1000, both));
}

TEST_CASE("signal sets are printed by name") {
  CHECK(signal_names(0) == "none");
  CHECK(signal_names(0x201) == "SIGHUP SIGUSR1");
  CHECK(signal_names(std::uint64_t{1} << 63) == "signal 64");
}

}  // namespace
}  // namespace rb::test
