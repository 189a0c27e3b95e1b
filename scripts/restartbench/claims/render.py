"""The rows of the claims as text, as Markdown and as JSON."""

import json
import textwrap

from .. import amounts

WIDTH = 92
SHOWN = 8  # figures that text and Markdown show of one claim on one clock


def number(value, unit):
    """A figure's value with its unit, short."""
    if unit == "share":
        return amounts.share(value)
    if unit == "ratio":
        return amounts.ratio(value)
    if unit == "ns":
        return amounts.amount(value, unit)
    if unit == "instructions":
        return f"{amounts.amount(value, unit)} {unit}"
    return f"{value:,.0f} {unit}"


def figure_text(figure):
    """`0.64 [0.62, 0.66]`"""
    text = number(figure.value, figure.unit)
    if figure.samples == 0:
        return text
    if figure.low is None:
        return f"{text} [no interval]"
    # "62.2 k instructions [61.1 k, 78.8 k]", but "413 ns [-1.83 us, 2.63 us]"
    ends = ", ".join(number(end, figure.unit).removesuffix(" instructions")
                     for end in (figure.low, figure.high))
    return f"{text} [{ends}]"


def place(figure):
    return f"{figure.where}, {figure.who}" if figure.who else figure.where


def _shown(row):
    """(system, figures, how many are left out), the extreme figures of each system."""
    for name in dict.fromkeys(name for name, _ in row.figures):
        figures = [figure for of, figure in row.figures if of == name]
        if len(figures) <= SHOWN:
            yield name, figures, 0
            continue
        ordered = sorted(figures, key=lambda figure: (figure.unit, figure.value))
        chosen = ordered[:SHOWN // 2] + ordered[-SHOWN // 2:]
        yield name, [figure for figure in figures if figure in chosen], len(figures) - SHOWN


def short_verdict(row):
    """`depends on the workload`, `holds`, `not judged: ...`"""
    if row.verdict == "depends":
        return f"depends on {subject(row)}"
    return f"{row.verdict}: {row.on}" if row.missing else row.verdict


def system_verdict(verdict):
    """Of one clock, in full: `depends on the workload (...)`, `holds`"""
    if not verdict.on:
        return verdict.word
    joint = " on " if verdict.word == "depends" else ": "
    return f"{verdict.word}{joint}{verdict.on}"


def subject(row):
    """On what it depends, without the lists: `the workload`."""
    return row.on.partition(" (")[0].partition(":")[0]


def _wrapped(label, text, indent=16):
    return textwrap.fill(text, WIDTH, initial_indent=f"    {label:<{indent - 4}}",
                         subsequent_indent=" " * indent, break_on_hyphens=False,
                         break_long_words=False)


def as_text(rows):
    """For a terminal: a block a claim, the verdict first."""
    blocks = []
    for row in rows:
        lines = [textwrap.fill(f"{row.claim.id}  {row.claim.sentence}", WIDTH,
                               subsequent_indent="    "),
                 _wrapped("verdict", short_verdict(row))]
        if row.missing:
            lines += [_wrapped("missing" if not index else "", text)
                      for index, text in enumerate(_cut(row.missing))]
        else:
            lines.append(_wrapped("confidence", f"{row.confidence}: {'; '.join(row.reasons)}"))
        for name, figures, left in _shown(row):
            wide = max(len(place(figure)) for figure in figures)
            lines.append(textwrap.fill(f"{name}: {system_verdict(row.systems[name])}", WIDTH,
                                       initial_indent=" " * 4, subsequent_indent=" " * 6,
                                       break_on_hyphens=False, break_long_words=False))
            lines += [f"      {place(figure):<{wide}}  {figure.what}: {figure_text(figure)}"
                      for figure in figures]
            if left:
                lines.append(f"      ... and {left} between these")
        lines += [_wrapped("note" if not index else "", note)
                  for index, note in enumerate(_cut(_notes(row)))]
        lines.append(f"    {'measure them' if row.missing else 'reproduce'}:")
        lines += [f"      {command}" for command in row.commands]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _notes(row):
    """Each once: counts are the same on every clock."""
    return list(dict.fromkeys(note for _, note in row.notes))


def _cut(sentences, most=6):
    if len(sentences) <= most:
        return sentences
    return sentences[:most] + [f"... and {len(sentences) - most} more"]


def as_markdown(rows):
    """A table for a pull request, and the figures of each claim below it."""
    lines = ["| | claim | verdict | confidence |", "|---|---|---|---|"]
    for row in rows:
        more = short_verdict(row).removeprefix(row.verdict)
        lines.append(f"| {row.claim.id} | {_cell(row.claim.sentence)} | **{row.verdict}**"
                     f"{_cell(more)} | {row.confidence} |")
    for row in rows:
        lines += ["", f"<details><summary>{row.claim.id}: {row.verdict}</summary>", ""]
        if row.missing:
            lines += [f"- missing: {text}" for text in _cut(row.missing)]
        else:
            lines.append(f"Confidence: {row.confidence}: {'; '.join(row.reasons)}.")
        for name, figures, left in _shown(row):
            lines += ["", f"{name}: {system_verdict(row.systems[name])}", "",
                      "| where | what | figure |", "|---|---|---:|"]
            lines += [f"| {_cell(place(figure))} | {figure.what} | {figure_text(figure)} |"
                      for figure in figures]
            if left:
                lines.append(f"| ... and {left} between these | | |")
        if row.notes:
            lines += [""] + [f"- {note}" for note in _cut(_notes(row))]
        lines += ["", "```sh"] + row.commands + ["```", "", "</details>"]
    return "\n".join(lines) + "\n"


def _cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def as_json(rows):
    """Everything, for programs: docs/report.md has the fields."""
    return json.dumps({"claims": [_row(row) for row in rows]}, indent=1) + "\n"


def _row(row):
    return {
        "id": row.claim.id,
        "claim": row.claim.sentence,
        "verdict": row.verdict,
        "on": row.on,
        "confidence": row.confidence,
        "reasons": row.reasons,
        "limit": row.claim.limit,
        "systems": {name: {"verdict": verdict.word, "on": verdict.on}
                    for name, verdict in row.systems.items()},
        "figures": [{"system": name, "where": figure.where, "strategy": figure.who or None,
                     "what": figure.what, "value": figure.value, "low": figure.low,
                     "high": figure.high, "unit": figure.unit, "samples": figure.samples,
                     "sources": [{"file": file, "cell": cell} for file, cell in figure.sources]}
                    for name, figure in row.figures],
        "notes": [note for _, note in row.notes],
        "missing": row.missing,
        "commands": row.commands,
    }
