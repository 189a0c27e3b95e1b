"""The report as Markdown, for a pull request."""

from ..claims import render

# GitHub refuses comments of more characters than that.
LIMIT = 65_536


def write(page, link=""):
    """The text. `link` is where the HTML page is: numbers then lead to their raw samples."""
    head = ["# restartbench report", "", f"Files: {', '.join(page.files)}", ""]
    parts = ["\n".join(head), "## Claims\n\n" + render.as_markdown(page.claims)]
    if page.figures:
        parts.append("## Figures\n")
        for figures in page.figures_by_kind:
            parts.append(f"<details><summary>{figures[0].about} ({len(figures)})</summary>\n\n"
                         + "\n".join(f"![{escaped(each.caption)}](figures/{each.name}.svg)\n"
                                     for each in figures) + "\n</details>\n")
    parts.append("## Environment\n\n" + table(page.environment, link))
    if page.warnings.rows:
        parts.append(details(page.warnings, link))
    for section in page.sections:
        parts.append(f"## {section.title}\n")
        parts += [details(each, link) for each in section.tables]
    return "\n".join(parts)


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
