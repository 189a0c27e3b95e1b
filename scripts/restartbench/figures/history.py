"""The same cells in the order of time: has a restart become slower?"""

from ..history import FileHistory
from . import layout, lines, selection
from .sheet import COUNT, TEXT, Column, Sheet

NAME = "history"
ABOUT = "the same cells in a series of files, in the order of their start"
NEEDS = "two files of results with the same cells, of one kernel and clock"


def sheets(inputs, context):
    if not inputs.runs:
        return
    by_environment = {}
    for run in inputs.runs:
        by_environment.setdefault(selection.Environment.of(run.context), []).append(run)
    for environment, runs in by_environment.items():
        if environment.clock == "fake":
            continue
        images = {}
        for name, points in context.history(runs).cells_by_name().items():
            if context.wants(points[0].cell):
                images.setdefault(points[0].cell.image_name, []).extend(points)
        for points in images.values():
            yield from _sheet(points, environment, context)


def _sheet(points, environment, context):
    starts = sorted({point.time for point in points})
    if len(starts) < 2:
        return
    rows = [{"start": point.time.strftime("%Y-%m-%dT%H:%M:%SZ"), "number": starts.index(point.time),
             "version": point.cell.run.context["bench_version"], **lines.point(point.cell)}
            for point in sorted(points, key=lambda point: point.time)]
    cell = points[0].cell
    yield Sheet(selection.file_name(NAME, cell.image_name)
                + context.cells.names.suffix(environment),
                f"History of {selection.image_title(cell)}",
                (Column("start", TEXT, "Start"), Column("number", COUNT),
                 Column("version", TEXT, "Version"), *lines.POINT_COLUMNS),
                rows, context.unit_of(environment), environment)


def default_history(runs):
    """Where the figure gets its data from, unless the context has another source."""
    return FileHistory(runs)


def draw(sheet, style, width):
    figure = layout.new_figure(style, width, style.unit * (17 if width == "column" else 20))
    axes = figure.add_subplot()
    scale, place = lines.value_axis(axes, sheet.rows, "Restart time", sheet.unit)
    handles = lines.draw_lines(axes, sheet.rows, "number", scale)
    place()
    starts = {row["number"]: row["start"] for row in sheet.rows}
    one_day = len({start[:10] for start in starts.values()}) == 1
    last = max(starts)
    axes.set_xlim(-0.06 * last, 1.06 * last)
    axes.set_xlabel(f"Start of the run ({starts[0][:10]}, UTC)" if one_day
                    else "Start of the run (date, UTC)")
    layout.finish(figure, style, sheet, handles)
    layout.measured_ticks(figure, [(axes, starts)],
                          lambda number: starts[number][11:16] if one_day
                          else starts[number][:10])
    return figure
