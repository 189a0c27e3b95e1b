// What only shows once tasks run, and the verifier's own failures.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "harness/verify/helper.h"
#include "harness/verify/proc_files.h"
#include "harness/verify/verify.h"
#include "tests/verify/hand_made_tree.h"
#include "tests/verify/native.h"

namespace rb::test {
namespace {

std::vector<std::string> run_with(Defect defect, unsigned timeout_s) {
  const Files files;
  const Image image = make_image(files);
  HandMadeTree tree(files, defect);
  REQUIRE(differences(verify_stopped(image, tree)).empty());
  REQUIRE(tree.release());
  return differences(verify_running(image, tree, timeout_s));
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a forgotten signal mask is found after release", "[native]") {
  need_root();
  const auto found = run_with(Defect::kForgottenMask, 10);
  REQUIRE(found.size() == 1);
  CHECK(found[0] == "task 3 (pid 5, sharer): blocked signals: expected none, found SIGHUP");
}

TEST_CASE("a scaffold that stays mapped is found after release", "[native]") {
  need_root();
  const auto found = run_with(Defect::kForgottenScaffold, 10);
  REQUIRE(!found.empty());
  CHECK(contains(found[0], "task 2 (pid 4, a) b (c): memory map: expected nothing, found 0x"));
}

TEST_CASE("a wrong report is found", "[native]") {
  need_root();
  const auto found = run_with(Defect::kWrongReport, 10);
  REQUIRE(found.size() == 1);
  CHECK(contains(found[0], "task 4 (pid 6, leaf): self-check of "));
  CHECK(contains(found[0], " failed at 0x0"));
}

TEST_CASE("a task that never reports is found and its state told", "[native]") {
  need_root();
  const auto found = run_with(Defect::kNoReport, 1);
  REQUIRE(found.size() == 1);
  CHECK(contains(found[0], "task 4 (pid 6, leaf): self-check: expected a report, found none"));
  CHECK(contains(found[0], "state S"));
  CHECK(contains(found[0], "system call 34 "));
}

TEST_CASE("a task that dies is found long before the timeout", "[native]") {
  need_root();
  const auto start = std::chrono::steady_clock::now();
  const auto found = run_with(Defect::kDeath, 60);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  // Its exit signal may kill its parent, too.
  INFO(::Catch::Detail::stringify(found));
  const auto leaf = std::find_if(found.begin(), found.end(), [](const std::string& one) {
    return contains(one, "task 4 (pid 6, leaf): ");
  });
  REQUIRE(leaf != found.end());
  CHECK((contains(*leaf, "state Z") || contains(*leaf, "gone")));
}

TEST_CASE("a coordinator that is gone is an error, not a crash", "[native]") {
  need_root();
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  const auto result = inspect_inside({child, true, true, 1, {}, nullptr}, std::chrono::seconds(5),
                                     [](Findings&) -> Status { return {}; });
  REQUIRE(!result);
  CHECK(result.error().kind == ErrorKind::kRestart);
  CHECK(contains(result.error().message, "is gone"));
}

TEST_CASE("a verification ends at its limit and leaves no process", "[native]") {
  need_root();
  const Files files;
  HandMadeTree tree(files, Defect::kNone);
  const auto result = inspect_inside(tree.access(), std::chrono::milliseconds(300),
                                     [](Findings& findings) -> Status {
                                       findings.add("first");
                                       for (;;) ::pause();
                                     });
  REQUIRE(!result);
  CHECK(contains(result.error().message, "ran out of its time; found until then: first"));
  // The coordinator is the only child left.
  CHECK(::waitpid(-1, nullptr, WNOHANG) == 0);
  REQUIRE(tree.destroy());
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("the inspecting process sees the tree's pids", "[native]") {
  need_root();
  const Files files;
  HandMadeTree tree(files, Defect::kNone);
  const auto result =
      inspect_inside(tree.access(), std::chrono::seconds(10), [](Findings& findings) -> Status {
        const auto pids = list_numbers("/proc");
        if (!pids) return fail_errno("cannot list", pids.error());
        findings.add("{}", fmt::join(*pids, " "));
        return {};
      });
  REQUIRE(result);
  REQUIRE(result->differences.size() == 1);
  CHECK(result->differences[0] == "1 2 4 5 6 7");
}

}  // namespace
}  // namespace rb::test
