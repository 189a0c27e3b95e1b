#include "harness/counting.h"

#include "harness/clock_names.h"
#include "harness/counters/catalog.h"
#include "harness/counters/passes.h"
#include "harness/interrupt.h"
#include "harness/ledger/needs.h"
#include "harness/objects/cost_json.h"

namespace rb {
namespace {

std::vector<EventSpec> that_exist(const std::vector<Result<EventSpec>>& events) {
  std::vector<EventSpec> exist;
  for (const auto& event : events) {
    if (event) exist.push_back(*event);
  }
  return exist;
}

}  // namespace

Result<Counting> Counting::create(const RunOptions& options, const Parts& parts) {
  Counting counting;
  auto events = parse_counters(options.counters);
  if (!events) return tl::unexpected(std::move(events).error());
  counting.events_ = std::move(*events);
  if (!counting.wanted() && !options.ledger) return counting;
  RB_TRY(parts.counters->usable());
  if (!options.ledger) return counting;
  const auto facts = parts.kernel_facts();
  if (!facts) return tl::unexpected(facts.error());
  counting.creations_ = creation_events(*facts);
  if (auto copies = vma_copy_event(*facts)) counting.vma_copies_ = std::move(*copies);
  if (!options.costs.empty()) {
    auto file = read_cost_file(options.costs);
    if (!file) return tl::unexpected(std::move(file).error());
    const std::string_view unit = clock_unit(options.clock.value_or(ClockKind::kWall));
    if (file->unit != unit) {
      return fail(ErrorKind::kUsage, options.costs + " has costs in " + file->unit +
                                         ", this run measures " + std::string(unit));
    }
    counting.costs_ = std::move(file->costs);
  }
  counting.vdso_vmas_ = facts->vdso_vmas;
  return counting;
}

Result<Ledger> Counting::keep_ledger(CountedSubject subject, const Image& image,
                                     const Parts& parts) const {
  Ledger ledger;
  ledger.needed = needed_objects(image, vdso_vmas_);
  subject.look = [&ledger](const Tree& tree) {
    if (!ledger.account) ledger.account = tree.account();
  };
  std::vector<EventSpec> events = that_exist(creations_);
  if (vma_copies_) events.push_back(*vma_copies_);
  auto created = count_restarts(subject, *parts.counters, events);
  if (!created) return tl::unexpected(std::move(created).error());
  ledger.created = std::move(*created);
  if (vma_copies_) {
    ledger.vmas_copied = std::move(ledger.created.events.back());
    ledger.created.events.pop_back();
  }
  ledger.created.events = with_reasons(std::move(ledger.created.events), creations_);
  auto destroyed = count_destroyed(subject, *parts.counters, that_exist(creations_));
  if (!destroyed) return tl::unexpected(std::move(destroyed).error());
  ledger.destroyed = with_reasons(std::move(*destroyed), creations_);
  return ledger;
}

void Counting::count(CellResult& cell, const Image& image, const RunOptions& options,
                     const Parts& parts, TimeSource& time) const {
  StrategyOptions strategy_options = options.strategy_options;
  strategy_options.given_up = interrupted_again;
  const CountedSubject subject = {
      [&] { return cell.strategy->prepare(image, strategy_options); },
      time,
      {},
      [] { return interrupted_by() != 0; },
  };
  Status status;
  if (!events_.empty()) {
    auto counted = count_restarts(subject, *parts.counters, events_);
    if (counted) {
      cell.counted = std::move(*counted);
    } else {
      status = tl::unexpected(std::move(counted).error());
    }
  }
  if (status && !creations_.empty()) {
    auto ledger = keep_ledger(subject, image, parts);
    if (ledger) {
      cell.ledger = std::move(*ledger);
      if (!costs_.empty()) {
        // A reference restores no contents.
        const std::uint64_t pages = cell.verifiable ? image.header().pages_size / RBI_PAGE_SIZE : 0;
        cell.prediction = predict(*cell.ledger, pages, costs_);
      }
    } else {
      status = tl::unexpected(std::move(ledger).error());
    }
  }
  if (status || interrupted_by() != 0) return;
  cell.state = CellState::kFailed;
  cell.error = std::move(status).error();
  cell.error->message = "while it was counted: " + cell.error->message;
}

}  // namespace rb
