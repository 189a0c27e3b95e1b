"""Objects that a restart creates: those that the tree needs, and those for nothing."""

import math

from matplotlib.patches import Patch

from . import labels, layout, selection, style as looks
from .sheet import COUNT, TEXT, Column, Sheet

NAME = "ledger"
ABOUT = "kernel objects that a restart creates: needed against useless, by class"
NEEDS = "cells with a ledger: bench --ledger --out FILE"

WORK = "work"  # not objects: nothing of it is in the tree


def sheets(inputs, context):
    for environment, cells in context.cells.items():
        counted = [cell for cell in cells if cell.ledger and not cell.is_reference]
        for image, members in selection.by_image(counted).items():
            rows = [row for cell in members for row in _rows(cell)]
            names = [name for name in dict.fromkeys(row["class"] for row in rows)
                     if any(row["class"] == name and (row["needed"] or row["created"])
                            for row in rows)]
            yield Sheet(selection.file_name(NAME, image) + context.cells.names.suffix(environment),
                        f"Kernel objects created to restart {selection.image_title(members[0])}",
                        (Column("strategy", TEXT, "Strategy"), Column("class", TEXT, "Class"),
                         Column("group", TEXT), Column("needed", COUNT, "Needed"),
                         Column("created", COUNT, "Created"), Column("least", COUNT),
                         Column("most", COUNT), Column("useless", COUNT, "Useless")),
                        [row for row in rows if row["class"] in names], "", environment)


def _rows(cell):
    for name, account in cell.ledger.objects.items():
        counts = account.created.counts
        if counts:
            yield {"strategy": cell.strategy, "cell": cell.name, "class": name, "group": "object",
                   "needed": account.needed, "created": account.created.median,
                   "least": min(counts), "most": max(counts),
                   "useless": account.created.median - account.needed}
    for name, count in cell.ledger.work.items():
        yield {"strategy": cell.strategy, "cell": cell.name, "class": name, "group": WORK,
               "needed": 0, "created": count, "least": count, "most": count, "useless": count}


def draw(sheet, style, width):
    """A small plot for each class, with an axis of its own: classes differ by magnitudes."""
    strategies = list(dict.fromkeys(row["strategy"] for row in sheet.rows))
    classes = list(dict.fromkeys(row["class"] for row in sheet.rows))
    columns = 3 if width == "column" else 6
    lines = math.ceil(len(classes) / columns)
    each = style.unit * (1.25 * len(strategies) + 3.6)
    figure = layout.new_figure(style, width, each * lines + style.unit * 1.5)
    grid = figure.subplots(lines, columns, squeeze=False)
    for index, axes in enumerate(grid.flat):
        if index >= len(classes):
            axes.set_axis_off()
            continue
        rows = {row["strategy"]: row for row in sheet.rows if row["class"] == classes[index]}
        _draw_class(axes, rows, strategies, index % columns == 0, style)
        axes.set_title(labels.object_class(classes[index]), pad=2, fontsize=style.font_size)
    figure.supxlabel("Objects or operations in one restart", fontsize=style.font_size)
    handles = [Patch(facecolor=looks.PALE, edgecolor="white", label="created and needed"),
               Patch(facecolor=looks.VERMILLION, hatch="////", edgecolor="white",
                     label="created for nothing")]
    if any(row["useless"] < 0 for row in sheet.rows):
        handles.append(Patch(facecolor="white", edgecolor=looks.GREY, linestyle=":",
                             linewidth=0.8, label="needed, one serves for several"))
    layout.finish(figure, style, sheet, handles)
    return figure


def _draw_class(axes, rows, strategies, first, style):
    axes.set_ylim(len(strategies) - 0.4, -0.6)
    most = max(max(row["needed"], row["most"]) for row in rows.values()) or 1
    for y, strategy in enumerate(strategies):
        row = rows.get(strategy)
        if row is None:
            continue
        needed, created = row["needed"], row["created"]
        axes.barh(y, min(needed, created), 0.72, color=looks.PALE)
        if created > needed:
            axes.barh(y, created - needed, 0.72, needed, color=looks.VERMILLION, hatch="////",
                      edgecolor="white", linewidth=0)
        elif created < needed:
            axes.barh(y, needed - created, 0.72, created, color="white", edgecolor=looks.GREY,
                      linestyle=":", linewidth=0.8)
        if row["most"] > row["least"]:
            axes.hlines(y, row["least"], row["most"], color=looks.BLACK, linewidth=0.8)
        text = f"{row['useless']:+,}" if needed else f"{created:,}"
        if row["useless"]:
            axes.text(max(needed, row["most"]) + most * 0.05, y, text.replace("-", "−"),
                      va="center", ha="left", fontsize=style.font_size - 2)
    axes.set_xlim(0, most * 1.55)
    axes.set_xticks([0, most], ["0", f"{most:,}"], fontsize=style.font_size - 2)
    axes.set_yticks(range(len(strategies)), strategies if first else [""] * len(strategies))
    axes.tick_params(axis="y", length=0)
