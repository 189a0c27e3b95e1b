"""The verdicts as text, Markdown, JSON and JUnit XML, and as annotations of GitHub."""

import json
from collections import Counter
from xml.etree import ElementTree

from ..amounts import amount
from . import trackers, verdicts
from .verdicts import ADDED, COMPARED, ERROR, SLOWER, UNSUPPORTED, INTERRUPTED, UNRESOLVED

ORDER = (ERROR, SLOWER, verdicts.ACCEPTED, verdicts.FASTER, UNRESOLVED, verdicts.UNCHANGED,
         ADDED, UNSUPPORTED, INTERRUPTED)


def percent(part):
    """`+1.23 %`"""
    return f"{part * 100:+.2f} %" if abs(part) >= 5e-5 else "0.00 %"


class Report:
    """cells: verdicts. about: [(what, text)] for people; base, head: what the sides are;
    contexts: of both, as in their files."""

    def __init__(self, cells, threshold, unit, base, head, about, contexts=({}, {})):
        self.contexts = contexts
        self.cells = cells
        self.threshold = threshold
        self.unit = unit
        self.base = base
        self.head = head
        self.about = about

    def summary(self):
        """`1 slower, 3 unchanged`"""
        counts = Counter(cell.verdict for cell in self.cells)
        return ", ".join(f"{counts[name]} {name}" for name in ORDER if counts[name]) or "no cell"

    def details(self, cell):
        """What moved, one line each."""
        lines = []
        if cell.verdict in (SLOWER, verdicts.ACCEPTED, verdicts.FASTER, UNRESOLVED):
            for stage in cell.moved_stages(self.threshold):
                own = f", {percent(stage.change / stage.base)} of the stage" if stage.base else ""
                lines.append(f"stage {stage.name}: {self.signed(stage.change)} "
                             f"{unit_name(self.unit)}".rstrip()
                             + f", {percent(stage.of_cell)} of the cell{own}")
        for each in cell.objects:
            useless = "" if each.base_useless is None or each.head_useless is None else \
                f", useless {each.base_useless} -> {each.head_useless}"
            lines.append(f"objects {each.name}: created {each.base} -> {each.head}{useless}")
        lines += [f"work {each.name}: {each.base} -> {each.head}" for each in cell.work]
        return lines

    def coverage(self, cell):
        """What the functions of a cell are, in a sentence; or why there are none; or ''."""
        if cell.functions is None:
            return f"no functions: {cell.no_functions}" if cell.no_functions else ""
        found = cell.functions
        part = "" if found.covered is None else \
            f"; these are {found.covered * 100:.0f} % of the change"
        others = f", and {found.others} that changed less" if found.others else ""
        base, head = found.restarts
        return (f"functions: {self.signed(found.change)} in the profiles of {base} and "
                f"{head} restarts{part}{others}")

    def functions(self, cell):
        """[(change, base, head, name with its callers)]"""
        if cell.functions is None:
            return []
        return [(self.signed(each.change), amount(each.base, self.unit),
                 amount(each.head, self.unit), " < ".join((each.name, *each.callers)))
                for each in cell.functions.functions]

    def signed(self, change):
        """`+1.23 k`"""
        return f"{'-' if change < 0 else '+'}{amount(abs(change), self.unit)}"

    def row(self, cell):
        """verdict, change, interval, base, head"""
        if cell.ratio is None:
            return cell.verdict, "", "", "", ""
        interval = cell.interval and (f"{percent(cell.interval.low - 1)} to "
                                      f"{percent(cell.interval.high - 1)}")
        return (cell.verdict, percent(cell.ratio - 1), interval or "?",
                amount(cell.base, self.unit), amount(cell.head, self.unit))


def unit_name(unit):
    return "" if unit == "ns" else unit


