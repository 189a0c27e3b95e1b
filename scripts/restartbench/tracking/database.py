"""Runs and their cells in an SQLite file: one row a cell and run.

Columns hold what one asks for (`sqlite3 FILE 'select ...'` is an interface, too);
`document` of a cell is all that the file of results said of it, as zlib of JSON.
"""

import contextlib
import json
import pathlib
import sqlite3
import zlib

from ..errors import InputError, OutputError, ScriptError
from ..results import checked_run

APPLICATION = 0x72656273  # tells our files from other SQLite files (PRAGMA application_id)
VERSION = 1
MAGIC = b"SQLite format 3\0"

TABLES = """
create table runs (
  id integer primary key,
  start_time text not null,      -- UTC, ISO 8601
  revision text not null,        -- '' where nobody knows
  revision_time integer,         -- of the commit, seconds since 1970
  clock text not null, unit text not null,
  kernel text not null, machine text not null, cpu_model text not null, host_name text not null,
  qemu text, accelerator text,   -- null without --vm
  compiler text not null, build_type text not null, bench_version text not null,
  schema_version integer not null, interrupted integer not null,
  path text not null,            -- of the file, when it was added
  context text not null,         -- JSON, as in the file
  warnings text not null, comparisons text not null
);
create table cells (
  run integer not null references runs(id) on delete cascade,
  position integer not null,     -- in the file
  name text not null, workload text, strategy text not null, tasks integer not null,
  median real not null, deviation real not null,
  low real, high real, confidence real,  -- the interval of the median
  rounds integer not null, restarts integer not null,
  stages text not null,          -- JSON: stage to median work
  ledger text,                   -- JSON: class to [created, useless]; null without --ledger
  warnings text not null,        -- JSON: ids of warnings that concern it
  document blob not null,
  primary key (run, name)
);
create index cells_by_name on cells(name);
"""


def is_database(path):
    """Whether that file is of SQLite, by its first bytes."""
    try:
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


