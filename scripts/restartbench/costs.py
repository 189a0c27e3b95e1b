"""What kernel objects cost: files of `bench objects --out` (docs/counters.md)."""

import json
from dataclasses import dataclass

from . import documents, statistics
from .errors import InputError


@dataclass(frozen=True)
class Size:
    """What the measured object holds; all 0: nothing but itself. memory: in bytes"""

    descriptors: int
    vmas: int
    memory: int


@dataclass(frozen=True)
class ObjectCost:
    """What creating and destroying one object takes more than a reference to one.

    create, destroy: the differences of pairs, in the unit of the file; without references
    (task and thread, and what system calls make) what it takes at all. at_once: both together,
    with no task in between; get_put: taking and dropping a reference, by itself; where measured.
    """

    object: str
    size: Size
    create: tuple[float, ...]
    destroy: tuple[float, ...]
    at_once: tuple[float, ...] = ()
    get_put: tuple[float, ...] = ()

    @property
    def create_median(self):
        return statistics.median(self.create)

    @property
    def both(self):
        """Creating and destroying one, beyond a reference, in pairs."""
        return self.at_once or tuple(map(sum, zip(self.create, self.destroy)))

    @property
    def destroy_median(self):
        return statistics.median(self.destroy)


@dataclass(frozen=True)
class CostFile(documents.FromContext):
    path: str
    context: dict
    objects: tuple[ObjectCost, ...]


def costs_of(path, document):
    """@raises InputError naming file and field"""
    documents.version_of(path, document)
    context = document["context"]
    for name in ("unit", "clock", "kernel"):
        if not isinstance(context.get(name), str):
            raise InputError(path, f"context.{name}", "is missing")
    if not isinstance(document["objects"], list):
        raise InputError(path, "objects", "is no list")
    return CostFile(str(path), context,
                    tuple(_cost(path, f"objects[{index}]", entry)
                          for index, entry in enumerate(document["objects"])))


def read_costs(path):
    document = documents.read_json(path)
    if documents.kind_of(path, document) != documents.COSTS:
        raise InputError(path, "objects", "is missing", "bench objects --out writes such a file")
    return costs_of(path, document)


def _cost(path, where, entry):
    def get(owner, member, types, prefix=""):
        value = owner.get(member) if isinstance(owner, dict) else None
        if not isinstance(value, types) or isinstance(value, bool):
            raise InputError(path, f"{where}{prefix}.{member}",
                             "is missing" if value is None else f"{json.dumps(value)} is wrong",
                             "write it again with bench objects --out")
        return value

    def checked(values, member):
        for value in values:
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise InputError(path, f"{where}.{member}", f"{json.dumps(value)} is no number")
        return values

    def samples(side, part):
        return checked(get(get(entry, side, dict), part, list, f".{side}"), f"{side}.{part}")

    def numbers(member):  # that files of before do not have
        return tuple(checked(get(entry, member, list), member)) if member in entry else ()

    def differences(part):
        new, reference = samples("new", part), samples("reference", part)
        if not new or (reference and len(reference) != len(new)):
            raise InputError(path, f"{where}.new.{part}", f"has {len(new)} samples, "
                             f"reference.{part} has {len(reference)}")
        return tuple(a - b for a, b in zip(new, reference or [0] * len(new)))

    return ObjectCost(get(entry, "object", str),
                      Size(*(get(entry, name, int) for name in ("descriptors", "vmas", "memory"))),
                      differences("create"), differences("destroy"),
                      *(numbers(name) for name in ("at_once", "get_puts")))
