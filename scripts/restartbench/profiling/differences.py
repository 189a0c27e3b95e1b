"""Two profiles of one cell, function by function. Functions over values."""

import collections
from dataclasses import dataclass

from ..statistics import median

# A function that moved less of the change than this is not named, and no more than so many.
LEAST_PART = 0.02
MOST_NAMED = 12
CALLERS = 3  # that are named of each


@dataclass(frozen=True)
class Changed:
    """A function's own instructions in one restart, before and after. callers: of the path
    on which it changed most, the nearest first; () of user code."""

    name: str
    base: float
    head: float
    callers: tuple[str, ...] = ()

    @property
    def change(self):
        return self.head - self.base


@dataclass(frozen=True)
class Difference:
    """base, head: medians of whole restarts in the profiles. functions: those to name, what
    changed most first. restarts: how many were counted, of base and of head."""

    base: float
    head: float
    functions: tuple[Changed, ...]
    others: int
    restarts: tuple[int, int]

    @property
    def change(self):
        return self.head - self.base

    @property
    def covered(self):
        """What part of the change the named functions are, or None if there is no change;
        above 1 where those that are not named changed the other way."""
        named = sum(function.change for function in self.functions)
        return named / self.change if self.change else None


def difference(base, head):
    """@param base, head profiles, with what each restart took"""
    before, after = base.medians(), head.medians()
    whole = [median(profile.windows) for profile in (base, head)]
    changed = [(name, before.get(name, 0), after.get(name, 0))
               for name in before.keys() | after.keys()
               if before.get(name, 0) != after.get(name, 0)]
    changed.sort(key=lambda each: (-abs(each[2] - each[1]), each[0]))
    # Changes that cancel each other may be larger than their sum.
    least = LEAST_PART * max(abs(whole[1] - whole[0]),
                             max((abs(each[2] - each[1]) for each in changed), default=0))
    named = [each for each in changed if abs(each[2] - each[1]) >= least][:MOST_NAMED]
    callers = _callers(base, head)
    return Difference(*whole, tuple(Changed(*each, callers.get(each[0], ())) for each in named),
                      len(changed) - len(named), (len(base.windows), len(head.windows)))


def _callers(base, head):
    """{function: the nearest callers on the path that changed most}"""
    paths = collections.Counter()
    for profile, sign in ((base, -1), (head, 1)):
        for path, count in _own_by_path(profile).items():
            paths[path] += sign * count
    found = {}
    for path, change in sorted(paths.items(), key=lambda each: (-abs(each[1]), each[0])):
        if change and path[-1] not in found:
            found[path[-1]] = path[-2:-2 - CALLERS:-1]
    return found


def _own_by_path(profile):
    """{names from the outermost on: own instructions, a mean of the restarts}"""
    names = {0: ()}
    own = collections.Counter()
    for number, (parent, name, count) in sorted(profile.paths.items()):
        if parent is not None:  # a parent has a lower number
            names[number] = (*names[parent], name)
            own[names[number]] += count / len(profile.windows)
    return own
