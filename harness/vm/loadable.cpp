#include "harness/vm/loadable.h"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace rb::vm {

Result<std::string> loadable_part(std::string program) {
  const auto damaged = [] { return fail(ErrorKind::kSystem, "the program is no x86-64 ELF file"); };
  Elf64_Ehdr header;
  if (program.size() < sizeof header) return damaged();
  std::memcpy(&header, program.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_machine != EM_X86_64 ||
      header.e_phentsize != sizeof(Elf64_Phdr)) {
    return damaged();
  }
  std::uint64_t end = header.e_phoff + std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr);
  if (end > program.size()) return damaged();
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, program.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_INTERP) {
      return fail(ErrorKind::kLacking,
                  "this bench is linked dynamically and cannot be the only program of a virtual "
                  "machine",
                  "build it with the source of Google Benchmark (scripts/fetch-benchmark) and "
                  "without sanitizers");
    }
    if (segment.p_filesz > program.size() || segment.p_offset > program.size() - segment.p_filesz) {
      return damaged();
    }
    end = std::max(end, segment.p_offset + segment.p_filesz);
  }
  header.e_shoff = 0;
  header.e_shnum = 0;
  header.e_shstrndx = SHN_UNDEF;
  std::memcpy(program.data(), &header, sizeof header);
  program.resize(end);
  return program;
}

}  // namespace rb::vm
