// The shared libraries of a program.
#pragma once

#include <string>
#include <vector>

namespace rb::vm {

/// A program, its dynamic linker and the libraries that it loads at its start, by the paths at
/// which they are looked for; only the program if it is static. Asks the dynamic linker.
[[nodiscard]] std::vector<std::string> with_libraries(const std::string& program);

/// Paths in what ldd(1) prints.
[[nodiscard]] std::vector<std::string> paths_in_ldd(const std::string& output);

}  // namespace rb::vm
