"""Builds revisions of this project, each in a git worktree of its own that is kept."""

import os
import pathlib
import shutil
import signal
import subprocess
from dataclasses import dataclass

from ..errors import LackingError, ScriptError, EXIT_LACKING
from .git import Repository

DONE = "regress.done"  # in the worktree's build folder: bench is built there
CCACHE = pathlib.Path("/usr/lib/ccache/c++")  # where Debian has ccache in place of compilers
KILL_AFTER = 20  # seconds that an interrupted child has to clean up


@dataclass(frozen=True)
class Build:
    """A built bench. revision: '' if it is of no commit as it is."""

    folder: pathlib.Path
    revision: str
    label: str

    @property
    def bench(self):
        return self.folder / "build" / "release" / "bin" / "bench"


def run_child(command, folder, log, whole_group=True, environment=None):
    """Exit code of a command, which Ctrl-C of a terminal does not reach: if this process is
    interrupted, it is asked to end, and waited for.

    @param log a file for all that it prints
    @param environment None: this process's
    @param whole_group ask its children, too: make and ninja wait for theirs; bench ends its own
    """
    with open(log, "ab") as output:
        # A signal between fork and the return of Popen would lose the child.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})

        def unblock():
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

        try:
            process = subprocess.Popen(list(map(str, command)), cwd=folder,
                                       stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                       start_new_session=True, preexec_fn=unblock,
                                       env=environment)
        except BaseException:
            unblock()
            raise
        try:
            unblock()
            return process.wait()
        except BaseException:
            _end(process, whole_group)
            raise


def _end(process, whole_group):
    if process.poll() is not None:
        return
    try:
        if whole_group:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        process.wait(KILL_AFTER)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):  # or a second Ctrl-C
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def versions_with_headers(kernel, modules=pathlib.Path("/lib/modules")):
    """Kernels to build for: those whose version begins so; '' is all, which says [];
    the text itself if there are none, which scripts/build-module then says."""
    if not kernel:
        return []
    return sorted(path.parent.name for path in modules.glob("*/build")
                  if path.parent.name.startswith(kernel)) or [kernel]


def build_tree_of(kernel):
    """The folder in which the kernel of that path was built, or None: `make` leaves the
    image some folders below what it says of the kernel's version."""
    if "/" not in kernel:
        return None
    return next((folder for folder in pathlib.Path(kernel).resolve().parents
                 if (folder / "include" / "config" / "kernel.release").exists()), None)


class Builder:
    """root: a checkout with .git. cache: where worktrees are made. say: of progress."""

    def __init__(self, root, cache, say):
        self.root = pathlib.Path(root)
        self.git = Repository(root)
        self.cache = pathlib.Path(cache)
        self.say = say
        self._modules = {}  # what module() returned for (build, kernel)

    def resolve(self, name):
        """The commit of that name. @raises ScriptError if there is none"""
        return self.git.resolve(name)

    def working_tree(self):
        """The checkout that regress is part of, with what is not committed, built."""
        revision = ""
        if shutil.which("git") is not None:
            head = self.git.run("rev-parse", "HEAD")
            clean = self.git.run("status", "--porcelain", "--untracked-files=no")
            if head.returncode == 0 and clean.returncode == 0 and not clean.stdout.strip():
                revision = head.stdout.strip()
        self.build(self.root, "the working tree")
        return Build(self.root, revision, "working tree")

    def revision(self, name):
        """A built worktree of a revision; one of an earlier call is used again."""
        commit = self.resolve(name)
        folder = self.cache / commit[:12]
        label = name[:12] if commit.startswith(name) else f"{name} ({commit[:12]})"
        build = Build(folder, commit, label)
        if (folder / "build" / DONE).exists() and build.bench.exists():
            self.say(f"{label} is built in {folder}")
            return build
        try:
            self._remove(folder)  # of a call that was killed
            self.cache.mkdir(parents=True, exist_ok=True)
            added = self.git.run("worktree", "add", "--detach", "--force", str(folder), commit)
            if added.returncode != 0:
                raise ScriptError(f"git worktree add failed: {added.stderr.strip()}")
            self.build(folder, name)
            (folder / "build" / DONE).touch()
        except BaseException:
            self._remove(folder)
            raise
        return build

    def module(self, build, kernel=""):
        """Builds the kernel module; warns if it does not build.

        @param kernel the beginning of a version, '' for all with headers, or the path of an image
        @return its path, if the kernel is one that was built in a folder and so has a
        module of its own; else '', as bench finds the module by the kernel's version
        """
        if (build, kernel) in self._modules:
            return self._modules[build, kernel]
        tree = build_tree_of(kernel)
        wanted = [tree] if tree else versions_with_headers("" if "/" in kernel else kernel)
        log = build.folder / "build" / "regress-module.log"
        log.unlink(missing_ok=True)
        self.say(f"building the kernel module of {build.label}" + (f" for {tree}" if tree else ""))
        code = run_child(["scripts/build-module", *wanted], build.folder, log)
        if code != 0:
            why = "no headers of it are installed" if code == EXIT_LACKING and not tree \
                else f"see {log}"
            self.say(f"warning: {build.label}: the kernel module was not built, so kernel and "
                     f"optimistic cannot run: {why}")
        lines = log.read_text(errors="replace").splitlines() if tree and code == 0 else []
        self._modules[build, kernel] = lines[-1] if lines else ""
        return self._modules[build, kernel]

    def build(self, folder, name):
        """Builds bench in a checkout. @raises BuildFailed"""
        self.say(f"building {name} in {folder}")
        log = folder / "build" / "regress-build.log"
        log.parent.mkdir(exist_ok=True)
        code = run_child(["scripts/build", "release", "bench"], folder, log,
                         environment=self._with_cache(folder))
        if code == EXIT_LACKING:
            raise LackingError(f"{name} cannot be built here", "run scripts/setup")
        if code != 0:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
            raise BuildFailed(f"{tail}\nregress: {name} does not build (exit code {code})")

    def _with_cache(self, folder):
        """The environment of a build: ccache, if it is there, has what scripts/build has put
        into the cache of the root; older revisions' scripts do not ask for it. It must be asked
        in the same way: Python sets LC_CTYPE, which without that sloppiness is another key."""
        environment = dict(os.environ)
        if CCACHE.exists() and str(CCACHE.parent) not in environment.get("PATH", "").split(":"):
            environment["PATH"] = f"{CCACHE.parent}:{environment.get('PATH', os.defpath)}"
            for name, value in (("DIR", self.root / "build" / "ccache"), ("BASEDIR", folder),
                                ("NOHASHDIR", "true"), ("SLOPPINESS", "locale")):
                environment.setdefault(f"CCACHE_{name}", str(value))
        return environment

    def _remove(self, folder):
        if folder.exists():
            self.git.run("worktree", "remove", "--force", "--force", str(folder))
            shutil.rmtree(folder, ignore_errors=True)
        self.git.run("worktree", "prune")


class BuildFailed(ScriptError):
    """A revision does not build; the end of what the compiler said, and which it is."""

    exit_code = 1
