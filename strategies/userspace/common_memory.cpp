#include "strategies/userspace/common_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <unordered_map>

namespace rb {
namespace {

[[nodiscard]] bool equal(const rbi_vma& a, const rbi_vma& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

template <class Record>
[[nodiscard]] bool equal(std::span<const Record> a, std::span<const Record> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

[[nodiscard]] bool equal_layout(const Image& image, const rbi_mm& a, const rbi_mm& b) {
  constexpr std::size_t kFirst = offsetof(rbi_mm, start_code);
  const auto auxv = [&](const rbi_mm& mm) {
    return image.auxv().subspan(mm.auxv_first, mm.auxv_count);
  };
  return a.flags == b.flags && a.exe == b.exe && equal(auxv(a), auxv(b)) &&
         std::memcmp(&a.start_code, &b.start_code, sizeof a - kFirst) == 0;
}

/// Compares until the first difference, and nothing that is stored only once.
[[nodiscard]] bool equal_contents(const Image& image, std::span<const rbi_run> a,
                                  std::span<const rbi_run> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](const rbi_run& x, const rbi_run& y) {
                      return x.address == y.address && x.pages == y.pages &&
                             (x.offset == y.offset || equal(image.contents(x), image.contents(y)));
                    });
}

class Planner {
 public:
  Planner(const Image& image, const Topology& topology) : image_(image), topology_(topology) {}

  CommonMemory run() {
    find_heirs();
    group_alike();
    nominate();
    elect();
    if (!common_.vmas.empty()) decide_contents();
    decide_layout();
    return std::move(common_);
  }

 private:
  /// Mms next to each other with the same VMAs.
  struct Alike {
    const rbi_mm* mm;
    std::uint64_t count;
  };
  struct Nominee {
    const rbi_vma* vma;
    std::uint64_t votes;
  };

  /// The mms that descend from the coordinator's by copies alone.
  void find_heirs() {
    const auto& objects = topology_.objects[static_cast<std::size_t>(Shared::kMm)];
    std::vector<int> depth(objects.size(), 0);
    common_.inherited.assign(objects.size(), 0);
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (objects[i].by_exec) continue;
      const auto source = static_cast<std::size_t>(objects[i].source);
      if (objects[i].source >= 0 && common_.inherited[source] == 0) continue;
      common_.inherited[i] = 1;
      depth[i] = objects[i].source < 0 ? 1 : depth[source] + 1;
      deepest_ = std::max(deepest_, depth[i]);
      if (objects[i].final_index < 0) continue;
      heirs_.push_back(&image_.mms()[static_cast<std::size_t>(objects[i].final_index)]);
    }
  }

  void group_alike() {
    for (const rbi_mm* mm : heirs_) {
      if (!alike_.empty() && equal(image_.vmas_of(*alike_.back().mm), image_.vmas_of(*mm))) {
        ++alike_.back().count;
      } else {
        alike_.push_back({mm, 1});
      }
    }
  }

  /// For each address the only VMA there that more than half of the mms can have:
  /// the majority vote algorithm (Boyer and Moore, 1981).
  void nominate() {
    for (const Alike& alike : alike_) {
      for (const rbi_vma& vma : image_.vmas_of(*alike.mm)) {
        Nominee& nominee = nominees_.try_emplace(vma.start, Nominee{&vma, 0}).first->second;
        if (equal(*nominee.vma, vma)) {
          nominee.votes += alike.count;
        } else if (nominee.votes >= alike.count) {
          nominee.votes -= alike.count;
        } else {
          nominee = {&vma, alike.count - nominee.votes};
        }
      }
    }
  }

  /// To inherit a VMA costs a quarter of what it costs to map or unmap it: with it,
  /// 1 + have / 4 + (all - have) * 5 / 4, without it, have. What is cheaper by this
  /// rule is in more than half of the mms, so no two of them overlap.
  void elect() {
    for (auto& [start, nominee] : nominees_) nominee.votes = 0;
    for (const Alike& alike : alike_) {
      for (const rbi_vma& vma : image_.vmas_of(*alike.mm)) {
        Nominee& nominee = nominees_.at(vma.start);
        if (equal(*nominee.vma, vma)) nominee.votes += alike.count;
      }
    }
    for (const auto& [start, nominee] : nominees_) {
      if (8 * nominee.votes <= 5 * heirs_.size() + 4) continue;
      CommonVma common;
      common.vma = *nominee.vma;
      common.prot = nominee.vma->prot;
      common_.vmas.push_back(common);
    }
    std::sort(common_.vmas.begin(), common_.vmas.end(),
              [](const CommonVma& a, const CommonVma& b) { return a.vma.start < b.vma.start; });
  }

  void decide_contents() {
    const std::size_t count = common_.vmas.size();
    std::vector<char> seen(count, 0);
    std::vector<char> any(count, 0);
    for (CommonVma& common : common_.vmas) {
      common.complete = (common.vma.prot & PROT_WRITE) == 0 && deepest_ <= kDeepestSharing;
    }
    for (const rbi_mm* mm : heirs_) {
      auto runs = image_.runs_of(*mm);
      std::size_t c = 0;
      for (const rbi_vma& vma : image_.vmas_of(*mm)) {
        const auto inside = runs_below(runs, vma.end);
        runs = runs.subspan(inside.size());
        while (c < count && common_.vmas[c].vma.start < vma.start) ++c;
        if (c == count || !equal(common_.vmas[c].vma, vma)) continue;
        CommonVma& common = common_.vmas[c];
        if (seen[c] == 0) common.runs = inside;
        seen[c] = 1;
        if (!inside.empty()) any[c] = 1;
        common.complete = common.complete && equal_contents(image_, common.runs, inside);
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      CommonVma& common = common_.vmas[i];
      if (common.complete || any[i] == 0) continue;
      common.runs = {};
      common.prot |= PROT_WRITE;
    }
  }

  void decide_layout() {
    if (heirs_.size() < 2 || (heirs_[0]->flags & RBI_MM_LAYOUT) == 0) return;
    const bool all = std::all_of(heirs_.begin(), heirs_.end(), [&](const rbi_mm* mm) {
      return equal_layout(image_, *heirs_[0], *mm);
    });
    if (all) common_.layout = heirs_[0];
  }

  const Image& image_;
  const Topology& topology_;
  CommonMemory common_;
  int deepest_ = 0;
  std::vector<const rbi_mm*> heirs_;
  std::vector<Alike> alike_;
  std::unordered_map<std::uint64_t, Nominee> nominees_;
};

}  // namespace

const CommonVma* CommonMemory::find(const rbi_vma& vma) const {
  const auto at = std::partition_point(vmas.begin(), vmas.end(),
                                       [&](const CommonVma& c) { return c.vma.start < vma.start; });
  return at != vmas.end() && equal(at->vma, vma) ? &*at : nullptr;
}

CommonMemory plan_common_memory(const Image& image, const Topology& topology) {
  return Planner(image, topology).run();
}

std::span<const rbi_run> runs_below(std::span<const rbi_run> runs, std::uint64_t end) {
  std::size_t count = 0;
  while (count < runs.size() && runs[count].address < end) ++count;
  return runs.first(count);
}

}  // namespace rb
