"""What is drawn in a figure, and what its sheet says should be: the same numbers."""

from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from restartbench.figures import costs


def drawn_values(figure, name):
    """Places of markers, or lengths of filled bars, along the axis of values; all nonzero."""
    values = []
    # Below, a history has the same once more, as changes.
    for axes in figure.axes[:1] if name == "history" else figure.axes:
        if name in ("stages", "ledger", "coverage"):
            values += [patch.get_width() for patch in axes.patches
                       if isinstance(patch, Rectangle) and to_rgba(patch.get_facecolor())[3] > 0]
        else:
            along_x = name == "ratio" or (name == "costs" and axes.get_yscale() == "linear")
            for line in axes.lines:
                if line.get_marker() not in ("None", None, ""):
                    values += list(line.get_xdata() if along_x else line.get_ydata())
    return sorted(value for value in values if value)


def wanted_values(sheet, name, figure):
    """The same from the rows, up to the scale of the axis."""
    rows = sheet.rows
    if name == "ledger":
        values = [part for row in rows
                  for part in (min(row["needed"], row["created"]),
                               abs(row["created"] - row["needed"]))]
    elif name == "coverage":
        values = [row["share"] for row in rows]
    elif name == "stages":
        part = "share" if figure.axes[0].get_xlabel().startswith("Share") else "work"
        values = [row[part] for row in rows]
    elif name == "ratio":
        values = [row["ratio"] for row in rows]
    elif name == "costs":
        values = [row["median"] if costs.is_resolved(row) else row["high"] for row in rows]
    else:
        values = [row["median"] for row in rows]
    return sorted(value for value in values if value)
