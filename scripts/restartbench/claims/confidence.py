"""How far a verdict is to be trusted, and why."""

from .figure import OPEN, side

UNCLEAR_SHARE = 0.25  # of all figures; more of them make a verdict doubtful


def confidence(figures, limit, clocks, doubts=(), cautions=()):
    """("high" | "medium" | "low", reasons).

    low: over UNCLEAR_SHARE of the figures that decide are not clear of the limit, or a file
    warns about its numbers (`doubts`). medium: some are not clear, or all were measured on
    one clock, or others used the machine (`cautions`). high: all are clear, on two clocks,
    wall time and instructions. `limit` is None for counts of verified restarts, which are
    exact.
    """
    if limit is None:
        return ("low", list(doubts)) if doubts else \
            ("high", ["counted, each one restarted and verified"])
    reasons = [*doubts, *cautions]
    unclear = sum(side(figure, limit) == OPEN for figure in figures)
    if unclear:
        reasons.append(f"{unclear} of {len(figures)} figures are not clear of the limit")
    one_clock = len(set(clocks)) < 2
    reasons.append(f"measured on {'one clock only' if one_clock else 'two clocks'}: "
                   + ", ".join(dict.fromkeys(clocks)))
    if doubts or unclear > UNCLEAR_SHARE * len(figures):
        return "low", reasons
    return "medium" if unclear or one_clock or cautions else "high", reasons
