"""The report as Markdown, for a pull request."""

import dataclasses

from ..claims import render

# GitHub refuses comments of more characters than that.
LIMIT = 65_536

# Tables that are left out where there is no room for all, the first ones first.
LEFT_OUT_FIRST = ("Counters", "Useless work", "Predicted from the costs of objects", "Stages",
                  "Ledger of kernel objects", "Ratios", "Restarts")


@dataclasses.dataclass
class Part:
    """A piece of the text. `rank` is its place in LEFT_OUT_FIRST; None is never left out.
    `short` stands in its place then."""

    text: str
    rank: int | None = None
    short: str = ""


def write(page, link="", limit=LIMIT):
    """The text, and the titles of tables that were left out to keep it in the limit (0: none).

    `link` is where the HTML page is: numbers then lead to their raw samples.
    """
    parts = _parts(page, link)
    left_out = []
    for part in sorted((part for part in parts if part.rank is not None),
                       key=lambda part: part.rank):
        if not limit or len(_joined(parts)) <= limit:
            break
        left_out.append(part.short.partition(" (")[0])
        part.text = f"{part.short}: not shown here, see index.html\n"
    return _joined(parts), left_out


def _joined(parts):
    return "\n".join(part.text for part in parts)


def _parts(page, link):
    parts = [Part(f"# restartbench report\n\nFiles: {', '.join(page.files)}\n"),
             Part("## Claims\n\n" + render.as_markdown(page.claims))]
    if page.figures:
        parts.append(Part("## Figures\n"))
        for figures in page.figures_by_kind:
            parts.append(Part(
                f"<details><summary>{figures[0].about} ({len(figures)})</summary>\n\n"
                + "\n".join(f"![{escaped(each.caption)}](figures/{each.name}.svg)\n"
                            for each in figures) + "\n</details>\n"))
    parts.append(Part("## Environment\n\n" + table(page.environment, link)))
    if page.warnings.rows:
        parts.append(Part(details(page.warnings, link)))
    for section in page.sections:
        parts.append(Part(f"## {section.title}\n"))
        for each in section.tables:
            rank = LEFT_OUT_FIRST.index(each.title) if each.title in LEFT_OUT_FIRST else None
            parts.append(Part(details(each, link), rank,
                              f"{each.title} ({len(each.rows)} rows, {section.title})"))
    return parts


def details(one, link=""):
    """A table that is folded in."""
    note = f"{one.note}\n\n" if one.note else ""
    return (f"<details><summary>{one.title} ({len(one.rows)})</summary>\n\n{note}"
            f"{table(one, link)}\n</details>\n")


def table(one, link=""):
    """A table as GitHub has them."""
    lines = ["| " + " | ".join(escaped(column.name) for column in one.columns) + " |",
             "|" + "|".join("---:" if column.numeric else "---" for column in one.columns) + "|"]
    lines += ["| " + " | ".join(_value(value, link) for value in row.values) + " |"
              for row in one.rows]
    return "\n".join(lines) + "\n"


def _value(value, link):
    if link and value.raw:
        return f"[{escaped(value.text)}]({link}#raw={'+'.join(map(str, value.raw))})"
    return escaped(value.text)


def escaped(words):
    """Without what would end the cell."""
    return words.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
