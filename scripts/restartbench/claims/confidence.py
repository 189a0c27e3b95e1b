"""How far a verdict is to be trusted, and why."""

from .figure import OPEN, side


def confidence(figures, limit, clocks, doubts=()):
    """("high" | "medium" | "low", reasons).

    low: a deciding figure is not clear of its limit, or a file warns about its numbers
    (`doubts`). medium: all are clear, on one clock. high: on two, wall time and
    instructions. `limit` is None for counts of verified restarts, which are exact.
    """
    reasons = list(doubts)
    if limit is not None:
        unclear = sum(side(figure, limit) == OPEN for figure in figures)
        if unclear:
            reasons.insert(0, f"{unclear} of {len(figures)} figures are not clear of the limit")
    if reasons:
        return "low", reasons
    if limit is None:
        return "high", ["counted, each one restarted and verified"]
    if len(set(clocks)) < 2:
        return "medium", [f"measured on one clock only: {', '.join(clocks)}"]
    return "high", [f"measured on two clocks: {', '.join(clocks)}"]
