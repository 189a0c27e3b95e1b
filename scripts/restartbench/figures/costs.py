"""What creating and destroying one kernel object costs, by class."""

from matplotlib.lines import Line2D

from .. import statistics
from . import labels, layout, selection, style as looks
from .sheet import COUNT, TEXT, VALUE, Column, Sheet

NAME = "costs"
ABOUT = "cost of creating and destroying an object of each class"
NEEDS = "what objects cost: bench objects --out FILE"

CONFIDENCE = 0.95
LOOKS = {"create": looks.Look(looks.BLUE, "o", "-"), "destroy": looks.Look(looks.ORANGE, "s", "--")}
# The sizes that an object is measured with: (field, axis, objects that have it)
SIZES = (("descriptors", "Open descriptors"), ("vmas", "VMAs"), ("memory", "Touched memory (MiB)"))
COLUMNS = (Column("object", TEXT, "Object"), Column("descriptors", COUNT, "Descriptors"),
           Column("vmas", COUNT, "VMAs"), Column("memory", COUNT, "Bytes"),
           Column("operation", TEXT, "Operation"), Column("median", VALUE, "Median"),
           Column("low", VALUE, "Low"), Column("high", VALUE, "High"), Column("samples", COUNT))


def sheets(inputs, context):
    files = {}
    for file in inputs.costs:
        if file.clock == "fake":
            context.say(f"{file.path}: left out: its clock is a fake")
            continue
        environment = selection.Environment.of(file.context)
        if environment in files:
            context.say(f"{files[environment].path}: not drawn: {file.path} is of the same kernel")
        files[environment] = file
    names = selection.Environments(files)
    for environment, file in files.items():
        rows = [row for cost in file.objects for row in _rows(cost)]
        plain = [row for row in rows if not any(row[size] for size, _ in SIZES)]
        sized = _sized(rows)
        sizes = {size for size, _ in SIZES}
        without = tuple(column for column in COLUMNS if column.name not in sizes)
        for name, title, columns, part in (
                (NAME, "Cost of a kernel object", without, plain),
                (f"{NAME}-size", "Cost of a kernel object by its size", COLUMNS, sized)):
            if part:
                yield Sheet(name + names.suffix(environment), title, columns, part, file.unit,
                            environment)


def _rows(cost):
    for operation, samples in (("create", cost.create), ("destroy", cost.destroy)):
        interval = statistics.median_interval(samples, CONFIDENCE)
        yield {"object": cost.object, "descriptors": cost.size.descriptors,
               "vmas": cost.size.vmas, "memory": cost.size.memory, "operation": operation,
               "median": statistics.median(samples), "low": interval and interval.low,
               "high": interval and interval.high, "samples": len(samples)}


def _sized(rows):
    """Objects that were measured with at least two sizes of a kind."""
    found = []
    for size, _ in SIZES:
        others = [name for name, _ in SIZES if name != size]
        objects = {row["object"] for row in rows if row[size]}
        found += [row for row in rows if row["object"] in objects and row[size]
                  and not any(row[name] for name in others)]
    return found


def is_resolved(row):
    """Whether the cost is known to be above nothing; else only its upper limit is drawn."""
    return row["median"] > 0 and (row["low"] is None or row["low"] > 0)


def draw(sheet, style, width):
    if any(row[size] for row in sheet.rows for size, _ in SIZES):
        return _draw_sizes(sheet, style, width)
    names = sorted({row["object"] for row in sheet.rows},
                   key=lambda name: -max(row["median"] for row in sheet.rows
                                         if row["object"] == name))
    figure = layout.new_figure(style, width, style.unit * (1.8 * len(names) + 4))
    axes = figure.add_subplot()
    drawn = [value for row in sheet.rows for value in _drawn(row)]
    scale = labels.middle_scale(sheet.unit, drawn)
    limits = False
    for row in sheet.rows:
        look = LOOKS[row["operation"]]
        y = names.index(row["object"]) + (-0.17 if row["operation"] == "create" else 0.17)
        if is_resolved(row):
            if row["low"] is not None:
                axes.hlines(y, row["low"] / scale.divisor, row["high"] / scale.divisor,
                            color=look.colour, linewidth=1.2)
            axes.plot(row["median"] / scale.divisor, y, look.marker, color=look.colour)
        elif row["high"] is not None and row["high"] > 0:
            limits = True
            axes.plot(row["high"] / scale.divisor, y, "<", color=look.colour,
                      markerfacecolor="white")
    axes.set_yticks(range(len(names)), [labels.object_class(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    layout.log_axis(axes.xaxis, [value / scale.divisor for value in drawn])
    axes.grid(True, axis="both", which="major")
    axes.set_xlabel(scale.axis("Time for one object", "Instructions for one object"))
    layout.finish(figure, style, sheet, _handles(limits))
    return figure


def _drawn(row):
    if is_resolved(row):
        return [row[name] for name in ("median", "low", "high") if row[name] is not None]
    return [row["high"]] if row["high"] is not None and row["high"] > 0 else []


def _handles(limits):
    handles = [Line2D([], [], color=look.colour, marker=look.marker, linewidth=1.2,
                      label=operation) for operation, look in LOOKS.items()]
    if limits:
        handles.append(Line2D([], [], color=looks.GREY, marker="<", linestyle="none",
                              markerfacecolor="white", label="not told from 0: at most"))
    return handles


def _draw_sizes(sheet, style, width):
    sizes = [(size, label) for size, label in SIZES
             if len({row[size] for row in sheet.rows if row[size]}) > 1]
    sizes = sizes or [(size, label) for size, label in SIZES
                      if any(row[size] for row in sheet.rows)]
    stacked = width == "column"
    figure = layout.new_figure(style, width, style.unit * (15 * len(sizes) if stacked else 19))
    panels = figure.subplots(len(sizes) if stacked else 1, 1 if stacked else len(sizes),
                             squeeze=False, sharey=not stacked).flat
    drawn = [value for row in sheet.rows for value in _drawn(row)]
    scale = labels.middle_scale(sheet.unit, drawn)
    ticks = []
    for axes, (size, label) in zip(panels, sizes):
        rows = [row for row in sheet.rows if row[size]]
        divisor = 2 ** 20 if size == "memory" else 1
        for operation, look in LOOKS.items():
            points = sorted((row for row in rows if row["operation"] == operation
                             and is_resolved(row)), key=lambda row: row[size])
            places = [row[size] / divisor for row in points]
            axes.plot(places, [row["median"] / scale.divisor for row in points],
                      color=look.colour, marker=look.marker, linestyle=look.line)
            for place, row in zip(places, points):
                if row["low"] is not None:
                    axes.vlines(place, row["low"] / scale.divisor, row["high"] / scale.divisor,
                                color=look.colour, linewidth=0.9)
        values = [row[size] / divisor for row in rows]
        layout.log_axis(axes.xaxis, values)
        layout.log_axis(axes.yaxis, [value / scale.divisor for value in drawn])
        layout.grid(axes, "y")
        axes.set_xlabel(label)
        names = ", ".join(dict.fromkeys(labels.object_class(row["object"]) for row in rows))
        axes.set_title(names, pad=3, fontsize=style.font_size)
        if stacked or not ticks:
            axes.set_ylabel(scale.axis("Time", "Instructions"))
        ticks.append((axes, values))
    layout.finish(figure, style, sheet, _handles(False))
    layout.measured_ticks(figure, ticks)
    return figure
