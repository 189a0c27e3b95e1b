"""The data of a figure as CSV, and as a LaTeX table of the package booktabs."""

import csv
import io
import re

from . import labels
from .sheet import COUNT, RATIO, SHARE, TEXT, VALUE

ESCAPES = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
           "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def csv_text(sheet):
    """All columns, numbers as they are; no value: an empty field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(f"{column.name}_{sheet.unit}" if column.kind == VALUE else column.name
                    for column in sheet.columns)
    for row in sheet.rows:
        writer.writerow(_plain(row.get(column.name)) for column in sheet.columns)
    return out.getvalue()


def _plain(value):
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return value


def latex_text(sheet):
    """The columns that have a title; values of the sheet all in the same unit."""
    columns = [column for column in sheet.columns if column.title]
    scale = labels.middle_scale(sheet.unit, [row.get(column.name) for row in sheet.rows
                                             for column in columns if column.kind == VALUE])
    heads = []
    for column in columns:
        head = column.title + (f" {scale.bracket()}" if column.kind == VALUE else "")
        heads.append(escape(head + (" (%)" if column.kind == SHARE else "")))
    form = "".join("l" if column.kind == TEXT else "r" for column in columns)
    lines = [f"% {sheet.title}" + (f"; {sheet.environment.text()}" if sheet.environment else ""),
             r"% needs \usepackage{booktabs}",
             rf"\begin{{tabular}}{{{form}}}",
             r"\toprule", " & ".join(heads) + r" \\", r"\midrule"]
    previous = None
    for row in sheet.rows:
        cells = [_formatted(row.get(column.name), column.kind, scale) for column in columns]
        # What repeats at the left is said once.
        shown = list(cells)
        for index, column in enumerate(columns):
            if previous is None or column.kind != TEXT or cells[index] != previous[index]:
                break
            if index < len(columns) - 1:
                shown[index] = ""
        lines.append(" & ".join(shown) + r" \\")
        previous = cells
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _formatted(value, kind, scale):
    if value is None:
        return "--"
    if kind == TEXT:
        return escape(str(value))
    if kind == COUNT:
        text = f"{value:,}"
    elif kind == VALUE:
        text = labels.significant(value / scale.divisor)
    elif kind == SHARE:
        text = f"{value * 100:.1f}"
    else:
        assert kind == RATIO, kind
        text = labels.significant(value)
    return f"${text.replace(',', '{,}')}$" if text.startswith("-") else text


def escape(text):
    """Text as LaTeX prints it literally."""
    text = re.sub(r"[\\&%$#_{}~^]", lambda match: ESCAPES[match.group()], text)
    return text.replace("µ", r"\textmu{}").replace("−", "--")
