#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <optional>

#include "harness/verify/checks.h"
#include "harness/verify/memory_reader.h"
#include "harness/verify/proc_files.h"
#include "workloads/payload/blob.h"
#include "workloads/payload/payload.h"

namespace rb {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t report_address(std::uint32_t task) {
  return PAYLOAD_REPORTS + std::uint64_t{task} * sizeof(payload_report);
}

/// The 64-bit word at offset in runs, if they have it.
std::optional<std::uint64_t> word_in_runs(const Image& image, std::span<const rbi_run> runs,
                                          std::uint64_t address) {
  for (const rbi_run& run : runs) {
    if (address < run.address || address - run.address >= run.pages * RBI_PAGE_SIZE) continue;
    std::uint64_t word = 0;
    std::memcpy(&word, image.contents(run).data() + (address - run.address), sizeof word);
    return word;
  }
  return std::nullopt;
}

bool has_payload(const Image& image, const rbi_mm& mm) {
  for (const rbi_vma& vma : image.vmas_of(mm)) {
    if (vma.start > PAYLOAD_CODE || vma.end <= PAYLOAD_CODE) continue;
    const auto word = vma.kind == RBI_VMA_SHMEM
                          ? word_in_runs(image, image.runs_of(image.backings()[vma.backing]),
                                         vma.offset + (PAYLOAD_CODE - vma.start))
                          : word_in_runs(image, image.runs_of(mm), PAYLOAD_CODE);
    return word == PAYLOAD_MAGIC;
  }
  return false;
}

/// The tasks of one mm that have not reported yet, ascending.
struct Waiting {
  std::vector<std::uint32_t> tasks;
};

class ReportsCheck {
 public:
  ReportsCheck(Inspection& inspection, unsigned timeout_s)
      : in_(inspection), deadline_(Clock::now() + std::chrono::seconds(timeout_s)) {}

  Status run();

 private:
  Status poll(Waiting& waiting);
  Status read_reports(std::uint32_t first_task, std::span<payload_report> reports,
                      std::uint32_t through, bool& gone);
  void judge(std::uint32_t task, const payload_report& report);
  void drop_dead(Waiting& waiting);
  void report_silent(std::uint32_t task);
  [[nodiscard]] std::string state_of(std::uint32_t task) const;

