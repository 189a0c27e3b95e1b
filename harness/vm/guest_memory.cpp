#include "harness/vm/guest_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace rb::vm {
namespace {

constexpr std::uint64_t kMib = 1 << 20;

/// Enough for all but large images, alike for them: the kernel sizes its tables by it.
constexpr unsigned kUsualMib = 4096;
constexpr unsigned kStepMib = 256;

/// The kernel, bench and the archive that it came in.
constexpr std::uint64_t kBase = 512 * kMib;
/// The image, a tree of it, and what a strategy copies or leaves to be freed late.
constexpr std::uint64_t kTimesImage = 3;
/// A process with its kernel stack, page tables and structures, in two trees.
constexpr std::uint64_t kTask = 256 << 10;

}  // namespace

GuestMemory guest_memory(std::uint64_t image_bytes, std::uint64_t tasks) {
  const std::uint64_t bytes = kBase + kTimesImage * image_bytes + kTask * tasks;
  const auto mib = static_cast<unsigned>((bytes + kMib - 1) / kMib);
  const unsigned rounded = (mib + kStepMib - 1) / kStepMib * kStepMib;
  return {std::max(rounded, kUsualMib), mib};
}

Result<GuestMemory> if_available(const GuestMemory& memory, unsigned available_mib,
                                 const std::string& name) {
  if (memory.touched_mib <= available_mib) return memory;
  return fail(
      ErrorKind::kLacking,
      fmt::format("a virtual machine for {} takes {} MiB of memory; this machine has {} MiB "
                  "to give",
                  name, memory.touched_mib, available_mib),
      "choose a smaller workload, or try with less by --vm-memory");
}

unsigned available_mib() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::uint64_t kib = 0;
  for (std::string unit; file >> name >> kib; std::getline(file, unit)) {
    if (name == "MemAvailable:") return static_cast<unsigned>(kib >> 10);
  }
  return ~0u;  // not known: QEMU will say what it lacks
}

Result<GuestMemory> memory_for(const ImageSource& source, const RunOptions& options,
                               const Parts& parts) {
  if (options.vm.memory_mib != 0) return GuestMemory{options.vm.memory_mib, options.vm.memory_mib};
  const auto image = source.workload == nullptr
                         ? Image::open(source.path, CheckContents::kNo)
                         : parts.build_image(*source.workload, source.values);
  // What is wrong with it is found again, and reported, where it is to be restarted.
  if (!image) return GuestMemory{kUsualMib, static_cast<unsigned>(kBase / kMib)};
  std::uint64_t bytes = image->bytes().size();
  if (source.creator) bytes += source.creator->memory;
  return if_available(guest_memory(bytes, image->tasks().size()), available_mib(), source.name);
}

}  // namespace rb::vm
