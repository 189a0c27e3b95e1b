// The verifier against trees with one thing wrong each.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>

#include "harness/verify/verify.h"
#include "tests/verify/hand_made_tree.h"
#include "tests/verify/native.h"

namespace rb::test {
namespace {

struct Case {
  Defect defect;
  const char* task;   ///< who must be named
  const char* thing;  ///< what must be said
};

const Case kCases[] = {
    {Defect::kDroppedFd, "task 2 (pid 4, a) b (c)", "fd 3: expected open, found closed"},
    {Defect::kExtraFd, "task 2", "fd 9: expected closed, found /tmp/"},
    {Defect::kMissingCloexec, "task 0", "fd 1: FD_CLOEXEC: expected set, found clear"},
    {Defect::kWrongOffset, "task 0", "fd 0: file offset: expected 100, found 101"},
    {Defect::kWrongStatusFlags, "task 0", "fd 4: file status flags: expected 04000, found 0"},
    {Defect::kOtherDescription, "task 0", "fd 1: expected the open file description of task 0"},
    {Defect::kSharedDescription, "fd 3", "expected an open file description of its own"},
    {Defect::kWrongPipeSize, "task 0", "pipe 0 (fd 4): bytes waiting: expected 5, found 4"},
    {Defect::kWrongPipeByte, "task 0", "pipe 0 (fd 4): byte 4: expected 0x6f, found 0x4f"},
    {Defect::kWrongSocketName, "task 0",
     "fd 6: socket's address: expected @rb-verify-test, found @rb-verify-tesT"},
    {Defect::kSwappedMms, "task 2", "memory at 0x50000000: expected byte"},
    {Defect::kSharedSighand, "task 3", "sighand: expected sighand 2, not shared with task 0"},
    {Defect::kSharedFs, "task 3", "fs: expected fs 2, not shared with task 0"},
    {Defect::kUnsharedFiles, "task 4", "files table: expected files table 1 shared with task 2"},
    {Defect::kWrongParent, "task 4", "parent: expected 4, found 2"},
    {Defect::kWrongGroup, "task 2", "process group: expected 4, found 2"},
    {Defect::kWrongSession, "task 4", "session: expected 6, found 2"},
    {Defect::kWrongExitSignal, "task 4", "exit signal: expected 10, found 17"},
    {Defect::kWrongName, "task 2", "name: expected \"a) b (c\", found \"a b (c\""},
    {Defect::kWrongUmask, "task 2", "umask: expected 0022, found 0002"},
    {Defect::kWrongDirectory, "task 2", "current directory: expected /, found /tmp"},
    {Defect::kWrongByte, "task 2", "memory at 0x50002005: expected byte"},
    {Defect::kWrongByteBetweenRuns, "task 2", "at 0x50001009: expected byte 0x00, found 0x03"},
    {Defect::kWrongByteInSharedMemory, "task 4", "shared memory 1 at offset 0x4d: expected byte"},
    {Defect::kWrongByteWithoutAccess, "task 2", "memory at 0x53000000: expected byte"},
    {Defect::kWrongBacking, "task 4", "shared memory 1: expected memory of its own"},
    {Defect::kWrongProtection, "task 2", "0x53000000-0x53001000 ---p anonymous, found"},
    {Defect::kWrongNoreserve, "task 2", "rw-p anonymous noreserve, found 0x54000000-0x54010000"},
    {Defect::kExtraMapping, "task 2", "expected nothing, found 0x54020000-0x54021000 r--p"},
    {Defect::kMissingMapping, "task 2", "expected 0x10100000-0x10101000 rw-p anonymous, found no"},
    {Defect::kMissingPending, "task 1", "pending signals of the thread: expected SIGINT"},
    {Defect::kMissingGroupPending, "task 0", "of the thread group: expected SIGTERM, found none"},
    {Defect::kMissingIgnored, "task 0", "ignored signals: expected SIGUSR1, found none"},
    {Defect::kMissingHandler, "task 0", "caught signals: expected SIGUSR2, found none"},
    {Defect::kRobustList, "task 2", "robust list: expected 0x0, found 0x50000000"},
    {Defect::kExtraThread, "task 0", "a thread that the image does not have: pid 7, root"},
    {Defect::kMissingThread, "task 1", "does not exist in the thread group of task 0"},
    {Defect::kMissingTask, "task 4", "does not exist"},
};

bool any_names(const Verification& verification, const Case& one) {
  for (const std::string& difference : verification.differences) {
    if (difference.find(one.task) != std::string::npos &&
        difference.find(one.thing) != std::string::npos) {
      return true;
    }
  }
  return false;
}

TEST_CASE("a tree that is what its image says passes", "[native]") {
  need_root();
  const Files files;
  const Image image = make_image(files);
  HandMadeTree tree(files, Defect::kNone);
  for (int round = 0; round < 3; ++round) CHECK(differences(verify_stopped(image, tree)).empty());
  REQUIRE(tree.release());
  CHECK(differences(verify_running(image, tree, 10)).empty());
}

TEST_CASE("each single mistake is found and named", "[native]") {
  need_root();
  const Files files;
  const Image image = make_image(files);
  for (const Case& one : kCases) {
    HandMadeTree tree(files, one.defect);
    const auto verification = verify_stopped(image, tree);
    INFO("expected: " << one.task << ": " << one.thing);
    INFO("found: " << ::Catch::Detail::stringify(differences(verification)));
    REQUIRE(verification);
    CHECK(any_names(*verification, one));
  }
}

TEST_CASE("a process that the image does not have is found", "[native]") {
  need_root();
  const Files files;
  const Image image = make_image(files);
  HandMadeTree tree(files, Defect::kExtraTask);
  const auto found = differences(verify_stopped(image, tree));
  REQUIRE(found.size() == 1);
  CHECK(found[0].find("a process that the image does not have: pid 7, leaf") == 0);
}

}  // namespace
}  // namespace rb::test
