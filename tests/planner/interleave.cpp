#include "tests/planner/interleave.h"

#include <deque>
#include <map>

namespace rb::test {

Plan interleave(const Plan& plan, std::mt19937_64& random) {
  std::map<int, std::deque<Step>> waiting;
  for (const Step& step : plan.steps) waiting[step.actor].push_back(step);
  std::vector<int> ready{kCoordinator};
  Plan result = plan;
  result.steps.clear();
  while (!ready.empty()) {
    const std::size_t pick = random() % ready.size();
    const int actor = ready[pick];
    auto& steps = waiting[actor];
    if (steps.empty()) {
      ready[pick] = ready.back();
      ready.pop_back();
      continue;
    }
    if (steps.front().kind == StepKind::kCreate) ready.push_back(steps.front().target);
    result.steps.push_back(steps.front());
    steps.pop_front();
  }
  return result;
}

}  // namespace rb::test
