// Builds synthetic task trees: like fork(2) and clone(2), but on paper.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/writer.h"
#include "workloads/synthetic/objects.h"

namespace rb {

/// What a new process shares with its parent; the rest it gets a copy of.
enum Share : unsigned {
  kShareNothing = 0,
  kShareMm = 1,
  kShareFiles = 2,
  kShareFs = 4,
  kShareSighand = 8,  ///< only with kShareMm
};

/// A tree of tasks that all run the payload. A workload creates the root, adds
/// tasks as a program would by clone(2), changes objects through the accessors,
/// and writes the image; layout, registers, names, pids and check blocks are
/// worked out then, as functions of the seed and the order of creation.
class SyntheticTree {
 public:
  /// The tree and its root: fds 0-2 are one description of /dev/null, the
  /// working directory is "/", SIGUSR1 has a handler, SIGPIPE is ignored.
  /// @param name  first part of the tasks' names
  SyntheticTree(std::string name, std::uint64_t seed);

  [[nodiscard]] TaskId root() const { return TaskId{0}; }
  /// A new process, child of the thread group of parent; `share` is a Share mask.
  TaskId fork(TaskId parent, unsigned share = kShareNothing);
  /// A new thread in the thread group of sibling.
  TaskId add_thread(TaskId sibling);
  /// Gives a task copies of its own, like unshare(2); a mask of kShareFiles, kShareFs.
  void unshare(TaskId task, unsigned objects);

  /// @name Objects. References are good until the next object of the kind is added.
  ///@{
  SyntheticTask& task(TaskId id) { return at(tasks_, id); }
  SyntheticGroup& group_of(TaskId id) { return at(groups_, task(id).group); }
  SyntheticMm& mm_of(TaskId id) { return at(mms_, task(id).mm); }
  FilesTable& files_of(TaskId id) { return at(files_, task(id).files); }
  SyntheticFs& fs_of(TaskId id) { return at(fs_, task(id).fs); }
  SyntheticSighand& sighand_of(TaskId id) { return at(sighands_, task(id).sighand); }
  Description& description(OfdId id) { return at(ofds_, id); }
  ///@}
  /// The number that a task will have: 100 for the root, then ascending.
  [[nodiscard]] static std::uint32_t pid(TaskId id) { return 100 + static_cast<std::uint32_t>(id); }

  OfdId add_description(Description description);
  PipeId add_pipe(Pipe pipe);
  BackingId add_backing(Backing backing);
  /// Opens a description at the lowest free number from `lowest` on, where no
  /// number above it is in use. @return the number
  std::uint32_t add_fd(TaskId task, OfdId ofd, bool cloexec = false, std::uint32_t lowest = 0);
  /// Sets one action, in the payload's code unless it is SIG_IGN.
  void set_action(TaskId task, std::uint32_t signal, std::uint64_t flags, std::uint64_t mask = 0);
  void ignore(TaskId task, std::uint32_t signal);

  /// @name Files under /run/restartbench, made by make_fixtures(); by number.
  ///@{
  /// @return its path; equal numbers and sizes are the same file
  std::string add_file(std::uint32_t number, std::uint64_t size);
  std::string add_directory(std::uint32_t number);
  /// The seed of a file's contents.
  [[nodiscard]] std::uint64_t file_seed(std::uint32_t number) const;
  ///@}

  /// A seed for the purpose and number, independent of others.
  [[nodiscard]] std::uint64_t seed(std::uint32_t purpose, std::uint64_t number) const {
    return rbi_word(rbi_word(seed_, purpose), number);
  }

  /// Appends the whole tree to an empty writer.
  void write(ImageWriter& writer) const;

 private:
  friend class ImageLayout;
  template <class T, class Id>
  static T& at(std::vector<T>& list, Id id) {
    return list.at(static_cast<std::size_t>(id));
  }
  template <class T, class Id>
  static const T& at(const std::vector<T>& list, Id id) {
    return list.at(static_cast<std::size_t>(id));
  }
  TaskId add_task(SyntheticTask task);

  std::string name_;
  std::uint64_t seed_;
  std::vector<SyntheticTask> tasks_;
  std::vector<SyntheticGroup> groups_;
  std::vector<SyntheticMm> mms_;
  std::vector<FilesTable> files_;
  std::vector<SyntheticFs> fs_;
  std::vector<SyntheticSighand> sighands_;
  std::vector<Description> ofds_;
  std::vector<Pipe> pipes_;
  std::vector<Backing> backings_;
  struct Fixture {
    rbi_fixture_kind kind;
    std::string path;
    std::uint64_t size;
    std::uint64_t seed;
  };
  std::vector<Fixture> fixtures_;
};

}  // namespace rb
