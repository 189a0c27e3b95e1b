// The tables of all workloads; one declaration and one row in registry.cpp each.
#pragma once

#include "workloads/workload.h"

namespace rb {

extern const Workload kThreads;
extern const Workload kProcesses;
extern const Workload kChain;
extern const Workload kTree;
extern const Workload kSharedFiles;
extern const Workload kOwnFiles;
extern const Workload kSharedFs;
extern const Workload kOwnFs;
extern const Workload kSharedMm;
extern const Workload kSharedSighand;
extern const Workload kFds;
extern const Workload kPipes;
extern const Workload kSessions;
extern const Workload kSignals;
extern const Workload kKinds;
extern const Workload kCredentials;
extern const Workload kMemory;
extern const Workload kMiddle;
extern const Workload kPrefork;

}  // namespace rb
