// Programs for /dev/restart: what is opened and handed over, who clones whom.
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <set>
#include <string>

#include "strategies/kernel/handover.h"
#include "strategies/optimistic/program.h"
#include "strategies/userspace/image_graph.h"
#include "workloads/workload.h"

namespace rb::test {
namespace {

constexpr std::uint64_t kAddress = 0x1000000;

Image workload_image(const char* name, const ParameterValues& values) {
  const Workload& workload = *find_workload(name);
  const auto complete = complete_parameters(workload, values);
  REQUIRE(complete);
  auto image = build_image(workload, *complete);
  REQUIRE(image);
  return std::move(*image);
}

/// The ops of a slot, up to the last of its list.
std::vector<rst_op> script(const Program& program, std::size_t slot, rst_op_kind last) {
  std::vector<rst_op> ops;
  for (std::size_t i = program.tasks[slot].first_op; i < program.ops.size(); ++i) {
    const rst_op& op = program.ops[i];
    ops.push_back(op);
    if (op.kind == last) return ops;
    if (op.kind != RST_DEVICE_GIVE) continue;
    // Numbers of descriptors follow, not ops: one of them may read like the last.
    for (auto left = (op.z + RST_FDS_PER_OP - 1) / RST_FDS_PER_OP; left > 0; --left) {
      ops.push_back(program.ops[++i]);
    }
  }
  FAIL("a script without an end");
  return ops;
}

/// What a descriptor of the coordinator refers to.
struct Opened {
  std::string what;  ///< path, abstract name, "memfd", "read end", "write end"
  std::uint64_t flags = 0;
  const void* record = nullptr;  ///< pipes: which; memfds: the first run
};

/// Runs a coordinator's ops on paper, and notes what it gives to the device.
class Coordinator {
 public:
  explicit Coordinator(const Image& image) : image_(image) {
    for (std::uint32_t fd = 0; fd < kExecDescriptors; ++fd) table_[fd] = {"its own"};
  }

  void run(const std::vector<rst_op>& ops) {
    for (std::size_t i = 0; i < ops.size(); ++i) {
      const rst_op& op = ops[i];
      kinds.push_back(op.kind);
      switch (op.kind) {
        case RST_DEVICE_LOAD:
          open(op.x, {"device"});
          break;
        case RST_OPEN:
          open(op.x, {text(op.a), op.b});
          break;
        case RST_SOCKET:
          open(op.x, {text(op.c), op.b});
          break;
        case RST_MEMFD:
          open(op.x, {"memfd", 0, pointer(op.c)});
          break;
        case RST_PIPE:
          open(op.x, {"read end", 0, pointer(op.a)});
          open(op.y, {"write end", 0, pointer(op.a)});
          break;
        case RST_DEVICE_GIVE:
          give(op, ops[i + 1]);
          i += (op.z + RST_FDS_PER_OP - 1) / RST_FDS_PER_OP;
          break;
        default:
          break;
      }
    }
  }

  [[nodiscard]] const Opened& given(restart_file_kind kind, std::uint32_t index) const {
    const auto found = given_.find({kind, index});
    if (found == given_.end()) FAIL("kind " << kind << " index " << index << " was not given");
    return table_.at(found->second);
  }
  [[nodiscard]] bool has(restart_file_kind kind, std::uint32_t index) const {
    return given_.contains({kind, index});
  }
  [[nodiscard]] std::size_t descriptors() const { return table_.size(); }

  std::vector<std::uint16_t> kinds;

 private:
  [[nodiscard]] const void* pointer(std::uint64_t address) const {
    return image_.bytes().data() + (address - kAddress);
  }
  [[nodiscard]] std::string text(std::uint64_t address) const {
    return static_cast<const char*>(pointer(address));
  }
  /// The kernel hands out the lowest free number; nothing is closed.
  void open(std::uint32_t fd, Opened what) {
    CHECK(fd == table_.size());
    table_[fd] = std::move(what);
  }
  void give(const rst_op& op, const rst_op& numbers) {
    CHECK((op.z > 0 && op.z <= RESTART_MAX_FILES));
    std::vector<__s32> fds(op.z);
    std::memcpy(fds.data(), &numbers, op.z * sizeof(__s32));
    for (std::uint32_t i = 0; i < op.z; ++i) {
      if (fds[i] == -1) continue;
      const auto fd = static_cast<std::uint32_t>(fds[i]);
      CHECK(table_.contains(fd));
      CHECK(given_.emplace(std::pair{op.x, op.y + i}, fd).second);
    }
  }

