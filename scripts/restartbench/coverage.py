"""Which sharing graphs can be restored: output of `bench coverage --json`."""

from dataclasses import dataclass

from . import documents
from .errors import InputError


@dataclass(frozen=True)
class StrategyCoverage:
    """How many graphs a strategy restores, of those that histories reach and of all.

    verified, refused, wrong: of the graphs that --restore restarted; None without it.
    """

    name: str
    reachable: int
    all: int
    verified: int | None = None
    refused: int | None = None
    wrong: int | None = None


@dataclass(frozen=True)
class Coverage:
    """Counts of graphs. means: of stock system calls, cheapest first, and how many graphs
    each is the first to suffice for."""

    path: str
    tasks: int
    most_tasks: int
    random: bool
    graphs: int
    reachable: int
    impossible: int
    undecided: int
    means: tuple[tuple[str, int], ...]
    strategies: tuple[StrategyCoverage, ...]


def coverage_of(path, document):
    """@raises InputError naming file and field"""
    def number(owner, member, where=""):
        value = owner.get(member) if isinstance(owner, dict) else None
        if type(value) is not int or value < 0:
            raise InputError(path, where + member, "is no whole number from 0" if value is not None
                             else "is missing", "write it again with bench coverage --json")
        return value

    def entries(member):
        value = document.get(member)
        if not isinstance(value, list):
            raise InputError(path, member, "is no list")
        for index, entry in enumerate(value):
            if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                raise InputError(path, f"{member}[{index}].name", "is missing")
            yield f"{member}[{index}].", entry

    tasks = number(document, "tasks")
    return Coverage(
        str(path), tasks, number(document, "most_tasks") if "most_tasks" in document else tasks,
        bool(document.get("random", False)),
        *(number(document, name) for name in ("graphs", "reachable", "impossible", "undecided")),
        tuple((entry["name"], number(entry, "graphs", where)) for where, entry in entries("means")),
        tuple(StrategyCoverage(entry["name"], number(entry, "reachable", where),
                               number(entry, "all", where),
                               *(number(entry["restarted"], name, where + "restarted.")
                                 for name in ("verified", "refused", "wrong")
                                 if "restarted" in entry))
              for where, entry in entries("strategies")))


def read_coverage(path):
    document = documents.read_json(path)
    if documents.kind_of(path, document) != documents.COVERAGE:
        raise InputError(path, "means", "is missing", "bench coverage --json writes such a file")
    return coverage_of(path, document)
