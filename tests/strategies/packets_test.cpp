// Packets: what a task needs, gathered where it writes anyway.
#include "strategies/userspace/packets.h"

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "strategies/userspace/ops.h"
#include "workloads/workload.h"

namespace rb::test {
namespace {

/// Ops that point at `bytes`, two auxv entries behind an mm.
std::vector<rst_op> set_mm_ops(std::span<const std::byte> bytes) {
  rst_op op = ops::make(RST_SET_MM, RST_STAGE_MEMORY);
  op.a = reinterpret_cast<__u64>(bytes.data());
  op.b = op.a + sizeof(rbi_mm);
  op.y = 2;
  return {op, ops::make(RST_FINISH, RST_STAGE_REGISTERS)};
}

struct Room {
  alignas(16) std::array<std::byte, 1024> bytes{};
  [[nodiscard]] rst_op* ops() { return reinterpret_cast<rst_op*>(bytes.data()); }
};

}  // namespace

TEST_CASE("records follow their ops") {
  std::vector<std::byte> bytes(sizeof(rbi_mm) + 2 * sizeof(rbi_auxv));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
  const auto ops = set_mm_ops(bytes);
  Room room;
  place_ops(ops, bytes, room.ops(), room.bytes.data() + room.bytes.size());

  const rst_op& placed = room.ops()[0];
  const auto inside = [&](__u64 address) {
    return address >= reinterpret_cast<__u64>(room.ops() + 2) &&
           address < reinterpret_cast<__u64>(room.bytes.data() + room.bytes.size());
  };
  REQUIRE(inside(placed.a));
  REQUIRE(inside(placed.b));
  CHECK(std::memcmp(reinterpret_cast<const void*>(placed.a), bytes.data(), sizeof(rbi_mm)) == 0);
  CHECK(std::memcmp(reinterpret_cast<const void*>(placed.b), bytes.data() + sizeof(rbi_mm),
                    2 * sizeof(rbi_auxv)) == 0);
  CHECK(room.ops()[1].kind == RST_FINISH);
}

TEST_CASE("records that do not fit stay in the image") {
  const std::vector<std::byte> bytes(sizeof(rbi_mm) + 2 * sizeof(rbi_auxv));
  const auto ops = set_mm_ops(bytes);
  const std::size_t mm_only = 2 * sizeof(rst_op) + sizeof(rbi_mm) + sizeof(rbi_auxv);
  Room room;
  place_ops(ops, bytes, room.ops(), room.bytes.data() + mm_only);
  CHECK(room.ops()[0].a != ops[0].a);
  CHECK(room.ops()[0].b == ops[0].b);
  for (std::size_t i = mm_only; i < room.bytes.size(); ++i) CHECK(room.bytes[i] == std::byte{});

  Room none;
  place_ops(ops, bytes, none.ops(), reinterpret_cast<std::byte*>(none.ops() + 2));
  CHECK(none.ops()[0].a == ops[0].a);
}

TEST_CASE("a packet holds the task's registers and registrations") {
  const auto built = build_image(*find_workload("signals"), {});
  REQUIRE(built);
  const Image& image = *built;
  const rbi_task& record = image.tasks()[1];
  const rbi_registers& registers = image.registers()[record.registers];
  TaskProgram task;
  task.record = &record;
  task.flags = RST_PACKET_NAME;
  task.contents = &image.runs()[0];
  std::vector<std::byte> stack(8192);
  const rst_packet packet = make_packet(image, task, stack.data(), 0x1000);

  CHECK(packet.flags == RST_PACKET_NAME);
  CHECK(packet.fill_to == image.runs()[0].address);
  CHECK(packet.fill_size == image.runs()[0].pages * RBI_PAGE_SIZE);
  CHECK(packet.fill_from == 0x1000 + image.runs()[0].offset);
  CHECK(packet.rseq == record.rseq);
  CHECK(packet.robust_list == record.robust_list);
  CHECK(packet.gs_base == registers.gs_base);
  CHECK(packet.frame.mask == record.blocked);
  CHECK(packet.frame.context.ip == registers.rip);
  CHECK(packet.frame.context.r15 == registers.r15);
  CHECK(packet.frame.stack.sp == record.altstack_sp);
  CHECK(packet.frame.context.fpstate == reinterpret_cast<__u64>(stack.data()));
  const auto area = image.xstate(registers);
  CHECK(std::memcmp(stack.data(), area.data(), RST_SOFTWARE_BYTES) == 0);
  __u32 magic = 0;
  std::memcpy(&magic, stack.data() + area.size(), sizeof magic);
  CHECK(magic == RST_MAGIC2);
}

}  // namespace rb::test