  const Image& image_;
  std::map<std::uint32_t, Opened> table_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> given_;
};

void check_descriptions(const Image& image, const Coordinator& coordinator) {
  for (std::uint32_t i = 0; i < image.ofds().size(); ++i) {
    const rbi_ofd& ofd = image.ofds()[i];
    const Opened& opened = coordinator.given(RESTART_FILE_OFD, i);
    if (!is_pipe_end(ofd)) {
      const bool socket = ofd.kind == RBI_OFD_SOCKET;
      CHECK(opened.what == image.string(socket ? image.socket_of(ofd).path : ofd.path));
      CHECK((opened.flags & ~std::uint64_t{O_CLOEXEC}) == ofd.flags);
    } else {
      CHECK(opened.what == (ofd.kind == RBI_OFD_PIPE_READ ? "read end" : "write end"));
      CHECK(opened.record == &image.pipes()[ofd.object]);
    }
  }
}

void check_backings(const Image& image, const Coordinator& coordinator) {
  for (std::uint32_t i = 0; i < image.backings().size(); ++i) {
    const rbi_backing& backing = image.backings()[i];
    const Opened& opened = coordinator.given(RESTART_FILE_BACKING, i);
    const bool file = backing.kind == RBI_BACKING_FILE;
    CHECK(opened.what == (file ? image.string(backing.path) : "memfd"));
    if (!file) CHECK(opened.record == image.runs_of(backing).data());
  }
  for (const rbi_vma& vma : image.vmas()) {
    const bool written = (vma.flags & RBI_VMA_SHARED) != 0 && (vma.prot & PROT_WRITE) != 0;
    if (vma.kind != RBI_VMA_FILE || !written) continue;
    CHECK((coordinator.given(RESTART_FILE_BACKING, vma.backing).flags & O_ACCMODE) == O_RDWR);
  }
}

void check_paths(const Image& image, const Coordinator& coordinator) {
  for (std::uint32_t i = 0; i < image.mms().size(); ++i) {
    const rbi_mm& mm = image.mms()[i];
    CHECK(coordinator.has(RESTART_FILE_EXE, i) == (mm.exe != RBI_NONE));
    if (mm.exe == RBI_NONE) continue;
    CHECK(coordinator.given(RESTART_FILE_EXE, i).what == image.string(mm.exe));
  }
  for (std::uint32_t i = 0; i < image.fs().size(); ++i) {
    const rbi_fs& fs = image.fs()[i];
    CHECK(coordinator.given(RESTART_FILE_CWD, i).what == image.string(fs.cwd));
    CHECK(coordinator.given(RESTART_FILE_ROOT, i).what == image.string(fs.root));
  }
}

/// Whoever runs a tree: first the device, everything given before tasks exist.
void check_order(const std::vector<std::uint16_t>& kinds, bool creates) {
  REQUIRE(kinds.size() >= 4);
  CHECK(kinds[0] == RST_LEAD);
  CHECK(kinds[1] == RST_DEVICE_LOAD);
  CHECK(kinds[kinds.size() - 1] == RST_SERVE);
  CHECK(kinds[kinds.size() - 2] == RST_DEVICE_RUN);
  std::size_t first_after = kinds.size() - 2;
  if (creates) CHECK(kinds[--first_after] == RST_CREATE);
  for (std::size_t i = 0; i < first_after; ++i) {
    CHECK((kinds[i] != RST_CREATE && kinds[i] != RST_DEVICE_RUN));
  }
}

Coordinator check_coordinator(const Image& image, const Program& program, bool creates) {
  Coordinator coordinator(image);
  coordinator.run(script(program, program.slots.size() - 1, RST_SERVE));
  check_order(coordinator.kinds, creates);
  check_descriptions(image, coordinator);
  check_backings(image, coordinator);
  check_paths(image, coordinator);
  CHECK(coordinator.descriptors() >= kFirstHandoverFd + handover_fds(image));
  return coordinator;
}

/// Every task is cloned once, sharing everything, in an order that the kernel allows.
void check_optimistic(const Image& image, const SharingGraph& graph, const Program& program) {
  constexpr std::uint64_t kAll = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND;
  std::set<std::uint32_t> created;
  for (std::size_t slot = 0; slot < program.slots.size(); ++slot) {
    const bool coordinator = slot + 1 == program.slots.size();
    bool sighand = false;
    for (const rst_op& op : script(program, slot, coordinator ? RST_SERVE : RST_DEVICE_ATTACH)) {
      sighand = sighand || op.kind == RST_DEVICE_SIGHAND;
      if (op.kind != RST_CREATE) continue;
      const bool thread = (op.a & CLONE_THREAD) != 0;
      CHECK((op.a & kAll) == kAll);
      for (std::uint32_t target = op.x; target < op.x + op.y; ++target) {
        CHECK(created.insert(target).second);
        const auto leader = static_cast<std::size_t>(graph.tasks[target].leader);
        CHECK(thread == (leader != target));
        // Another thread of the group was cloned after the leader attached its own.
        if (thread && leader == slot) CHECK(sighand);
      }
    }
  }
  CHECK(created.size() == image.tasks().size());
  for (std::size_t i = 0; i < image.tasks().size(); ++i) {
    CHECK(program.slots[i].pid == image.tasks()[i].pid);
    CHECK((program.slots[i].tls == 0 &&
           program.slots[i].clear_child_tid == 0));  // nothing of it may be set by clone3(2)
  }
}

struct Case {
  const char* workload;
  ParameterValues values;
};
const Case kCases[] = {
    {"threads", {{"n", 40}}},
    {"processes", {{"n", 100}}},
    {"fds", {}},
    {"pipes", {}},
    {"sessions", {{"n", 10}}},
    {"memory", {}},
    {"own-fs", {{"n", 10}}},
    {"prefork", {}},
    {"middle", {}},
    {"signals", {}},
    {"tree", {}},
    {"own-files", {{"n", 3}, {"f", 2000}}},
};

TEST_CASE("kernel: everything that a tree refers to is opened and given once") {
  for (const Case& one : kCases) {
    INFO(one.workload);
    const Image image = workload_image(one.workload, one.values);
    const Program program = compile_kernel(ImageAt(image, kAddress));
    CHECK(program.expected == image.tasks().size());
    CHECK(program.slots.size() == image.tasks().size() + 1);
    static_cast<void>(check_coordinator(image, program, false));
  }
}

TEST_CASE("optimistic: every task is cloned once, sharing everything") {
  for (const Case& one : kCases) {
    for (const unsigned width : {1u, 4u}) {
      INFO(one.workload << " width " << width);
      const Image image = workload_image(one.workload, one.values);
      const SharingGraph graph = sharing_graph(image);
      const auto plan = plan_all_shared(graph, width);
      REQUIRE(plan);
      const Program program = compile_optimistic(ImageAt(image, kAddress), graph, *plan);
      static_cast<void>(check_coordinator(image, program, true));
      check_optimistic(image, graph, program);
    }
  }
}

TEST_CASE("one open serves all records that name the same directory or executable") {
  const Image image = workload_image("own-fs", {{"n", 200}});
  const Program program = compile_kernel(ImageAt(image, kAddress));
  const Coordinator coordinator = check_coordinator(image, program, false);
  std::set<std::string_view> paths;
  for (const rbi_fs& fs : image.fs()) paths.insert({image.string(fs.cwd), image.string(fs.root)});
  CHECK(paths.size() < image.fs().size());
  CHECK(coordinator.descriptors() <
        kFirstHandoverFd + image.ofds().size() + image.backings().size() + paths.size() + 3);
}

}  // namespace
}  // namespace rb::test
