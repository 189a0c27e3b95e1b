// The ledger for people.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "harness/ledger/ledger.h"

namespace rb {

/// A strategy's ledger of an image.
struct LedgerEntry {
  std::string image;
  std::string strategy;
  const Ledger* ledger;
};

/// Prints what each image needs, what each strategy creates and does beyond that, and
/// what the words mean. Entries of one image stand together.
void print_ledger(std::ostream& out, const std::vector<LedgerEntry>& entries);

}  // namespace rb
