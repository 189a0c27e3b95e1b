"""Tables of what was counted: the ledger, counters, costs of objects, sharing graphs."""

from .. import amounts, statistics
from .cell_tables import _WHICH, row_of, shown
from .table import NONE, Column, Row, Table, Value, text

WORK = {"throwaway_tasks": "throw-away tasks", "execs": "execs", "unshares": "unshares",
        "descriptors_copied": "fds copied", "descriptors_closed": "fds closed",
        "pages_copied": "pages copied"}


def _counts(store, cell, what, counts):
    return store.add(("counts", cell.run.path, cell.name, what), f"{cell.name}, {what}",
                     cell.run.path, "counted", [counts.counts], ["counted restarts"])


def ledger(system, store, prefix):
    """Objects of each class: needed, and created beyond that."""
    rows, classes = [], []
    for cell in shown(system):
        if cell.ledger is None:
            continue
        classes = list(cell.ledger.objects)
        values = []
        for name, account in cell.ledger.objects.items():
            if account.created.median is None:
                values.append(text("not counted"))
                continue
            raw = (_counts(store, cell, f"{name} created", account.created),)
            words = f"{account.needed:,}"
            if account.useless:
                words += f" {account.useless:+,}"
            if account.destroyed is not None and account.destroyed.median:
                words += f" ({account.destroyed.median:,} destroyed)"
                raw += (_counts(store, cell, f"{name} destroyed", account.destroyed),)
            values.append(Value(words, account.useless or 0, raw))
        rows.append(row_of(cell, values))
    return Table(f"{prefix}-ledger", "Ledger of kernel objects", "Objects that the tree consists "
                 "of, and how many more one restart created; below 0 where one serves for "
                 "several; and how many of all were destroyed before the barrier. Sorted by "
                 "what is useless. The process that restarts is one task with one of each.",
                 (*_WHICH, *(Column(name) for name in classes)), tuple(rows))


def work(system, prefix):
    """Work that leaves nothing in the tree, by the strategy's own plan."""
    rows = []
    for cell in shown(system):
        if cell.ledger is not None and cell.ledger.work:
            rows.append(row_of(cell, [Value(f"{cell.ledger.work[name]:,}", cell.ledger.work[name])
                                      if name in cell.ledger.work else NONE for name in WORK]))
    return Table(f"{prefix}-work", "Useless work", "Work that leaves nothing in the tree, as the "
                 "strategy's plan has it.", (*_WHICH, *map(Column, WORK.values())), tuple(rows))


def counters(system, store, prefix):
    """Events counted in restarts of their own."""
    names = list(dict.fromkeys(name for cell in shown(system) for name in cell.counters))
    rows = []
    for cell in shown(system):
        if cell.counters:
            rows.append(row_of(cell, [_event(store, cell, name) for name in names]))
    return Table(f"{prefix}-counters", "Counters", "Median of the counted restarts, which were "
                 "not timed.", (*_WHICH, *map(Column, names)), tuple(rows))


def _event(store, cell, name):
    counts = cell.counters.get(name)
    if counts is None:
        return NONE
    if counts.median is None:
        return text("unsupported")
    return Value(f"{counts.median:,}", counts.median, (_counts(store, cell, name, counts),))


def model(system, prefix):
    """What the costs of objects predict."""
    rows = [row_of(cell, (Value(amounts.amount(cell.median, cell.unit), cell.median),
                          Value(amounts.amount(cell.model.predicted, cell.unit),
                                cell.model.predicted),
                          Value(amounts.amount(cell.model.unexplained, cell.unit),
                                cell.model.unexplained)))
            for cell in shown(system) if cell.model is not None]
    return Table(f"{prefix}-model", "Predicted from the costs of objects", "What was created times "
                 "what creating one costs; the rest is unexplained.",
                 (*_WHICH, Column("measured"), Column("predicted"), Column("unexplained")),
                 tuple(rows))


def costs(system, store, prefix):
    """What each class of objects costs beyond a reference."""
    from ..claims.evidence import size_name

    rows = []
    for file in system.costs:
        for cost in file.objects:
            name = size_name(cost)
            raw = (store.add(("cost", file.path, name), name, file.path, file.unit,
                             [cost.create, cost.destroy], ["create", "destroy"]),)
            both = statistics.median(cost.both) if cost.at_once else (cost.create_median
                                                                     + cost.destroy_median)
            rows.append(Row((text(name), *(Value(amounts.amount(value, file.unit), value, raw) for
                                           value in (cost.create_median, cost.destroy_median,
                                                     both)),
                             Value(f"{len(cost.create)}", len(cost.create), raw),
                             text(file.path))))
    return Table(f"{prefix}-costs", "What kernel objects cost", "Median of pairs: what a new one "
                 "takes more than a reference to one; of task, thread and what system calls make, "
                 "what it takes at all.", (Column("object", False), Column("create"),
                                           Column("destroy"), Column("both"), Column("pairs"),
                                           Column("file", False)), tuple(rows))


def coverage(coverages, store):
    """Which sharing graphs each strategy restores."""
    rows = []
    for one in coverages:
        tasks = f"{one.tasks}" if one.tasks == one.most_tasks else f"{one.tasks}..{one.most_tasks}"
        if one.random:
            tasks += ", random"
        for strategy in one.strategies:
            raw = (store.add(("coverage", one.path, strategy.name),
                             f"graphs of {tasks} processes, {strategy.name}", one.path, "graphs",
                             [[one.graphs], [one.reachable], [strategy.all], [strategy.reachable]]
                             + ([[strategy.verified]] if strategy.verified is not None else []),
                             ["graphs", "reachable", "restored of all", "restored of reachable",
                              "restarted and verified"]),)
            rows.append(Row((
                text(tasks), text(strategy.name), Value(f"{one.graphs:,}", one.graphs, raw),
                Value(f"{strategy.reachable:,} of {one.reachable:,}", strategy.reachable, raw),
                Value(f"{strategy.all:,} ({strategy.all / max(one.graphs, 1):.1%})", strategy.all,
                      raw),
                text("counted only") if strategy.verified is None else
                Value(f"{strategy.verified:,} verified, {strategy.wrong:,} wrong",
                      strategy.verified, raw)), strategy.name))
    return Table("coverage", "Sharing graphs that can be restored", "Reachable: those that "
                 "ordinary histories of system calls lead to.",
                 (Column("processes", False), Column("strategy", False), Column("graphs"),
                  Column("of reachable"), Column("of all"), Column("restarted")), tuple(rows))


def means(coverages):
    """What system calls it takes in user space."""
    rows = [Row((text(one.tasks), text(name), Value(f"{count:,}", count),
                 Value(f"{count / max(one.graphs, 1):.1%}", count / max(one.graphs, 1))))
            for one in coverages if not one.random for name, count in one.means]
    return Table("means", "What restoring them takes in user space", "A graph counts for the first "
                 "line whose system calls suffice, together with those above.",
                 (Column("processes", False), Column("system calls", False), Column("graphs"),
                  Column("share")), tuple(rows))
