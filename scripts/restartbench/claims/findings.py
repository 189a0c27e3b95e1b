"""What was found, in ten plain sentences made of the figures that decide the claims.

A sentence whose figures are missing says so in place of a number.
"""

from .. import amounts, statistics
from .judge import judge
from .render import number
from .systems import systems_of


def as_markdown(inputs):
    """A numbered list of ten sentences."""
    rows = {row.claim.id: row for row in judge(inputs)}
    systems = systems_of(inputs)
    sentences = [where_measured(inputs, systems), scale(systems)]
    for claim, sentence in SENTENCES.items():
        row = rows[claim]
        sentences.append(f"Not judged ({claim}): {row.missing[0]}." if row.missing
                         else f"{sentence(row)} *({claim}: {row.verdict}, {row.confidence} "
                              "confidence)*")
    return "\n".join(f"{index}. {text}" for index, text in enumerate(sentences, 1)) + "\n"


def where_measured(inputs, systems):
    """On what, how much, and how far it was verified."""
    if not systems:
        return "Nothing was measured."
    cells = [cell for run in inputs.runs for cell in run.cells]
    timed = [cell for cell in cells if not cell.why_not_to_use()]
    verified = sum(cell.verified_restarts for cell in timed)
    names = " and ".join(f"{system.name.replace(', Linux', ' on Linux')}" for system in systems)
    return (f"Measured: {names}. {len(timed):,} of {len(cells):,} cells were timed, and all "
            f"{verified:,} restarts of them that were compared with their image were as it says.")


def scale(systems):
    """How a restart grows with the tasks, against creating them."""
    parts = []
    for system in systems:
        for workload in ("threads", "processes"):
            pairs = [(cells["userspace"], cells["bare"])
                     for cells in system.images(workload).values()
                     if all(name in cells and not cells[name].why_not_to_use()
                            for name in ("userspace", "bare"))]
            if not pairs:
                continue
            cell, bare = max(pairs, key=lambda pair: pair[0].tasks)
            parts.append(f"{cell.tasks:,} {workload} in {_amount(cell.median, cell.unit)} "
                         f"({_amount(cell.median / cell.tasks, cell.unit)} each), "
                         f"{amounts.ratio(cell.median / bare.median)} times what creating them "
                         "takes")
    if not parts:
        return "Not measured: threads and processes of many sizes."
    return f"User space restarts {'; '.join(parts)} at all."


def _clock(name):
    """Of a system's name; the first sentence says what kernels they are."""
    return name.partition(",")[0]


def _amount(value, unit):
    return amounts.amount(value, unit) + ("" if unit == "ns" else " instructions")


def _span(figures):
    """`0.58 to 0.76`"""
    low, high = (number(pick(figure.value for figure in figures), figures[0].unit)
                 for pick in (min, max))
    return low if low == high else f"{low} to {high}"


def _by_system(row, wanted=lambda figure: True):
    """(name, figures) of each system that has such figures."""
    for name in row.systems:
        figures = [figure for of, figure in row.figures if of == name and wanted(figure)]
        if figures:
            yield name, figures


def _spans(row, wanted=lambda figure: True):
    """`0.58 to 0.76 (instructions, Linux 6.1); 0.9 (wall time, Linux 6.18)`"""
    return "; ".join(f"{_span(figures)} ({_clock(name)})"
                     for name, figures in _by_system(row, wanted))


def shared_objects(row):
    """C1"""
    notes = "; ".join(note for _, note in row.notes)
    return (f"Where objects are shared, the kernel takes {_spans(row)} of what user space takes"
            + (f" ({notes})." if notes else "."))


def useless_objects(row):
    """C2"""
    parts = []
    for name, figures in _by_system(row):
        dear = sorted((figure for figure in figures if figure.low is not None and figure.low > 0),
                      key=lambda figure: -figure.value)
        open_ = [figure.where for figure in figures if figure not in dear]
        text = ", ".join(f"{figure.where} {number(figure.value, figure.unit)}"
                         for figure in dear[:2] + dear[2:][-2:])
        if open_:
            text += f"; not resolved: {', '.join(open_)}"
        parts.append(f"{text} ({_clock(name)})")
    return ("What an object created in vain costs beyond a reference, the dearest and the "
            f"cheapest: {'; '.join(parts)}.")


def planning(row):
    """C3"""
    worst = [max(figures, key=lambda figure: figure.value) for _, figures in _by_system(row)]
    dear = [figure for figure in worst if figure.low is not None and figure.low > 1]
    text = f"Planned sharing takes {_spans(row)} of what a naive restorer in user space takes"
    if dear:
        text += ", most in " + ", ".join(dict.fromkeys(figure.where for figure in dear))
    return text + "."


def creating(row):
    """C4"""
    with_memory = _spans(row, lambda figure: figure.where.startswith("memory:"))
    without = _spans(row, lambda figure: not figure.where.startswith("memory:"))
    return (f"Creating tasks and objects is {without} of the work of threads and processes, and "
            f"{with_memory} of that of trees with memory.")


def creators_files(row):
    """C5"""
    return ("What open files of the process that restarts cost, in "
            + "; in ".join(dict.fromkeys(note for _, note in row.notes)) + ".")


def graphs(row):
    """C6"""
    return (f"Whether sharing that the tree does not show needs the kernel depends on {row.on}."
            if row.verdict == "depends" else
            f"That sharing which the tree does not show needs the kernel: {row.verdict}.")


def reference_counting(row):
    """C7"""
    more = max((figure.value for _, figure in row.figures if figure.unit == "objects"), default=0)
    ratios = _spans(row, lambda figure: figure.unit == "ratio")
    return (f"Creating everything shared and unsharing on demand makes {more:,.0f} objects more "
            f"than the kernel and takes {ratios} times as much.")


def checking(row):
    """C8"""
    most = [max(figures, key=lambda figure: figure.value) for _, figures in _by_system(row)]
    middle = "; ".join(number(statistics.median([figure.value for figure in figures]), "share")
                       for _, figures in _by_system(row))
    return (f"Loading the image into the kernel and checking it is {_spans(row)} of the work, in "
            f"the median {middle}, and most in {', '.join(figure.where for figure in most)}.")


SENTENCES = {"C1": shared_objects, "C2": useless_objects, "C3": planning, "C4": creating,
             "C5": creators_files, "C6": graphs, "C7": reference_counting, "C8": checking}
