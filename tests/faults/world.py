"""A place of its own for each fault: what happens in it is seen, and gone with it.

A case runs as the init of a new pid namespace, in a mount namespace with a file system of its
own as TMPDIR and over /dev/shm. So every process that is there, every mount and every file is
the case's: whatever is left after a fault is found, and other tests are not disturbed.
"""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds; a restart that hangs is given up after 30
INSIDE = "RB_FAULTS_INSIDE"
CGROUPS = pathlib.Path("/sys/fs/cgroup")


class Skipped(Exception):
    """The machine lacks something that the case needs."""


def enter():
    """Runs this very command again, inside."""
    place = os.environ.get(INSIDE)
    if place:
        become_child_of_init()
        for each in (place, "/dev/shm"):
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2g", "faults", each], check=True)
        os.environ["TMPDIR"] = tempfile.tempdir = place
        return
    if os.geteuid() != 0:
        raise Skipped("needs root, for namespaces and chosen pids")
    os.environ[INSIDE] = tempfile.mkdtemp(prefix="rb-faults-")
    os.execvp("unshare", ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
                          sys.executable, *sys.argv])


def become_child_of_init():
    """Leaves pid 1 to somebody who waits for every orphan, as an init does."""
    child = os.fork()
    if child == 0:
        return
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status))


def leave():
    """Gives back what enter() took from the world outside."""
    os.chdir("/")
    place = os.environ.get(INSIDE)
    if place:
        subprocess.run(["umount", "--lazy", place], check=True)
        os.rmdir(place)


def processes():
    """Every process but this one and its init, as {pid: (name, state)}."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in (1, os.getpid()):
            continue
        with contextlib.suppress(OSError):
            text = (entry / "stat").read_text(errors="replace")
            name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:]
            found[int(entry.name)] = (name, rest.split()[0])
    return found


def named(name):
    """The pids of that name, ascending."""
    return sorted(pid for pid, (comm, state) in processes().items()
                  if comm == name and state not in "ZX")


def reap():
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass


def kill_all():
    """Every process in this namespace but this one and its init."""
    for pid in processes():
        kill(pid)
    time.sleep(0.1)
    reap()


def _mounts():
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    return sorted(" ".join(line.split()[2:]) for line in lines)


def _files(*places):
    return sorted(str(path) for place in places for path in pathlib.Path(place).rglob("*"))


def _groups():
    return sorted(str(path) for path in CGROUPS.glob("*/rb-faults*/**/"))


class Holdings:
    """What there is at one moment, beside processes, of which there must be none later."""

    def __init__(self):
        self.before = self._now()

    @staticmethod
    def _now():
        return {"mount": _mounts(), "cgroup": _groups(),
                "file": _files(tempfile.gettempdir(), "/dev/shm")}

    def check(self, allowed=()):
        """Fails if anything is left. @param allowed  names of files that may be new"""
        end = time.monotonic() + PATIENCE
        while True:
            reap()
            left = processes()
            if not left or time.monotonic() > end:
                break
            time.sleep(0.01)
        assert not left, f"processes are left: {left}"
        now = self._now()
        for kind, before in self.before.items():
            new = [each for each in now[kind] if each not in before
                   and os.path.basename(each) not in allowed]
            assert not new, f"{kind} left: {new}"


class Outcome:
    """How a command ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __str__(self):
        return (f"exit code {self.code}\n--- stdout\n{self.out[-1500:]}\n"
                f"--- stderr\n{self.err[-1500:]}")

    def errors(self):
        """What it complains of: one line each, warnings and notices left out."""
        return [line for line in self.err.splitlines()
                if line.startswith(("bench: ", "plot: ", "history: ", "report: ", "regress: "))
                and not re.match(r"\w+: (warning|captured|interrupted|on a virtual)", line)]

    def expect(self, codes, pattern=None, where="errors"):
        """One of the exit codes; and exactly one error, which has the pattern.

        @param where  "errors", or "all": the reason may be in the table as well
        """
        codes = codes if isinstance(codes, (tuple, list, set)) else (codes,)
        assert self.code in codes, f"expected exit code {codes}\n{self}"
        assert "internal error" not in self.err, self
        if pattern is None:
            return self
        if where == "all":
            assert re.search(pattern, self.out + self.err), f"no {pattern!r}\n{self}"
            return self
        errors = self.errors()
        assert len(errors) == 1, f"not one error but {len(errors)}\n{self}"
        assert re.search(pattern, errors[0]), f"not {pattern!r}\n{self}"
        return self


class Bench:
    """The program under test."""

    def __init__(self, program):
        self.program = program

    def start(self, *arguments, before=(), stdout=subprocess.PIPE, **more):
        """@param before  a command that runs it: strace, prlimit"""
        return subprocess.Popen([*before, self.program, *map(str, arguments)], text=True,
                                stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
                                errors="replace", **more)

    @staticmethod
    def end(process, patience=PATIENCE + 60):
        """Waits for its end. What hangs fails the case."""
        try:
            out, err = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"it hangs: {Outcome(None, out or '', err)}") from None
        code = process.returncode
        return Outcome(128 - code if code < 0 else code, out or "", err)

    def run(self, *arguments, patience=PATIENCE + 60, **more):
        return self.end(self.start(*arguments, **more), patience)

    def image(self, path, workload):
        self.run("image", "write", "--workload", workload, "-o", path).expect(0)
        return path


def wait_for(what, condition, patience=PATIENCE, pause=0.002):
    """@return what the condition gives, once that is true"""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(pause)
    raise AssertionError(f"not within {patience} s: {what}")


def kill(pid, number=signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
