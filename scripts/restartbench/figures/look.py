"""Looks at a drawn figure as a reader would: labels that overlap or are cut off."""

from matplotlib.text import Text

# Pixels by which the boxes of two texts may overlap: they have some white around them.
SLACK = 1.0


def problems(figure):
    """One sentence for everything that is wrong with a figure."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in visible_texts(figure)]
    page = figure.bbox
    found = []
    for text, box in boxes:
        if box.x0 < page.x0 - SLACK or box.x1 > page.x1 + SLACK \
                or box.y0 < page.y0 - SLACK or box.y1 > page.y1 + SLACK:
            found.append(f"{text!r} is cut off at the edge")
    for index, (text, box) in enumerate(boxes):
        for other, other_box in boxes[index + 1:]:
            if _overlap(box, other_box):
                found.append(f"{text!r} and {other!r} overlap")
    for legend in figure.legends:
        box = legend.get_window_extent(renderer)
        if any(_overlap(box, axes.get_window_extent(renderer)) for axes in figure.axes):
            found.append("the legend covers data")
    for axes in figure.axes:
        box = axes.get_window_extent(renderer)
        if axes.axison and (box.width < 0.15 * page.width / _columns(figure) or box.height < 10):
            found.append("no room is left for the data")
    return found


def _columns(figure):
    return max((axes.get_subplotspec().get_gridspec().ncols for axes in figure.axes
                if axes.get_subplotspec()), default=1)


def _overlap(box, other):
    return min(box.x1, other.x1) - max(box.x0, other.x0) > SLACK \
        and min(box.y1, other.y1) - max(box.y0, other.y0) > SLACK


def visible_texts(figure):
    """All texts that are drawn; of ticks, those inside of their axis."""
    ticks = set()
    shown = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            slack = (high - low) * 1e-9
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                labels = (tick.label1, tick.label2)
                ticks.update(labels)
                if axes.axison and axis.get_visible() and low - slack <= tick.get_loc() <= \
                        high + slack:
                    shown.update(labels)
            ticks.add(axis.get_offset_text())
    texts = []
    for text in figure.findobj(Text):
        if not text.get_text().strip() or not text.get_visible():
            continue
        if text in ticks and text not in shown:
            continue
        if text.axes is not None and not text.axes.axison:
            continue
        texts.append(text)
    return texts
