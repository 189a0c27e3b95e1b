#include "tests/module/blocks.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/fd.h"

namespace rb::test {
namespace {

constexpr const char* kFile = "/sys/module/restart/parameters/coverage";

}  // namespace

bool counts_blocks() { return ::access(kFile, R_OK | W_OK) == 0; }

Blocks take_blocks() {
  std::array<unsigned char, Blocks().size() / 8> bytes{};
  const Fd file(::open(kFile, O_RDWR | O_CLOEXEC));
  if (::pread(file.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()) ||
      ::pwrite(file.get(), "0", 1, 0) != 1) {
    std::abort();
  }
  Blocks blocks;
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = (bytes[i / 8] >> i % 8 & 1) != 0;
  return blocks;
}

}  // namespace rb::test
