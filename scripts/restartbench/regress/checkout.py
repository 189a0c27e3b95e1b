"""A worktree that goes from revision to revision: only what differs is built anew."""

import contextlib
import fcntl
import shutil

from ..errors import ScriptError
from .builds import Build


class Checkout:
    """A worktree of its own, beside the user's, which is never touched. It is kept, with what
    was built in it, until `git worktree remove`. One process has it at a time."""

    def __init__(self, builder, name):
        self._builder = builder
        self._git = builder.git
        self.folder = builder.cache / name

    @contextlib.contextmanager
    def lock(self, wait=False):
        """@raises ScriptError if another process has it, unless it is waited for"""
        self._builder.cache.mkdir(parents=True, exist_ok=True)
        with open(self.folder.with_suffix(".lock"), "w", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise ScriptError(f"{self.folder} is in use by another call",
                                  "wait until that one ends") from None
            yield self

    def git(self, *words):
        """What `git WORDS` made of it there."""
        return self._git.run(*words, folder=self.folder)

    def go_to(self, commit):
        """Checks that commit out, making the worktree if need be."""
        top = self._git.ask("rev-parse", "--show-toplevel", folder=self.folder) \
            if self.folder.is_dir() else ""
        if top != str(self.folder.resolve()):
            shutil.rmtree(self.folder, ignore_errors=True)
            self._git.run("worktree", "prune")
            done = self._git.run("worktree", "add", "--detach", "--force", str(self.folder), commit)
        else:
            done = self.git("checkout", "--quiet", "--detach", "--force", commit)
        if done.returncode != 0:
            raise ScriptError(f"git cannot check out {commit[:12]}: {done.stderr.strip()}")

    def head(self):
        return self._git.ask("rev-parse", "HEAD", folder=self.folder)

    def build(self):
        """Builds bench of the revision that is checked out. @raises BuildFailed"""
        commit = self.head()
        self._builder.build(self.folder, commit[:12])
        return Build(self.folder, commit, commit[:12])
