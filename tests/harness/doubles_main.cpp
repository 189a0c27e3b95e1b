// bench with doubles, for golden tests of what goes wrong.
#include <iostream>

#include "doubles.h"
#include "harness/bench.h"

int main(int argc, char** argv) {
  const int code = rb::run_bench({argv, static_cast<std::size_t>(argc)}, rb::test::doubles(),
                                 {std::cout, std::cerr});
  if (rb::test::live_trees() != 0) std::cerr << rb::test::live_trees() << " trees are left\n";
  return code;
}
