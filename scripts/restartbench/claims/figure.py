"""A measured figure with its interval, and on which side of a limit it is."""

import dataclasses

BELOW, ABOVE, OPEN = "below", "above", "open"


@dataclasses.dataclass(frozen=True)
class Figure:
    """One number that decides a claim.

    `low` and `high` are the ends of its interval; None where there are too few
    samples for one. `samples` is the number of pairs or samples that it rests on;
    0 for a count, which is exact. `sources` are (file, cell) of the raw samples.
    """

    where: str  # the image, or the class of objects
    who: str  # the strategy; "" where `what` says it
    what: str  # "kernel / userspace", "share of creating"
    value: float
    low: float | None
    high: float | None
    unit: str = "ratio"  # or: share, objects, graphs, ns, instructions
    samples: int = 0
    sources: tuple = ()


def exact(where, who, what, value, unit, sources=()):
    """A count: it has no spread."""
    return Figure(where, who, what, value, value, value, unit, 0, tuple(sources))


def side(figure, limit):
    """BELOW or ABOVE the limit if all of the interval is; else OPEN, also where it touches it."""
    if figure.low is None or figure.high is None:
        return OPEN
    if figure.high < limit:
        return BELOW
    if figure.low > limit:
        return ABOVE
    return OPEN
