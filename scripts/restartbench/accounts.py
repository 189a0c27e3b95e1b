"""What was counted in a cell's restarts, in passes of their own: docs/counters.md."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """An event in each counted restart; or why the machine cannot count it."""

    counts: tuple[int, ...]
    median: int | None
    unsupported: str = ""

    @staticmethod
    def of(json):
        if "unsupported" in json:
            return Counts((), None, json["unsupported"])
        return Counts(tuple(json["counts"]), json["median"])


@dataclass(frozen=True)
class ObjectAccount:
    """One class of kernel objects in one restart.

    useless: created and not needed, negative where one object serves for several;
    made: by the strategy's own account; referenced: references given in place of an
    object. None: not known. destroyed: of those created, before the tree stands at the
    barrier; None in files that are older.
    """

    needed: int
    created: Counts
    useless: int | None
    made: int | None
    referenced: int | None
    destroyed: Counts | None


@dataclass(frozen=True)
class Ledger:
    """By class of object, in the order of the file; work that leaves nothing in the tree;
    how many times as long a counted restart takes."""

    objects: dict[str, ObjectAccount]
    work: dict[str, int]
    counting_cost: float | None

    @staticmethod
    def of(json):
        objects = {name: ObjectAccount(entry["needed"], Counts.of(entry["created"]),
                                       entry.get("useless"), entry.get("made"),
                                       entry.get("referenced"),
                                       Counts.of(entry["destroyed"]) if "destroyed" in entry
                                       else None)
                   for name, entry in json["objects"].items()}
        return Ledger(objects, dict(json.get("work", {})), json["counting"]["cost"])


@dataclass(frozen=True)
class Term:
    """count times each, in the cell's unit."""

    what: str
    count: float
    each: float


@dataclass(frozen=True)
class Model:
    """A time predicted from what was created and what that costs."""

    predicted: float
    unexplained: float
    terms: tuple[Term, ...]

    @staticmethod
    def of(json):
        return Model(json["predicted"], json["unexplained"],
                     tuple(Term(term["what"], term["count"], term["each"])
                           for term in json["terms"]))
