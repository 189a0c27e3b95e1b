#include "strategies/kernel/program.h"

#include "strategies/userspace/ops.h"
#include "strategies/userspace/scripts.h"

namespace rb {

Handed device_prologue(const ImageAt& at, std::uint32_t flags) {
  std::vector<rst_op> prologue = {ops::make(RST_LEAD, RST_STAGE_CREATE),
                                  ops::make(RST_DEVICE_LOAD, RST_STAGE_CREATE)};
  prologue.back().x = kDeviceFd;
  prologue.back().y = flags;
  Handed handed = handover_ops(at, kFirstHandoverFd);
  handed.ops.insert(handed.ops.begin(), prologue.begin(), prologue.end());
  return handed;
}

std::vector<rst_op> device_run(const Handed& handed) {
  std::vector<rst_op> ops = {ops::make(RST_DEVICE_RUN, RST_STAGE_CREATE)};
  ops.front().x = static_cast<__u32>(handed.owners.size());
  ops.insert(ops.end(), handed.owners.begin(), handed.owners.end());
  return ops;
}

std::vector<rst_slot> device_slots(const Image& image) {
  const auto tasks = image.tasks();
  std::vector<rst_slot> slots(tasks.size() + 1);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    slots[i].pid = tasks[i].pid;
    if (image.groups()[tasks[i].group].leader != i) slots[i].flags = RST_SLOT_THREAD;
  }
  return slots;
}

Program compile_kernel(const ImageAt& at) {
  Program program;
  program.slots = device_slots(at.image());
  program.expected = static_cast<std::uint32_t>(at.image().tasks().size());
  Scripts scripts(static_cast<int>(at.image().tasks().size()));
  const Handed handed = device_prologue(at, 0);
  scripts.add(kCoordinator, handed.ops);
  scripts.add(kCoordinator, device_run(handed));
  program.tasks.resize(program.slots.size());
  scripts.finish(RST_PARK, program);
  // The kernel's tasks run nothing of the restorer.
  for (std::size_t i = 0; i + 1 < program.tasks.size(); ++i) program.tasks[i].op_count = 0;
  return program;
}

}  // namespace rb
