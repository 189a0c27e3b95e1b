"""What a figure shows, as a table: drawn, written as CSV and as LaTeX from the same rows."""

from dataclasses import dataclass, field

TEXT = "text"
COUNT = "count"  # whole numbers
VALUE = "value"  # in the unit of the sheet: ns or instructions
RATIO = "ratio"
SHARE = "share"  # from 0 to 1


@dataclass(frozen=True)
class Column:
    """name: in rows and in CSV, where values have their unit appended to it.
    title: the heading in LaTeX; '' leaves the column to the CSV."""

    name: str
    kind: str
    title: str = ""


@dataclass
class Sheet:
    """name: of the files. title: for the screen, a paper has captions.
    unit: of VALUE columns, or ''. hints: what drawing needs besides the rows."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: list[dict]
    unit: str = ""
    environment: object = None
    hints: dict = field(default_factory=dict)