class Database:
    """An open file. Close it, or use it in a with statement."""

    def __init__(self, path, create=False):
        """@raises InputError for no file, another file, or one of a later version"""
        self.path = pathlib.Path(path)
        if not create and not self.path.is_file():
            raise InputError(path, "", "there is no such file", "scripts/history add makes it")
        if create:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Each change is a transaction: what is interrupted leaves no half of a run.
            self._file = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            self._open(create)
        except sqlite3.OperationalError as error:
            raise InputError(path, "", str(error)) from None
        except sqlite3.DatabaseError as error:
            raise InputError(path, "", f"is no data base of scripts/history: {error}") from None

    def _open(self, create):
        self._file.execute("pragma foreign_keys = on")
        application, = self._file.execute("pragma application_id").fetchone()
        version, = self._file.execute("pragma user_version").fetchone()
        tables, = self._file.execute("select count(*) from sqlite_master").fetchone()
        if tables == 0 and create:
            with self.transaction():
                for statement in TABLES.split(";\n"):
                    self._file.execute(statement)
                self._file.execute(f"pragma application_id = {APPLICATION}")
                self._file.execute(f"pragma user_version = {VERSION}")
        elif application != APPLICATION:
            raise InputError(self.path, "", "is no data base of scripts/history")
        elif version != VERSION:
            raise InputError(self.path, "user_version", f"is {version}; known is {VERSION}",
                             "use the scripts/history that wrote it")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    @contextlib.contextmanager
    def transaction(self):
        """All of the block, or nothing of it. @raises OutputError, for a full disk say"""
        try:
            self._file.execute("begin immediate")
            yield
            self._file.execute("commit")
        except BaseException as error:
            if self._file.in_transaction:  # SQLite may have ended it by itself
                self._file.execute("rollback")
            if isinstance(error, sqlite3.OperationalError):
                raise OutputError(f"cannot write {self.path}: {error}") from None
            raise

    def add(self, document, run, cells, revision, revision_time):
        """Stores these cells of a run. @return the run's number"""
        context = run.context
        vm = context.get("vm") or {}
        number = self._insert(
            "runs", start_time=context["start_time"], revision=revision,
            revision_time=revision_time, clock=run.clock, unit=run.unit,
            **{name: context[name] for name in ("kernel", "machine", "cpu_model", "compiler",
                                                "build_type", "bench_version")},
            host_name=context.get("host_name", ""), qemu=vm.get("qemu"),
            accelerator=vm.get("accelerator"), schema_version=run.version,
            interrupted=run.interrupted, path=run.path, context=json.dumps(context),
            warnings=json.dumps(document["warnings"]),
            comparisons=json.dumps(document.get("comparisons", [])))
        for position, cell in enumerate(cells):
            self._insert("cells", run=number, position=position, **_columns(cell))
        return number

    def _insert(self, table, **values):
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        return self._file.execute(f"insert into {table} ({names}) values ({marks})",
                                  tuple(values.values())).lastrowid

    def set_revision(self, number, revision, revision_time):
        self._file.execute("update runs set revision = ?, revision_time = ? where id = ?",
                           (revision, revision_time, number))

    def remove(self, number):
        self._file.execute("delete from runs where id = ?", (number,))

    def runs(self, **wanted):
        """Rows of runs, as dicts with the number of their cells, oldest first.

        @param wanted values of columns; text matches with what begins so
        """
        where = [f"substr({name}, 1, {len(value)}) = ?" for name, value in wanted.items()]
        found = self._file.execute(
            "select runs.*, count(cells.run) as cells from runs left join cells on "
            "cells.run = runs.id " + (f"where {' and '.join(where)} " if where else "")
            + "group by runs.id order by start_time, runs.id", tuple(wanted.values()))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row)) for row in found]

    def cell_names(self):
        """[(name, number of runs)], by name."""
        return self._file.execute("select name, count(*) from cells group by name order by name"
                                  ).fetchall()

    def load(self, row, names=None):
        """The run of a row of runs(), with all its cells or only those names."""
        found = self._file.execute("select name, document from cells where run = ? "
                                   "order by position", (row["id"],))
        document = {"context": json.loads(row["context"]), "interrupted": bool(row["interrupted"]),
                    "warnings": json.loads(row["warnings"]), "benchmarks": [],
                    "comparisons": json.loads(row["comparisons"]),
                    "cells": [json.loads(zlib.decompress(blob)) for name, blob in found
                              if names is None or name in names]}
        if row["revision"]:
            document["context"]["revision"] = row["revision"]
        path = f"{self.path.name}: run {row['id']}"
        return checked_run(path, document, row["schema_version"])


def load_all(path):
    """Every run of a data base. @raises InputError"""
    with Database(path) as database:
        try:
            return [database.load(row) for row in database.runs()]
        except (sqlite3.DatabaseError, zlib.error, ValueError) as error:
            raise InputError(path, "", f"is damaged: {error}") from None


def _columns(cell):
    interval = cell.interval()
    ledger = cell.ledger and {
        name: [account.created.median, account.useless]
        for name, account in cell.ledger.objects.items()}
    warnings = [warning.id or warning.text for warning in cell.run.warnings
                if cell.name in warning.cells]
    return {"name": cell.name, "workload": cell.workload, "strategy": cell.strategy,
            "tasks": cell.tasks, "median": cell.median, "deviation": cell.deviation,
            "low": interval and interval.low, "high": interval and interval.high,
            "confidence": interval and interval.confidence, "rounds": len(cell.samples),
            "restarts": sum(map(len, cell.samples)), "stages": json.dumps(cell.stages),
            "ledger": ledger and json.dumps(ledger), "warnings": json.dumps(warnings),
            "document": zlib.compress(json.dumps(cell.json).encode())}


@contextlib.contextmanager
def damage_named(path):
    """What SQLite says while a data base is used, as an error of ours."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise ScriptError(f"{path}: {error}", "copy it, and try sqlite3 FILE .recover") from None
