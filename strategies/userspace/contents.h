// The second half of every task's script: contents of what it owns.
#pragma once

#include <cstdint>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "strategies/userspace/common_memory.h"
#include "strategies/userspace/descriptors.h"
#include "strategies/userspace/scripts.h"

namespace rb {

// Futex words that tasks wait for; the others are numbered as they are needed.
inline constexpr std::uint32_t kTicketEvent = 0;    ///< steps of an ordered plan that are done
inline constexpr std::uint32_t kTopologyEvent = 1;  ///< tasks that copy, and are done with it
inline constexpr std::uint32_t kFirstOtherEvent = 2;

/// Appends, to each task's script, the attachment to its process group and the
/// contents of the objects that it owns, and the waits that this needs: an
/// object is filled only once nobody copies it any more.
class Contents {
 public:
  Contents(const ImageAt& at, const Topology& topology, const DescriptorPlan& descriptors,
           const CommonMemory& common, Scripts& scripts)
      : at_(at),
        image_(at.image()),
        topology_(topology),
        descriptors_(descriptors),
        common_(common),
        scripts_(scripts) {}

  /// Appends the mappings of an mm that a task has just founded, if nobody ever
  /// copies that mm: they cost the same now, and the tasks that will share it
  /// need not wait for them.
  /// @param step  the step of the plan at which it did
  void add_early_mappings(int founder, std::size_t step);

  /// @param born_in  by leader task: the process group it is in after the
  ///                 topology stands; 0 = the coordinator's
  [[nodiscard]] Status add_all(const std::vector<std::uint32_t>& born_in);

  [[nodiscard]] std::uint32_t event_count() const { return next_event_; }

  /// The run that a task restores itself, behind all its ops; or nullptr.
  [[nodiscard]] const rbi_run* restored_by(int task) const {
    const auto found = own_runs_.find(task);
    return found == own_runs_.end() ? nullptr : found->second;
  }

 private:
  /// Tasks that open descriptors for a moment in a table that another one fills.
  struct TemporaryUsers {
    std::uint32_t event = 0;
    std::uint32_t count = 0;
  };

  [[nodiscard]] std::uint32_t count_copiers() const;
  [[nodiscard]] bool someone_waits() const;
  void wait_for_topology(int task, const PlannedObject& object, rst_stage stage);
  void find_creating_threads();
  void wait_for_creating_threads(int leader);
  [[nodiscard]] Status add_process_groups(const std::vector<std::uint32_t>& born_in);
  void add_zombies();
  [[nodiscard]] const rbi_mm& mm_of(const PlannedObject& object) const;
  [[nodiscard]] const CommonMemory& inherited_by(int task) const;
  [[nodiscard]] bool takes_descriptors(const PlannedObject& mm, int task) const;
  [[nodiscard]] bool has_taken_terminal(int task) const;
  void find_temporary_users();
  void add_memory(int task);
  [[nodiscard]] bool is_mapped_early(const PlannedObject& mm) const;
  void find_rseq_waits();
  void find_own_runs();
  void map(int task, const rbi_mm& mm);
  [[nodiscard]] bool has_much(const rbi_mm& mm) const;
  [[nodiscard]] bool is_written_by_kernel(const rst_op& fill, int owner) const;
  void fill(int task, const rbi_mm& mm, bool bulk);
  void add_files(int task);
  void add_fs(int task);
  void add_signals(int task);

  const ImageAt& at_;
  const Image& image_;
  const Topology& topology_;
  const DescriptorPlan& descriptors_;
  const CommonMemory& common_;
  Scripts& scripts_;
  std::uint32_t next_event_ = kFirstOtherEvent;
  std::uint32_t copiers_ = 0;
  std::unordered_map<int, TemporaryUsers> temporary_users_;  // by the task that fills
  std::unordered_map<int, std::set<int>> creating_threads_;
  std::unordered_map<__u32, std::uint32_t> mm_events_;   // mm with rseq users → event
  std::unordered_map<int, const rbi_run*> own_runs_;     // by task
  std::unordered_map<const rbi_run*, int> restored_by_;  // the other way round
};

}  // namespace rb
