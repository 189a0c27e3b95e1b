// The kernel's descriptor rules, on paper: runs what fills a table.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "strategies/userspace/restorer/program.h"
#include "strategies/userspace/table_fill.h"

namespace rb::test {

/// One files_struct. Every number that an op expects is compared with the one
/// that the kernel would hand out: the lowest that is free.
class FdSimulator {
 public:
  /// @param stored  by description: the coordinator's descriptor, or kNotStored
  FdSimulator(const ImageAt& at, std::span<const std::uint32_t> stored);

  /// Runs ops one after the other.
  void run(std::span<const rbi_fd> present, std::span<const rst_op> ops);

  /// What went wrong and how the table differs from `wanted`; empty = right.
  [[nodiscard]] std::string verdict(std::span<const rbi_fd> wanted) const;

 private:
  struct Entry {
    std::uint32_t ofd = 0;
    bool cloexec = false;
  };

  void run_op(const rst_op& op);
  void put(std::uint32_t expected, std::uint32_t lowest, Entry entry);
  void open(std::uint32_t ofd, const rst_op& op);
  void make_pipe(const rst_op& op);
  void wrong(const rst_op& op, const std::string& what);

  const ImageAt& at_;
  std::map<std::uint32_t, Entry> table_;
  std::unordered_map<std::uint32_t, std::uint32_t> store_;  // descriptor → description
  std::set<std::uint32_t> made_;                            // descriptions opened here
  std::string mistakes_;
};

}  // namespace rb::test
