"""The figures of a report, drawn by restartbench.figures."""

import dataclasses
import datetime

from ..errors import LackingError, NothingSelected

# The figures of a column have the larger type for their size.
STYLE, WIDTH = "screen", "column"
# Files of one session are no history, though they may have a cell twice.
LEAST_HISTORY = datetime.timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Drawing:
    """One figure. `kind` is the name that scripts/plot has for it, `about` what such
    figures show; strategies and workloads are those in it, none: it is of neither."""

    kind: str
    about: str
    name: str
    caption: str
    svg: str
    strategies: tuple = ()
    workloads: tuple = ()


def is_history(runs):
    """Whether these runs are of two revisions, or far enough apart for figures over time."""
    revisions = {run.context["revision"] for run in runs if run.context.get("revision")}
    times = [run.start_time for run in runs]
    return len(revisions) > 1 or \
        bool(times) and max(times) - min(times) >= LEAST_HISTORY


def _names_in(sheet):
    """(strategies, workloads) of a figure, as tables have them."""
    strategies = dict.fromkeys(row["strategy"] for row in sheet.rows if row.get("strategy"))
    cells = dict.fromkeys(row["cell"] for row in sheet.rows if row.get("cell"))
    workloads = dict.fromkeys(name.rpartition("/")[0].partition(":")[0] for name in cells)
    return tuple(strategies), tuple(workloads)


def draw(inputs, folder, progress):
    """Drawings of all figures that these inputs have data for.

    The same are written to the folder, with their data. @raises LackingError without
    matplotlib
    """
    try:
        from ..figures import FIGURES, output
        from ..figures.context import make_context
    except ImportError as error:
        raise LackingError(f"a module of Python is missing: {error.name}",
                           "run scripts/setup, or use --no-figures") from None
    folder.mkdir(parents=True, exist_ok=True)
    context = make_context(inputs, lambda text: None)
    sheets = []
    for name in FIGURES:
        if name == "history" and not is_history(inputs.runs):
            continue
        try:
            sheets += output.sheets_of(inputs, context, (name,))
        except NothingSelected:
            continue
    drawn = []
    for number, (module, sheet) in enumerate(sheets, 1):
        progress(f"drawing {sheet.name} ({number} of {len(sheets)})")
        output.write(module, sheet, folder, ("svg",), STYLE, WIDTH)
        svg = (folder / f"{sheet.name}.svg").read_text(encoding="utf-8")
        about = module.ABOUT[0].upper() + module.ABOUT[1:]
        drawn.append(Drawing(module.NAME, about, sheet.name, sheet.title or about, svg,
                             *_names_in(sheet)))
    return drawn
