"""Lists of runs and series of cells, as people and as programs read them."""

import json

from ..amounts import amount
from ..regress.formats import percent
from . import environment


def table(header, rows, numbers=()):
    """Lines of a table; columns of these names stand at the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows)]
    return ["  ".join(value.rjust(width) if name in numbers else value.ljust(width)
                      for value, width, name in zip(row, widths, header)).rstrip()
            for row in [header, *rows]]


def runs(rows):
    """A line for each run of the data base."""
    header = ("run", "started", "revision", "clock", "kernel", "machine", "cells")
    lines = [(str(row["id"]), row["start_time"], row["revision"][:12] or "-", row["clock"],
              row["kernel"].split(" ")[0],
              f"QEMU {row['qemu']}" if row["qemu"] else row["host_name"],
              f"{row['cells']}{' (interrupted)' if row['interrupted'] else ''}") for row in rows]
    return table(header, lines, ("run",))


def cells(names):
    return table(("cell", "runs"), [(name, str(count)) for name, count in names], ("runs",))


def word(change):
    return "slower" if change.ratio > 1 else "faster"


def how_sure(change):
    """The interval of a step, or how rare the shift is by chance."""
    if change.interval is not None:
        return f"{percent(change.interval.low - 1)} to {percent(change.interval.high - 1)}"
    return f"by chance {change.error:.2g}"


def since(one, change):
    """What the level before a change began with."""
    point = one.points[change.since]
    return point.revision[:12] or f"run {point.run}"


def series(all_series, repository):
    """Each series as a table, change points marked, and what begins a new one."""
    lines = []
    previous = None
    for one in all_series:
        if lines:
            lines.append("")
        if one.name != previous:
            lines.append(one.name)
        if one.news:
            lines.append(f"  new series, not compared with the one before: {one.news}")
        lines.append(f"  {environment.describe(one.context)}")
        lines += [f"  {line}" for line in _points(one, repository)]
        previous = one.name
    return lines


def _points(one, repository):
    unit = one.context["unit"]
    header = ("run", "started", "revision", "median", "spread", "of first", "change", "subject")
    first = one.points[0].cell.median
    rows = []
    for index, point in enumerate(one.points):
        cell = point.cell
        change = one.change_at(index)
        mark = "" if change is None else (f"{word(change)} {percent(change.ratio - 1)} "
                                          f"({how_sure(change)}) since {since(one, change)}")
        rows.append((str(point.run), f"{point.time:%Y-%m-%d %H:%M}", point.revision[:12] or "-",
                     amount(cell.median, unit), amount(cell.deviation, unit),
                     percent(cell.median / first - 1) if first else "", mark,
                     repository.subject(point.revision)[:50] if point.revision else ""))
    return table(header, rows, ("run", "median", "spread", "of first"))


def series_json(all_series):
    """The same for programs."""
    def point_of(one, index, point):
        change = one.change_at(index)
        interval = point.cell.interval()
        return {"run": point.run, "start_time": point.cell.run.context["start_time"],
                "revision": point.revision, "median": point.cell.median,
                "low": interval and interval.low, "high": interval and interval.high,
                "change": change and {
                    "verdict": word(change), "ratio": change.ratio,
                    "since_run": one.points[change.since].run,
                    "low": change.interval and change.interval.low,
                    "high": change.interval and change.interval.high, "error": change.error}}

    return json.dumps([{"cell": one.name, "unit": one.context["unit"], "news": one.news,
                        "environment": dict(environment.key_of(one.context)),
                        "points": [point_of(one, index, point)
                                   for index, point in enumerate(one.points)]}
                       for one in all_series], indent=1) + "\n"
