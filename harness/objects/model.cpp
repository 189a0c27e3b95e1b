#include "harness/objects/model.h"

#include <algorithm>

namespace rb {
namespace {

const ObjectCost* find(const std::vector<ObjectCost>& costs, const char* object) {
  const ObjectCost* smallest = nullptr;
  const auto weight = [](const ObjectCost& cost) {
    return cost.size.descriptors + cost.size.vmas + cost.size.memory;
  };
  for (const ObjectCost& cost : costs) {
    if (cost.object != object) continue;
    if (smallest == nullptr || weight(cost) < weight(*smallest)) smallest = &cost;
  }
  return smallest;
}

/// What one more of `size` adds to the creation of an object: from the smallest to the
/// biggest that was measured.
double slope(const std::vector<ObjectCost>& costs, const char* object,
             std::uint64_t ObjectSize::*size) {
  const ObjectCost* least = find(costs, object);
  const ObjectCost* most = least;
  for (const ObjectCost& cost : costs) {
    if (cost.object == object && cost.size.*size > most->size.*size) most = &cost;
  }
  if (most == least) return 0;
  const auto steps = static_cast<double>(most->size.*size - least->size.*size);
  return std::max(0.0, (make_cost(*most).median - make_cost(*least).median) / steps);
}

std::optional<double> created(const Ledger& ledger, ObjectClass object) {
  const auto& counts = ledger.created.events[static_cast<std::size_t>(object)].counts;
  if (!counts) return std::nullopt;
  return static_cast<double>(middle(*counts));
}

/// An mm without VMAs, and each VMA once: what was measured as an mm's cost is that of a copy
/// with the VMAs of the measuring process, and a copied one costs less than one that is mapped.
template <class Add>
bool add_memory(const Ledger& ledger, const std::vector<ObjectCost>& costs, Add add) {
  const auto mms = created(ledger, ObjectClass::kMm);
  const auto vmas = created(ledger, ObjectClass::kVma);
  const ObjectCost* mm = find(costs, "mm");
  const ObjectCost* vma = find(costs, "vma");
  if (!mms || !vmas || mm == nullptr || vma == nullptr) return false;
  const double copied_each = slope(costs, "mm", &ObjectSize::vmas);
  const double empty = make_cost(*mm).median - static_cast<double>(mm->copied_vmas) * copied_each;
  // Without a count all are taken for mapped ones.
  const auto& counts = ledger.vmas_copied.counts;
  const double copied = counts ? static_cast<double>(middle(*counts)) : 0;
  add("mm", *mms, std::max(0.0, empty));
  add("vma copied", copied, copied_each);
  add("vma mapped", *vmas - copied, make_cost(*vma).median);
  return true;
}

}  // namespace

std::optional<Prediction> predict(const Ledger& ledger, std::uint64_t pages,
                                  const std::vector<ObjectCost>& costs) {
  Prediction prediction;
  const auto add = [&](std::string what, double count, double each) {
    if (count == 0 || each == 0) return;
    prediction.total += count * each;
    prediction.terms.push_back({std::move(what), count, each});
  };
  const auto tasks = created(ledger, ObjectClass::kTask);
  const auto processes = created(ledger, ObjectClass::kSignal);
  const ObjectCost* process = find(costs, "task");
  const ObjectCost* thread = find(costs, "thread");
  if (!tasks || !processes || process == nullptr || thread == nullptr) return std::nullopt;
  // A process as it comes, with all that it can share shared.
  add("process", *processes, make_cost(*process).median);
  add("thread", *tasks - *processes, make_cost(*thread).median);
  constexpr std::pair<ObjectClass, const char*> kSingle[] = {{ObjectClass::kFiles, "files"},
                                                             {ObjectClass::kFs, "fs"},
                                                             {ObjectClass::kSighand, "sighand"},
                                                             {ObjectClass::kPipe, "pipe"}};
  for (const auto& [object, name] : kSingle) {
    const auto count = created(ledger, object);
    const ObjectCost* cost = find(costs, name);
    if (!count || cost == nullptr) return std::nullopt;
    add(name, *count, make_cost(*cost).median);
  }
  if (!add_memory(ledger, costs, add)) return std::nullopt;
  const ObjectCost* fd = find(costs, "fd");
  const ObjectCost* open_file = find(costs, "open_file");
  const auto opened = created(ledger, ObjectClass::kOpenFile);
  const auto piped = created(ledger, ObjectClass::kPipe);
  if (fd == nullptr || open_file == nullptr || !opened || !piped) return std::nullopt;
  // Those of pipes came with them; each is opened on a descriptor.
  add("open_file", *opened - 2 * *piped, make_cost(*open_file).median + make_cost(*fd).median);
  if (ledger.account) {
    const RestartWork& work = ledger.account->work;
    add("fd copied", static_cast<double>(work.descriptors_copied),
        slope(costs, "files", &ObjectSize::descriptors));
    add("fd closed", static_cast<double>(work.descriptors_closed), end_cost(*fd).median);
    add("page copied", static_cast<double>(work.pages_copied),
        slope(costs, "mm", &ObjectSize::memory) * 4096);
    add("throw-away task ended", static_cast<double>(work.throwaway_tasks),
        end_cost(*process).median);
  }
  if (const ObjectCost* page = find(costs, "page")) {
    add("page", static_cast<double>(pages), make_cost(*page).median);
  }
  return prediction;
}

}  // namespace rb
