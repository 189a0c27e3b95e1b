"""Git, asked about one checkout."""

import pathlib
import shutil
import subprocess

from ..errors import LackingError, ScriptError


class Repository:
    """root: a checkout."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def run(self, *words, folder=None):
        """What `git WORDS` made of it; output and errors are text.
        @param folder another worktree
        @raises LackingError without git"""
        if shutil.which("git") is None:
            raise LackingError("git is not installed", "run scripts/setup")
        return subprocess.run(["git", "-C", str(folder or self.root), *words], text=True,
                              errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, start_new_session=True)

    def ask(self, *words, folder=None):
        """What git printed, without the last newline; '' if it failed or is not there."""
        if shutil.which("git") is None:
            return ""
        found = self.run(*words, folder=folder)
        return found.stdout.strip() if found.returncode == 0 else ""

    def commit(self, name):
        """The whole hash of what that name means, or ''."""
        return self.ask("rev-parse", "--verify", "--quiet", "--end-of-options",
                        f"{name}^{{commit}}")

    def resolve(self, name):
        """The commit of that name. @raises ScriptError if there is none"""
        found = self.run("rev-parse", "--verify", "--quiet", "--end-of-options",
                         f"{name}^{{commit}}")
        if found.returncode != 0:
            raise ScriptError(f"{name} is neither a file nor a revision of {self.root}",
                              "git log shows revisions; bench --out writes files")
        return found.stdout.strip()

    def subject(self, commit):
        return self.ask("log", "-1", "--format=%s", commit, "--")
