"""Rows of horizontal bars or dots, in groups that have a heading."""

from matplotlib.transforms import blended_transform_factory

# Rows of one figure, at most: it has to fit on a page.
MOST_ROWS = 32


def pages(groups, step=1.0):
    """Splits [(heading, rows)] so that no page has more than MOST_ROWS, headings included,
    unless a single group has. step: from row to row, of the distance of headings."""
    page, used = [], 0
    for heading, rows in groups:
        size = len(rows) * step + 1
        if page and used + size > MOST_ROWS:
            yield page
            page, used = [], 0
        page.append((heading, rows))
        used += size
    if page:
        yield page


def places(groups, step=1.0):
    """From the top: (heading, its y, [(y, row)…]) for each group."""
    y = 0.0
    placed = []
    for heading, rows in groups:
        top = y
        inside = [(top + 0.5 + (index + 0.5) * step, row) for index, row in enumerate(rows)]
        placed.append((heading, top, inside))
        y = top + len(rows) * step + 1.35
    return placed


def group_rows(rows, key):
    """[(value of key, rows)] in the order of the rows."""
    groups = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return list(groups.items())


def height(groups, style, step=1.0):
    """Inches that the axes of these rows need, labels of the x axis included."""
    rows = sum(len(rows) * step + 1.35 for _, rows in groups)
    return style.unit * (1.5 * rows + 4)


def set_up(axes, placed, text=None):
    """Headings of groups above their rows; names of rows, if they have any, at the left."""
    ticks = [(y, row) for _, _, rows in placed for y, row in rows]
    axes.set_yticks([y for y, _ in ticks] if text else [],
                    [text(row) for _, row in ticks] if text else [])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(ticks[-1][0] + 0.7, placed[0][1] - 0.7)
    across = blended_transform_factory(axes.transAxes, axes.transData)
    for heading, y, _ in placed:
        axes.text(0, y, heading, transform=across, ha="left", va="center", weight="bold",
                  fontsize=axes.xaxis.get_ticklabels()[0].get_fontsize(),
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
