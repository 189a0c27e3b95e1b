"""Where cells changed from revision to revision, as a table."""

from .. import amounts
from ..regress.formats import percent
from ..tracking import series as tracking
from ..tracking import text as words
from .cell_tables import raw_of, row_of
from .table import NONE, Column, Table, Value, text

THRESHOLD = 0.005


def changes(runs, store):
    """Every change point of every cell, and where another environment begins."""
    numbered = list(enumerate((run for run in runs if run.clock != "fake"), 1))
    rows = []
    for one in tracking.of_runs(numbered, tracking.this_repository(), THRESHOLD):
        if one.news:
            rows.append(_row(one, 0, store, "new series", NONE, NONE, one.news))
        for change in one.changes:
            before = one.points[change.since]
            rows.append(_row(
                one, change.index, store, words.word(change),
                Value(percent(change.ratio - 1), change.ratio - 1,
                      (raw_of(store, before.cell),
                       raw_of(store, one.points[change.index].cell))),
                text(words.how_sure(change)),
                f"against {words.since(one, change)}, {before.time:%Y-%m-%d}"))
    return Table(
        "history-changes", "Changes from revision to revision",
        f"Instructions: each run against the first of its level, a change of more than "
        f"{THRESHOLD * 100:g} % whose interval has no 0. Wall time: a permutation test over the "
        "ranks of runs, right for all cells together with 99 %.",
        (Column("workload", False), Column("strategy", False), Column("revision", False),
         Column("run started", False), Column("median"), Column("verdict", False),
         Column("change"), Column("sure", False), Column("what", False)), tuple(rows))


def _row(one, index, store, verdict, change, sure, what):
    point = one.points[index]
    cell = point.cell
    return row_of(cell, (text(point.revision[:12] or "-"), text(f"{point.time:%Y-%m-%d %H:%M}"),
                         Value(amounts.amount(cell.median, cell.unit), cell.median,
                               (raw_of(store, cell),)),
                         text(verdict), change, sure, text(what)))
