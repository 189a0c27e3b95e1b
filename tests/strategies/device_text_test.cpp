// What is said of a failure inside the kernel names the task or the record.
#include "strategies/kernel/device_text.h"

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstddef>

#include "workloads/workload.h"

namespace rb::test {
namespace {

Image sample() {
  const Workload& workload = *find_workload("prefork");
  const auto complete = complete_parameters(workload, {});
  REQUIRE(complete);
  auto image = build_image(workload, *complete);
  REQUIRE(image);
  return std::move(*image);
}

restart_status failed(restart_where where, int error, std::uint32_t index,
                      std::uint32_t section = RBI_NONE, std::uint32_t field = RBI_NONE) {
  restart_status status{};
  status.error = error;
  status.where = where;
  status.section = section;
  status.index = index;
  status.field = field;
  status.tasks = 17;
  status.arrived = 5;
  return status;
}

TEST_CASE("a refused record is named with its field") {
  const Image image = sample();
  const auto say = [&](const restart_status& status) {
    return describe_device_failure(image, status).message;
  };
  CHECK(say(failed(RESTART_AT_IMAGE, EINVAL, 3, RBI_SEC_TASKS, offsetof(rbi_task, altstack_sp))) ==
        "/dev/restart refuses the image for its record 3 of tasks, field altstack_sp: Invalid "
        "argument");
  // An element of an array is the array's field; padding between names is none.
  CHECK(say(failed(RESTART_AT_IMAGE, EINVAL, 0, RBI_SEC_TASKS, offsetof(rbi_task, name) + 3)) ==
        "/dev/restart refuses the image for its record 0 of tasks, field name: Invalid argument");
  CHECK(say(failed(RESTART_AT_IMAGE, EOPNOTSUPP, RBI_NONE, RBI_SEC_PIPES)) ==
        "/dev/restart refuses the image for its section pipes: Operation not supported");
  CHECK(
      say(failed(RESTART_AT_IMAGE, EINVAL, RBI_NONE, RBI_NONE, offsetof(rbi_header, file_size))) ==
      "/dev/restart refuses the image for its header, field file_size: Invalid argument");
}

TEST_CASE("a failed step is named with its task") {
  const Image image = sample();
  const rbi_task& task = image.tasks()[2];
  const std::string who = "task 2 (pid " + std::to_string(task.pid) + ", " + task.name + ") ";
  const auto error = describe_device_failure(image, failed(RESTART_AT_CREATE, EEXIST, 2));
  CHECK(error.message == who + "could not be created by the kernel: File exists");
  CHECK(error.advice.find("--pids own") != std::string::npos);
  for (const restart_where where :
       {RESTART_AT_SIGHAND, RESTART_AT_FS, RESTART_AT_MM, RESTART_AT_FILES, RESTART_AT_SIGNALS,
        RESTART_AT_SESSION, RESTART_AT_REGISTERS, RESTART_AT_CLAIM, RESTART_AT_BARRIER}) {
    CHECK(describe_device_failure(image, failed(where, ENOMEM, 2)).message.starts_with(who));
  }
  CHECK(describe_device_failure(image, failed(RESTART_AT_BARRIER, ESRCH, RBI_NONE)).message ==
        "the restart ended with 5 of 17 tasks at the barrier: No such process");
  // Numbers that no image has are not looked up.
  CHECK(describe_device_failure(image, failed(RESTART_AT_MM, EIO, 1u << 30)).message ==
        "a task could not be given its memory: Input/output error");
}

TEST_CASE("a missing file is named with what it is for") {
  const Image image = sample();
  const auto say = [&](restart_file_kind kind, std::uint32_t index) {
    return describe_device_failure(image, failed(RESTART_AT_FILE, ENOENT, index, kind)).message;
  };
  CHECK(say(RESTART_FILE_CWD, 0).find(image.string(image.fs()[0].cwd)) != std::string::npos);
  CHECK(say(RESTART_FILE_EXE, 0).find("the executable of mm 0") != std::string::npos);
  CHECK(say(RESTART_FILE_BACKING, 7).find("backing 7") != std::string::npos);
  CHECK(say(RESTART_FILE_OFD, 0).find("open file description 0") != std::string::npos);
  CHECK(say(RESTART_FILE_ROOT, 1u << 30).find("lacks or refuses") != std::string::npos);
}

}  // namespace
}  // namespace rb::test
