#include "harness/vm/libraries.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <sstream>

namespace rb::vm {

std::vector<std::string> paths_in_ldd(const std::string& output) {
  std::vector<std::string> paths;
  std::istringstream words(output);
  // "libc.so.6 => /lib/libc.so.6 (0x7f...)", "/lib64/ld-linux-x86-64.so.2 (0x7f...)"
  for (std::string word; words >> word;) {
    if (word.front() == '/') paths.push_back(word);
  }
  return paths;
}

std::vector<std::string> with_libraries(const std::string& program) {
  std::string output;
  FILE* const pipe = ::popen(fmt::format("ldd '{}' 2>/dev/null", program).c_str(), "re");
  if (pipe != nullptr) {
    std::array<char, 4096> piece{};
    for (std::size_t got = 0; (got = std::fread(piece.data(), 1, piece.size(), pipe)) > 0;) {
      output.append(piece.data(), got);
    }
    ::pclose(pipe);
  }
  std::vector<std::string> paths = paths_in_ldd(output);
  paths.insert(paths.begin(), program);
  return paths;
}

}  // namespace rb::vm
