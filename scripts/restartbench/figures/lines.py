"""Medians of cells as lines with bands of confidence, against anything."""

import itertools

from matplotlib.lines import Line2D

from . import labels, layout, style as looks
from .sheet import COUNT, RATIO, TEXT, VALUE, Column

# What every figure of lines has about each point.
POINT_COLUMNS = (
    Column("strategy", TEXT, "Strategy"),
    Column("median", VALUE, "Median"),
    Column("low", VALUE, "Low"),
    Column("high", VALUE, "High"),
    Column("confidence", RATIO),
    Column("rounds", COUNT),
)


def point(cell):
    """The median of a cell, its interval, and the confidence of that."""
    interval = cell.interval()
    return {"strategy": cell.strategy, "median": cell.median,
            "low": interval and interval.low, "high": interval and interval.high,
            "confidence": interval and interval.confidence, "rounds": len(cell.samples),
            "cell": cell.name, "kind": cell.kind}


def in_order(rows):
    """Strategies: restarts, variants of them, then references; else as in the files."""
    ranks = {"restart": 0, "variant": 1, "reference": 2}
    kinds = {}
    for row in rows:
        kinds.setdefault(row["strategy"], ranks.get(row["kind"], 3))
    return sorted(kinds, key=lambda name: kinds[name])


def values_of(rows):
    return [row[name] for row in rows for name in ("median", "low", "high")]


def draw_lines(axes, rows, x, scale, breaks=None):
    """Draws each strategy's points over row[x]; returns handles for the legend.
    @param breaks a member of rows: where it changes, points are not joined"""
    strategies = in_order(rows)
    styles = looks.looks_of(strategies)
    handles = []
    for name in strategies:
        look = styles[name]
        points = sorted((row for row in rows if row["strategy"] == name), key=lambda row: row[x])
        reference = points[0]["kind"] == "reference"
        for _, part in itertools.groupby(points, lambda row: breaks and row[breaks]):
            part = list(part)
            places = [row[x] for row in part]
            medians = [row["median"] / scale.divisor for row in part]
            line, = axes.plot(places, medians, color=look.colour, marker=look.marker,
                              linestyle=look.line, zorder=2 if reference else 3,
                              markeredgecolor="white" if look.marker not in "x+1"
                              else look.colour,
                              markeredgewidth=0.4 if look.marker not in "x+1" else 1)
            _band(axes, part, places, look, scale)
        handles.append(Line2D([], [], color=look.colour, marker=look.marker, linestyle=look.line,
                              markeredgecolor=line.get_markeredgecolor(),
                              markeredgewidth=line.get_markeredgewidth(),
                              label=f"{name} (reference)" if reference else name))
    return handles


def _band(axes, points, places, look, scale):
    """The intervals; between points with one they are joined to a band."""
    known = [(place, row["low"] / scale.divisor, row["high"] / scale.divisor)
             for place, row in zip(places, points) if row["low"] is not None]
    if not known:
        return
    xs, lows, highs = zip(*known)
    axes.fill_between(xs, lows, highs, color=look.colour, alpha=0.18, linewidth=0, zorder=1)
    axes.vlines(xs, lows, highs, color=look.colour, linewidth=0.8, zorder=2)


def value_axis(axes, rows, what, unit, logarithmic=None):
    """The y axis of a figure of lines: its scale is logarithmic where values span a decade."""
    values = values_of(rows)
    if logarithmic is None:
        logarithmic = layout.spans(values) > 8
    scale = labels.middle_scale(unit, values) if logarithmic else labels.largest_scale(unit, values)
    axes.set_ylabel(scale.axis(what))

    def place():
        scaled = [value / scale.divisor for value in values if value is not None]
        if logarithmic:
            layout.log_axis(axes.yaxis, scaled)
        else:
            layout.linear_axis(axes.yaxis, scaled)
        layout.grid(axes, "y")

    return scale, place
