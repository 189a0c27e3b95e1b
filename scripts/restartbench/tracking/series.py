"""Points of a cell in the order of its revisions, and where they change."""

import pathlib
from dataclasses import dataclass, field

from .. import statistics
from ..regress.git import Repository
from . import changes, environment

# With which all series of a call together have no change point by chance alone.
CONFIDENCE = 0.99


def this_repository():
    """That of these scripts, which knows the commits that runs name."""
    return Repository(pathlib.Path(__file__).resolve().parent.parent.parent.parent)


@dataclass(frozen=True)
class Point:
    """A cell in one run. revision: '' where nobody knows; order: of the series."""

    cell: object
    run: int
    revision: str
    order: tuple

    @property
    def time(self):
        return self.cell.run.start_time


@dataclass
class Series:
    """Points of one cell, one environment. changes: their index is that of a point.
    news: what is another than in the series before, '' for the first."""

    name: str
    points: list
    news: str = ""
    changes: list = field(default_factory=list)

    @property
    def context(self):
        return self.points[0].cell.run.context

    def change_at(self, index):
        return next((each for each in self.changes if each.index == index), None)


class Order:
    """Where a run stands: by the time of its commit, and where a rebase gave several the
    same second by descent; runs of no known commit by their own time."""

    def __init__(self, repository, times):
        """@param times of commits, by hash; None: not known"""
        self._times = times
        known = any(time is not None for time in times.values())
        listed = repository.ask("rev-list", "--topo-order", "--reverse", "--all", "HEAD") \
            if known else ""
        self._places = {commit: place for place, commit in enumerate(listed.split())}

    def key(self, revision, start_time):
        time = self._times.get(revision)
        start = start_time.timestamp()
        return (start if time is None else time, self._places.get(revision, 0), start)


def points_of(runs, order):
    """By name of a cell: its points in order. @param runs [(number of the run, run)]"""
    found = {}
    for number, run in runs:
        revision = run.context.get("revision", "")
        for cell in run.cells:
            if not cell.why_not_to_use():
                found.setdefault(cell.name, []).append(
                    Point(cell, number, revision, order.key(revision, run.start_time)))
    for points in found.values():
        points.sort(key=lambda point: point.order)
    return found


def split(name, points):
    """A series for each environment, in the order of their first points."""
    groups = {}
    for point in points:
        groups.setdefault(environment.key_of(point.cell.run.context), []).append(point)
    found = [Series(name, group) for group in groups.values()]
    for before, now in zip(found, found[1:]):
        now.news = environment.differences(before.context, now.context)
    return found


def mark(all_series, threshold, confidence=CONFIDENCE):
    """Finds the change points of all series, right together with that confidence."""
    each = statistics.corrected_confidence(confidence, len(all_series))
    for one in all_series:
        groups = _by_revision(one.points)
        cells = [[one.points[index].cell for index in group] for group in groups]
        if one.context["clock"] == "instructions":
            found = changes.steps([group[-1].compared for group in cells], threshold, each)
        else:
            found = changes.shifts([statistics.median([cell.median for cell in group])
                                    for group in cells], threshold, 1 - each)
        one.changes = [changes.Change(groups[change.index][0], groups[change.since][0],
                                      change.ratio, change.interval, change.error)
                       for change in found]


def _by_revision(points):
    """Indices of runs that measured one revision, which cannot have changed between them."""
    groups = []
    for index, point in enumerate(points):
        if groups and point.revision and points[groups[-1][0]].revision == point.revision:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def of_runs(runs, repository, threshold, wanted=lambda name: True, times=None):
    """All marked series of these runs. @param runs [(number, run)]"""
    if times is None:
        times = {run.context["revision"]: _time_of(repository, run.context["revision"])
                 for _, run in runs if run.context.get("revision")}
    found = []
    for name, points in points_of(runs, Order(repository, times)).items():
        if wanted(name):
            found += split(name, points)
    mark(found, threshold)
    return found


def _time_of(repository, revision):
    text = repository.ask("log", "-1", "--format=%ct", revision, "--")
    return int(text) if text else None
