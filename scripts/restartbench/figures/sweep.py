"""Restart time against a parameter that leaves the number of tasks alone."""

from . import labels, layout, lines, selection
from .sheet import COUNT, TEXT, Column, Sheet

NAME = "sweep"
ABOUT = "restart time against any other parameter: the creator's descriptors, memory, files"
NEEDS = "cells of two values of a parameter: bench --creator-fds 0,100,1000 --out FILE"

BYTES = ("creator_memory",)


def sheets(inputs, context):
    for environment, cells in context.cells.items():
        what = labels.restart(context.unit_of(environment))
        for series in selection.find_series(cells):
            if series.is_of_size or series.parameter == "seed":
                continue
            name = series.parameter
            rows = [{"parameter": name, "value": cell.parameters[name], "tasks": cell.tasks,
                     **lines.point(cell)}
                    for cell in sorted(series.cells, key=lambda cell: cell.parameters[name])]
            yield Sheet(
                selection.file_name(NAME, series.name(), name.replace("_", "-"))
                + context.cells.names.suffix(environment),
                f"{what}: {selection.image_title(series.cells[0], name)}",
                (Column("parameter", TEXT),
                 Column("value", COUNT, labels.parameter(series.workload, name)),
                 Column("tasks", COUNT), *lines.POINT_COLUMNS),
                rows, context.unit_of(environment), environment,
                {"workload": series.workload, "parameter": name})


def draw(sheet, style, width):
    figure = layout.new_figure(style, width, style.unit * (19 if width == "column" else 25))
    axes = figure.add_subplot()
    scale, place = lines.value_axis(axes, sheet.rows, "Restart time", sheet.unit)
    handles = lines.draw_lines(axes, sheet.rows, "value", scale)
    place()
    name = sheet.hints["parameter"]
    values = sorted({row["value"] for row in sheet.rows})
    _parameter_axis(axes, values)
    label = labels.parameter(sheet.hints["workload"], name)
    text = labels.plain
    if name in BYTES:
        label, text = f"{label} (MiB)", lambda value: labels.plain(value / 2 ** 20)
    axes.set_xlabel(label)
    layout.finish(figure, style, sheet, handles)
    layout.measured_ticks(figure, [(axes, values)], text)
    return figure


def _parameter_axis(axes, values):
    """Logarithmic where values span more than a decade; zero stands to the left then."""
    positive = [value for value in values if value > 0]
    if layout.spans(positive) < 10 or len(positive) < 2:
        span = max(values) - min(values)
        axes.set_xlim(min(values) - span * 0.05, max(values) + span * 0.05)
    elif len(positive) == len(values):
        layout.log_axis(axes.xaxis, values)
    else:
        axes.set_xscale("symlog", linthresh=min(positive), linscale=0.6)
        axes.set_xlim(-0.15 * min(positive), max(values) * 1.3)
