"""What CI compares with: the state before a change, and which regressions are intended."""

import fnmatch
import os
import re
from dataclasses import dataclass, replace

from ..errors import EXIT_LACKING, LackingError, ScriptError
from . import verdicts

# Nothing else gets into bench, the module, or how they are built.
MATTERS = ("base", "image", "workloads", "strategies", "harness", "cmake", "CMakeLists.txt",
           "CMakePresets.json", "scripts/build", "scripts/build-module")
# Says with what to compare, as CI knows it: the commit before a push, for one.
VARIABLE = "RESTARTBENCH_BASE"
TRAILER = "Regression-accepted"
_TRAILER = re.compile(rf"^{TRAILER}:\s*(.*?)\s*$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Accepted:
    """A pattern of cells that may be slower, and the commit that says so."""

    pattern: str
    commit: str


def base_of(git, name=""):
    """(commit, what it is) that the working tree is to be compared with.

    Of a branch it is where that left the main branch. On the main branch it is the parent of
    the last commit that changed what matters, so that a change is measured when others follow
    that matter not.

    @param name asked for; else $RESTARTBENCH_BASE, else as above
    @raises LackingError where there is no such commit: in a shallow clone, without git
    """
    name = name or os.environ.get(VARIABLE, "")
    if name.strip("0"):
        commit = git.commit(name)
        if not commit:
            raise LackingError(f"{name} is no commit of {git.root}", "fetch it: a shallow clone "
                               "has not got it")
        return commit, name
    head = git.commit("HEAD")
    if not head:
        raise LackingError(f"{git.root} has no history of git", "clone it")
    shallow = "the clone is shallow; git fetch --unshallow gets the rest"
    for main in ("origin/HEAD", "origin/main", "main"):
        commit = git.commit(main) and git.ask("merge-base", main, "HEAD")
        if commit and commit != head:
            return commit, f"where this left {main}"
    last = git.ask("log", "-1", "--first-parent", "--format=%H", "HEAD", "--", *MATTERS)
    before = last and git.commit(f"{last}^1")
    if not before:
        is_shallow = git.ask("rev-parse", "--is-shallow-repository") == "true"
        raise LackingError("there is no commit before this one", shallow if is_shallow else "")
    return before, f"before {last[:12]}, the last commit that may change a restart"


def matters(git, base):
    """Files that differ from the base, not committed ones included, of what a restart
    depends on."""
    found = git.run("diff", "--name-only", base, "--", *MATTERS)
    if found.returncode != 0:
        raise ScriptError(f"git diff {base}: {found.stderr.strip()}")
    return found.stdout.splitlines()


def accepted(git, base):
    """What the commits since the base accept. @raises ScriptError for what is no cell"""
    found = []
    log = git.ask("log", "--format=%x01%H%n%B", f"{base}..HEAD")
    for entry in filter(None, log.split("\x01")):
        commit, _, message = entry.partition("\n")
        for line in _TRAILER.findall(message):
            for pattern in filter(None, re.split(r"[,\s]+", line)):
                if "/" not in pattern:
                    raise ScriptError(f"{commit[:12]}: {TRAILER}: {pattern} is no cell",
                                      "write WORKLOAD/STRATEGY; * stands for anything")
                found.append(Accepted(pattern, commit))
    return found


def accept(cells, patterns):
    """The verdicts, of which intended regressions are no failures; and patterns for nothing."""
    done, used = [], set()
    for cell in cells:
        one = next((one for one in patterns if fnmatch.fnmatchcase(cell.name, one.pattern)), None)
        if one:
            used.add(one)
        if one and cell.verdict == verdicts.SLOWER:
            cell = replace(cell, verdict=verdicts.ACCEPTED,
                           reason=f"slower, accepted by {one.commit[:12]}")
        done.append(cell)
    return done, [one for one in patterns if one not in used]


def without_faults_of_base(cells, head):
    """What only the base could not do is no fault of the head."""
    def is_fine(name):
        cell = head.find(name)
        return cell is not None and not cell.why_not_to_use()

    return [replace(cell, verdict=verdicts.ADDED)
            if cell.verdict == verdicts.ERROR and cell.reason.startswith("base:")
            and is_fine(cell.name) else cell for cell in cells]


def advice(cells):
    """How to accept what is slower."""
    slower = [cell.name for cell in cells if cell.verdict == verdicts.SLOWER]
    return f"if that is intended, say so in a commit's message: {TRAILER}: {', '.join(slower)}" \
        if slower else ""


def exit_code(cells):
    """As of all comparisons; but 77 if the base had none of the cells, which is no failure."""
    if cells and all(cell.verdict in (verdicts.ADDED, verdicts.UNSUPPORTED) for cell in cells):
        return EXIT_LACKING
    return verdicts.exit_code(cells)
