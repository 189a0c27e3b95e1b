#include "harness/verify/registers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "harness/verify/xsave_parts.h"

namespace rb {
namespace {

// CF PF AF ZF SF TF DF OF AC: FIX_EFLAGS, arch/x86/include/asm/sighandling.h, without RF, which
// the CPU clears by itself.
constexpr std::uint64_t kUserFlags = 0x40dd5 | 0x100;

constexpr std::size_t kXstateBv = 512;
constexpr std::size_t kMxcsr = 24;
constexpr unsigned kProtectionKeys = 9;

constexpr std::array<const char*, 10> kComponentNames = {"x87",
                                                         "SSE (xmm)",
                                                         "AVX (ymm)",
                                                         "MPX bounds",
                                                         "MPX configuration",
                                                         "AVX-512 (k)",
                                                         "AVX-512 (zmm, upper halves)",
                                                         "AVX-512 (zmm16 to zmm31)",
                                                         "PT",
                                                         "protection keys"};

std::string component_name(unsigned number) {
  if (number < kComponentNames.size()) return kComponentNames[number];
  return fmt::format("state component {}", number);
}

/// Bytes of a component, all zero where an area does not have it.
std::vector<std::byte> bytes_of(std::span<const std::byte> area, bool has, const XsavePart& part) {
  std::vector<std::byte> bytes(part.size);
  if (!has || part.offset >= area.size()) return bytes;
  const std::size_t size = std::min(part.size, area.size() - part.offset);
  std::copy_n(area.begin() + static_cast<std::ptrdiff_t>(part.offset), size, bytes.begin());
  return bytes;
}

std::uint64_t used_components(std::span<const std::byte> area) {
  std::uint64_t used = 0;
  std::memcpy(&used, area.data() + kXstateBv, sizeof used);
  return used;
}

/// What of the x87 state is compared: the control, status and tag words, and the stack.
std::vector<std::byte> x87_bytes(std::span<const std::byte> area, bool has) {
  constexpr std::uint16_t kInitialControl = 0x37f;
  constexpr std::size_t kPointers = 6;  // the opcode follows, and the pointers
  constexpr std::size_t kRegisters = 32;
  constexpr std::size_t kRegister = 16;
  constexpr std::size_t kUsed = 10;
  std::vector<std::byte> bytes(kPointers + 8 * kUsed);
  if (!has) {
    std::memcpy(bytes.data(), &kInitialControl, sizeof kInitialControl);
    return bytes;
  }
  std::copy_n(area.begin(), kPointers, bytes.begin());
  for (std::size_t i = 0; i < 8; ++i) {
    std::copy_n(area.begin() + static_cast<std::ptrdiff_t>(kRegisters + i * kRegister), kUsed,
                bytes.begin() + static_cast<std::ptrdiff_t>(kPointers + i * kUsed));
  }
  return bytes;
}

}  // namespace

std::vector<std::string> compare_registers(const rbi_registers& expected,
                                           const user_regs_struct& found) {
  struct Pair {
    const char* name;
    std::uint64_t expected, found;
  };
  const Pair pairs[] = {
      {"r15", expected.r15, found.r15},
      {"r14", expected.r14, found.r14},
      {"r13", expected.r13, found.r13},
      {"r12", expected.r12, found.r12},
      {"rbp", expected.rbp, found.rbp},
      {"rbx", expected.rbx, found.rbx},
      {"r11", expected.r11, found.r11},
      {"r10", expected.r10, found.r10},
      {"r9", expected.r9, found.r9},
      {"r8", expected.r8, found.r8},
      {"rax", expected.rax, found.rax},
      {"rcx", expected.rcx, found.rcx},
      {"rdx", expected.rdx, found.rdx},
      {"rsi", expected.rsi, found.rsi},
      {"rdi", expected.rdi, found.rdi},
      {"rip", expected.rip, found.rip},
      {"rflags", expected.rflags & kUserFlags, found.eflags & kUserFlags},
      {"rsp", expected.rsp, found.rsp},
      {"fs_base", expected.fs_base, found.fs_base},
      {"gs_base", expected.gs_base, found.gs_base},
  };
  std::vector<std::string> differences;
  for (const Pair& pair : pairs) {
    if (pair.expected == pair.found) continue;
    differences.push_back(
        fmt::format("{}: expected {:#x}, found {:#x}", pair.name, pair.expected, pair.found));
  }
  return differences;
}

std::vector<std::string> compare_xstate(std::span<const std::byte> expected, std::uint64_t features,
                                        std::span<const std::byte> found) {
  const auto& parts = xsave_parts();
  std::vector<std::string> differences;
  if (expected.size() < RBI_XSAVE_MIN || found.size() < RBI_XSAVE_MIN) {
    differences.emplace_back("the extended state cannot be read");
    return differences;
  }
  const std::uint64_t image_has = used_components(expected) & features;
  const std::uint64_t task_has = used_components(found);
  const auto differ = [&](unsigned component, std::size_t byte) {
    differences.push_back(
        fmt::format("{}: the state differs, first in byte {}", component_name(component), byte));
  };
  const auto first_difference = [](const auto& a, const auto& b) {
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  };

  const auto x87 = x87_bytes(expected, (image_has & 1) != 0);
  // ptrace(2) gives components that are not in use in their initial state.
  const auto x87_found = x87_bytes(found, true);
  if (x87 != x87_found) differ(0, first_difference(x87, x87_found));
  if (std::memcmp(expected.data() + kMxcsr, found.data() + kMxcsr, sizeof(std::uint32_t)) != 0) {
    differences.emplace_back("MXCSR: differs");
  }
  for (unsigned i = 1; i < kXsaveComponents; ++i) {
    if (parts[i].size == 0 || (i == kProtectionKeys && (features >> i & 1) == 0)) continue;
    const auto own = bytes_of(expected, (image_has >> i & 1) != 0, parts[i]);
    const auto its = bytes_of(found, (task_has >> i & 1) != 0, parts[i]);
    if (own != its) differ(i, first_difference(own, its));
  }
  return differences;
}

}  // namespace rb
