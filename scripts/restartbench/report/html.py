"""The report as one HTML page that needs no network and nothing beside it."""

import pathlib

from ..claims import render
from ..errors import LackingError
from .raw import packed

HERE = pathlib.Path(__file__).resolve().parent


def write(page, title="restartbench report"):
    """The text. @raises LackingError without Jinja"""
    try:
        import jinja2
    except ImportError:
        raise LackingError("python3-jinja2 is not installed", "run scripts/setup") from None
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    template = environment.get_template("page.html.j2")
    return template.render(
        page=page, title=title, style=(HERE / "page.css").read_text(),
        script=(HERE / "page.js").read_text(), number=render.figure_text, place=render.place,
        verdict=render.system_verdict, subject=render.subject,
        raw_of=lambda figure: _raw_of(page.store, figure),
        # As an image of its own each, so that the names inside of two cannot clash.
        packed_figures=packed([figure.svg for figure in page.figures]))


def _raw_of(store, figure):
    """The raw samples behind a figure that decides a claim."""
    numbers = []
    for file, name in figure.sources:
        for key in (("cell", file, name, None), ("cost", file, name), ("coverage", file, name)):
            number = store.find(key)
            if number is not None:
                numbers.append(number)
    return numbers
