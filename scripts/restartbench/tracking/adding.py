"""Puts files of results into the data base: each run once, and only cells that count."""

import json
from dataclasses import dataclass, field

from .. import documents
from ..errors import InputError
from ..regress.contexts import KNOWN_REVISION
from ..results import run_of

ADDED = "added"
KNOWN = "already there"
COMPLETED = "completed"  # a later state of a run that is there: more cells, or its revision

# Alike for all states of one run's file, and for no two runs.
IDENTITY = ("start_time", "host_name", "command_line", "kernel")


@dataclass
class Added:
    """What became of one file. refused, left_out: [(cell, why)]"""

    path: str
    what: str
    number: int
    cells: int
    revision: str
    refused: list = field(default_factory=list)
    left_out: list = field(default_factory=list)


def sort_cells(run):
    """(cells to store, refused, left out): failed and unverified ones are refused, as
    somebody has to look at them; what cannot be restarted there is only left out."""
    stored, refused, left_out = [], [], []
    for cell in run.cells:
        reason = cell.why_not_to_use()
        if not reason:
            stored.append(cell)
        elif cell.state == "unsupported" or cell.kind == "test":
            left_out.append((cell.name, reason))
        else:
            refused.append((cell.name, reason))
    return stored, refused, left_out


def add_file(database, repository, path, revision=""):
    """Adds a file of results.

    @param revision of what was measured, where the file does not say; checked if both do
    @raises InputError if it is no such file, or has no number that was measured
    """
    document = documents.read_json(path)
    kind = documents.kind_of(path, document)
    if kind != documents.RESULTS:
        raise InputError(path, "", f"has {kind}, not results", "bench --out writes results")
    run = run_of(path, document)
    if run.clock == "fake":
        raise InputError(path, "context.clock", "is fake: no number in it was measured")
    revision, time = _revision(repository, path, run, revision)
    stored, refused, left_out = sort_cells(run)
    done = Added(str(path), ADDED, 0, len(stored), revision, refused, left_out)
    if not stored:
        done.what = "nothing to add"
        return done
    with database.transaction():
        for row in _same_run(database, run):
            known = {cell.name: cell for cell in database.load(row).cells}
            new = {cell.name: cell for cell in stored}
            both = known.keys() & new.keys()
            if not both or any(known[name].samples != new[name].samples for name in both):
                continue  # another run after all
            done.number = row["id"]
            if revision and row["revision"] and revision != row["revision"]:
                raise InputError(path, KNOWN_REVISION, f"is {revision}, but this run is there with "
                                 f"{row['revision']}")
            if new.keys() <= known.keys():
                done.what = KNOWN if row["revision"] or not revision else COMPLETED
                if done.what == COMPLETED:
                    database.set_revision(row["id"], revision, time)
                return done
            revision = revision or row["revision"]
            time = time or row["revision_time"]
            database.remove(row["id"])
            done.what = COMPLETED
            break
        done.number = database.add(document, run, stored, revision, time)
    done.revision = revision
    return done


def _same_run(database, run):
    """Rows of runs that may be earlier states of this one."""
    for row in database.runs(start_time=run.context["start_time"]):
        context = json.loads(row["context"])
        if all(context.get(name) == run.context.get(name) for name in IDENTITY):
            yield row


def _revision(repository, path, run, given):
    """(hash, time of the commit or None) of what was measured; ('', None): not known."""
    own = run.context.get(KNOWN_REVISION, "")
    if not isinstance(own, str):
        raise InputError(path, f"context.{KNOWN_REVISION}", "is no text")
    if given and own and given != own:
        raise InputError(path, f"context.{KNOWN_REVISION}", f"is {own}, not {given}")
    name = own or given
    if not name:
        return "", None
    commit = repository.commit(name)
    if not commit:
        return name, None  # of another clone, perhaps
    return commit, int(repository.ask("log", "-1", "--format=%ct", commit, "--"))
