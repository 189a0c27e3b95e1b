"""Writes a figure in all formats, and its data beside it."""

import pathlib
import shutil

import matplotlib
from matplotlib.backends.backend_pgf import LatexError

from ..errors import LackingError, NothingSelected
from . import FIGURES, look, tables
from .style import STYLES

FORMATS = ("pdf", "svg", "png", "pgf")
TEX_SYSTEMS = ("pdflatex", "xelatex", "lualatex")
TEX_PACKAGES = "texlive-latex-recommended texlive-pictures"


def sheets_of(inputs, context, names):
    """(module, sheet) of each figure. @raises NothingSelected if a named one has no data"""
    found = []
    for name in names or FIGURES:
        module = FIGURES[name]
        own = [(module, sheet) for sheet in module.sheets(inputs, context)]
        if names and not own:
            raise NothingSelected(f"the files have no data for the figure {name!r}",
                                  f"it needs {module.NEEDS}")
        found += own
    if not found:
        raise NothingSelected("the files have no data for any figure",
                              "scripts/plot --help says what each one needs")
    return _named_apart(found)


def _named_apart(found):
    """Sheets of one name would overwrite each other's files."""
    used = {}
    for _, sheet in found:
        used[sheet.name] = used.get(sheet.name, 0) + 1
        if used[sheet.name] > 1:
            sheet.name += f"-{used[sheet.name]}"
    return found


def render(module, sheet, style, width):
    """The figure; with the settings of its style in force while it is drawn."""
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **style.settings()}):
        return module.draw(sheet, style, width)


def check_formats(formats):
    """@raises LackingError if one of them cannot be written here"""
    if "pgf" in formats and _tex_system() is None:
        raise LackingError("pgf needs a LaTeX to measure text with",
                           f"apt-get install {TEX_PACKAGES}")


def _tex_system():
    return next((name for name in TEX_SYSTEMS if shutil.which(name)), None)


def write(module, sheet, folder, formats, style_name, width):
    """Writes all files of a sheet. @return their paths, and what is wrong with the look"""
    style = STYLES[style_name]
    folder = pathlib.Path(folder)
    written = []
    for suffix, text in (("csv", tables.csv_text(sheet)), ("tex", tables.latex_text(sheet))):
        path = folder / f"{sheet.name}.{suffix}"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    settings = {**matplotlib.rcParamsDefault, **style.settings()}
    if "pgf" in formats:
        settings["pgf.texsystem"] = _tex_system()
    with matplotlib.rc_context(settings):
        figure = module.draw(sheet, style, width)
        problems = look.problems(figure)
        laid_out = figure.get_layout_engine()
        for name in formats:
            # It is laid out; TeX alone has type of its own, and so of other widths.
            figure.set_layout_engine(laid_out if name == "pgf" else "none")
            path = folder / f"{sheet.name}.{name}"
            try:
                figure.savefig(path, format=name, **_metadata(name, sheet))
            except LatexError as error:
                raise LackingError(f"{_tex_system()} cannot typeset {path.name}: "
                                   f"{_first_error(error)}",
                                   f"apt-get install {TEX_PACKAGES}") from None
            written.append(path)
    return written, problems


def _first_error(error):
    """The first line of TeX's own messages, which follow its echo of the document."""
    lines = str(error).splitlines()
    return next((line for line in lines if line.startswith("!")), lines[0])


def _metadata(name, sheet):
    """The same data give the same file: no date in it."""
    text = sheet.title + (f"; {sheet.environment.text()}" if sheet.environment else "")
    if name == "pdf":
        return {"metadata": {"Title": text, "Creator": "restartbench", "CreationDate": None}}
    if name == "svg":
        return {"metadata": {"Title": text, "Creator": "restartbench", "Date": None}}
    if name == "png":
        return {"metadata": {"Title": text, "Software": None}}
    return {}
