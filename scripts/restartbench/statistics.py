"""Medians and their intervals, as bench computes them (harness/statistics/)."""

import math
import statistics
from dataclasses import dataclass

# An interval that misses the median more often than this says nothing.
LEAST_CONFIDENCE = 0.9


@dataclass(frozen=True)
class Interval:
    """It has the median in it with at least this confidence."""

    low: float
    high: float
    confidence: float


def median(values):
    return statistics.median(values)


def values_needed(confidence):
    """How many values an interval of their median with this confidence needs: all of them
    are on one side of it with a probability of 2 / 2^n."""
    return math.ceil(1 - math.log2(1 - confidence))


def median_interval(values, confidence):
    """The interval between two of the values, by order statistics: no assumption is made
    but that the values are independent and of one distribution.

    With too few values for the confidence it is their whole range, with the confidence
    that this has. @return None if that is below LEAST_CONFIDENCE (under 5 values)
    """
    ordered = sorted(values)
    count = len(ordered)
    if count == 0:
        return None
    if count < values_needed(confidence):
        confidence = 1 - 2.0 ** (1 - count)
        return Interval(ordered[0], ordered[-1], confidence) \
            if confidence >= LEAST_CONFIDENCE else None
    out = _left_out_at_each_end(count, 1 - confidence)
    return Interval(ordered[out], ordered[count - 1 - out], confidence)


def _left_out_at_each_end(count, error):
    """The most for which the median is outside of the rest with at most that probability."""
    from scipy.special import bdtr  # the distribution of binomial numbers

    out = 0
    while bdtr(out + 1, count, 0.5) <= error / 2:
        out += 1
    return out


def corrected_confidence(family, comparisons):
    """What each of several intervals needs, for all to be right together: Bonferroni's."""
    return 1 - (1 - family) / max(comparisons, 1)


@dataclass(frozen=True)
class Ratio:
    """The median of the ratios of pairs, with its interval (or None: too few pairs)."""

    value: float
    interval: Interval | None
    pairs: int


def ratio_of_pairs(values, baseline, confidence):
    """Value by value: what disturbs both of a pair alike is not in their ratio.

    Pairs whose second value is 0 are left out. @return None if there is no pair
    """
    ratios = [value / base for value, base in zip(values, baseline) if base != 0]
    if not ratios:
        return None
    return Ratio(median(ratios), median_interval(ratios, confidence), len(ratios))
