"""The same cells from revision to revision: has a restart become slower, and where?"""

from matplotlib.lines import Line2D

from ..regress.formats import percent
from ..tracking import series as tracking
from . import layout, lines, selection, style as looks
from .sheet import COUNT, SHARE, TEXT, Column, Sheet

NAME = "history"
ABOUT = "the same cells from revision to revision, change points marked"
NEEDS = "two files of results with the same cells, of one kernel and clock, or a file of " \
    "scripts/history"

# More marks than that are not labelled: they would stand in each other's way.
MOST_LABELS = 5
# Percent that the axis of changes spans at least, so that noise does not look like change.
LEAST_SPAN = 1.2

COLUMNS = (Column("start", TEXT, "Start"), Column("number", COUNT), Column("version", TEXT),
           Column("revision", TEXT, "Revision"), Column("series", COUNT),
           Column("new", TEXT), *lines.POINT_COLUMNS, Column("since_first", SHARE, "Since first"),
           Column("change", SHARE, "Step"), Column("change_low", SHARE),
           Column("change_high", SHARE), Column("change_error", SHARE))


def sheets(inputs, context):
    by_environment = {}
    for number, run in enumerate(inputs.runs, 1):
        environment = selection.Environment.of(run.context)
        if environment.clock != "fake":
            by_environment.setdefault(environment, []).append((number, run))
    for environment, runs in by_environment.items():
        found = tracking.of_runs(runs, tracking.this_repository(), context.threshold,
                                 _wanted(runs, context))
        images = {}
        for one in found:
            images.setdefault(one.points[0].cell.image_name, []).append(one)
        for members in images.values():
            yield from _sheet(members, environment, context)


def _wanted(runs, context):
    names = {cell.name for _, run in runs for cell in run.cells if context.wants(cell)}
    return names.__contains__


def _sheet(members, environment, context):
    places = sorted({point.order for one in members for point in one.points})
    if len(places) < 2:
        return
    numbers = {}  # of the series of each cell
    rows = []
    for one in members:
        number = numbers[one.name] = numbers.get(one.name, 0) + 1
        rows += [_row(one, index, number, places) for index in range(len(one.points))]
    rows.sort(key=lambda row: row["number"])
    cell = members[0].points[0].cell
    yield Sheet(selection.file_name(NAME, cell.image_name)
                + context.cells.names.suffix(environment),
                f"History of {selection.image_title(cell)}", COLUMNS, rows,
                context.unit_of(environment), environment, {"threshold": context.threshold})


def _row(one, index, number, places):
    point = one.points[index]
    first = one.points[0].cell.median
    change = one.change_at(index)
    row = {"start": point.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
           "number": places.index(point.order), "version": point.cell.run.context["bench_version"],
           "revision": point.revision[:12], "series": number, "new": one.news if not index else "",
           **lines.point(point.cell),
           "since_first": point.cell.median / first - 1 if first else None}
    if change is not None:
        interval = change.interval
        row |= {"change": change.ratio - 1, "change_low": interval and interval.low - 1,
                "change_high": interval and interval.high - 1, "change_error": change.error}
    return row


def draw(sheet, style, width):
    """Above, what a restart takes, from 0; below, how much more than at first, in percent."""
    lines_of_text = 22 if width == "column" else 25
    figure = layout.new_figure(style, width, style.unit * lines_of_text)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    scale, place = lines.value_axis(above, sheet.rows, "Restart time", sheet.unit)
    handles = lines.draw_lines(above, sheet.rows, "number", scale, breaks="series")
    place()
    above.set_ylabel(above.get_ylabel().replace(" per ", "\nper "))  # it is not high
    above.tick_params(labelbottom=False)
    _changes(below, sheet.rows)
    handles += _marks(above, below, sheet.rows, sheet.hints["threshold"])
    last = max(row["number"] for row in sheet.rows)
    below.set_xlim(-0.06 * last, 1.06 * last)
    texts, what = _names_of_points(sheet.rows)
    below.set_xlabel(what)
    layout.finish(figure, style, sheet, handles)
    layout.measured_ticks(figure, [(below, texts)], texts.__getitem__)
    return figure


