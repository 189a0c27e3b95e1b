"""Where things stand in a figure: legends above the data, ticks that have room."""

import math

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, LogLocator, NullFormatter

from . import labels


def new_figure(style, width, height):
    """A figure of that width (column or text) and height in inches, of its axes."""
    figure = Figure(figsize=(style.width(width), height), layout="constrained")
    FigureCanvasAgg(figure)
    pad = style.unit * 0.35
    figure.get_layout_engine().set(w_pad=pad, h_pad=pad, hspace=0.05, wspace=0.03)
    return figure


def finish(figure, style, sheet, handles=()):
    """Sets a legend, and for the screen a title, above the axes, and makes room for both."""
    width, height = figure.get_size_inches()
    top = style.unit * 0.5
    placed = []
    if style.titles:
        for text, size, weight in ((sheet.title, style.font_size, "bold"),
                                   (sheet.environment and sheet.environment.text(),
                                    style.font_size - 1, "normal")):
            if text:
                line = figure.text(0, 0, text, fontsize=size, weight=weight, ha="left", va="top")
                _shorten(line, width * figure.dpi * 0.97)
                placed.append((line, top))
                top += size / 72 * 1.6
    legend = None
    if handles:
        legend, legend_height = _widest_legend(figure, handles, width)
        placed.append((legend, top))
        top += legend_height + style.unit * 0.3
    figure.set_size_inches(width, height + top)
    total = height + top
    figure.get_layout_engine().set(rect=(0, 0, 1, height / total))
    for artist, offset in placed:
        if artist is legend:
            legend.set_bbox_to_anchor((0.5, 1 - offset / total), figure.transFigure)
        else:
            artist.set_position((0.01, 1 - offset / total))


def _shorten(text, pixels):
    """Takes letters away until the text fits."""
    renderer = text.figure.canvas.get_renderer()
    while text.get_window_extent(renderer).width > pixels and len(text.get_text()) > 10:
        text.set_text(text.get_text().rstrip("…")[:-2] + "…")


def _widest_legend(figure, handles, width):
    """A legend with as many columns as fit into the width, and its height in inches."""
    renderer = figure.canvas.get_renderer()
    for columns in range(len(handles), 0, -1):
        # Without a gap in the last row but in the last column: few rows, filled evenly.
        if columns > 1 and math.ceil(len(handles) / columns) == \
                math.ceil(len(handles) / (columns - 1)):
            continue
        legend = figure.legend(handles=handles, loc="upper center", ncol=columns)
        legend.set_in_layout(False)
        box = legend.get_window_extent(renderer)
        if box.width <= width * figure.dpi * 0.98 or columns == 1:
            return legend, box.height / figure.dpi
        legend.remove()
    raise AssertionError("a legend has at least one column")


def spans(values):
    """The largest of the positive values over the smallest."""
    positive = [value for value in values if value is not None and value > 0]
    return max(positive) / min(positive) if positive else 1


def log_axis(axis, values):
    """A logarithmic scale with ticks at powers of ten, and at 2 and 5 of a short range."""
    axis.axes.set_xscale("log") if axis.axis_name == "x" else axis.axes.set_yscale("log")
    positive = [value for value in values if value is not None and value > 0]
    low, high = math.log10(min(positive)), math.log10(max(positive))
    margin = max(0.05 * (high - low), 0.08)
    limits = (10 ** (low - margin), 10 ** (high + margin))
    (axis.axes.set_xlim if axis.axis_name == "x" else axis.axes.set_ylim)(*limits)
    decades = high - low + 2 * margin
    subs = (1, 2, 5) if decades < 2.2 else (1,)
    if decades < 0.8:
        subs = (1, 1.5, 2, 3, 4, 5, 7)
    axis.set_major_locator(LogLocator(subs=subs, numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: labels.plain(value)))
    axis.set_minor_locator(LogLocator(subs=range(1, 10), numticks=40))
    axis.set_minor_formatter(NullFormatter())


def linear_axis(axis, values, from_zero=True):
    """A linear scale whose ticks have few digits."""
    high = max((value for value in values if value is not None), default=1) or 1
    if from_zero:
        limits = (0, high * 1.06)
        (axis.axes.set_xlim if axis.axis_name == "x" else axis.axes.set_ylim)(*limits)
    axis.set_major_formatter(FuncFormatter(lambda value, _: labels.plain(value)))


def measured_ticks(figure, panels, text=labels.plain):
    """Ticks of the x axis of each (axes, values) at the values that were measured, as far
    as there is room. To be called after finish(): it needs to know where things stand."""
    figure.draw_without_rendering()
    for axes, values in panels:
        _ticks_with_room(figure, axes, values, text)


def _ticks_with_room(figure, axes, values, text):
    axis = axes.xaxis
    values = sorted(set(values))
    renderer = figure.canvas.get_renderer()
    gap = 0.8 * axis.get_ticklabels()[0].get_fontsize() * figure.dpi / 72
    probe = figure.text(0, 0, "", fontsize=axis.get_ticklabels()[0].get_fontsize())
    chosen = []
    # First and last are the most telling, then those in between in order.
    order = [values[0], values[-1], *values[1:-1]] if len(values) > 1 else values
    boxes = []
    for value in order:
        probe.set_text(text(value))
        half = probe.get_window_extent(renderer).width / 2
        middle = axes.transData.transform((value, axes.get_ylim()[0]))[0]
        box = (middle - half, middle + half)
        if all(box[1] + gap < other[0] or box[0] - gap > other[1] for other in boxes):
            boxes.append(box)
            chosen.append(value)
    probe.remove()
    chosen.sort()
    axis.set_major_locator(FixedLocator(chosen))
    axis.set_major_formatter(FixedFormatter([text(value) for value in chosen]))
    axis.set_minor_locator(FixedLocator([value for value in values if value not in chosen]))
    axis.set_minor_formatter(NullFormatter())


def grid(axes, which):
    axes.grid(True, axis=which, which="major")