def text(report):
    header = ("cell", "verdict", "change", "interval", "base", "head")
    rows = [(cell.name, *report.row(cell)) for cell in report.cells]
    widths = [max(map(len, column)) for column in zip(header, *rows)]
    lines = [f"{what:9} {value}" for what, value in report.about] + [""]
    for row, cell in zip([header, *rows], [None, *report.cells]):
        cells = [value.ljust(width) if index < 2 else value.rjust(width)
                 for index, (value, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
        if cell is not None:
            lines += [f"    {line}" for line in [*filter(None, [cell.reason]),
                                                 *report.details(cell),
                                                 *_functions_as_text(report, cell)]]
    return "\n".join([*lines, "", report.summary()]) + "\n"


def _functions_as_text(report, cell):
    lines = list(filter(None, [report.coverage(cell)]))
    rows = report.functions(cell)
    widths = [max((len(row[index]) for row in rows), default=0) for index in range(3)]
    return lines + [f"    {change:>{widths[0]}}  {base:>{widths[1]}} -> {head:>{widths[2]}}  {name}"
                    for change, base, head, name in rows]


def markdown(report):
    """For a comment on a pull request: what is unchanged is folded away."""
    lines = [f"### Restarts: {report.summary()}", ""]
    loud = [cell for cell in report.cells
            if cell.verdict != verdicts.UNCHANGED or report.details(cell)]
    quiet = [cell for cell in report.cells if cell not in loud]
    if loud:
        lines += _markdown_table(report, loud)
    for cell in report.cells:
        lines += _functions_as_markdown(report, cell)
    if quiet:
        lines += ["<details><summary>unchanged</summary>", "",
                  *_markdown_table(report, quiet), "</details>", ""]
    lines += [f"- {what}: {_escaped(value)}" for what, value in report.about]
    return "\n".join(lines) + "\n"


def _markdown_table(report, cells):
    lines = [f"| cell | verdict | change | interval | base, {report.unit} | head | what moved |",
             "|---|---|---:|---|---:|---:|---|"]
    for cell in cells:
        verdict, *rest = report.row(cell)
        bold = f"**{verdict}**" if verdict in (SLOWER, ERROR) else verdict
        what = "<br>".join(map(_escaped, [*filter(None, [cell.reason]), *report.details(cell)]))
        lines.append("| " + " | ".join([f"`{cell.name}`", bold, *rest, what]) + " |")
    return [*lines, ""]


def _functions_as_markdown(report, cell):
    if not report.coverage(cell):
        return []
    lines = [f"<details><summary><code>{cell.name}</code>: {_escaped(report.coverage(cell))}"
             "</summary>", ""]
    if report.functions(cell):
        lines += ["| change | base | head | function < its callers |", "|---:|---:|---:|---|"]
    for *numbers, name in report.functions(cell):
        lines.append("| " + " | ".join([*numbers, f"{_escaped(name)}"]) + " |")
    return [*lines, "", "</details>", ""]


def _escaped(value):
    for plain, safe in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("\n", " "), ("_", "\\_")):
        value = value.replace(plain, safe)
    return value


def as_json(report):
    def moved(each):
        return {"name": each.name, "base": each.base, "head": each.head, "of_cell": each.of_cell}

    cells = []
    for cell in report.cells:
        entry = {"name": cell.name, "verdict": cell.verdict, "reason": cell.reason}
        if cell.ratio is not None:
            interval = cell.interval
            entry |= {
                "base": cell.base, "head": cell.head, "ratio": cell.ratio,
                "low": interval and interval.low, "high": interval and interval.high,
                "confidence": interval and interval.confidence, "pairs": cell.pairs,
                "stages": [moved(stage) for stage in cell.stages],
                "moved": [stage.name for stage in cell.moved_stages(report.threshold)],
                "objects": [vars(each) for each in cell.objects],
                "work": [{"name": each.name, "base": each.base, "head": each.head}
                         for each in cell.work]}
        if cell.functions is not None:
            found = cell.functions
            entry["functions"] = {
                "base": found.base, "head": found.head, "restarts": list(found.restarts),
                "covered": found.covered, "others": found.others,
                "list": [{"name": each.name, "base": each.base, "head": each.head,
                          "callers": list(each.callers)} for each in found.functions]}
        elif cell.no_functions:
            entry["no_functions"] = cell.no_functions
        cells.append(entry)
    return json.dumps({"regress_version": 1, "base": report.base, "head": report.head,
                       "threshold": report.threshold, "unit": report.unit,
                       "about": dict(report.about), "cells": cells}, indent=1) + "\n"


def junit(report):
    """A test case a cell: slower is a failure, no usable time an error."""
    counts = Counter(cell.verdict for cell in report.cells)
    skipped = (ADDED, UNSUPPORTED, INTERRUPTED, UNRESOLVED)
    suite = ElementTree.Element("testsuite", {
        "name": "regress", "tests": str(len(report.cells)), "failures": str(counts[SLOWER]),
        "errors": str(counts[ERROR]), "skipped": str(sum(counts[name] for name in skipped))})
    properties = ElementTree.SubElement(suite, "properties")
    for what, value in report.about:
        ElementTree.SubElement(properties, "property", {"name": what, "value": value})
    for cell in report.cells:
        workload, _, strategy = cell.name.rpartition("/")
        case = ElementTree.SubElement(suite, "testcase", {
            "classname": f"regress.{strategy}", "name": workload})
        message = cell.reason or " ".join(filter(None, report.row(cell)[1:3]))
        tag = {SLOWER: "failure", ERROR: "error"}.get(cell.verdict)
        tag = "skipped" if cell.verdict in skipped else tag
        details = "\n".join([*report.details(cell), *_functions_as_text(report, cell)])
        if tag:
            found = ElementTree.SubElement(case, tag, {"message": f"{cell.verdict}: {message}"})
            found.text = details or None
        elif cell.verdict in COMPARED:
            ElementTree.SubElement(case, "system-out").text = \
                "\n".join(filter(None, [f"{cell.verdict}: {message}", details]))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def annotations(report):
    """Workflow commands of GitHub, a line for each cell that someone should look at."""
    lines = []
    for cell in report.cells:
        if cell.verdict not in (SLOWER, ERROR, UNRESOLVED):
            continue
        level = "warning" if cell.verdict == UNRESOLVED else "error"
        change = " ".join(filter(None, report.row(cell)[1:3]))
        what = "; ".join(filter(None, [f"{cell.verdict} {change}".strip(), cell.reason,
                                       *report.details(cell), *_top_functions(report, cell)]))
        what = what.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        name = cell.name.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
        lines.append(f"::{level} title=restart {name}::{what}")
    return "".join(f"{line}\n" for line in lines)


def _top_functions(report, cell):
    rows = report.functions(cell)[:3]
    return [f"functions: {', '.join(f'{change} {name}' for change, _, _, name in rows)}"] \
        if rows else []


FORMATS = {"text": text, "markdown": markdown, "json": as_json, "junit": junit,
           "github": annotations, "google-benchmark": trackers.google_benchmark,
           "tracker": trackers.tracker}
