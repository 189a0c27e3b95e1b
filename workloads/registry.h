// The tables of all workloads; one declaration and one row in registry.cpp each.
#pragma once

#include "workloads/workload.h"

namespace rb {

extern const Workload kThreads;
extern const Workload kProcesses;

}  // namespace rb
