// A small real tree made by hand, and the image that says what it is.
//
//   root (0) ── worker (1), a thread: shares everything
//     ├─ "a) b (c" (2): own mm, files, fs, sighand; own process group
//     │    └─ leaf (4): files and fs of task 2; own mm, sighand; own session
//     └─ sharer (3), a process: mm and files of root; own fs, sighand
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "image/image.h"
#include "strategies/strategy.h"

namespace rb::test {

inline constexpr std::uint32_t kTasks = 5;
inline constexpr std::uint64_t kPatternArea = 0x50000000;  ///< 4 pages, 2 with contents
inline constexpr std::uint64_t kFileArea = 0x51000000;     ///< private, of data at 4096
inline constexpr std::uint64_t kShareArea = 0x52000000;    ///< 2 pages of shared memory
inline constexpr std::uint64_t kClosedArea = 0x53000000;   ///< PROT_NONE, with contents
inline constexpr std::uint64_t kLazyArea = 0x54000000;     ///< 16 pages, MAP_NORESERVE
inline constexpr std::uint64_t kScaffoldStart = 0x70000000;
inline constexpr std::uint64_t kScaffoldEnd = 0x7ffffffff000;
inline constexpr char kPipeText[] = "hello";
inline constexpr std::uint64_t kSharedSeed = 100;  ///< of shared memory b: + b

/// What is wrong with the tree; one thing at a time.
enum class Defect {
  kNone,
  kDroppedFd,
  kExtraFd,
  kMissingCloexec,
  kWrongOffset,
  kWrongStatusFlags,
  kOtherDescription,
  kSharedDescription,
  kWrongPipeSize,
  kWrongPipeByte,
  kWrongSocketName,
  kSwappedMms,
  kSharedSighand,
  kSharedFs,
  kUnsharedFiles,
  kWrongParent,
  kWrongGroup,
  kWrongSession,
  kWrongExitSignal,
  kWrongName,
  kWrongUmask,
  kWrongDirectory,
  kWrongByte,
  kWrongByteBetweenRuns,
  kWrongByteInSharedMemory,
  kWrongByteWithoutAccess,
  kWrongBacking,
  kWrongProtection,
  kWrongNoreserve,
  kExtraMapping,
  kMissingMapping,
  kMissingPending,
  kMissingGroupPending,
  kMissingIgnored,
  kMissingHandler,
  kRobustList,
  kExtraTask,
  kExtraThread,
  kMissingTask,
  kMissingThread,
  // Visible after release:
  kForgottenMask,
  kForgottenScaffold,
  kWrongReport,
  kNoReport,
  kDeath,
};

/// Files that the tree has open; removed with it.
class Files {
 public:
  Files();
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  ~Files();
  std::string directory;
  std::string data;  ///< 8192 bytes of pattern 7, in directory
};

/// What an mm of the tree holds.
struct Memory {
  std::uint64_t seed;     ///< of kPatternArea and kClosedArea
  std::uint32_t backing;  ///< of kShareArea
};
inline constexpr Memory kMemory[] = {{10, 0}, {11, 0}, {12, 1}};

/// The code that tasks wait in, placed behind PAYLOAD_MAGIC at PAYLOAD_CODE.
struct Code {
  const void* start;
  std::size_t size;
};
[[nodiscard]] Code waiting_code();

/// The image of the tree without defects.
[[nodiscard]] Image make_image(const Files& files);

/// The tree itself, in a pid namespace of its own.
class HandMadeTree : public Tree {
 public:
  HandMadeTree(const Files& files, Defect defect);
  ~HandMadeTree() override;
  [[nodiscard]] TreeAccess access() const override;
  [[nodiscard]] Status release() override;
  [[nodiscard]] Status destroy() override;

 private:
  pid_t coordinator_ = -1;
};

}  // namespace rb::test