  Inspection& in_;
  Clock::time_point deadline_;
};

Status ReportsCheck::run() {
  const Image& image = in_.image;
  std::vector<Waiting> all(image.mms().size());
  std::vector<bool> payload(image.mms().size());
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = has_payload(image, image.mms()[i]);
  for (std::uint32_t task = 0; task < image.tasks().size(); ++task) {
    const std::uint32_t mm = image.tasks()[task].mm;
    if (in_.present[task] && payload[mm]) all[mm].tasks.push_back(task);
  }
  constexpr std::chrono::microseconds kLongest{100000};
  std::chrono::microseconds pause{500};
  for (;;) {
    bool done = true;
    for (Waiting& waiting : all) {
      if (waiting.tasks.empty()) continue;
      RB_TRY(poll(waiting));
      if (pause >= kLongest) drop_dead(waiting);
      done = done && waiting.tasks.empty();
    }
    if (done) return {};
    if (Clock::now() >= deadline_) break;
    const timespec duration{0, std::chrono::nanoseconds(pause).count()};
    ::nanosleep(&duration, nullptr);
    pause = std::min(pause * 3 / 2, kLongest);
  }
  for (const Waiting& waiting : all) {
    for (const std::uint32_t task : waiting.tasks) report_silent(task);
  }
  return {};
}

/// Reads an mm's outstanding reports in as few calls as its pages allow.
Status ReportsCheck::poll(Waiting& waiting) {
  std::vector<std::uint32_t> left;
  const std::vector<std::uint32_t> tasks = std::move(waiting.tasks);
  std::vector<payload_report> reports;
  for (std::size_t i = 0; i < tasks.size();) {
    // Reports on the same page or on adjacent ones are read with those between.
    std::size_t end = i + 1;
    while (end < tasks.size() && report_address(tasks[end]) / RBI_PAGE_SIZE <=
                                     report_address(tasks[end - 1]) / RBI_PAGE_SIZE + 1) {
      ++end;
    }
    reports.assign(tasks[end - 1] - tasks[i] + 1, {});
    bool gone = false;
    RB_TRY(read_reports(tasks[i], reports, tasks[end - 1], gone));
    for (std::size_t k = i; k < end; ++k) {
      const payload_report& report = reports[tasks[k] - tasks[i]];
      if (gone) {
        report_silent(tasks[k]);
      } else if (report.state == PAYLOAD_NOT_RUN) {
        left.push_back(tasks[k]);
      } else {
        judge(tasks[k], report);
      }
    }
    i = end;
  }
  waiting.tasks = std::move(left);
  return {};
}

/// Reads through any living task of the mm: the first may have died.
Status ReportsCheck::read_reports(std::uint32_t first_task, std::span<payload_report> reports,
                                  std::uint32_t through, bool& gone) {
  const auto tasks = in_.image.tasks();
  const auto bytes = std::as_writable_bytes(reports);
  gone = false;
  int error = ESRCH;
  for (std::uint32_t task = first_task; task <= through && error == ESRCH; ++task) {
    if (tasks[task].mm != tasks[first_task].mm || !in_.present[task]) continue;
    MemoryReader reader(in_.pid(task), in_.directory(task));
    error = reader.read(report_address(first_task), bytes);
    if (error == ESRCH) in_.present[task] = false;
  }
  if (error == 0) return {};
  if (error == ESRCH || error == EFAULT || error == EIO || error == ENOENT) {
    gone = true;
    return {};
  }
  return in_.unreadable(first_task, "report", error);
}

void ReportsCheck::judge(std::uint32_t task, const payload_report& report) {
  if (report.state == PAYLOAD_OK) return;
  if (report.state != PAYLOAD_WRONG) {
    in_.findings.add("{}: self-check: expected a report, found state {}", in_.name(task),
                     report.state);
    return;
  }
  in_.findings.add("{}: self-check of {} failed at {:#x}: expected {:#x}, found {:#x}",
                   in_.name(task), payload_check_name(report.check), report.where, report.expected,
                   report.found);
}

/// Tasks that cannot report any more need not be waited for.
void ReportsCheck::drop_dead(Waiting& waiting) {
  std::erase_if(waiting.tasks, [&](std::uint32_t task) {
    const auto text = read_whole_file(in_.directory(task) + "/stat");
    const auto stat = text ? parse_stat(*text) : std::nullopt;
    const bool dead = !stat || stat->state == 'Z' || stat->state == 'X';
    if (dead) {
      report_silent(task);
      in_.present[task] = false;
    }
    return dead;
  });
}

void ReportsCheck::report_silent(std::uint32_t task) {
  in_.findings.add("{}: self-check: expected a report, found none; {}", in_.name(task),
                   state_of(task));
}

std::string ReportsCheck::state_of(std::uint32_t task) const {
  const auto text = read_whole_file(in_.directory(task) + "/stat");
  const auto stat = text ? parse_stat(*text) : std::nullopt;
  if (!stat) return "the task is gone";
  std::string state = fmt::format("the task is in state {}", stat->state);
  const auto wchan = read_whole_file(in_.directory(task) + "/wchan");
  if (wchan && !wchan->empty() && *wchan != "0") state += ", waits in " + *wchan;
  const auto call = read_whole_file(in_.directory(task) + "/syscall");
  if (call && !call->empty()) state += ", system call " + call->substr(0, call->find('\n'));
  return state;
}

}  // namespace

bool checks_itself(const Image& image) {
  const auto mms = image.mms();
  return std::any_of(mms.begin(), mms.end(),
                     [&](const rbi_mm& mm) { return has_payload(image, mm); });
}

Status check_reports(Inspection& inspection, unsigned timeout_s) {
  return ReportsCheck(inspection, timeout_s).run();
}

}  // namespace rb
