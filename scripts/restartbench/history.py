"""The same cells in many runs, in the order of time.

`History` is what figures ask; where the runs come from is its source, so that a data base
can take the place of files: anything with cells_by_name() of the same kind will do.
"""

from dataclasses import dataclass

from .results import Cell


@dataclass(frozen=True)
class Point:
    """A cell in one of the runs."""

    cell: Cell

    @property
    def time(self):
        return self.cell.run.start_time


class FileHistory:
    """The history that a series of result files makes."""

    def __init__(self, runs):
        self._runs = sorted(runs, key=lambda run: run.start_time)

    def cells_by_name(self):
        """By name of a cell, in the order of their first appearance: its points, oldest
        first. Cells whose numbers must not be shown are left out."""
        points = {}
        for run in self._runs:
            for cell in run.cells:
                if not cell.why_not_to_use():
                    points.setdefault(cell.name, []).append(Point(cell))
        return points
