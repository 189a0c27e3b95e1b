"""Ratios of the cells of one image, with intervals: from the file, or from its samples."""

from dataclasses import dataclass

from . import statistics
from .statistics import Interval


# By how much a cell's median moves in a guest that is built or booted differently, which the
# interval of one guest's samples does not show: kGuestsDiffer of harness/results.h.
GUESTS_DIFFER = 0.003


@dataclass(frozen=True)
class Comparison:
    """cell / baseline. `stored`: taken from the file as it is; else computed here, in the
    same way, from what counts as independent of both, in order."""

    cell: object
    baseline: object
    ratio: float
    interval: Interval | None
    pairs: int
    stored: bool

    @property
    def verdict(self):
        """In the words of bench; with no interval nothing is said, nor, where instructions are
        counted, of a difference that other guests could undo."""
        margin = GUESTS_DIFFER if self.cell.run.clock == "instructions" else 0
        if self.interval is not None and self.interval.high < 1 - margin:
            return "faster"
        if self.interval is not None and self.interval.low > 1 + margin:
            return "slower"
        return "no difference resolved"


def find_baseline(cell, strategy):
    """The cell of that strategy that restarts the same image in the same run and may be
    shown, or None."""
    for other in cell.run.cells_of_image(cell):
        if other.strategy == strategy and not other.why_not_to_use():
            return other
    return None


def compare(cell, baseline, confidence=None):
    """How much longer the cell takes than the baseline, both of one run and timed.

    The file's own comparison is used where there is one and no other confidence is asked
    for. Else the interval has, with those of all other cells of the run that could be
    compared with this baseline's strategy, the confidence of the run, or `confidence`.
    @return None if no pair can be compared
    """
    if cell.run is not baseline.run or cell.image_name != baseline.image_name:
        raise ValueError("only cells of one image and one run are measured side by side")
    if confidence is None:
        for stored in cell.run.comparisons:
            if stored.cell == cell.name and stored.baseline == baseline.name \
                    and stored.low is not None:
                interval = Interval(stored.low, stored.high, stored.confidence)
                return Comparison(cell, baseline, stored.ratio, interval, stored.pairs, True)
    each = statistics.corrected_confidence(confidence or cell.run.confidence,
                                           _comparisons_with(cell.run, baseline.strategy))
    ratio = statistics.ratio_of_pairs(cell.compared, baseline.compared, each)
    return ratio and Comparison(cell, baseline, ratio.value, ratio.interval, ratio.pairs, False)


def _comparisons_with(run, strategy):
    return sum(1 for cell in run.cells
               if cell.strategy != strategy and not cell.why_not_to_use()
               and find_baseline(cell, strategy) is not None)
