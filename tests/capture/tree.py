"""A program that runs, is captured and is restarted."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

# An emulated CPU is slow: programs have so many times less to do there.
SLOWER = 20 if os.environ.get("RB_CAPTURE_EMULATED") else 1
PATIENCE = 60 * (3 if SLOWER > 1 else 1)  # seconds; the machine may be busy
STRATEGY = os.environ.get("RB_CAPTURE_STRATEGY", "userspace")


class Skipped(Exception):
    """The machine lacks something."""


def wait_for(what, condition):
    """The first value of condition() that is true."""
    deadline = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


def unpacked_programs():
    """The folder into which scripts/fetch-programs unpacks packages, by its own rule."""
    cache = os.environ.get("RESTARTBENCH_CACHE") or "/var/cache/restartbench"
    return pathlib.Path(cache) / "programs"


def installed(*programs):
    """Paths of programs, of Debian's and not of what a user put in front of them."""
    root = unpacked_programs()
    found = []
    for program in programs:
        path = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")
        if path is None:
            path = shutil.which(program, path=f"{root}/usr/sbin:{root}/usr/bin")
            os.environ["LD_LIBRARY_PATH"] = f"{root}/usr/lib/x86_64-linux-gnu"
        if path is None:
            raise Skipped(f"{program} is not installed; scripts/fetch-programs gets it")
        found.append(path)
    return found


class Trial:
    def __init__(self, bench, work):
        self.bench = os.path.abspath(bench)
        self.work = work
        self.image = str(work / "tree.img")

    def start(self, arguments, name="program", **options):
        """Starts a program in a session of its own. What it prints goes to NAME.out."""
        options.setdefault("stdin", subprocess.DEVNULL)
        with open(self.work / f"{name}.out", "ab") as out:
            return subprocess.Popen(arguments, stdout=out, stderr=out, start_new_session=True,
                                    close_fds=True, cwd=self.work, **options)

    def run(self, *arguments, code=0, timeout=PATIENCE):
        """Runs bench; what it printed, stderr included."""
        done = subprocess.run([self.bench, *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=timeout)
        print(done.stdout, end="", flush=True)
        what = f"bench {' '.join(arguments)}: exit code {done.returncode}"
        assert code is None or done.returncode == code, what
        return done.stdout

    def capture(self, pid, *arguments, code=0):
        return self.run("capture", str(pid), "-o", self.image, *arguments, code=code)

    def move(self, process):
        """Captures and ends a process that was started here, and restarts it."""
        said = self.capture(process.pid)
        assert process.wait(PATIENCE) == -signal.SIGKILL, "it was not ended"
        self.reap()
        self.restart()
        return said

    @staticmethod
    def reap():
        """Waits for what became a child of this init when its parent was ended."""
        try:
            while os.waitpid(-1, os.WNOHANG)[0] > 0:
                pass
        except ChildProcessError:
            pass

    def restart(self):
        """Restarts the image and leaves it running, as a child of this init."""
        return self.run("restart", self.image, "--strategy", STRATEGY, "--detach")

    def end_of(self, pid):
        """The wait status of a process that has become this init's child."""
        def ended():
            got, status = os.waitpid(pid, os.WNOHANG)
            return (status,) if got == pid else None
        return wait_for(f"the end of pid {pid}", ended)[0]
