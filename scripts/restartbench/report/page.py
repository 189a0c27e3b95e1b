"""What a report has in it: built once, written as HTML and as Markdown."""

import dataclasses

from .. import amounts
from ..claims import judge
from ..claims.systems import systems_of
from . import cell_tables, count_tables, history_tables
from . import figures as figures_module
from .raw import RawStore
from .table import Column, Row, Table, text


@dataclasses.dataclass
class Section:
    """The tables of one system."""

    id: str
    title: str
    tables: list


@dataclasses.dataclass
class Page:
    """`figures` are figures.Drawing. `claims` are rows of claims.judge, without those
    that were not judged if no results had anything to say."""

    claims: list
    environment: Table
    warnings: Table
    sections: list
    figures: list
    store: RawStore
    files: list

    @property
    def figures_by_kind(self):
        """Lists of figures of one kind, in the order in which they were drawn."""
        kinds = {}
        for figure in self.figures:
            kinds.setdefault(figure.kind, []).append(figure)
        return list(kinds.values())

    @property
    def strategies(self):
        return self._names("strategy")

    @property
    def workloads(self):
        return self._names("workload")

    def _names(self, member):
        return list(dict.fromkeys(getattr(row, member) for section in self.sections
                                  for table in section.tables for row in table.rows
                                  if getattr(row, member)))


def build(inputs, figures=()):
    """The page of all that was read."""
    store = RawStore()
    systems = systems_of(inputs)
    sections = []
    for number, system in enumerate(systems, 1):
        tables = _tables(system, store, f"s{number}")
        if tables:
            sections.append(Section(f"s{number}", system.name, tables))
    graphs = [table for table in (count_tables.coverage(inputs.coverages, store),
                                  count_tables.means(inputs.coverages)) if table.rows]
    if graphs:
        sections.append(Section("graphs", "Sharing graphs", graphs))
    if figures_module.is_history(inputs.runs):
        changes = history_tables.changes(inputs.runs, store)
        if changes.rows:
            sections.append(Section("history", "History", [changes]))
    return Page(judge.judge(inputs), environment(inputs), warnings(inputs, systems), sections,
                list(figures), store, [file.path for file in _files(inputs)])


def _tables(system, store, prefix):
    tables = []
    if system.runs:
        tables += [cell_tables.times(system, store, prefix),
                   cell_tables.ratios(system, store, prefix),
                   cell_tables.stages(system, store, prefix),
                   count_tables.ledger(system, store, prefix),
                   count_tables.work(system, prefix),
                   count_tables.counters(system, store, prefix),
                   count_tables.model(system, prefix)]
    if system.costs:
        tables.append(count_tables.costs(system, store, prefix))
    return [table for table in tables if table.rows]


def _files(inputs):
    return [*inputs.runs, *inputs.costs, *inputs.coverages]


# What identifies a measurement, as (label, function of a context).
FACTS = (
    ("started", lambda c: c.get("start_time")),
    ("clock", lambda c: "none: a fake clock" if c.get("clock") == "fake" else c.get("clock")),
    ("kernel", lambda c: c.get("kernel")),
    ("machine", lambda c: c.get("machine")),
    ("CPU", lambda c: c.get("cpu_model")),
    ("CPUs", lambda c: c.get("num_cpus")),
    ("governor", lambda c: c.get("governor")),
    ("memory", lambda c: "memory_bytes" in c and amounts.size_of_memory(c["memory_bytes"]) or None),
    ("virtual machine", lambda c: c.get("vm") and
     f"QEMU {c['vm']['qemu']}, {c['vm']['accelerator']}, {c['vm']['cpus']} CPU, "
     f"{c['vm']['memory_mib']} MiB {c['vm']['kernel_arguments']}".strip()),
    ("bench", lambda c: c.get("bench_version")),
    ("build", lambda c: f"{c.get('build_type')}, {c.get('compiler')}"),
    ("verify", lambda c: c.get("verify")),
    ("confidence", lambda c: c.get("confidence")),
    ("seed", lambda c: c.get("seed")),
    ("host", lambda c: c.get("host_name")),
    ("command", lambda c: " ".join(map(str, c.get("command_line", ())))),
)


def environment(inputs):
    """One column a file would be too wide: one row a fact, with the files that share it."""
    rows = []
    files = [file for file in _files(inputs) if hasattr(file, "context")]
    for label, fact in FACTS:
        by_value = {}
        for file in files:
            value = fact(file.context)
            if value not in (None, ""):
                by_value.setdefault(str(value), []).append(file.path)
        for value, paths in by_value.items():
            where = "all files" if len(paths) == len(files) else ", ".join(paths)
            rows.append(Row((text(label), text(value), text(where))))
    return Table("environment", "Environment", "", (Column("", False), Column("value", False),
                                                    Column("files", False)), tuple(rows))


def warnings(inputs, systems):
    """What makes numbers less sure, and cells that have none."""
    rows = []
    for run in inputs.runs:
        if run.interrupted:
            rows.append(Row((text("interrupted"), text("the run was interrupted: cells are "
                                                       "missing"), text(""), text(run.path))))
        if run.clock == "fake":
            rows.append(Row((text("fake-clock"), text("a fake clock: nothing was measured, and "
                                                      "nothing of this file is shown"), text(""),
                             text(run.path))))
        for warning in run.warnings:
            words = f"{warning.text}; {warning.advice}" if warning.advice else warning.text
            cells = f"{len(warning.cells)} cells: {', '.join(warning.cells)}" \
                if len(warning.cells) > 1 else "".join(warning.cells)
            rows.append(Row((text(warning.id or "warning"), text(words), text(cells),
                             text(run.path))))
    for system in systems:
        for row in cell_tables.left_out(system):
            image, strategy, why, path = row.values
            rows.append(Row((text("no number"), why, text(f"{image.text}/{strategy.text}"), path),
                            row.strategy, row.workload))
    return Table("warnings", "Warnings", "", (Column("", False), Column("what", False),
                                              Column("cells", False), Column("file", False)),
                 tuple(rows))
