#include "harness/capture/gadgets.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "harness/capture/trace.h"

namespace rb::capture {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kCall = "\x0f\x05"sv;
constexpr std::string_view kCallAndReturn = "\x0f\x05\xc3"sv;
constexpr std::string_view kSigreturn = "\xb8\x0f\0\0\0\x0f\x05"sv;              // by eax
constexpr std::string_view kSigreturnWide = "\x48\xc7\xc0\x0f\0\0\0\x0f\x05"sv;  // by rax

constexpr std::size_t kChunk = 1u << 20;
constexpr std::size_t kOverlap = 16;

void look_for(std::string_view pattern, std::string_view code, std::uint64_t address,
              std::uint64_t& found) {
  if (found != 0) return;
  const auto at = code.find(pattern);
  if (at != std::string_view::npos) found = address + at;
}

/// Whether a task could execute that code at that address.
bool has_code(pid_t task, std::span<const ProcMapping> mappings, std::uint64_t address,
              std::string_view pattern) {
  const bool executable =
      std::any_of(mappings.begin(), mappings.end(), [address](const ProcMapping& mapping) {
        return mapping.start <= address && address < mapping.end && (mapping.prot & PROT_EXEC) != 0;
      });
  std::array<std::byte, kSigreturnWide.size()> bytes{};
  return executable && read_memory(task, address, std::span(bytes).first(pattern.size())) == 0 &&
         std::memcmp(bytes.data(), pattern.data(), pattern.size()) == 0;
}

}  // namespace

Gadgets find_gadgets(pid_t task, std::span<const ProcMapping> mappings, const Gadgets& known) {
  if (known.all() && known.call != 0 && has_code(task, mappings, known.call, kCall) &&
      has_code(task, mappings, known.call_and_return, kCallAndReturn) &&
      (has_code(task, mappings, known.sigreturn, kSigreturn) ||
       has_code(task, mappings, known.sigreturn, kSigreturnWide))) {
    return known;
  }
  Gadgets gadgets;
  std::vector<std::byte> bytes;
  for (const ProcMapping& mapping : mappings) {
    constexpr std::uint32_t kCode = PROT_READ | PROT_EXEC;
    if ((mapping.prot & kCode) != kCode || mapping.path == "[vsyscall]") continue;
    for (std::uint64_t at = mapping.start; at < mapping.end; at += kChunk - kOverlap) {
      bytes.resize(std::min<std::uint64_t>(kChunk, mapping.end - at));
      if (read_memory(task, at, bytes) != 0) break;
      const std::string_view code(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      look_for(kCall, code, at, gadgets.call);
      look_for(kCallAndReturn, code, at, gadgets.call_and_return);
      look_for(kSigreturn, code, at, gadgets.sigreturn);
      look_for(kSigreturnWide, code, at, gadgets.sigreturn);
      if (gadgets.all()) return gadgets;
    }
  }
  return gadgets;
}

}  // namespace rb::capture
