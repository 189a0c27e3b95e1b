"""Rows of horizontal bars or dots, in groups that have a heading."""

from matplotlib.transforms import blended_transform_factory

# Rows of one figure, at most: it has to fit on a page.
MOST_ROWS = 32


def pages(groups, most=MOST_ROWS):
    """Splits [(heading, rows)] so that no page has more rows, headings included, unless a
    single group has."""
    page, used = [], 0
    for heading, rows in groups:
        size = len(rows) + 1
        if page and used + size > most:
            yield page
            page, used = [], 0
        page.append((heading, rows))
        used += size
    if page:
        yield page


def places(groups):
    """From the top: (heading, its y, [(y, row)…]) for each group. Rows are 1 apart."""
    y = 0.0
    placed = []
    for heading, rows in groups:
        top = y
        y += 1.0
        inside = []
        for row in rows:
            inside.append((y, row))
            y += 1
        placed.append((heading, top, inside))
        y += 0.35
    return placed


def group_rows(rows, key):
    """[(value of key, rows)] in the order of the rows."""
    groups = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return list(groups.items())


def height(groups, style, line=1.5):
    """Inches that the axes of these rows need, labels of the x axis included."""
    rows = sum(len(rows) + 1.35 for _, rows in groups)
    return style.unit * (line * rows + 4)


def set_up(axes, placed, text):
    """Names of rows at the left, headings of groups above their rows."""
    ticks = [(y, text(row)) for _, _, rows in placed for y, row in rows]
    axes.set_yticks([y for y, _ in ticks], [name for _, name in ticks])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(ticks[-1][0] + 0.7, placed[0][1] - 0.7)
    across = blended_transform_factory(axes.transAxes, axes.transData)
    for heading, y, _ in placed:
        axes.text(0, y, heading, transform=across, ha="left", va="center", weight="bold",
                  fontsize=axes.yaxis.get_ticklabels()[0].get_fontsize(),
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
