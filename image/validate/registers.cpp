// General registers and XSAVE areas: what rt_sigreturn(2) takes without
// changing it, and XRSTOR without a fault.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "image/validate/checks.h"

namespace rb::validation {
namespace {

/// FIX_EFLAGS of arch/x86/include/asm/sighandling.h (CF PF AF ZF SF TF DF OF RF
/// AC), and two that always read as set: bit 1 and IF.
constexpr std::uint64_t kRflags = 0x50dd5 | 0x2 | 0x200;

/// User states that XCR0 knows: x87, SSE, AVX, MPX (2), AVX-512 (3), PKRU, AMX
/// (2), APX; Intel SDM volume 1, 13.1. Bit 8 and 10 to 16 are supervisor states.
constexpr std::uint64_t kXfeatures = 0xff | (1u << 9) | (1u << 17) | (1u << 18) | (1u << 19);

constexpr std::size_t kMxcsr = 24;  // byte offsets in the area, SDM volume 1, 13.4
constexpr std::size_t kXstateBv = 512;
constexpr std::size_t kXcompBv = 520;
constexpr std::size_t kHeaderReserved = 528;
constexpr std::uint32_t kMxcsrBits = 0xffff;

/// @param area  at least RBI_XSAVE_MIN bytes
Status check_area(const At& at, const rbi_registers& registers, std::span<const std::byte> area) {
  std::uint32_t mxcsr = 0;
  std::uint64_t xstate_bv = 0;
  std::uint64_t xcomp_bv = 0;
  std::memcpy(&mxcsr, area.data() + kMxcsr, sizeof mxcsr);
  std::memcpy(&xstate_bv, area.data() + kXstateBv, sizeof xstate_bv);
  std::memcpy(&xcomp_bv, area.data() + kXcompBv, sizeof xcomp_bv);
  if ((mxcsr & ~kMxcsrBits) != 0) {
    return at.refuse("xstate", fmt::format("its MXCSR {:#x} has reserved bits set", mxcsr));
  }
  if ((xstate_bv & ~registers.xfeatures) != 0) {
    return at.refuse("xstate", fmt::format("its XSTATE_BV {:#x} must lie within xfeatures {:#x}",
                                           xstate_bv, registers.xfeatures));
  }
  if (xcomp_bv != 0) {
    return at.refuse("xstate",
                     fmt::format("its XCOMP_BV {:#x} must be zero: standard format", xcomp_bv));
  }
  const auto reserved = area.subspan(kHeaderReserved, RBI_XSAVE_MIN - kHeaderReserved);
  return at.require(
      std::all_of(reserved.begin(), reserved.end(), [](std::byte b) { return b == std::byte{}; }),
      "xstate", "reserved bytes of its XSAVE header must be zero");
}

Status check_one(const View& view, std::size_t i, const rbi_registers& registers) {
  const At at(view, RBI_SEC_REGISTERS, i);
  RB_TRY(at.user_address("rip", registers.rip));
  RB_TRY(at.bits("rflags", registers.rflags, kRflags));
  RB_TRY(at.within("rsp", registers.rsp, 0, kUserEnd));
  RB_TRY(at.within("fs_base", registers.fs_base, 0, kUserEnd - 1));
  RB_TRY(at.within("gs_base", registers.gs_base, 0, kUserEnd - 1));
  RB_TRY(at.require((registers.xfeatures & RBI_XFEATURES_LEGACY) == RBI_XFEATURES_LEGACY,
                    "xfeatures", "must include x87 and SSE (0x3)"));
  RB_TRY(at.bits("xfeatures", registers.xfeatures, kXfeatures));
  RB_TRY(at.zero("reserved", registers.reserved));
  RB_TRY(at.require(registers.xstate_size >= RBI_XSAVE_MIN && registers.xstate_size % 8 == 0,
                    "xstate_size", "must be a multiple of 8 and at least 576"));
  const auto states = view.section_bytes(RBI_SEC_XSTATES);
  RB_TRY(
      at.require(registers.xstate % RBI_SECTION_ALIGN == 0, "xstate", "must be a multiple of 64"));
  if (registers.xstate > states.size() ||
      registers.xstate_size > states.size() - registers.xstate) {
    return at.refuse("xstate", fmt::format("must leave room for {} bytes in xstates, which has {}",
                                           registers.xstate_size, states.size()));
  }
  return check_area(at, registers, states.subspan(registers.xstate, registers.xstate_size));
}

}  // namespace

Status check_registers(const View& view) {
  const auto registers = view.table<rbi_registers>(RBI_SEC_REGISTERS);
  for (std::size_t i = 0; i < registers.size(); ++i) RB_TRY(check_one(view, i, registers[i]));
  return {};
}

}  // namespace rb::validation
