"""Which sharing graphs can be restored, and what that takes."""

from matplotlib.patches import Patch

from . import bars, layout, style as looks
from .sheet import COUNT, SHARE, TEXT, Column, Sheet

NAME = "coverage"
ABOUT = "share of all sharing graphs that each strategy restores, and what that takes"
NEEDS = "counts of graphs: bench coverage --tasks 3 --json > FILE"

SYSTEM_CALLS = "stock system calls"
REACHABLE, BEYOND = "reachable", "not reachable"


def sheets(inputs, context):
    for random in (False, True):
        rows, seen = [], set()
        for coverage in sorted((one for one in inputs.coverages if one.random is random),
                               key=lambda one: (one.tasks, one.most_tasks)):
            graphs = _graphs(coverage)
            if graphs in seen:
                context.say(f"{coverage.path}: not drawn: another file has the same graphs")
                continue
            seen.add(graphs)
            rows += _rows(coverage, graphs, context)
        if rows:
            yield Sheet(NAME + ("-random" if random else ""),
                        "Sharing graphs that can be restored",
                        (Column("graphs", TEXT, "Graphs"), Column("row", TEXT, "Restored with"),
                         Column("part", TEXT, "Of which"), Column("count", COUNT, "Graphs"),
                         Column("share", SHARE, "Share")), rows)


def _graphs(coverage):
    tasks = f"{coverage.tasks}" if coverage.tasks == coverage.most_tasks \
        else f"{coverage.tasks} to {coverage.most_tasks}"
    what = "random graphs" if coverage.random else "graphs"
    one = "task" if tasks == "1" else "tasks"
    return f"{tasks} {one}: {coverage.graphs:,} {what if coverage.graphs != 1 else 'graph'}"


def _rows(coverage, graphs, context):
    def row(name, part, count):
        return {"graphs": graphs, "row": name, "part": part, "count": count,
                "share": count / coverage.graphs if coverage.graphs else 0}

    for means, count in coverage.means:
        yield row(SYSTEM_CALLS, means, count)
    for strategy in coverage.strategies:
        if context.strategies and strategy.name not in context.strategies:
            continue
        yield row(strategy.name, REACHABLE, strategy.reachable)
        yield row(strategy.name, BEYOND, strategy.all - strategy.reachable)


def draw(sheet, style, width):
    groups = [(graphs, _alike(bars.group_rows(rows, "row")))
              for graphs, rows in bars.group_rows(sheet.rows, "graphs")]
    figure = layout.new_figure(style, width, bars.height(groups, style))
    axes = figure.add_subplot()
    placed = bars.places(groups)
    bars.set_up(axes, placed, lambda row: row[0])
    means = list(dict.fromkeys(row["part"] for row in sheet.rows if row["row"] == SYSTEM_CALLS))
    fills = {**dict(zip(means, looks.FILLS)), REACHABLE: (looks.PALE, ""),
             BEYOND: (looks.GREY, "////")}
    for _, _, rows in placed:
        for y, (_, parts) in rows:
            left = 0
            for row in parts:
                colour, hatch = fills[row["part"]]
                axes.barh(y, row["share"] * 100, 0.74, left, color=colour, hatch=hatch,
                          edgecolor="white", linewidth=0.3)
                left += row["share"] * 100
            axes.barh(y, 100, 0.74, color="none", edgecolor=looks.GREY, linewidth=0.4)
            axes.text(101.5, y, _percent(left), va="center", ha="left",
                      fontsize=style.font_size - 1)
    axes.set_xlim(0, 100)
    axes.set_xlabel("Share of all sharing graphs (%)")
    names = {REACHABLE: "reachable by system calls", BEYOND: "not reachable by system calls"}
    used = [part for part in fills if any(row["part"] == part and row["count"]
                                          for row in sheet.rows)]
    layout.finish(figure, style, sheet, [
        Patch(facecolor=fills[part][0], hatch=fills[part][1], edgecolor="white", linewidth=0.3,
              label=names.get(part, part)) for part in used])
    return figure


def _alike(rows):
    """One row for all strategies that restore as many graphs."""
    merged = {}
    for name, parts in rows:
        key = tuple((part["part"], part["count"]) for part in parts)
        merged.setdefault(key, []).append((name, parts))
    joined = []
    for same in merged.values():
        names = [name for name, _ in same]
        text = ", ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} others"
        joined.append((text, same[0][1]))
    return joined


def _percent(share):
    """Never 100 % where something is missing."""
    if 99.95 <= share < 100:
        return "99.9 %"
    return f"{share:.0f} %" if share in (0, 100) else f"{share:.1f} %"
