"""Limits: of a file's size, descriptors, address space, and those of cgroups."""

import contextlib
import json
import os
import pathlib
import re
import shutil

import world

SMALL = ("--strategy", "userspace", "--workload", "threads:n=3", "--repetitions", 2)


def prlimit(what, value):
    return ("prlimit", f"--{what}={value}:{value}")


def unprivileged(what, value):
    """Without the capability to raise a limit."""
    if shutil.which("setpriv") is None:
        raise world.Skipped("no setpriv")
    return ("setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource",
            *prlimit(what, value))


def size_of_files(bench):
    """RLIMIT_FSIZE: an error of the file, not SIGXFSZ."""
    outcome = bench.run("image", "write", "--workload", "memory:mib=1", "-o", "a.img",
                        before=prlimit("fsize", 65536))
    outcome.expect(1, "File too large")
    outcome = bench.run(*SMALL, "--out", "r.json", before=prlimit("fsize", 100))
    outcome.expect(2, "cannot write r.json: File too large")
    # Enough for the first image's results, too little for those of both.
    null = ("--strategy", "null", "--repetitions", 100, "--workload")
    bench.run(*null, "threads:n=3", "--out", "one.json").expect(0)
    bench.run(*null, "threads:n=3,4", "--out", "r.json").expect(0)
    size = (os.path.getsize("one.json") + os.path.getsize("r.json")) // 2
    outcome = bench.run(*null, "threads:n=3,4", "--out", "r.json", before=prlimit("fsize", size))
    outcome.expect(1, "cannot write r.json: File too large")
    assert len(json.loads(pathlib.Path("r.json").read_text())["cells"]) == 1
    return "one.json", "r.json"


def sweep(bench, arguments, limits, before, codes=(0, 1, 77)):
    """Under each limit it works, or there is one error that names something."""
    seen = {}
    for limit in limits:
        outcome = bench.run(*arguments, before=before(limit)).expect(codes)
        if outcome.code != 0:
            assert re.search(r"bench: \S|FAILED\n +\S|unsupported +\S|unsupported\n +\S",
                             outcome.out + outcome.err), outcome
        seen[limit] = outcome.code
    assert 0 in seen.values(), f"it never worked: {seen}"
    assert set(seen.values()) != {0}, f"no limit was too low: {seen}"


def descriptors(bench):
    """RLIMIT_NOFILE, from none at all."""
    sweep(bench, ("--strategy", "userspace", "--workload", "fds:n=20", "--repetitions", 1,
                  "--out", "r.json"), (3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 64, 128),
          lambda limit: unprivileged("nofile", limit), codes=(0, 1, 2, 77))
    return ("r.json",)


def address_space(bench):
    """RLIMIT_AS: no allocation that fails is an abort."""
    sweep(bench, ("image", "write", "--workload", "threads:n=2000", "-o", "a.img"),
          range(8 << 20, 100 << 20, 8 << 20), lambda limit: prlimit("as", limit))
    sweep(bench, ("--strategy", "userspace", "--workload", "threads:n=1000", "--repetitions", 1,
                  "--out", "r.json"), range(8 << 20, 80 << 20, 4 << 20),
          lambda limit: prlimit("as", limit))
    return "a.img", "r.json"


@contextlib.contextmanager
def given_to_groups(controller):
    """The root of version 2 gives a controller to its groups only when asked to."""
    control = world.CGROUPS / "cgroup.subtree_control"
    if not control.exists() or controller in control.read_text().split():
        yield
        return
    with contextlib.suppress(OSError):  # then there is no group with it
        control.write_text(f"+{controller}")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            control.write_text(f"-{controller}")


def made_group(controller, knob, value):
    """The path of a new cgroup with that limit. Of version 1 or 2."""
    places = {world.CGROUPS / controller: knob[0], world.CGROUPS: knob[1]}
    for place, file in places.items():
        path = place / f"rb-faults-{os.getpid()}-{controller}"
        try:
            path.mkdir()
            (path / file).write_text(str(value))
            return path
        except OSError:
            with contextlib.suppress(OSError):
                path.rmdir()
    raise world.Skipped(f"no cgroup with the controller {controller}")


@contextlib.contextmanager
def group(controller, knob, value):
    """A cgroup with a limit: what a command that runs in it begins with."""
    with given_to_groups(controller):
        path = made_group(controller, knob, value)
        try:
            yield ("/bin/sh", "-c", f'echo 0 >{path}/cgroup.procs && exec "$@"', "sh")
        finally:
            world.wait_for("the cgroup to be empty", lambda: removed(path))


def removed(path):
    world.reap()
    with contextlib.suppress(OSError):
        path.rmdir()
    return not path.exists()


def tasks_of_cgroup(bench):
    """pids.max, at each number that is too low for the tree, and one that is not."""
    codes = []
    for most in (1, 2, 3, 4, 5, 6, 7, 8, 10, 14, 40):
        with group("pids", ("pids.max", "pids.max"), most) as before:
            outcome = bench.run("--strategy", "userspace", "--workload", "processes:n=10",
                                "--repetitions", 1, "--out", "r.json", before=before)
            codes.append(outcome.expect((0, 1)).code)
            if outcome.code == 1:
                outcome.expect(1, "Resource temporarily unavailable|died", "all")
    assert codes[-1] == 0 and codes[0] == 1, codes
    return ("r.json",)


def memory_of_cgroup(bench):
    """memory.max: whoever the kernel kills, bench says so, or is who was killed."""
    image = bench.image("m.img", "memory:mib=64")
    codes = []
    for mib in (8, 24, 40, 60, 90, 400):
        with group("memory", ("memory.limit_in_bytes", "memory.max"), mib << 20) as before:
            outcome = bench.run("--strategy", "userspace", "--image", image, "--repetitions", 1,
                                "--out", "r.json", before=before)
            codes.append(outcome.expect((0, 1, 137)).code)
            if outcome.code == 1:
                outcome.expect(1, r"FAILED\n +\S|bench: ", "all")
    assert codes[-1] == 0 and set(codes) != {0}, codes
    return image, "r.json"


CASES = (size_of_files, tasks_of_cgroup)
LONG_CASES = (descriptors, address_space, memory_of_cgroup)
