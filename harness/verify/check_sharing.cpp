#include "harness/verify/checks.h"
#include "harness/verify/kcmp.h"

namespace rb {
namespace {

struct SharedClass {
  int type;
  __u32 rbi_task::*object;
  rbi_section section;
  const char* name;
};

constexpr SharedClass kClasses[] = {
    {KCMP_VM, &rbi_task::mm, RBI_SEC_MMS, "mm"},
    {KCMP_FILES, &rbi_task::files, RBI_SEC_FILES, "files table"},
    {KCMP_FS, &rbi_task::fs, RBI_SEC_FS, "fs"},
    {KCMP_SIGHAND, &rbi_task::sighand, RBI_SEC_SIGHANDS, "sighand"},
};

struct Representative {
  std::uint32_t task;
  KernelObject object;
};

Status check_class(Inspection& inspection, const SharedClass& shared) {
  Kcmp kcmp(shared.type);
  const auto tasks = inspection.image.tasks();
  const auto first = inspection.representatives(
      shared.object, inspection.image.header().sections[shared.section].count);

  std::vector<Representative> representatives;
  for (const std::uint32_t task : first) {
    if (task != RBI_NONE) representatives.push_back({task, {tasks[task].pid}});
  }
  for (std::uint32_t task = 0; task < tasks.size(); ++task) {
    const std::uint32_t other = first[tasks[task].*shared.object];
    if (!inspection.present[task] || other == task) continue;
    if (!kcmp.same({tasks[task].pid}, {tasks[other].pid})) {
      inspection.findings.add("{}: {}: expected {} {} shared with {}, found another",
                              inspection.name(task), shared.name, shared.name,
                              tasks[task].*shared.object, inspection.name(other));
    }
  }
  const KernelObject coordinator{inspection.access.outside_pid};
  for (const Representative& one : representatives) {
    if (kcmp.same(one.object, coordinator)) {
      inspection.findings.add("{}: {}: expected one of its own, found the coordinator's",
                              inspection.name(one.task), shared.name);
    }
  }
  kcmp.sort(representatives);
  for (std::size_t i = 1; i < representatives.size(); ++i) {
    const Representative& one = representatives[i - 1];
    const Representative& other = representatives[i];
    if (kcmp.same(one.object, other.object)) {
      inspection.findings.add("{}: {}: expected {} {}, not shared with {}, found one shared",
                              inspection.name(other.task), shared.name, shared.name,
                              tasks[other.task].*shared.object, inspection.name(one.task));
    }
  }
  return kcmp.usable();
}

}  // namespace

Status check_sharing(Inspection& inspection) {
  for (const SharedClass& shared : kClasses) RB_TRY(check_class(inspection, shared));
  return {};
}

}  // namespace rb
