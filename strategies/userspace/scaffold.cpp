#include "strategies/userspace/scaffold.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "strategies/userspace/packets.h"

extern "C" {
extern const unsigned char restorer_flat[], restorer_flat_end[];
extern const unsigned char restorer_elf[], restorer_elf_end[];
}

namespace rb {
namespace {

constexpr std::uint64_t kHuge = std::uint64_t{1} << 21;
// Programs live near the ends of the address space; look between them.
constexpr std::uint64_t kFirstHole = 0x100000000000;
constexpr std::uint64_t kLastHole = 0x500000000000;
constexpr std::uint64_t kHoleStep = 0x008000000000;
// A growing stack keeps a guard gap of 1 MiB below itself (mmap(2)).
constexpr std::uint64_t kMargin = std::uint64_t{1} << 20;
constexpr std::uint64_t kAddressSpaceEnd = 0x7fff00000000;
constexpr std::uint64_t kFaultAround = std::uint64_t{1} << 16;  // fault_around_bytes
constexpr std::size_t kNearbyHoles = 8;
constexpr std::size_t kPacketOps = 12;  // what a plain process of its own mm takes
constexpr std::size_t kRoom = 1536;     // the deepest call of the restorer takes 1 KiB

constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

[[nodiscard]] std::size_t flat_size() {
  return static_cast<std::size_t>(restorer_flat_end - restorer_flat);
}

/// Offsets of the parts of a scaffold.
struct Layout {
  explicit Layout(const ScaffoldSize& size) {
    // The first page that a process reads in the scaffold. Nothing around it, so that the
    // kernel does not map 15 more of which the process needs none; a hole takes no memory.
    slots = align_up(sizeof(rst_control), kFaultAround);
    ops = align_up(slots + size.slots * sizeof(rst_slot), 64);
    events = align_up(ops + size.ops * sizeof(rst_op), 64);
    code = align_up(events + size.events * sizeof(__u32), RBI_PAGE_SIZE);
    stacks = align_up(code + flat_size(), RBI_PAGE_SIZE);
    end = stacks + (size.slots + 1) * size.stack.size;  // the last one is the zygote's
  }
  std::uint64_t slots, ops, events, code, stacks, end;
};

}  // namespace

StackLayout restorer_stack(const Image& image) {
  __u32 largest = RBI_XSAVE_MIN;
  for (const rbi_registers& registers : image.registers()) {
    largest = std::max(largest, registers.xstate_size);
  }
  StackLayout layout;
  layout.packet = align_up(largest + sizeof(__u32), 64);
  layout.size = align_up(layout.packet + sizeof(rst_packet) + kPacketOps * sizeof(rst_op) + kRoom,
                         RBI_PAGE_SIZE);
  return layout;
}

ScaffoldSize scaffold_size(const Image& image, const Program& program) {
  ScaffoldSize size;
  size.slots = program.slots.size();
  size.ops = program.ops.size();
  size.events = program.event_count;
  size.stack = restorer_stack(image);
  return size;
}

namespace {

[[nodiscard]] bool is_free(const Image& image, std::uint64_t base, std::uint64_t size) {
  const bool taken = std::any_of(image.vmas().begin(), image.vmas().end(), [&](const rbi_vma& vma) {
    return vma.start < base + size + kMargin && vma.end + kMargin > base;
  });
  if (taken || base + size > kAddressSpaceEnd) return false;
  void* address = ::mmap(reinterpret_cast<void*>(base), size, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (address == MAP_FAILED) return false;
  ::munmap(address, size);
  return true;
}

/// Addresses behind the VMAs of the first mm, whose page tables the scaffold
/// then shares with what the image maps there.
[[nodiscard]] std::vector<std::uint64_t> holes_nearby(const Image& image) {
  std::vector<std::uint64_t> bases;
  if (image.mms().empty()) return bases;
  for (const rbi_vma& vma : image.vmas_of(image.mms()[0])) {
    if (bases.size() == kNearbyHoles) break;
    bases.push_back(align_up(vma.end + kMargin, kHuge));
  }
  return bases;
}

}  // namespace

Result<std::uint64_t> Scaffold::find_hole(const Image& image, std::uint64_t size) {
  for (const std::uint64_t base : holes_nearby(image)) {
    if (is_free(image, base, size)) return base;
  }
  for (std::uint64_t base = kFirstHole; base < kLastHole; base += kHoleStep) {
    if (is_free(image, base, size)) return base;
  }
  return fail(ErrorKind::kUnsupported, "the image's address spaces leave no hole for the restorer");
}

Result<Scaffold> Scaffold::create(const Image& image, const ScaffoldSize& size) {
  const Layout layout(size);
  const std::uint64_t image_offset = align_up(layout.end, kHuge);
  const std::uint64_t image_size = image.bytes().size();
  const std::uint64_t total = image_offset + align_up(image_size, RBI_PAGE_SIZE);
  auto base = find_hole(image, total);
  if (!base) return tl::unexpected<Error>(base.error());

  Scaffold scaffold;
  scaffold.size_ = size;
  scaffold.fd_ = Fd(::memfd_create("restartbench-scaffold", MFD_CLOEXEC));
  if (!scaffold.fd_.valid()) return fail_errno("cannot create a memfd for the restorer");
  if (::ftruncate(scaffold.fd_.get(), static_cast<off_t>(layout.end)) != 0) {
    return fail_errno("cannot size the restorer's memory");
  }
  const auto map = [](std::uint64_t address, std::uint64_t length, int prot, int fd,
                      std::uint64_t offset) {
    return ::mmap(reinterpret_cast<void*>(address), length, prot, MAP_SHARED | MAP_FIXED_NOREPLACE,
                  fd, static_cast<off_t>(offset));
  };
  const int fd = scaffold.fd_.get();
  if (map(*base, layout.end, PROT_READ | PROT_WRITE, fd, 0) == MAP_FAILED) {
    return fail_errno("cannot map the restorer's memory");
  }
  scaffold.control_ = Mapping(reinterpret_cast<void*>(*base), layout.end);
  if (map(*base + image_offset, image_size, PROT_READ, image.fd(), 0) == MAP_FAILED) {
    return fail_errno("cannot map the image for the restorer");
  }
  scaffold.image_ = Mapping(reinterpret_cast<void*>(*base + image_offset), image_size);

  std::byte* bytes = scaffold.control_.data();
  std::memcpy(bytes + layout.code, restorer_flat, flat_size());
  // A new address space gets code without write permission.
  if (::mprotect(bytes + layout.code, layout.stacks - layout.code, PROT_READ | PROT_EXEC) != 0) {
    return fail_errno("cannot make the restorer executable");
  }

  rst_control& control = scaffold.control();
  control.base = *base;
  control.size = total;
  control.control_size = layout.end;
  control.code = *base + layout.code;
  control.code_size = flat_size();
  control.stacks = *base + layout.stacks;
  control.stack_size = size.stack.size;
  control.packet = size.stack.packet;
  control.zygote_stack = *base + layout.end;
  control.image = *base + image_offset;
  control.image_size = image_size;
  control.slots = *base + layout.slots;
  control.ops = *base + layout.ops;
  control.events = *base + layout.events;
  return scaffold;
}

/// Tasks that only arrive at the barrier have no packet.
void Scaffold::load_task(const Image& image, const Program& program, std::size_t index) {
  const TaskProgram& task = program.tasks[index];
  if (task.op_count == 0) return;
  const rst_control& c = control();
  rst_packet& into = packet(index);
  into = task.record == nullptr ? rst_packet{}
                                : make_packet(image, task, stack(index), image_address());
  const std::span<const rst_op> ops(&program.ops[task.first_op], task.op_count);
  if (ops.size() <= kPacketOps) {
    auto* behind = reinterpret_cast<rst_op*>(&into + 1);
    place_ops(ops, image_bytes(), behind, stack(index) + c.stack_size - kRoom);
    into.ops = reinterpret_cast<__u64>(behind);
  } else {
    auto* elsewhere = reinterpret_cast<rst_op*>(c.ops) + task.first_op;
    std::memcpy(elsewhere, ops.data(), ops.size_bytes());
    into.ops = reinterpret_cast<__u64>(elsewhere);
  }
}

void Scaffold::load(const Image& image, const Program& program) {
  RB_ASSERT(size_.fits(program));
  rst_control& c = control();
  std::memcpy(reinterpret_cast<void*>(c.slots), program.slots.data(),
              program.slots.size() * sizeof(rst_slot));
  for (std::size_t i = 0; i < program.tasks.size(); ++i) load_task(image, program, i);
  std::memset(reinterpret_cast<void*>(c.events), 0, size_.events * sizeof(__u32));
  c.slot_count = static_cast<__u32>(program.slots.size());
  c.op_count = static_cast<__u32>(program.ops.size());
  c.event_count = program.event_count;
  c.expected = program.expected;
  c.arrived = c.ready = c.go = c.left = 0;
  c.ready_cycles = 0;
  c.root_ended = 0;
  c.coordinator = rst_channel{};
  c.failure = rst_failure{};
}

Result<Fd> restorer_program() {
  Fd fd(::memfd_create("restartbench-restorer", MFD_CLOEXEC));
  if (!fd.valid()) return fail_errno("cannot create a memfd for the restorer's program");
  const auto size = static_cast<std::size_t>(restorer_elf_end - restorer_elf);
  if (::write(fd.get(), restorer_elf, size) != static_cast<ssize_t>(size)) {
    return fail_errno("cannot write the restorer's program");
  }
  return fd;
}

}  // namespace rb
