"""Restart time against the number of tasks, for each strategy and the references."""

from . import labels, layout, lines, selection
from .sheet import COUNT, Column, Sheet

NAME = "size"
ABOUT = "restart time against the number of tasks, log-log, with bands of confidence"
NEEDS = "cells of two sizes of a workload: bench --workload threads:n=1,10,100 --out FILE"


def sheets(inputs, context):
    for environment, cells in context.cells.items():
        what = labels.restart(context.unit_of(environment))
        for series in selection.find_series(cells):
            if not series.is_of_size:
                continue
            rows = [{"tasks": cell.tasks, **lines.point(cell)}
                    for cell in sorted(series.cells, key=lambda cell: cell.tasks)]
            yield Sheet(
                selection.file_name(NAME, series.name()) + context.cells.names.suffix(environment),
                f"{what}: {selection.image_title(series.cells[0], series.parameter)}",
                (Column("tasks", COUNT, "Tasks"), *lines.POINT_COLUMNS),
                rows, context.unit_of(environment), environment)


def draw(sheet, style, width):
    figure = layout.new_figure(style, width, style.unit * (20 if width == "column" else 26))
    axes = figure.add_subplot()
    scale, place = lines.value_axis(axes, sheet.rows, "Restart time", sheet.unit, True)
    handles = lines.draw_lines(axes, sheet.rows, "tasks", scale)
    place()
    tasks = [row["tasks"] for row in sheet.rows]
    layout.log_axis(axes.xaxis, tasks)
    axes.set_xlabel("Tasks in the tree")
    layout.finish(figure, style, sheet, handles)
    layout.measured_ticks(figure, [(axes, tasks)])
    return figure
