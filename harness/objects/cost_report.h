// Costs of objects for people.
#pragma once

#include <ostream>
#include <vector>

#include "harness/format.h"
#include "harness/objects/cost.h"

namespace rb {

/// Prints the table and what its words mean.
void print_costs(std::ostream& out, const std::vector<ObjectCost>& costs, Scale scale);

}  // namespace rb
