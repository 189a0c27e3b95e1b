"""Tables as values: what HTML and Markdown are made of."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Value:
    """One cell of a table. `sort` is what it is sorted by: a number, or None for text;
    `raw` are the numbers of its raw samples in the store."""

    text: str
    sort: float | None = None
    raw: tuple = ()


@dataclasses.dataclass(frozen=True)
class Row:
    """Values, and by what the row is filtered; "" is shown always."""

    values: tuple
    strategy: str = ""
    workload: str = ""


@dataclasses.dataclass(frozen=True)
class Column:
    """`numeric` columns are sorted by number and stand on the right."""

    name: str
    numeric: bool = True
    about: str = ""


@dataclasses.dataclass(frozen=True)
class Table:
    """`id` is its anchor; `note` says what the numbers are."""

    id: str
    title: str
    note: str
    columns: tuple
    rows: tuple


def text(words):
    """A value that is no number."""
    return Value(str(words))


NONE = Value("-")
