"""git bisect with bench as the judge: the first commit that moved a cell."""

from dataclasses import dataclass, field

from ..errors import LackingError, ScriptError
from ..regress import contexts, verdicts
from ..regress.builds import BuildFailed
from ..regress.formats import percent
from ..regress.measuring import Side, run_once
from ..results import read_run

# git bisect run has the same: this revision cannot be judged.
SKIP = 125
GOOD, BAD = 0, 1
WORDS = {GOOD: "good", BAD: "bad", SKIP: "skip"}


class CannotJudge(ScriptError):
    """A revision that is skipped, and why."""


class NoChange(ScriptError):
    """There is nothing to look for between good and bad."""

    exit_code = 1


@dataclass
class Found:
    """first_bad: '' if only skipped ones are left, which are `candidates`."""

    first_bad: str = ""
    candidates: list = field(default_factory=list)
    skipped: list = field(default_factory=list)


class Measurer:
    """Measures one cell of revisions, each once: results are kept and used again."""

    def __init__(self, checkout, builder, plan, cell, folder, say):
        self._checkout = checkout
        self._builder = builder
        self._plan = plan
        self._cell = cell
        self._folder = folder
        self._say = say
        self._context = None

    def measure(self, commit):
        """The run of a revision, of which bench is checked out and built unless it is known.
        @raises CannotJudge if it does not build, or has no time of the cell"""
        path = self._folder / f"{commit[:12]}-1.json"
        run = self._known(path, commit)
        if run is None:
            run = self._run(path, commit)
        self._context = self._context or run.context
        return run

    def _known(self, path, commit):
        if not path.exists():
            return None
        try:
            run = read_run(path)
        except ScriptError:
            return None  # of a call that was killed
        context = run.context
        same = self._context is None or not contexts.differences(self._context, context)
        if context.get(contexts.KNOWN_REVISION) != commit or not same or run.interrupted \
                or problem_of(run, self._cell):
            return None
        self._say(f"{commit[:12]} was measured before: {path}")
        return run

    def _run(self, path, commit):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if self._checkout.head() != commit:
            self._checkout.go_to(commit)
        try:
            build = self._checkout.build()
        except BuildFailed as error:
            raise CannotJudge(f"it does not build:\n{error}") from None
        if not self._cell.rpartition("/")[2].startswith(("userspace", "bare", "null")):
            self._builder.module(build)
        side = Side(commit[:12], build, "", [])
        try:
            run_once(side, self._plan, path, self._say)
        except LackingError:
            raise
        except ScriptError as error:
            raise CannotJudge(str(error)) from None
        run = side.runs[0]
        if self._context is not None:
            found = contexts.differences(self._context, run.context)
            if found:
                raise CannotJudge("it is measured in another way: "
                                  + ", ".join(field for field, *_ in found))
        problem = problem_of(run, self._cell)
        if problem:
            raise CannotJudge(problem)
        return run


def problem_of(run, name):
    """Why a cell of a run has no time that may be used; '' if it has one."""
    cell = run.find(name)
    return f"bench has no cell {name}" if cell is None else cell.why_not_to_use()


class Judge:
    """Good and bad by the change of one cell against the good end, in the direction of that
    of the bad end."""

    def __init__(self, measurer, cell, threshold, good, bad, say):
        """Measures both ends. @raises NoChange, CannotJudge"""
        self._measurer = measurer
        self._cell = cell
        self._threshold = threshold
        self._say = say
        self._good = measurer.measure(good)
        verdict = self.compare(measurer.measure(bad))
        if verdict.verdict not in (verdicts.SLOWER, verdicts.FASTER):
            change = f" ({percent(verdict.ratio - 1)})" if verdict.ratio is not None else ""
            raise NoChange(f"{cell} is {verdict.verdict}{change} from {good[:12]} to {bad[:12]}",
                           "give other revisions, or a smaller --threshold")
        self.direction = verdict.verdict
        say(f"{bad[:12]} is {verdict.verdict} than {good[:12]}: {percent(verdict.ratio - 1)}")

    def compare(self, run):
        """The verdict on the cell against the good end."""
        found = verdicts.judge([self._good], [run], self._threshold,
                               self._good.context.get("confidence", 0.99))
        return next(one for one in found if one.name == self._cell)

    def __call__(self, commit):
        """GOOD, BAD or SKIP"""
        try:
            verdict = self.compare(self._measurer.measure(commit))
        except CannotJudge as error:
            self._say(f"{commit[:12]}: skipped (exit code {SKIP} of git bisect run): {error}")
            return SKIP
        if verdict.verdict == verdicts.UNRESOLVED:
            self._say(f"{commit[:12]}: skipped: {verdict.reason}")
            return SKIP
        code = BAD if verdict.verdict == self.direction else GOOD
        self._say(f"{commit[:12]}: {WORDS[code]}: {percent(verdict.ratio - 1)}")
        return code


def bisect(checkout, good, bad, judge):
    """Runs git bisect in the worktree until it is done. @raises ScriptError if git refuses"""
    found = Found()
    checkout.go_to(bad)
    checkout.git("bisect", "reset")  # of a call that was killed
    try:
        output = _step(checkout, "start", bad, good)
        for _ in range(_most_steps(checkout, good, bad)):
            found.first_bad, found.candidates = _outcome(output)
            if found.first_bad or found.candidates:
                return found
            commit = checkout.head()
            code = judge(commit)
            if code == SKIP:
                found.skipped.append(commit)
            output = _step(checkout, WORDS[code])
        raise ScriptError(f"git bisect came to no end: {output}")
    finally:
        checkout.git("bisect", "reset")


def _most_steps(checkout, good, bad):
    """Each commit once, if all were skipped; and merge bases."""
    count = checkout.git("rev-list", "--count", bad, f"^{good}").stdout.strip()
    return int(count or 0) + 10


def _step(checkout, *words):
    done = checkout.git("bisect", *words)
    # 2: only skipped ones are left
    if done.returncode not in (0, 2):
        raise ScriptError(f"git bisect {words[0]}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def _outcome(output):
    """(the first bad commit or '', those of which one is it or [])"""
    lines = output.splitlines()
    for line in lines:
        if line.endswith(" is the first bad commit"):
            return line.split()[0], []
    for number, line in enumerate(lines):
        if line.startswith("The first bad commit could be any of"):
            return "", [one for one in lines[number + 1:] if len(one) == 40 and one.isalnum()]
    return "", []