def _changes(axes, rows):
    """The median of each point as a change from the first one of its series."""
    looks_by_name = looks.looks_of(lines.in_order(rows))
    for (name, _), points in _split(rows).items():
        look = looks_by_name[name]
        known = [row for row in points if row["since_first"] is not None]
        axes.plot([row["number"] for row in known], [_in_percent(row) for row in known],
                  color=look.colour, marker=look.marker, linestyle=look.line, markersize=3,
                  markeredgecolor="white" if look.marker not in "x+1" else look.colour,
                  markeredgewidth=0.4)
    values = [_in_percent(row) for row in rows if row["since_first"] is not None]
    low, high = min(values, default=0), max(values, default=0)
    room = max(0, LEAST_SPAN - (high - low)) / 2
    margin = (high - low + 2 * room) * 0.12
    # The labels of marks stand above.
    axes.set_ylim(low - room - margin, high + room + 3 * margin)
    axes.axhline(0, color=looks.GREY, linewidth=0.6, zorder=1)
    layout.linear_axis(axes.yaxis, values, from_zero=False)
    layout.grid(axes, "y")
    axes.set_ylabel("Change (%)")


def _in_percent(row):
    return row["since_first"] * 100


def _split(rows):
    """By (strategy, number of the series): its points in order."""
    found = {}
    for row in rows:
        found.setdefault((row["strategy"], row["series"]), []).append(row)
    return found


def _marks(above, below, rows, threshold):
    """A line where a level begins, with the largest change there, and a ring around each
    point that is another; a grey line where another environment begins."""
    handles = []
    last = max(row["number"] for row in rows)
    changed = {}
    for row in rows:
        if row.get("change") is not None:
            changed.setdefault(row["number"], []).append(row)
    for number, members in changed.items():
        for axes in (above, below):
            axes.axvline(number, color=looks.BLACK, linewidth=0.7, linestyle=(0, (1, 1.5)),
                         zorder=0)
        below.scatter([number] * len(members), [_in_percent(row) for row in members], s=46,
                      facecolors="none", edgecolors=looks.BLACK, linewidths=0.9, zorder=5)
        largest = max((row["change"] for row in members), key=abs)
        if len(changed) <= MOST_LABELS:
            at_left = number > 0.7 * last
            below.annotate(percent(largest), (number, 1), (-3 if at_left else 3, -2),
                           xycoords=("data", "axes fraction"), textcoords="offset points",
                           ha="right" if at_left else "left", va="top", fontsize="small")
    if changed:
        handles.append(Line2D([], [], color=looks.BLACK, linewidth=0.7, linestyle=(0, (1, 1.5)),
                              marker="o", markersize=6, markerfacecolor="none",
                              label=f"changed by more than {threshold * 100:g} %"))
    begins = {row["number"] for row in rows if row["new"]}
    for number in begins:
        for axes in (above, below):
            axes.axvline(number - 0.5, color=looks.PALE, linewidth=2, zorder=0)
    if begins:
        handles.append(Line2D([], [], color=looks.PALE, linewidth=2,
                              label="other machine or compiler, not compared"))
    return handles


def _names_of_points(rows):
    """({place: text}, what the axis shows): revisions where all have one, else dates, or the
    time of day if that is all that differs."""
    if all(row["revision"] for row in rows):
        return {row["number"]: row["revision"][:7] for row in rows}, "Revision"
    starts = {row["number"]: row["start"] for row in rows}
    days = {start[:10] for start in starts.values()}
    if len(days) == 1:
        return ({number: start[11:16] for number, start in starts.items()},
                f"Start of the run ({days.pop()}, UTC)")
    return ({number: start[:10] for number, start in starts.items()},
            "Start of the run (date, UTC)")
