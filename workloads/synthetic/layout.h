// Lays a synthetic tree out as the records of an image.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "workloads/synthetic/check_area.h"
#include "workloads/synthetic/tree.h"

namespace rb {

/// Image indices of the objects of one kind that are in use, in the order of
/// their first use.
template <class Id>
class Numbering {
 public:
  /// The index of an object; a new one when it is first seen.
  std::uint32_t use(Id id) {
    const auto at = static_cast<std::size_t>(id);
    if (at >= index_.size()) index_.resize(at + 1, RBI_NONE);
    if (index_[at] == RBI_NONE) {
      index_[at] = static_cast<std::uint32_t>(used_.size());
      used_.push_back(id);
    }
    return index_[at];
  }
  [[nodiscard]] const std::vector<Id>& used() const { return used_; }

 private:
  std::vector<std::uint32_t> index_;
  std::vector<Id> used_;
};

/// One layout of one tree; run() once.
class ImageLayout {
 public:
  ImageLayout(const SyntheticTree& tree, ImageWriter& writer) : tree_(tree), writer_(writer) {}
  void run();

 private:
  using FdTables = std::map<std::pair<FilesId, bool>, payload_table>;

  // layout.cpp: numbering and the kernel objects
  void number_objects();
  void write_tasks();
  void write_groups();
  void write_files();
  [[nodiscard]] std::uint32_t write_socket(const Description& from);
  void write_ofds();
  void write_fs();
  void write_sighands();
  void write_fixtures();
  void write_pending(const std::vector<QueuedSignal>& queue);
  void write_registers(TaskId id);

  // layout_mm.cpp: address spaces
  void write_mm(MmId id);
  void write_backings();
  void add_vma(std::uint64_t start, std::uint64_t pages, std::uint32_t prot);
  void add_region(const Region& region);
  void add_report_vmas(const std::vector<TaskId>& tasks);
  void add_stacks(const std::vector<TaskId>& tasks);
  void add_checks(CheckArea& area);
  bool is_small(const std::vector<TaskId>& tasks);
  std::uint64_t place_stacks(const std::vector<TaskId>& tasks, std::uint64_t start);
  void set_layout(rbi_mm& mm, const CheckArea& checks, std::uint64_t heap_pages, TaskId first);

  // layout_checks.cpp: check blocks
  void build_checks(MmId id, CheckArea& area);
  payload_check_block check_block(TaskId id) const;
  std::vector<payload_range> ranges(const SyntheticMm& mm) const;
  std::vector<payload_pipe> pipes_read_by(TaskId id);

  [[nodiscard]] bool is_leader(TaskId id) const;
  [[nodiscard]] std::uint32_t index(TaskId id) const { return static_cast<std::uint32_t>(id); }
  [[nodiscard]] std::uint64_t stack_page(TaskId id) const {
    return stack_page_.at(static_cast<std::size_t>(id));
  }
  template <class List, class Id>
  static const auto& at(const List& list, Id id) {
    return list.at(static_cast<std::size_t>(id));
  }

  const SyntheticTree& tree_;
  ImageWriter& writer_;
  Numbering<MmId> mms_;
  Numbering<FilesId> files_;
  Numbering<FsId> fs_;
  Numbering<SighandId> sighands_;
  Numbering<OfdId> ofds_;
  Numbering<PipeId> pipes_;
  Numbering<BackingId> backings_;
  std::vector<std::vector<TaskId>> users_;  // by mm index
  std::vector<std::uint64_t> stack_page_;   // by task: the page with contents
  std::vector<std::uint64_t> altstack_;     // by task: 0 = none
  std::vector<std::uint64_t> check_block_;  // by task: address
  std::vector<TaskId> first_files_user_;    // by files index
  std::vector<TaskId> first_fs_user_;
  std::vector<TaskId> first_sighand_user_;
  std::vector<bool> pipe_taken_;  // by pipe: has its reader
};

inline constexpr std::uint64_t kAltstackSize = 16384;

/// The words of struct rbi_siginfo that a queued signal has.
[[nodiscard]] rbi_siginfo queued_siginfo(const QueuedSignal& signal);

/// User-visible registers of a task, apart from rsp; a function of the seeds.
[[nodiscard]] std::uint64_t initial_rflags(const SyntheticTree& tree, TaskId id);
[[nodiscard]] std::uint64_t initial_gs_base(const SyntheticTree& tree, TaskId id);

}  // namespace rb
