"""Where the work of a restart goes: its stages, stacked."""

from matplotlib.patches import Patch

from . import bars, labels, layout, selection, style as looks
from .sheet import COUNT, SHARE, TEXT, VALUE, Column, Sheet

NAME = "stages"
ABOUT = "work in each stage of a restart, stacked, by strategy and workload"
NEEDS = "timed restarts, which references are not: bench --strategy userspace --out FILE"

# Bars of one figure are drawn to one scale if none is so much longer than another.
ONE_SCALE = 12


def sheets(inputs, context):
    for environment, cells in context.cells.items():
        images = selection.by_image(
            cell for cell in cells if not cell.is_reference and any(cell.stages.values()))
        by_workload = {}
        for name, members in images.items():
            by_workload.setdefault(members[0].workload or name, []).append(members)
        # Workloads with one image share pages, others have pages of their own.
        single = [(_heading(groups[0]), groups[0]) for groups in by_workload.values()
                  if len(groups) == 1]
        sets = [("", single)] if len(single) > 1 else [(single[0][1][0].workload, single)] \
            if single else []
        sets += [(workload, [(_heading(members), members) for members in groups])
                 for workload, groups in by_workload.items() if len(groups) > 1]
        for name, groups in sets:
            pages = list(bars.pages(groups))
            for number, page in enumerate(pages, 1):
                part = number if len(pages) > 1 else ""
                yield _sheet(selection.file_name(NAME, name or "workloads", part), page,
                             environment, context)


def _heading(cells):
    return selection.image_title(cells[0])


def _sheet(name, page, environment, context):
    rows = []
    for heading, cells in page:
        for cell in cells:
            work = cell.stages
            total = sum(work.values())
            for stage, value in work.items():
                rows.append({"image": heading, "strategy": cell.strategy, "stage": stage,
                             "cell": cell.name,
                             "work": value, "share": value / total if total else 0,
                             "restart": cell.median, "tasks": cell.tasks, "kind": cell.kind})
    return Sheet(name + context.cells.names.suffix(environment), "Work in the stages of a restart",
                 (Column("image", TEXT, "Workload"), Column("strategy", TEXT, "Strategy"),
                  Column("tasks", COUNT), Column("stage", TEXT, "Stage"),
                  Column("work", VALUE, "Work"), Column("share", SHARE, "Share"),
                  Column("restart", VALUE)),
                 rows, context.unit_of(environment), environment)


def draw(sheet, style, width):
    groups = [(image, bars.group_rows(rows, "strategy"))
              for image, rows in bars.group_rows(sheet.rows, "image")]
    totals = [sum(row["work"] for row in stages) for _, rows in groups for _, stages in rows]
    shares = layout.spans(totals) > ONE_SCALE
    scale = labels.largest_scale(sheet.unit, totals)
    figure = layout.new_figure(style, width, bars.height(groups, style))
    axes = figure.add_subplot()
    placed = bars.places(groups)
    bars.set_up(axes, placed, lambda row: row[0])
    stages = list(dict.fromkeys(row["stage"] for row in sheet.rows))
    fills = dict(zip(stages, looks.FILLS))
    longest = max(totals)
    for _, _, rows in placed:
        for y, (_, parts) in rows:
            total = sum(row["work"] for row in parts)
            left = 0
            for row in parts:
                length = row["share"] * 100 if shares else row["work"] / scale.divisor
                colour, hatch = fills[row["stage"]]
                axes.barh(y, length, 0.74, left, color=colour, hatch=hatch, edgecolor="white",
                          linewidth=0.3)
                left += length
            end = 101.5 if shares else total / scale.divisor + longest / scale.divisor * 0.015
            axes.text(end, y, labels.largest_scale(sheet.unit, [total]).text(total), va="center",
                      ha="left", fontsize=style.font_size - 1)
    if shares:
        axes.set_xlim(0, 100)
        axes.set_xlabel("Share of the work, over all tasks (%)" if sheet.unit == "ns" else
                        "Share of the instructions, over all tasks (%)")
    else:
        axes.set_xlim(0, longest / scale.divisor * 1.01)
        axes.set_xlabel(scale.axis("Work, over all tasks", "Instructions, over all tasks"))
    handles = [Patch(facecolor=fills[stage][0], hatch=fills[stage][1], edgecolor="white",
                     linewidth=0.3, label=labels.stage(stage)) for stage in stages]
    layout.finish(figure, style, sheet, handles)
    return figure
