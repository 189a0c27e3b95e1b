#include "workloads/registry.h"

#include <algorithm>

namespace rb {
namespace {

constexpr const Workload* kWorkloads[] = {
    &kThreads, &kProcesses,   &kChain,         &kTree,   &kSharedFiles, &kOwnFiles, &kSharedFs,
    &kOwnFs,   &kSharedMm,    &kSharedSighand, &kFds,    &kPipes,       &kSessions, &kSignals,
    &kKinds,   &kCredentials, &kMemory,        &kMiddle, &kPrefork,
};

}  // namespace

std::span<const Workload* const> workloads() { return kWorkloads; }

const Workload* find_workload(std::string_view name) {
  const auto at = std::find_if(std::begin(kWorkloads), std::end(kWorkloads),
                               [&](const Workload* workload) { return workload->name == name; });
  return at == std::end(kWorkloads) ? nullptr : *at;
}

}  // namespace rb
