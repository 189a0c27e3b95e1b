"""When a claim holds: pure functions from figures to verdicts.

Every rule is one function of the figures that decide the claim, and every limit is a
constant here. docs/report.md says the same in words.
"""

import dataclasses

from .figure import ABOVE, BELOW, OPEN, side
from .naming import listing

HOLDS, FAILS, DEPENDS, UNDECIDED = "holds", "does not hold", "depends", "undecided"

EQUAL = 1.0  # ratio of two strategies that take the same
NOTHING = 0.0  # C2: what a new object takes beyond a reference, if that is nothing
DOMINANT_SHARE = 0.5  # C4: creating dominates a restart from half of its work on
REFERENCE_PRICE = 1.10  # C7: more than that is not "only reference counting"
CHECK_SHARE = 0.10  # C8: a check is cheap below that share of a restart's work


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What became of a claim; `on` says what it depends on, or why it is undecided."""

    word: str
    on: str = ""


def by_side(figures, limit, supports, words, subject):
    """The rule of most claims: on which side of a limit is each figure?

    `supports` is the side (BELOW or ABOVE) on which a figure supports the claim.
    All there: it holds. Some there, some not: it depends on `subject`. None there, and
    one on the other side: it does not hold. All open: nothing is decided. `words` says
    what BELOW and ABOVE mean.
    """
    sides = {BELOW: [], ABOVE: [], OPEN: []}
    for figure in figures:
        sides[side(figure, limit)].append(figure)
    other = ABOVE if supports == BELOW else BELOW
    if len(sides[OPEN]) == len(figures):
        return Verdict(UNDECIDED, "no figure is clear of its limit")
    if not sides[other] and not sides[OPEN]:
        return Verdict(HOLDS)
    parts = [f"{words[name]}: {listing(sides[name], figures)}" for name in (supports, other)
             if sides[name]]
    if sides[OPEN]:
        parts.append(f"not resolved: {listing(sides[OPEN], figures)}")
    text = "; ".join(parts)
    if not sides[supports]:
        return Verdict(FAILS, text if sides[OPEN] else "")
    return Verdict(DEPENDS, f"{subject} ({text})")


def in_kernel_is_cheaper(ratios):
    """C1. Figures: kernel / userspace, of workloads that share objects."""
    return by_side(ratios, EQUAL, BELOW, {BELOW: "cheaper", ABOVE: "dearer"}, "the workload")


def useless_objects_cost(extras):
    """C2. Figures: making and destroying an object, beyond what a reference takes."""
    return by_side(extras, NOTHING, ABOVE, {ABOVE: "dearer than a reference", BELOW: "cheaper"},
                   "the class")


def planning_avoids_waste(ratios):
    """C3. Figures: userspace / userspace-naive.

    Where there is no waste to avoid the two are alike, so an open figure does not count
    against the claim as long as another supports it.
    """
    sides = [side(figure, EQUAL) for figure in ratios]
    if BELOW in sides and ABOVE not in sides:
        return Verdict(HOLDS)
    return by_side(ratios, EQUAL, BELOW, {BELOW: "planned is cheaper", ABOVE: "planned is dearer"},
                   "the workload")


def creating_is_not_dominant(shares):
    """C4. Figures: share of creating tasks and attaching objects in all work."""
    return by_side(shares, DOMINANT_SHARE, BELOW,
                   {BELOW: "under half", ABOVE: "half or more"}, "the workload and its memory")


def creators_files_cost(ratios):
    """C5. Figures: a strategy with many open files in the creator / with none."""
    return by_side(ratios, EQUAL, ABOVE, {ABOVE: "they cost", BELOW: "they do not"},
                   "the strategy")


def hidden_sharing_needs_the_kernel(graphs, reachable, by_userspace, reachable_by_userspace,
                                    by_kernel):
    """C6. Counts of sharing graphs: all, those that system calls lead to, those restored.

    It does not hold if user space restores all that the kernel restores. It holds if user
    space fails on a graph that ordinary system calls lead to. Between them it depends on
    whether a graph is one of those.
    """
    if by_userspace >= by_kernel:
        return Verdict(FAILS)
    if reachable_by_userspace < reachable:
        return Verdict(HOLDS)
    return Verdict(
        DEPENDS,
        f"how the sharing came about (user space restores all {reachable:,} graphs that a "
        f"history of system calls leads to; the other {graphs - reachable:,} of {graphs:,} "
        "need the kernel)")


def only_reference_counting(extra_objects, ratios):
    """C7. Figures: objects that optimistic makes and kernel does not; optimistic / kernel.

    It holds where no more objects are made and the ratio stays under REFERENCE_PRICE; it
    does not hold where more are made everywhere.
    """
    making = [figure for figure in extra_objects if figure.value > 0]
    if making and len(making) == len(extra_objects):
        return Verdict(FAILS, f"more objects are made: {listing(making)}")
    verdict = by_side(ratios, REFERENCE_PRICE, BELOW,
                      {BELOW: "within a tenth", ABOVE: "over a tenth more"}, "the workload")
    if making:
        text = f"more objects are made: {listing(making)}"
        return Verdict(DEPENDS, "; ".join(part for part in (text, verdict.on) if part))
    return verdict


def checking_is_cheap(shares):
    """C8. Figures: share of loading and checking the image in all work."""
    return by_side(shares, CHECK_SHARE, BELOW,
                   {BELOW: "under a tenth", ABOVE: "a tenth or more"}, "the workload")


def _tail(verdict):
    if not verdict.on:
        return ""
    return f" on {verdict.on}" if verdict.word == DEPENDS else f" ({verdict.on})"


def over_clocks(verdicts):
    """One verdict from those of each clock, a dict of name to Verdict.

    Undecided ones do not count beside decided ones; where decided ones differ, the claim
    depends on the clock.
    """
    decided = {name: verdict for name, verdict in verdicts.items() if verdict.word != UNDECIDED}
    if not decided:
        return next(iter(verdicts.values()))
    words = {verdict.word for verdict in decided.values()}
    if len(words) > 1:
        return Verdict(DEPENDS, "the clock: " + "; ".join(
            f"by {name} it {verdict.word}" + _tail(verdict)
            for name, verdict in decided.items()))
    if len({verdict.on for verdict in decided.values()}) == 1:
        return next(iter(decided.values()))
    return Verdict(words.pop(), "; ".join(f"{verdict.on}, by {name}" for name, verdict
                                          in decided.items() if verdict.on))
