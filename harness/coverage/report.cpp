#include "harness/coverage/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/format.h"

namespace rb {
namespace {

using Json = nlohmann::ordered_json;

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent(std::size_t part, std::size_t whole) {
  return fmt::format("{:.1f} %", share(part, whole) * 100);
}

class Text {
 public:
  explicit Text(const CoverageReport& report) : report_(report), counts_(report.counts) {
    for (const Strategy* strategy : report.strategies) {
      width_ = std::max(width_, std::string_view(strategy->name).size());
    }
  }

  std::string run() {
    text_ = fmt::format("{}: {}, of which ordinary histories reach {}.\n\n", describe(report_.set),
                        format_count(counts_.graphs), format_count(counts_.reachable()));
    add_strategies();
    add_means();
    if (!report_.restored.empty()) add_restored();
    return std::move(text_);
  }

 private:
  void add_strategies() {
    line("{:<{}}  {:>9}  {:>8}  {:>9}  {:>8}", "strategy", width_, "reachable", "", "all", "");
    for (const Strategy* strategy : report_.strategies) {
      const StrategyCoverage coverage = coverage_of(*strategy, counts_);
      line("{:<{}}  {:>9}  {:>8}  {:>9}  {:>8}", strategy->name, width_,
           format_count(coverage.reachable), percent(coverage.reachable, counts_.reachable()),
           format_count(coverage.all), percent(coverage.all, counts_.graphs));
    }
  }

  void add_means() {
    text_ += '\n';
    line("{:<{}}  {:>9}  {:>8}  {:>9}  {:>8}", "stock system calls", width_, "graphs", "", "in all",
         "");
    std::size_t sum = 0;
    for (std::size_t i = 0; i < kMeansLevels.size(); ++i) {
      const std::size_t count = counts_.by_level[i];
      sum += count;
      line("{:<{}}  {:>9}  {:>8}  {:>9}  {:>8}", kMeansLevels[i].name, width_, format_count(count),
           percent(count, counts_.graphs), format_count(sum), percent(sum, counts_.graphs));
    }
    line("{:<{}}  {:>9}  {:>8}", "impossible", width_, format_count(counts_.impossible),
         percent(counts_.impossible, counts_.graphs));
    if (counts_.undecided > 0) {
      line("{:<{}}  {:>9}  {:>8}", "undecided", width_, format_count(counts_.undecided),
           percent(counts_.undecided, counts_.graphs));
    }
  }

  void add_restored() {
    text_ += '\n';
    line("{:<{}}  {:>9}  {:>8}  {:>9}", "restarted", width_, "verified", "refused", "WRONG");
    for (const RestoredGraphs& one : report_.restored) {
      line("{:<{}}  {:>9}  {:>8}  {:>9}", one.strategy->name, width_, format_count(one.restored),
           format_count(one.refused), format_count(one.failed));
      if (one.failed > 0) line("    {}", one.first_failure);
    }
  }

  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    std::string row = fmt::format(format, std::forward<Args>(args)...);
    row.erase(row.find_last_not_of(' ') + 1);
    text_ += row + '\n';
  }

  const CoverageReport& report_;
  const GraphCounts& counts_;
  std::size_t width_ = std::string_view("clone by the parent").size();
  std::string text_;
};

}  // namespace

StrategyCoverage coverage_of(const Strategy& strategy, const GraphCounts& counts) {
  if ((strategy.flags & kSharesAnything) != 0) return {counts.legal, counts.reachable()};
  if ((strategy.flags & kSharesByPlan) != 0) return {counts.reachable(), counts.reachable()};
  return {};
}

std::string coverage_text(const CoverageReport& report) { return Text(report).run(); }

Json coverage_json(const CoverageReport& report) {
  const GraphCounts& counts = report.counts;
  Json json = {{"tasks", report.set.tasks}};
  if (report.set.random > 0) {
    json.update({{"most_tasks", report.set.most_tasks},
                 {"random", true},
                 {"seed", report.set.seed},
                 {"threads", report.set.threads}});
  }
  json.update({{"graphs", counts.graphs},
               {"reachable", counts.reachable()},
               {"impossible", counts.impossible},
               {"undecided", counts.undecided},
               {"means", Json::array()},
               {"strategies", Json::array()}});
  for (std::size_t i = 0; i < kMeansLevels.size(); ++i) {
    json["means"].push_back({{"name", kMeansLevels[i].name},
                             {"graphs", counts.by_level[i]},
                             {"share", share(counts.by_level[i], counts.graphs)}});
  }
  for (const Strategy* strategy : report.strategies) {
    const StrategyCoverage coverage = coverage_of(*strategy, counts);
    Json object = {{"name", strategy->name},
                   {"reachable", coverage.reachable},
                   {"all", coverage.all},
                   {"share_of_all", share(coverage.all, counts.graphs)}};
    for (const RestoredGraphs& one : report.restored) {
      if (one.strategy != strategy) continue;
      object["restarted"] = {
          {"verified", one.restored}, {"refused", one.refused}, {"wrong", one.failed}};
      if (one.failed > 0) object["restarted"]["first_wrong"] = one.first_failure;
    }
    json["strategies"].push_back(std::move(object));
  }
  return json;
}

}  // namespace rb
