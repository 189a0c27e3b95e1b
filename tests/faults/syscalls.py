"""Each system call that bench makes fails in turn, by strace(1).

Only bench's own calls: its zygote and tasks are other processes, whose failures the injected
failures of tests/native and tests/module are for.
"""

import collections
import json
import os
import pathlib
import re
import shutil

import world

# What each may fail with. Not here is what cannot fail, and what the C library calls before
# main(): brk, mprotect.
ERRORS = {"ENOMEM": ("mmap", "mremap", "clone", "clone3", "fork", "madvise"),
          "EMFILE": ("openat", "open", "pipe2", "socket", "memfd_create", "pidfd_open", "dup",
                     "fcntl", "userfaultfd", "perf_event_open", "timerfd_create"),
          "EIO": ("read", "pread64", "newfstatat", "fstat", "ftruncate", "ioctl", "getdents64",
                  "readlink", "statfs", "fchmod", "linkat", "rename", "unlink", "mkdir", "lseek",
                  "process_vm_readv", "process_vm_writev"),
          "ENOSPC": ("write", "fallocate", "writev", "pwrite64"),
          "EPERM": ("prctl", "sched_setaffinity", "setpriority", "prlimit64", "ptrace", "kcmp",
                    "unshare", "mount", "setns", "sched_getaffinity", "pidfd_send_signal"),
          "EINTR": ("poll", "ppoll", "wait4", "waitid", "clock_nanosleep", "nanosleep")}
ERROR_OF = {call: error for error, calls in ERRORS.items() for call in calls}
MOST = 6  # places of one call: the first ones, and some that are spread over the rest
LINE = re.compile(r"^(\w+)\(")


def calls_of(bench, command):
    """How often a command makes each call, in the order of their first."""
    bench.run(*command, before=("strace", "-o", "trace")).expect(0)
    counts = collections.Counter()
    for line in pathlib.Path("trace").read_text(errors="replace").splitlines():
        match = LINE.match(line)
        if match and not line.startswith(("exit", "execve")):
            counts[match[1]] += 1
    os.unlink("trace")
    return counts


def places(count):
    if count <= MOST:
        return range(1, count + 1)
    step = (count - MOST // 2) / (MOST // 2)
    return sorted({*range(1, MOST // 2 + 1),
                   *(round(MOST // 2 + step * (n + 1)) for n in range(MOST // 2))})


def fail_each(bench, command, check):
    """@return how many failures were injected, and how many of them ended the command"""
    injected = ended = 0
    problems = []
    for call, count in calls_of(bench, command).items():
        error = ERROR_OF.get(call)
        for when in places(count) if error else ():
            what = f"{call}:error={error}:when={when}"
            outcome = bench.run(*command, before=("strace", "-o/dev/null", f"-einject={what}"))
            injected += 1
            ended += outcome.code != 0
            try:
                outcome.expect((0, 1, 2, 77))
                said = outcome.out + outcome.err
                # With what is printed on, nothing can be said; Google Benchmark reads /sys.
                assert outcome.code == 0 or call == "write" or \
                    re.search(r"bench: \S|FAILED\n +\S|unsupported|Failed .*/sys/", said), outcome
                world.wait_for("all to be gone", lambda: world.reap() or not world.processes())
                check(outcome)
            except AssertionError as problem:
                problems.append(f"{what}: {problem}")
                world.kill_all()
    for problem in problems:
        print("---", problem)
    print(f"{' '.join(map(str, command))}: {injected} failures, {ended} ended it")
    assert not problems, f"{len(problems)} problems"
    assert ended > 0


def need_strace():
    if shutil.which("strace") is None:
        raise world.Skipped("no strace")


def images(bench):
    """Written as a whole, or not at all."""
    need_strace()

    def written(outcome):
        found = [name for name in os.listdir() if name != "b.img"]
        assert set(found) <= {"a.img"}, f"left: {found}"
        if found:
            bench.run("image", "check", "a.img").expect(0)
            os.unlink("a.img")
        else:
            assert outcome.code != 0, outcome
    bench.image("b.img", "prefork")
    bench.run("image", "write", "--workload", "prefork", "-o", "a.img").expect(0)
    fail_each(bench, ("image", "write", "--workload", "prefork", "-o", "a.img"), written)
    fail_each(bench, ("image", "check", "b.img"), lambda outcome: None)
    fail_each(bench, ("image", "show", "b.img"), lambda outcome: None)
    return "a.img", "b.img"


def restarts(bench):
    """Results are valid, whatever failed; so is what was restored."""
    need_strace()

    def valid(outcome):
        assert set(os.listdir()) <= {"r.json"}, os.listdir()
        if os.path.exists("r.json"):
            json.loads(pathlib.Path("r.json").read_text())
            os.unlink("r.json")
    fail_each(bench, ("--strategy", "userspace", "--workload", "prefork", "--repetitions", 1,
                      "--min-time", 0.000001, "--verify", "all", "--out", "r.json"), valid)
    return ("r.json",)


CASES = ()
LONG_CASES = (images, restarts)
