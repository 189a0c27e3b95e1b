#include "harness/vm/cell_guests.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/interrupt.h"
#include "harness/results_reader.h"
#include "harness/vm/cell_command.h"
#include "harness/vm/guest_memory.h"

namespace rb::vm {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kWarning = "bench: warning: ";

std::size_t usable_cpus() {
  cpu_set_t cpus;
  return ::sched_getaffinity(0, sizeof cpus, &cpus) == 0
             ? static_cast<std::size_t>(CPU_COUNT(&cpus))
             : 1;
}

/// A document with a cell in it, or null.
Json parse_results(const std::string& text) {
  Json document = Json::parse(text, nullptr, false);
  return document.is_object() && document.contains("cells") && !document["cells"].empty()
             ? document
             : Json(nullptr);
}

}  // namespace

CellGuests::CellGuests(GuestJob job, const RunOptions& options, const Parts& parts,
                       const Streams& streams, RunGuest run_guest)
    : job_(std::move(job)),
      run_guest_(std::move(run_guest)),
      options_(options),
      parts_(parts),
      streams_(streams) {}

CellGuests::~CellGuests() {
  given_up_ = true;
  for (std::thread& worker : workers_) worker.join();
}

Status CellGuests::begin(const std::vector<Group>& matrix) {
  unsigned most_memory = 1;
  for (const Group& group : matrix) {
    auto memory = memory_for(group.source, options_, parts_);
    if (!memory) return tl::unexpected(std::move(memory).error());
    most_memory = std::max(most_memory, memory->touched_mib);
    largest_mib_ = std::max(largest_mib_, memory->guest_mib);
    for (const Strategy* strategy : group.strategies) {
      GuestJob& job = slots_.emplace_back(Slot{job_, {}}).job;
      if (strategy->kind != StrategyKind::kPeer) {  // what is in a guest moves its counts
        job.programs.clear();
        job.modules.clear();
      }
      job.arguments = cell_command(group.source, *strategy, options_);
      if (group.source.workload == nullptr) job.files.push_back(group.source.path);
      if (!options_.costs.empty()) job.files.push_back(options_.costs);
      job.machine.memory_mib = memory->guest_mib;
      job.out = "results.json";
      job.given_up = [this] { return given_up_.load(); };
    }
  }
  const std::size_t fit = std::max<std::size_t>(1, available_mib() / most_memory);
  const std::size_t workers = std::min({usable_cpus(), fit, slots_.size()});
  for (std::size_t i = 0; i < workers; ++i) workers_.emplace_back([this] { work(); });
  return {};
}

void CellGuests::work() {
  for (std::size_t i = next_++; i < slots_.size(); i = next_++) {
    Result<CellOutcome> outcome = CellOutcome{};
    if (!given_up_ && interrupted_by() == 0) outcome = run(slots_[i].job);
    const std::lock_guard lock(mutex_);
    slots_[i].outcome = std::move(outcome);
    ended_.notify_all();
  }
}

Result<CellOutcome> CellGuests::run(const GuestJob& job) const {
  CellOutcome outcome;
  std::ostringstream table;  // the host makes its own
  std::ostringstream err;
  const auto keep = [&outcome](const std::string& /*path*/, const std::string& text) -> Status {
    outcome.results = text;
    return {};
  };
  auto code = run_guest_(job, {table, err, {}, keep});
  if (!code) return tl::unexpected(std::move(code).error());
  outcome.code = *code;
  outcome.err = std::move(err).str();
  return outcome;
}

const Result<CellOutcome>& CellGuests::wait_for(Slot& slot) {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&slot] { return slot.outcome.has_value(); });
  return *slot.outcome;
}

Result<Json> CellGuests::context() {
  for (Slot& slot : slots_) {
    const auto& outcome = wait_for(slot);
    if (!outcome) continue;
    if (Json document = parse_results(outcome->results); !document.is_null()) {
      Json context = std::move(document["context"]);
      context["command_line"] = options_.command_line;
      context["vm"]["memory_mib"] = largest_mib_;
      return context;
    }
  }
  const auto& first = *slots_.front().outcome;
  if (!first) return tl::unexpected(first.error());
  refusal_ = first->code;
  streams_.err << first->err;
  return fail(ErrorKind::kNoResult, "bench did not begin in the virtual machine");
}

/// What a guest says on stderr, once; without what will be said of the results as a whole.
void CellGuests::pass_on(const CellOutcome& outcome, const Json& document) {
  const auto& warnings = document.is_null() ? Json::array() : document.at("warnings");
  const auto said_here = [&](const std::string& line) {
    return std::any_of(warnings.begin(), warnings.end(), [&](const Json& warning) {
      const Json& text = warning.at("text");
      return line.starts_with(std::string(kWarning) + text.get<std::string>());
    });
  };
  std::istringstream lines(outcome.err);
  for (std::string line; std::getline(lines, line);) {
    if (!said_here(line) && said_.insert(line).second) streams_.err << line << std::endl;
  }
}

void CellGuests::take(GroupResult& group, CellResult& cell) {
  const auto& outcome = wait_for(slots_[taken_++]);
  const auto failed = [&cell](Error error) {
    cell.state = interrupted_by() != 0 ? CellState::kInterrupted : CellState::kFailed;
    cell.error = std::move(error);
  };
  if (!outcome) {
    if (!lost_ && interrupted_by() == 0) lost_ = outcome.error();
    return failed(outcome.error());
  }
  const Json document = parse_results(outcome->results);
  pass_on(*outcome, document);
  if (document.is_null()) {
    return failed(
        {ErrorKind::kSystem,
         fmt::format("bench ended in the virtual machine with exit code {}", outcome->code),
         {}});
  }
  if (auto read = read_cell(document, cell, group.tasks); !read) failed(std::move(read).error());
}

}  // namespace rb::vm
