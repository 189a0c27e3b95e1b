"""Change points: where a series of numbers begins to be another one. Values only.

On a clock that counts instructions a run repeats itself, so each run is compared with the
first one of its level as scripts/regress compares head with base (`steps`). Wall times are
noise around a level; there a permutation test says whether two levels explain the series
better than chance does (`shifts`).
"""

import math
from dataclasses import dataclass

from .. import statistics
from ..errors import LackingError
from ..regress import verdicts

# Fewer runs on one side of a change are an outlier, not a level.
LEAST_RUNS = 3
# The same numbers have the same change points: the permutations are always the same.
SEED = 20081016
# Permutations that are tried at once.
BATCH = 100


@dataclass(frozen=True)
class Change:
    """index: of the first value after it. since: of the first value of the level before.
    ratio: after / before. interval: of the ratio, of steps; error: the probability that
    chance alone makes such a series, of shifts."""

    index: int
    since: int
    ratio: float
    interval: statistics.Interval | None = None
    error: float | None = None


def steps(points, threshold, confidence):
    """Changes of exact counts.

    @param points samples of each run, oldest first
    @param threshold smaller changes, as a part, are none; small ones in one direction are
    found as soon as their sum is above it
    @param confidence with which all intervals of the series are right together
    """
    each = statistics.corrected_confidence(confidence, len(points) - 1)
    found = []
    first = 0
    for index in range(1, len(points)):
        ratio = statistics.ratio_of_pairs(points[index], points[first], each)
        if ratio is None:
            continue
        verdict = verdicts.verdict_of(ratio.value, ratio.interval, threshold)
        if verdict in (verdicts.SLOWER, verdicts.FASTER):
            found.append(Change(index, first, ratio.value, ratio.interval))
            first = index
    return found


def shifts(values, threshold, error):
    """Changes of the level of noisy values.

    Of all ways to cut the series in two with LEAST_RUNS on each side, the one is taken
    whose parts differ most in their mean rank, for its variance; ranks, as single runs may
    be far off. How often a random order of the same values has a cut as good is counted; if
    that is rarer than half of `error`, the cut is a change. If not, the same is asked of two
    cuts, of which what is between differs from what is outside of them, as in circular binary
    segmentation (Olshen and others, 2004, doi:10.1093/biostatistics/kxh008): a level that is
    left and comes back has no single good cut. All parts are looked at in the same way.

    Values of one level must be exchangeable: a slow drift is found as a change, too.

    @param threshold smaller changes of the median, as a part, are none
    @param error the probability that a series without a change has one found
    """
    found = []
    parts = [(0, len(values))]
    while parts:
        start, end = parts.pop()
        cuts, chance = _best_cuts(values[start:end], error)
        found += [(start + cut, chance) for cut in cuts]
        edges = [start, *(start + cut for cut in cuts), end]
        if cuts:
            parts += zip(edges, edges[1:])
    return _with_levels(values, sorted(found), threshold)


def _with_levels(values, cuts, threshold):
    """Changes at these cuts, without those that are below the threshold: of them the least
    first, as the levels beside it become one."""
    while True:
        edges = [0, *(cut for cut, _ in cuts), len(values)]
        levels = [statistics.median(values[a:b]) for a, b in zip(edges, edges[1:])]
        ratios = [after / before if before else 1 for before, after in zip(levels, levels[1:])]
        small = [(abs(ratio - 1), index) for index, ratio in enumerate(ratios)
                 if abs(ratio - 1) <= threshold]
        if not small:
            return [Change(cut, edges[index], ratio, error=chance)
                    for index, ((cut, chance), ratio) in enumerate(zip(cuts, ratios))]
        del cuts[min(small)[1]]


def _best_cuts(values, error):
    """(one or two indices, probability), or ([], None) if chance makes as good ones."""
    count = len(values)
    if count < 2 * LEAST_RUNS or min(values) == max(values):
        return [], None
    last = count - LEAST_RUNS + 1
    one = [(0, cut) for cut in range(LEAST_RUNS, last)]
    two = [(first, second) for first in range(LEAST_RUNS, last)
           for second in range(first + LEAST_RUNS, last)]
    for pairs in filter(None, (one, two)):
        best, chance = _best_pair(values, pairs, error / 2)
        if best is not None:
            return [cut for cut in best if cut], chance
    return [], None


def _best_pair(values, pairs, error):
    """The pair of indices between which the mean rank differs most from that of the rest,
    and the probability of one as good in a random order; or (None, None)."""
    try:
        import numpy
        from scipy.stats import rankdata
    except ImportError as missing:
        raise LackingError(f"a module of Python is missing: {missing.name}",
                           "run scripts/setup") from None
    ranks = rankdata(values)
    ranks -= ranks.mean()
    first, second = numpy.array(pairs).T
    inside = second - first
    scale = numpy.sqrt(inside * (len(values) - inside))

    def differences(rows):
        """How much each pair's inside differs, in each row."""
        sums = numpy.cumsum(rows, axis=1)
        before = numpy.where(first > 0, sums[:, first - 1], 0)
        return numpy.abs(sums[:, second - 1] - before) / scale

    own = differences(ranks[None, :])[0]
    best = own.max() * (1 - 1e-12)  # an equal one is as good
    random = numpy.random.default_rng(SEED)
    tries = math.ceil(10 / error)
    as_good = done = 0
    while done < tries:
        rows = random.permuted(numpy.tile(ranks, (min(BATCH, tries - done), 1)), axis=1)
        as_good += int((differences(rows).max(axis=1) >= best).sum())
        done += len(rows)
        if (as_good + 1) / (tries + 1) > error:
            return None, None
    return pairs[int(own.argmax())], (as_good + 1) / (tries + 1)
