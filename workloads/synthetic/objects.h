// What a synthetic tree consists of, before it is laid out as an image.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "image/format.h"

namespace rb {

// Positions in the lists of a SyntheticTree; not yet indices of the image, as
// objects that no task uses are left out of it.
enum class TaskId : std::uint32_t {};
enum class GroupId : std::uint32_t {};
enum class MmId : std::uint32_t {};
enum class FilesId : std::uint32_t {};
enum class FsId : std::uint32_t {};
enum class SighandId : std::uint32_t {};
enum class OfdId : std::uint32_t {};
enum class PipeId : std::uint32_t {};
enum class BackingId : std::uint32_t {};

/// Pages with pattern contents: word i of the run is rbi_word(seed, i).
struct PatternRun {
  std::uint64_t first = 0;  ///< page, counted from the start of its region or backing
  std::uint64_t pages = 0;
  std::uint64_t seed = 0;
};

/// A file (the pattern of `seed`) or shared memory (`contents`) to map.
struct Backing {
  rbi_backing_kind kind = RBI_BACKING_SHMEM;
  std::string path{};  ///< files only
  std::uint64_t pages = 0;
  std::uint64_t seed = 0;              ///< files only
  std::vector<PatternRun> contents{};  ///< shared memory only, ascending
};

/// One VMA besides those that the payload itself needs.
struct Region {
  std::uint64_t start = 0;
  std::uint64_t pages = 0;
  std::uint32_t prot = 0;   ///< PROT_*
  std::uint32_t flags = 0;  ///< RBI_VMA_*
  rbi_vma_kind kind = RBI_VMA_ANON;
  std::optional<BackingId> backing{};
  std::uint64_t backing_page = 0;      ///< of the region's first page
  std::vector<PatternRun> contents{};  ///< private pages that were written, ascending
};

/// An mm: the payload's own areas are added to it when it is laid out.
struct SyntheticMm {
  std::vector<Region> regions;   ///< ascending; from kRegions on
  std::uint64_t heap_pages = 0;  ///< all of them with contents, below brk
};
/// Where the first region of an mm starts: above what programs, libraries and
/// sanitizers map in the process that restarts.
inline constexpr std::uint64_t kRegions = 0x200000000000ull;

struct Pipe {
  std::uint32_t capacity = 65536;  ///< bytes
  std::uint32_t size = 0;          ///< bytes in it: the pattern of seed
  std::uint64_t seed = 0;
};

/// An open file description.
struct Description {
  rbi_ofd_kind kind = RBI_OFD_DEVICE;
  std::string path{};       ///< of a socket: the abstract Unix name that it listens on
  std::uint32_t flags = 0;  ///< O_ACCMODE and status flags
  std::uint64_t offset = 0;
  std::optional<PipeId> pipe{};
  std::uint32_t backlog = 0;
  std::uint64_t seed = 0;  ///< of a regular file's contents
};

struct FdEntry {
  std::uint32_t fd = 0;
  OfdId ofd{};
  bool cloexec = false;
};

/// A files_struct; ascending by number.
struct FilesTable {
  std::vector<FdEntry> fds;
};

struct SyntheticFs {
  std::string cwd = "/";
  std::uint32_t umask = 022;
};

struct SyntheticSighand {
  std::vector<rbi_action> actions;  ///< ascending by signal
};

/// A signal queued with a value: SI_QUEUE of sigqueue(3).
struct QueuedSignal {
  std::int32_t signal = 0;
  std::uint64_t value = 0;
};

/// A process: its signal_struct.
struct SyntheticGroup {
  TaskId leader{};
  std::optional<GroupId> parent{};
  std::uint32_t pgid = 0;  ///< 0 = outside the tree, so is that of sid
  std::uint32_t sid = 0;
  std::vector<QueuedSignal> pending{};  ///< signals that no task of it has pending
  std::array<rbi_itimer, 3> itimers{};
  std::vector<rbi_timer> timers{};  ///< ascending by id
};

struct SyntheticTask {
  GroupId group{};
  MmId mm{};
  FilesId files{};
  FsId fs{};
  SighandId sighand{};
  std::string name{};
  std::uint64_t blocked = 0;
  std::vector<QueuedSignal> pending{};
  bool altstack = false;
  std::uint32_t handled = 0;  ///< an unblocked signal with a handler, raised as a check; 0 = none
};

}  // namespace rb
