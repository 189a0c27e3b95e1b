// Options of the command line that say where to run.
#pragma once

#include <CLI/CLI.hpp>

#include "harness/options.h"

namespace rb {

/// Of the virtual machine itself.
void add_machine_options(CLI::App& app, VmOptions& vm);

/// Those, and whether to run in one.
void add_vm_options(CLI::App& app, VmOptions& vm);

}  // namespace rb
