// Which events count a class, by what a kernel is like.
#include "harness/ledger/allocation_events.h"

#include <catch2/catch.hpp>
#include <sstream>

namespace rb::test {
namespace {

constexpr const char* kSymbols =
    "ffffffff81206f50 t copy_process.cold\n"
    "ffffffff81207000 t other\n"
    "ffffffff81356870 T copy_process\n"
    "ffffffff81356990 d copy_process_data\n"
    "ffffffff81357000 T next\n"
    "ffffffff816ea7f0 T dup_fd\n"
    "ffffffff816eab00 t after\n"
    "ffffffff816e9630 t alloc_fdtable\n"
    "ffffffff816e9700 t alloc_fdtable_not\n"
    "ffffffffc0401000 t restart_a\t[restart]\n"
    "ffffffffc0402000 t restart_b\t[restart]\n"
    "ffffffffc0500000 t dup_fd_of_others\t[other]\n";

KernelFacts facts(bool names) {
  KernelFacts facts;
  facts.allocations_name_caches = names;
  facts.caches["files_cache"] = {704, true};
  facts.caches["sighand_cache"] = {2080, false};
  std::istringstream symbols(kSymbols);
  find_functions(symbols, facts);
  return facts;
}

}  // namespace

TEST_CASE("functions end where the next symbol begins, wherever it stands", "[ledger]") {
  const KernelFacts found = facts(true);
  REQUIRE(found.functions.count("dup_fd") == 1);
  REQUIRE(found.functions.at("dup_fd").size() == 1);
  CHECK(found.functions.at("dup_fd")[0].start == 0xffffffff816ea7f0);
  CHECK(found.functions.at("dup_fd")[0].end == 0xffffffff816eab00);
  // A function may be in two parts; data are not code.
  REQUIRE(found.functions.at("copy_process").size() == 2);
  CHECK(found.functions.at("copy_process")[1].end == 0xffffffff81357000);
  REQUIRE(found.functions.at("alloc_fdtable").size() == 1);
  CHECK(found.functions.at("alloc_fdtable")[0].end == 0xffffffff816e9700);
  REQUIRE(found.module.size() == 1);
  CHECK(found.module[0].start == 0xffffffffc0401000);
  CHECK(found.module[0].end > 0xffffffffc0402000);
}

TEST_CASE("a class is counted by name where that is unmistakable", "[ledger]") {
  const auto by_name = creation_event(ObjectClass::kSighand, facts(true));
  REQUIRE(by_name.has_value());
  CHECK(by_name->tracepoint == "kmem:kmem_cache_alloc");
  CHECK(by_name->filter == "name==\"sighand_cache\"");
}

TEST_CASE("objects of several sizes are counted by site alone", "[ledger]") {
  KernelFacts found = facts(true);
  CHECK_FALSE(creation_event(ObjectClass::kPid, found).has_value());  // no alloc_pid()
  found.functions["alloc_pid"] = {{0x1000, 0x2000}};
  found.caches["pid"] = {112, false};  // in a pid namespace it is pid_2, which is larger
  const auto pid = creation_event(ObjectClass::kPid, found);
  REQUIRE(pid.has_value());
  CHECK(pid->filter == "((call_site>=0x1000 && call_site<0x2000))");
}

TEST_CASE("a merged cache and an old kernel are counted by site and size", "[ledger]") {
  const auto merged = creation_event(ObjectClass::kFiles, facts(true));
  REQUIRE(merged.has_value());
  CHECK(merged->filter ==
        "bytes_req==704 && ((call_site>=0xffffffff816ea7f0 && call_site<0xffffffff816eab00) || "
        "(call_site>=0xffffffffc0401000 && call_site<0xffffffffc0403000))");
  const auto old = creation_event(ObjectClass::kSighand, facts(false));
  REQUIRE(old.has_value());
  CHECK(old->filter.starts_with("bytes_req==2080 && ((call_site>="));
}

TEST_CASE("a copied VMA is told from a mapped one by its site", "[ledger]") {
  KernelFacts found = facts(true);
  CHECK_FALSE(vma_copy_event(found).has_value());
  found.caches["vm_area_struct"] = {200, false};
  found.functions["vm_area_dup"] = {{0x1000, 0x2000}};
  const auto copies = vma_copy_event(found);
  REQUIRE(copies.has_value());
  CHECK(copies->tracepoint == "kmem:kmem_cache_alloc");
  CHECK(copies->filter == "bytes_req==200 && ((call_site>=0x1000 && call_site<0x2000))");
}

TEST_CASE("what the module allocates for itself is no descriptor array", "[ledger]") {
  const auto array = creation_event(ObjectClass::kFdArray, facts(true));
  REQUIRE(array.has_value());
  CHECK(array->filter ==
        "bytes_req==56 && ((call_site>=0xffffffff816e9630 && call_site<0xffffffff816e9700))");
}

TEST_CASE("what a kernel does not have is lacking, not zero", "[ledger]") {
  const auto no_cache = creation_event(ObjectClass::kMm, facts(true));
  REQUIRE_FALSE(no_cache.has_value());
  CHECK(no_cache.error().kind == ErrorKind::kLacking);
  CHECK(no_cache.error().message == "mm: this kernel has no slab cache mm_struct");
  const auto no_site = creation_event(ObjectClass::kPipe, facts(true));
  REQUIRE_FALSE(no_site.has_value());
  CHECK(no_site.error().message == "pipe: this kernel has no alloc_pipe_info");
}

}  // namespace rb::test
