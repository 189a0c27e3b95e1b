"""What the plugin of QEMU counted (scripts/profile/plugin.c), as values."""

import collections

from ..errors import LackingError
from ..statistics import median


class Profile:
    """Instructions by function and path of calls: means of the restarts that were counted.

    windows: instructions of each restart. own: by function, of one restart. each: by
    function, of each restart, {} where none were kept.
    """

    def __init__(self, text):
        self.windows = []
        self.own = {}
        self.each = []
        self.each_path = []  # own instructions by id, of each restart
        self.paths = {0: [None, "", 0]}  # id: parent, name, own instructions
        for line in text.splitlines():
            kind, *fields = line.split(maxsplit=4)
            if kind == "window":
                self.windows.append(int(fields[0]))
                self.each.append(collections.Counter())
                self.each_path.append(collections.Counter())
            elif kind == "part":
                self.each[-1][line.split(maxsplit=2)[2]] += int(fields[0])
            elif kind == "at":
                self.each_path[-1][int(fields[0])] += int(fields[1])
            elif kind == "self":
                count, name = line.split(maxsplit=2)[1:]
                self.own[name] = self.own.get(name, 0) + int(count)
            elif kind == "path":
                self.paths[int(fields[0])] = [int(fields[1]), fields[3], int(fields[2])]
        if not self.windows:
            raise LackingError("no restart was counted")
        self.own = {name: count / len(self.windows) for name, count in self.own.items()}
        self.total = {}
        self.children = collections.defaultdict(list)
        for number, (parent, _, count) in sorted(self.paths.items()):
            self.total[number] = count / len(self.windows)
            if parent is not None:
                self.children[parent].append(number)
        for number in sorted(self.paths, reverse=True):  # a child has a higher number
            parent = self.paths[number][0]
            if parent is not None:
                self.total[parent] += self.total[number]

    def name(self, number):
        return self.paths[number][1]

    def medians(self):
        """{function: median of what the restarts took in it}"""
        names = {name for one in self.each for name in one}
        return {name: median([one[name] for one in self.each]) for name in names}

    def spreads(self):
        """[(function, least, most)] of those that are not the same in every restart, what
        varies most first."""
        names = {name for one in self.each for name in one}
        found = [(name, min(one[name] for one in self.each), max(one[name] for one in self.each))
                 for name in names]
        return sorted((each for each in found if each[1] != each[2]),
                      key=lambda each: (each[1] - each[2], each[0]))

    def under(self, names):
        """The trees that begin with these functions, merged; [(name, total, children)]."""
        starts = [n for n in self.paths if self.name(n) in names] if names else self.children[0]
        return self.merge(starts)

    def merge(self, numbers):
        by_name = collections.defaultdict(list)
        for number in numbers:
            by_name[self.name(number)].append(number)
        merged = []
        for name, same in by_name.items():
            below = [child for number in same for child in self.children[number]]
            merged.append((name, sum(self.total[number] for number in same), below))
        return sorted(merged, key=lambda entry: (-entry[1], entry[0]))
