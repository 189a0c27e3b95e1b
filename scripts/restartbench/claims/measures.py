"""Figures with intervals, from cells that restartbench.results has read."""

from .. import comparing, statistics
from .figure import Figure

# Instructions: no interval of samples says how far two medians can be off, as one guest
# repeats itself; what other things move a median by does. docs/virtual-machine.md ("What
# still varies"): up to 0.3 %, with few samples 1.2 %. A ratio has two medians.
FEW_SAMPLES = 10
TOLERANCE = 0.006
TOLERANCE_OF_FEW = 0.024

CREATING = ("create", "attach")
CHECKING = ("plan",)


def source(cell):
    """(file, cell): where the raw samples are."""
    return cell.run.path, cell.name


def sample_count(cell):
    return sum(len(samples) for samples in cell.samples)


def tolerated(value, interval, samples, unit):
    """(low, high) of a figure; (None, None) if nothing is known."""
    low, high = (interval.low, interval.high) if interval is not None else (None, None)
    if unit != "instructions":
        return low, high
    tolerance = abs(value) * (TOLERANCE if samples >= FEW_SAMPLES else TOLERANCE_OF_FEW)
    low = value - tolerance if low is None else min(low, value - tolerance)
    high = value + tolerance if high is None else max(high, value + tolerance)
    return low, high


def ratio_in_round(cell, baseline, who=""):
    """cell / baseline, of one image and one run. None if there is nothing to divide by."""
    comparison = comparing.compare(cell, baseline)
    if comparison is None:
        return None
    samples = min(sample_count(cell), sample_count(baseline))
    low, high = tolerated(comparison.ratio, comparison.interval, samples, cell.unit)
    return Figure(cell.image_name, who, f"{cell.strategy} / {baseline.strategy}",
                  comparison.ratio, low, high, "ratio", samples, (source(cell), source(baseline)))


def ratio_of_images(cell, baseline, where, what):
    """cell / baseline of different images, which share no rounds: the interval is from the
    intervals of both medians."""
    value = cell.median / baseline.median
    above, below = cell.interval(), baseline.interval()
    interval = None
    if above is not None and below is not None and below.low > 0:
        interval = statistics.Interval(above.low / below.high, above.high / below.low,
                                       min(above.confidence, below.confidence))
    samples = min(sample_count(cell), sample_count(baseline))
    low, high = tolerated(value, interval, samples, cell.unit)
    return Figure(where, cell.strategy, what, value, low, high, "ratio", samples,
                  (source(cell), source(baseline)))


def share_of_stages(cell, stages, what):
    """Share of these stages in the work of all stages; None if no stage was timed."""
    per_round = []
    everything = cell.stage_samples
    rounds = len(next(iter(everything.values()), ()))
    for index in range(rounds):
        work = {name: statistics.median(samples[index]) for name, samples in everything.items()}
        total = sum(work.values())
        if total > 0:
            per_round.append(sum(work.get(name, 0) for name in stages) / total)
    if not per_round:
        return None
    value = statistics.median(per_round)
    interval = statistics.median_interval(per_round, cell.run.confidence)
    samples = sample_count(cell)
    low, high = tolerated(value, interval, samples, cell.unit)
    return Figure(cell.image_name, cell.strategy, what, value, low, high, "share", samples,
                  (source(cell),))


def extra_of_object(file, cost, name, confidence):
    """What creating and destroying an object takes beyond a reference, in pairs."""
    pairs = list(cost.both)
    interval = statistics.median_interval(pairs, confidence)
    low, high = (interval.low, interval.high) if interval is not None else (None, None)
    return Figure(name, "", "create + destroy, beyond a reference", statistics.median(pairs),
                  low, high, file.unit, len(pairs), ((file.path, name),))
