#include "harness/results_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "harness/result_names.h"

namespace rb {
namespace {

using Json = nlohmann::ordered_json;

/// Of all values the one with that name.
template <class Values, class Name>
auto named(const Values& values, Name name_of, const std::string& name) {
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](auto value) { return name_of(value) == name; });
  if (found == values.end()) throw std::out_of_range("there is no " + name);
  return *found;
}

std::vector<Repetition> read_repetitions(const Json& cell) {
  std::vector<Repetition> repetitions;
  const Json& totals = cell.at("samples_ns");
  for (std::size_t i = 0; i < totals.size(); ++i) {
    Repetition& repetition = repetitions.emplace_back();
    for (const Json& total : totals[i]) repetition.samples.push_back({total, {}});
    for (std::size_t stage = 0; stage < kStageCount; ++stage) {
      const std::string name(stage_name(static_cast<Stage>(stage)));
      const Json& times = cell.at("stages_ns").at(name).at("samples").at(i);
      for (std::size_t k = 0; k < repetition.samples.size(); ++k) {
        repetition.samples[k].stages_ns[stage] = times.at(k);
      }
    }
  }
  // How many of which repetition is not written.
  if (!repetitions.empty()) repetitions.front().verified = cell.at("verified").at("timed");
  return repetitions;
}

constexpr std::array<const char*, 4> kShared = {"mm", "files", "fs", "sighand"};

ObjectCounts read_objects(const Json& objects) {
  ObjectCounts counts;
  for (std::size_t i = 0; i < kShared.size(); ++i) {
    const Json& one = objects.at(kShared[i]);
    counts.made[i] = one.at("made");
    counts.attached[i] = one.at("attached");
    counts.inherited[i] = one.at("inherited");
  }
  return counts;
}

EventCounts read_event(const std::string& name, const Json& event) {
  if (event.contains("unsupported")) {
    return {name, fail(ErrorKind::kLacking, event.at("unsupported"))};
  }
  return {name, event.at("counts").get<std::vector<std::uint64_t>>()};
}

void read_counting(const Json& counting, CountedRestarts& counted) {
  counting.at("counted_ns").get_to(counted.counted_ns);
  counting.at("uncounted_ns").get_to(counted.uncounted_ns);
}

CountedRestarts read_counters(const Json& cell) {
  CountedRestarts counted;
  for (const auto& [name, event] : cell.at("counters").items()) {
    counted.events.push_back(read_event(name, event));
  }
  read_counting(cell.at("counting"), counted);
  return counted;
}

/// The sum of references is written, not how each came about.
RestartAccount read_account(const Json& ledger) {
  RestartAccount account;
  for (std::size_t i = 0; i < kShared.size(); ++i) {
    const Json& one = ledger.at("objects").at(kShared[i]);
    account.objects.made[i] = one.at("made");
    account.objects.attached[i] = one.at("referenced");
  }
  const Json& work = ledger.at("work");
  account.work = {work.at("throwaway_tasks"),    work.at("execs"),
                  work.at("unshares"),           work.at("descriptors_copied"),
                  work.at("descriptors_closed"), work.at("pages_copied")};
  return account;
}

Ledger read_ledger(const Json& json) {
  Ledger ledger;
  for (std::size_t i = 0; i < kObjectClassCount; ++i) {
    const std::string name(object_class_name(static_cast<ObjectClass>(i)));
    const Json& entry = json.at("objects").at(name);
    ledger.needed[i] = entry.at("needed");
    ledger.created.events.push_back(read_event(name, entry.at("created")));
    ledger.destroyed.push_back(read_event(name, entry.at("destroyed")));
  }
  read_counting(json.at("counting"), ledger.created);
  if (json.contains("vmas_copied")) {
    ledger.vmas_copied = read_event(ledger.vmas_copied.name, json.at("vmas_copied"));
  }
  if (json.contains("work")) ledger.account = read_account(json);
  return ledger;
}

Prediction read_model(const Json& model) {
  Prediction prediction;
  prediction.total = model.at("predicted");
  for (const Json& term : model.at("terms")) {
    prediction.terms.push_back({term.at("what"), term.at("count"), term.at("each")});
  }
  return prediction;
}

void read_timed(const Json& document, const Json& json, CellResult& cell) {
  cell.repetitions = read_repetitions(json);
  if (json.contains("objects")) cell.objects = read_objects(json.at("objects"));
  if (json.contains("counters")) cell.counted = read_counters(json);
  if (json.contains("ledger")) cell.ledger = read_ledger(json.at("ledger"));
  if (json.contains("model")) cell.prediction = read_model(json.at("model"));
  for (const Json& row : document.at("benchmarks")) cell.rows.push_back(row.dump());
}

void read_error(const Json& json, CellResult& cell) {
  cell.error = Error{named(kErrorKinds, error_kind_name, json.at("kind")), json.at("message"),
                     json.at("advice")};
  json.at("differences").get_to(cell.differences);
}

}  // namespace

Status read_cell(const Json& document, CellResult& cell, std::size_t& tasks) {
  try {
    const Json& cells = document.at("cells");
    if (cells.size() != 1)
      return fail(ErrorKind::kNoResult, "there is not one cell in the results");
    const Json& json = cells.front();
    tasks = json.at("tasks");
    cell.state = named(kCellStates, state_name, json.at("state"));
    cell.verified_before = json.at("verified").at("before_timing");
    if (cell.state == CellState::kTimed) read_timed(document, json, cell);
    if (json.contains("error")) read_error(json.at("error"), cell);
    return {};
  } catch (const std::exception& error) {  // of the JSON library, and of named()
    return fail(ErrorKind::kNoResult, std::string("the results are damaged: ") + error.what());
  }
}

}  // namespace rb
