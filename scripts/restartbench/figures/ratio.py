"""How many times as long a restart takes as a baseline, with intervals."""

from matplotlib.lines import Line2D

from .. import comparing
from . import bars, labels, layout, selection, style as looks
from .sheet import COUNT, RATIO, TEXT, Column, Sheet

NAME = "ratio"
ABOUT = "ratio to bare, and to --baseline, with intervals"
NEEDS = "cells of the baseline beside others of the same image: " \
    "bench --strategy userspace,bare --out FILE"

# From row to row, which have no names, of the distance of lines of text.
STEP = 0.5

COLUMNS = (Column("image", TEXT, "Workload"), Column("strategy", TEXT, "Strategy"),
           Column("baseline", TEXT), Column("ratio", RATIO, "Ratio"), Column("low", RATIO, "Low"),
           Column("high", RATIO, "High"), Column("confidence", RATIO), Column("pairs", COUNT),
           Column("verdict", TEXT), Column("tasks", COUNT))


def sheets(inputs, context):
    for environment, cells in context.cells.items():
        what = labels.restart(context.unit_of(environment))
        for baseline in dict.fromkeys(filter(None, ("bare", context.baseline))):
            rows = list(_rows(cells, baseline))
            pages = list(bars.pages(bars.group_rows(rows, "image"), STEP))
            for number, page in enumerate(pages, 1):
                yield Sheet(
                    selection.file_name(NAME, baseline, number if len(pages) > 1 else "")
                    + context.cells.names.suffix(environment),
                    f"{what}, as a multiple of {baseline}", COLUMNS,
                    [row for _, group in page for row in group],
                    context.unit_of(environment), environment, {"baseline": baseline})


def _rows(cells, strategy):
    for image in selection.by_image(cells).values():
        for cell in image:
            baseline = comparing.find_baseline(cell, strategy)
            # Other references are limits of their own, of which a ratio says nothing.
            if baseline is None or cell.strategy == strategy or cell.is_reference:
                continue
            found = comparing.compare(cell, baseline)
            if found is None:
                continue
            interval = found.interval
            yield {"image": selection.image_title(cell), "strategy": cell.strategy,
                   "cell": cell.name, "baseline": strategy, "ratio": found.ratio,
                   "low": interval and interval.low, "high": interval and interval.high,
                   "confidence": interval and interval.confidence, "pairs": found.pairs,
                   "verdict": found.verdict, "tasks": cell.tasks, "kind": cell.kind}


def draw(sheet, style, width):
    groups = bars.group_rows(sheet.rows, "image")
    figure = layout.new_figure(style, width, bars.height(groups, style, STEP))
    axes = figure.add_subplot()
    placed = bars.places(groups, STEP)
    bars.set_up(axes, placed)
    styles = looks.looks_of(list(dict.fromkeys(row["strategy"] for row in sheet.rows)))
    values = [1] + [row[name] for row in sheet.rows for name in ("ratio", "low", "high")
                    if row[name]]
    for _, _, rows in placed:
        for y, row in rows:
            look = styles[row["strategy"]]
            if row["low"] is not None:
                axes.hlines(y, row["low"], row["high"], color=look.colour, linewidth=1.4)
            # Without an interval nothing is known of how sure it is: an open marker.
            axes.plot(row["ratio"], y, marker=look.marker, color=look.colour, linestyle="none",
                      markerfacecolor=look.colour if row["low"] is not None else "white")
    axes.axvline(1, color=looks.BLACK, linewidth=0.8, linestyle=(0, (4, 2)), zorder=0)
    layout.log_axis(axes.xaxis, values)
    layout.grid(axes, "x")
    axes.set_xlabel(f"{labels.restart(sheet.unit)}, as a multiple of {sheet.hints['baseline']}")
    layout.finish(figure, style, sheet, _handles(sheet.rows, styles))
    return figure


def _handles(rows, styles):
    handles = [Line2D([], [], color=look.colour, marker=look.marker, linewidth=1.4, label=name)
               for name, look in styles.items()]
    if any(row["low"] is None for row in rows):
        handles.append(Line2D([], [], color=looks.GREY, marker="o", linestyle="none",
                              markerfacecolor="white", label="too few pairs for an interval"))
    return handles
