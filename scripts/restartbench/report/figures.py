"""The figures of a report, drawn by restartbench.figures."""

from ..errors import LackingError, NothingSelected

# As of the page's, text of figures is on a screen, and may be read on a narrow one.
STYLE, WIDTH = "screen", "text"


def draw(inputs, folder, progress):
    """[(name, caption, SVG)] of all figures that these inputs have data for.

    The same are written to the folder, with their data. @raises LackingError without
    matplotlib
    """
    try:
        from ..figures import output
        from ..figures.context import make_context
    except ImportError as error:
        raise LackingError(f"a module of Python is missing: {error.name}",
                           "run scripts/setup, or use --no-figures") from None
    folder.mkdir(parents=True, exist_ok=True)
    context = make_context(inputs, progress)
    try:
        sheets = output.sheets_of(inputs, context, ())
    except NothingSelected:
        progress("the files have no data for any figure")
        return []
    drawn = []
    for number, (module, sheet) in enumerate(sheets, 1):
        progress(f"drawing {sheet.name} ({number} of {len(sheets)})")
        output.write(module, sheet, folder, ("svg",), STYLE, WIDTH)
        svg = (folder / f"{sheet.name}.svg").read_text(encoding="utf-8")
        drawn.append((sheet.name, sheet.title or module.ABOUT, svg))
    return drawn
