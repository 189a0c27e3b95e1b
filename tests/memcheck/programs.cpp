// Builds an image of every workload, and what each strategy hands to tasks and to the module:
// slots, ops, packets. Tells memcheck that every byte of it must have a value.
#include <valgrind/memcheck.h>

#include <cstdio>
#include <vector>

#include "image/image.h"
#include "strategies/kernel/program.h"
#include "strategies/optimistic/program.h"
#include "strategies/userspace/compile.h"
#include "strategies/userspace/image_graph.h"
#include "strategies/userspace/packets.h"
#include "strategies/userspace/scaffold.h"
#include "tests/memcheck/captured.h"
#include "workloads/workload.h"

namespace rb {
namespace {

constexpr std::uint64_t kImageAt = 0x100000000000;  // as if a scaffold had it there

/// How many bytes were looked at.
std::size_t looked_at = 0;

template <class Range>
void check_defined(const Range& range) {
  const auto bytes = std::as_bytes(std::span(range));
  looked_at += bytes.size();
  (void)VALGRIND_CHECK_MEM_IS_DEFINED(bytes.data(), bytes.size());
}

void check_program(const Image& image, const Program& program) {
  check_defined(program.slots);
  check_defined(program.ops);
  const StackLayout layout = restorer_stack(image);
  for (const TaskProgram& task : program.tasks) {
    if (task.record == nullptr || task.op_count == 0) continue;
    std::vector<std::byte> stack(layout.size);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(stack.data(), stack.size());
    const rst_packet packet = make_packet(image, task, stack.data(), kImageAt);
    check_defined(std::span(&packet, 1));
    const auto& registers = image.registers()[task.record->registers];
    check_defined(std::span(stack).first(registers.xstate_size + sizeof(__u32)));
  }
}

Result<Program> compile_userspace(const Image& image, const SharingGraph& graph,
                                  DescriptorOrder order) {
  const auto plan = make_plan(graph);
  if (!plan) return tl::unexpected<Error>(plan.error());
  return compile(ImageAt(image, kImageAt), graph, *plan, order);
}

Status check_workload(const Workload& workload) {
  const auto values = complete_parameters(workload, {});
  if (!values) return tl::unexpected<Error>(values.error());
  const auto image = build_image(workload, *values);
  if (!image) return tl::unexpected<Error>(image.error());
  const SharingGraph graph = sharing_graph(*image);
  int programs = 1;
  check_program(*image, compile_kernel(ImageAt(*image, kImageAt)));
  for (const DescriptorOrder order :
       {DescriptorOrder::kTopologyFirst, DescriptorOrder::kFirstUnshare,
        DescriptorOrder::kFirstCloseRange}) {
    const auto program = compile_userspace(*image, graph, order);
    if (!program) continue;  // not every one of them takes every workload
    check_program(*image, *program);
    ++programs;
  }
  if (const auto plan = plan_all_shared(graph, 1)) {
    check_program(*image, compile_optimistic(ImageAt(*image, kImageAt), graph, *plan));
    ++programs;
  }
  std::printf("%s: %d programs\n", std::string(workload.name).c_str(), programs);
  return {};
}

/// Of a capture, before contents are added.
void check_captured() {
  ImageWriter writer;
  add_captured(writer);
  check_defined(writer.tasks);
  check_defined(writer.groups);
  check_defined(writer.files);
  check_defined(writer.fds);
  check_defined(writer.ofds);
  check_defined(writer.pipes);
  check_defined(writer.fs);
  check_defined(writer.sighands);
  check_defined(writer.actions);
  check_defined(writer.pending);
  check_defined(writer.registers);
  check_defined(writer.credentials);
  check_defined(writer.gids);
  check_defined(writer.limits);
  check_defined(writer.zombies);
  check_defined(writer.sockets);
  check_defined(writer.messages);
}

}  // namespace
}  // namespace rb

int main() {
  rb::check_captured();
  for (const rb::Workload* workload : rb::workloads()) {
    if (const rb::Status status = rb::check_workload(*workload); !status) {
      std::fprintf(stderr, "%s: %s\n", std::string(workload->name).c_str(),
                   rb::describe(status.error()).c_str());
      return 1;
    }
  }
  std::printf("%zu bytes looked at\n", rb::looked_at);
  return 0;
}
