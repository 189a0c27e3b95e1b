// The kernel's address spaces, on paper: runs what gives an mm its memory.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "strategies/userspace/restorer/program.h"
#include "strategies/userspace/scaffold_address.h"

namespace rb::test {

/// One mm_struct, page by page. A copy of the object is what fork(2) makes of it.
class MmSimulator {
 public:
  explicit MmSimulator(const ImageAt& at) : at_(&at) {}

  /// Runs the ops that concern memory, one after the other, and skips all others.
  void run(std::span<const rst_op> ops);
  /// Copies a run in, as a task does that restores its own stack.
  void fill(const rbi_run& run);

  /// What went wrong and how the mm differs from the image's; empty = right.
  [[nodiscard]] std::string verdict(const rbi_mm& wanted) const;

  [[nodiscard]] std::size_t pages() const { return pages_.size(); }

 private:
  struct Page {
    std::uint32_t prot = 0;
    std::uint32_t kind = 0;   // enum rbi_vma_kind
    std::uint32_t flags = 0;  // RBI_VMA_*
    std::uint64_t offset = 0;
    const std::byte* contents = nullptr;
    bool operator==(const Page& other) const;
  };

  void map(const rst_op& op);
  void check_file(const rst_op& op);
  void advise(const rst_op& op, std::uint32_t flags);
  void copy(std::uint64_t to, std::uint64_t size, const std::byte* from);
  void wrong(const std::string& what, std::uint64_t address);
  [[nodiscard]] std::map<std::uint64_t, Page> wanted_pages(const rbi_mm& mm) const;

  const ImageAt* at_;
  std::map<std::uint64_t, Page> pages_;
  const rbi_mm* layout_ = nullptr;
  std::string mistakes_;
  std::pair<std::uint64_t, std::uint32_t> file_{};  // path and flags of the one that is open
  std::uint32_t same_file_ = 0;                     // how many ops go on with it
};

}  // namespace rb::test
