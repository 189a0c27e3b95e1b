"""Judges what was measured of base and head, cell by cell. Functions over values only."""

from dataclasses import dataclass

from .. import errors, statistics
from ..profiling.differences import Difference

SLOWER = "slower"
FASTER = "faster"
UNCHANGED = "unchanged"
UNRESOLVED = "unresolved"    # the samples do not say on which side of the threshold it is
ERROR = "error"              # no time of one side that may be used
UNSUPPORTED = "unsupported"  # neither side can do it
ADDED = "added"              # head only
INTERRUPTED = "interrupted"  # a signal came before both sides had it
ACCEPTED = "accepted"        # slower, as the message of a commit says it should be

COMPARED = (SLOWER, FASTER, UNCHANGED, UNRESOLVED, ACCEPTED)

# What a stage must move of its cell's time to be named, as a part of the threshold: what
# moves a cell over it may be spread over several stages.
STAGE_PART = 0.2


@dataclass(frozen=True)
class Moved:
    """A stage, or a number of objects, before and after: medians."""

    name: str
    base: float
    head: float
    of_cell: float | None = None  # the change as a part of the cell's time at base

    @property
    def change(self):
        return self.head - self.base


@dataclass(frozen=True)
class Objects:
    """A class of kernel objects in one restart, of which base and head make different numbers,
    or, with useless, do not need all that they make."""

    name: str
    base: int
    head: int
    base_useless: int | None = None
    head_useless: int | None = None


@dataclass(frozen=True)
class CellVerdict:
    """ratio: head / base, the median of pairs. interval: of the ratio. Medians in the unit."""

    name: str
    verdict: str
    reason: str = ""
    ratio: float | None = None
    interval: statistics.Interval | None = None
    pairs: int = 0
    base: float | None = None
    head: float | None = None
    stages: tuple[Moved, ...] = ()   # all of them, in the order of a restart
    objects: tuple[Objects, ...] = ()  # those that differ
    work: tuple[Moved, ...] = ()     # of the ledger, those that differ
    functions: Difference | None = None  # where it was profiled
    no_functions: str = ""           # why it was not, where it should have been

    def moved_stages(self, threshold):
        """The stages that explain the change, the largest first."""
        found = [stage for stage in self.stages
                 if stage.of_cell is not None and abs(stage.of_cell) >= threshold * STAGE_PART]
        return sorted(found, key=lambda stage: -abs(stage.of_cell))


def verdict_of(ratio, interval, threshold):
    """Slower or faster: the ratio is beyond the threshold, and 1 is not in its interval.
    Unchanged: all of the interval is within the threshold. Unresolved: all else."""
    if interval is None:
        return UNRESOLVED
    if ratio > 1 + threshold:
        return SLOWER if interval.low > 1 else UNRESOLVED
    if ratio < 1 - threshold:
        return FASTER if interval.high < 1 else UNRESOLVED
    within = 1 - threshold <= interval.low and interval.high <= 1 + threshold
    return UNCHANGED if within else UNRESOLVED


def judge(base, head, threshold, confidence):
    """Verdicts on all cells of two sides, in the order of base, then what only head has.

    @param base, head lists of runs: one each, whose restarts are compared, or as many of
    one as of the other, measured in turn, whose medians are compared
    @param confidence with which all intervals are right together
    """
    names = list(dict.fromkeys(cell.name for side in (base, head) for run in side
                               for cell in run.cells if cell.kind != "test"))
    interrupted = any(run.interrupted for run in (*base, *head))
    each = statistics.corrected_confidence(confidence, len(names))
    return [_judge_cell(name, [run.find(name) for run in base], [run.find(name) for run in head],
                        threshold, each, interrupted) for name in names]


def _judge_cell(name, base, head, threshold, confidence, interrupted):
    if interrupted:
        # What was complete before the signal counts; both sides must have it.
        both = [(one, other) for one, other in zip(base, head) if _whole(one) and _whole(other)]
        if not both:
            return CellVerdict(name, INTERRUPTED)
        base, head = map(list, zip(*both))
    problem = _why_not(base, head)
    if problem is not None:
        return CellVerdict(name, *problem)
    first = base[0].compared if len(base) == 1 else [cell.median for cell in base]
    second = head[0].compared if len(head) == 1 else [cell.median for cell in head]
    ratio = statistics.ratio_of_pairs(second, first, confidence)
    if ratio is None:
        return CellVerdict(name, ERROR, "base: all its samples are 0")
    verdict = verdict_of(ratio.value, ratio.interval, threshold)
    reason = ""
    if verdict == UNRESOLVED:
        reason = f"too few samples: {ratio.pairs} pairs" if ratio.interval is None else \
            "the interval is too wide for the threshold"
    medians = [statistics.median([cell.median for cell in side]) for side in (base, head)]
    return CellVerdict(name, verdict, reason, ratio.value, ratio.interval, ratio.pairs, *medians,
                       _stages(base, head, medians[0]), *_ledger(base[0], head[0]))


def _whole(cell):
    return cell is not None and cell.state != "interrupted"


def _why_not(base, head):
    """(verdict, reason) where no numbers can be compared, or None."""
    if all(cell is None for cell in base):
        return _why_not_one(head, "head") or (ADDED, "base does not have it")
    if all(cell is not None and cell.state == "unsupported" for cell in (*base, *head)):
        return UNSUPPORTED, head[0].why_not_to_use()
    if all(cell is not None and cell.state == "unsupported" for cell in base):
        return _why_not_one(head, "head") or (ADDED, f"base: {base[0].why_not_to_use()}")
    return _why_not_one(base, "base") or _why_not_one(head, "head")


def _why_not_one(cells, side):
    for cell in cells:
        reason = "does not have it" if cell is None else cell.why_not_to_use()
        if reason:
            return ERROR, f"{side}: {reason}"
    return None


def _stages(base, head, whole):
    """Every stage that both sides have."""
    def medians(cells, name):
        return statistics.median([cell.stages[name] for cell in cells])

    names = [name for name in base[0].stages if all(name in cell.stages for cell in (*base, *head))]
    stages = []
    for name in names:
        before, after = medians(base, name), medians(head, name)
        stages.append(Moved(name, before, after, (after - before) / whole if whole else None))
    return tuple(stages)


def _ledger(base, head):
    """(classes of objects, work) that differ; none unless both sides counted them."""
    if base.ledger is None or head.ledger is None:
        return (), ()
    objects = []
    for name, account in base.ledger.objects.items():
        other = head.ledger.objects.get(name)
        counts = (account.created.median, other.created.median) if other else (None, None)
        if None not in counts and (counts[0] != counts[1] or account.useless != other.useless):
            objects.append(Objects(name, *counts, account.useless, other.useless))
    work = [Moved(name, count, head.ledger.work[name])
            for name, count in base.ledger.work.items()
            if head.ledger.work.get(name, count) != count]
    return tuple(objects), tuple(work)


def exit_code(verdicts):
    """130 interrupted; 1 a cell has no time that may be used; 3 a regression; 77 nothing
    can be run here; 1 nothing was compared; else 0."""
    found = {verdict.verdict for verdict in verdicts}
    if INTERRUPTED in found:
        return errors.EXIT_INTERRUPTED
    if ERROR in found:
        return errors.EXIT_FAILED
    if SLOWER in found:
        return errors.EXIT_REGRESSION
    if found.intersection(COMPARED):
        return 0
    return errors.EXIT_LACKING if found == {UNSUPPORTED} else errors.EXIT_FAILED
