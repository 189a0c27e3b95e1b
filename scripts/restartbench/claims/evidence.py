"""Picks the figures that decide each claim out of one system's measurements."""

import dataclasses

from .. import amounts, statistics
from . import measures
from .figure import exact

# The classes that the argument of 2008 was about: created only to be thrown away.
THROWN_AWAY = ("mm", "files", "fd_array", "fs", "sighand", "signal", "open_file")
# Each class by the workload that shares it, and the argument's own case.
SHARING = ("shared-files", "shared-fs", "shared-mm", "shared-sighand", "threads", "middle")
OWN = ("own-files", "own-fs", "processes")
# bench objects measures these against a reference to one that is there already.
COSTED = ("mm", "files", "fs", "sighand", "signal", "open_file")
MANY_FILES = 10_000


@dataclasses.dataclass
class Evidence:
    """Figures that decide, what is missing (sentences), and notes that say more.

    `second` are further figures where a rule takes two kinds.
    """

    figures: list = dataclasses.field(default_factory=list)
    second: list = dataclasses.field(default_factory=list)
    missing: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)


def usable_images(system, workload, strategies, evidence, with_creator=False):
    """(image, cells) with a usable cell of each strategy; what is missing is noted.

    An image that has some of the strategies, but not all of them usable, is missing as
    well: a claim is not judged by those cells alone that went well.
    """
    images = system.images(workload, with_creator)
    wanted = {name: cells for name, cells in images.items()
              if any(strategy in cells for strategy in strategies)}
    if not wanted:
        evidence.missing.append(f"{workload}: not measured with {', '.join(strategies)}")
    found = []
    for name, cells in wanted.items():
        reasons = []
        for strategy in strategies:
            if strategy not in cells:
                reasons.append(f"{name}/{strategy}: not measured")
            elif cells[strategy].why_not_to_use():
                reasons.append(f"{name}/{strategy}: {cells[strategy].why_not_to_use()}")
        if reasons:
            evidence.missing += reasons
        else:
            found.append((name, cells))
    return found


def ratios(system, workloads, strategy, baseline, evidence):
    """strategy / baseline for all images of the workloads."""
    found = []
    for workload in workloads:
        for _, cells in usable_images(system, workload, (strategy, baseline), evidence):
            figure = measures.ratio_in_round(cells[strategy], cells[baseline])
            if figure is not None:
                found.append(figure)
    return found


def kernel_against_userspace(system):
    """C1"""
    evidence = Evidence()
    evidence.figures = ratios(system, SHARING, "kernel", "userspace", evidence)
    own = ratios(system, OWN, "kernel", "userspace", Evidence())
    if own and evidence.figures:
        shared, alone = (statistics.median([figure.value for figure in figures])
                         for figures in (evidence.figures, own))
        evidence.notes.append(
            f"median of the ratios where objects are shared: {shared:.2f}; where each task has "
            f"its own: {alone:.2f}"
            + (", so that sharing is not what the kernel gains by" if alone <= shared else ""))
    return evidence


def size_name(cost):
    """`files (100 fds)`"""
    parts = [f"{number:,} {unit}" for number, unit in
             ((cost.size.descriptors, "fds"), (cost.size.vmas, "VMAs"),
              (cost.size.memory // 1024, "KiB")) if number]
    return f"{cost.object} ({', '.join(parts)})" if parts else cost.object


def object_costs(system):
    """C2"""
    evidence = Evidence()
    costs = [(file, cost) for file in system.costs[-1:] for cost in file.objects]
    judged = [(file, cost) for file, cost in costs if cost.object in COSTED]
    for name in COSTED:
        if not any(cost.object == name for _, cost in judged):
            evidence.missing.append(f"bench objects: {name}: not measured")
    confidence = statistics.corrected_confidence(0.99, len(judged))
    evidence.figures = [measures.extra_of_object(file, cost, size_name(cost), confidence)
                        for file, cost in judged]
    for file, cost in costs:
        if cost.object in ("task", "fd"):
            total = cost.create_median + cost.destroy_median
            unit = "" if file.unit == "ns" else f" {file.unit}"
            evidence.notes.append(f"for comparison, creating and destroying a {cost.object}: "
                                  f"{amounts.amount(total, file.unit)}{unit}")
    return evidence


def planned_against_naive(system):
    """C3"""
    evidence = Evidence()
    workloads = ("own-files", *SHARING)
    evidence.figures = ratios(system, workloads, "userspace", "userspace-naive", evidence)
    closed = {"userspace-naive": 0, "userspace": 0}
    for workload in workloads:
        for cells in system.images(workload).values():
            ledgers = {strategy: getattr(cells.get(strategy), "ledger", None)
                       for strategy in closed}
            if all(ledgers.values()):
                for strategy, ledger in ledgers.items():
                    closed[strategy] += ledger.work.get("descriptors_closed", 0)
    if any(closed.values()):
        evidence.notes.append(
            "descriptors copied only to be closed again, one restart of each: naive "
            f"{closed['userspace-naive']:,}, planned {closed['userspace']:,}")
    return evidence


def share_of_creating(system):
    """C4"""
    evidence = Evidence()
    strategies = ("userspace",) if system.clock == "wall" else ("userspace", "kernel", "optimistic")
    for workload in ("threads", "processes", "memory"):
        images = usable_images(system, workload, strategies, evidence)
        if workload == "memory" and images:
            sizes = {cells[strategies[0]].parameters.get("mib") for _, cells in images}
            if len(sizes) < 2 or max(sizes) < 64:
                evidence.missing.append("memory: needs two sizes, one of 64 MiB or more")
        for _, cells in images:
            for strategy in strategies:
                figure = measures.share_of_stages(cells[strategy], measures.CREATING,
                                                  "share of creating")
                if figure is not None:
                    evidence.figures.append(figure)
    return evidence


def creators_files(system):
    """C5"""
    evidence = Evidence()
    strategies = ("userspace", "userspace-naive") if system.clock == "wall" else \
        ("userspace", "userspace-naive", "kernel", "optimistic")
    families = {}  # the image without its creator -> {number of files: cells}
    for workload in ("chain", "processes"):
        if not system.images(workload, with_creator=True):
            continue
        for name, cells in usable_images(system, workload, strategies, evidence, True):
            files = cells[strategies[0]].parameters["creator_fds"]
            family = name.replace(f":creator-fds={files}", "")
            families.setdefault(family, {})[files] = cells
    whole = {name: by_files for name, by_files in families.items()
             if 0 in by_files and max(by_files) >= MANY_FILES}
    if not whole:
        evidence.missing.append("chain:n=2: not measured with --creator-fds 0 and "
                                f"{MANY_FILES:,} or more")
    for name, by_files in whole.items():
        most = max(by_files)
        each = {}
        for strategy in strategies:
            with_files, without = by_files[most][strategy], by_files[0][strategy]
            evidence.figures.append(measures.ratio_of_images(
                with_files, without, name, f"{most:,} files open in the creator / none"))
            each[strategy] = (with_files.median - without.median) / most
        unit = by_files[most][strategies[0]].unit
        evidence.notes.append(f"{unit} for each file, {name}: " + ", ".join(
            f"{strategy} {amounts.three_digits(value)}" for strategy, value in each.items()))
    return evidence


def sharing_graphs(coverages):
    """C6: (evidence, the largest coverage that was restarted or None). Not of one system:
    what can be restored is no question of time."""
    evidence = Evidence()
    chosen = None
    for coverage in coverages:
        by_name = {strategy.name: strategy for strategy in coverage.strategies}
        reasons = [f"{coverage.tasks} processes: {name}: {reason}"
                   for name in ("userspace", "kernel")
                   for reason in [_why_not_restarted(by_name.get(name))] if reason]
        if coverage.random or reasons:
            evidence.missing += reasons
        elif chosen is None or coverage.tasks >= chosen.tasks:
            chosen = coverage
    if chosen is None:
        evidence.missing = evidence.missing or ["no coverage of sharing graphs"]
        return evidence, None
    evidence.missing = []
    where = f"graphs of {chosen.tasks} processes"
    for strategy in chosen.strategies:
        evidence.figures.append(exact(where, strategy.name, f"restored, of {chosen.graphs:,}",
                                      strategy.all, "graphs", [(chosen.path, strategy.name)]))
        evidence.figures.append(exact(where, strategy.name, "restored, of the "
                                      f"{chosen.reachable:,} that system calls lead to",
                                      strategy.reachable, "graphs",
                                      [(chosen.path, strategy.name)]))
    return evidence, chosen


def _why_not_restarted(strategy):
    if strategy is None:
        return "not asked for"
    if strategy.verified is None:
        return "counted only, not restarted"
    if strategy.wrong:
        return f"{strategy.wrong:,} graphs were restored wrong"
    if strategy.verified != strategy.all:
        return f"{strategy.verified:,} of {strategy.all:,} graphs were restarted"
    return ""


def optimistic_against_kernel(system):
    """C7"""
    evidence = Evidence()
    pair = ("optimistic", "kernel")
    counted = 0
    for workload in (*SHARING, *OWN):
        for name, cells in usable_images(system, workload, pair, evidence):
            figure = measures.ratio_in_round(cells["optimistic"], cells["kernel"])
            if figure is not None:
                evidence.second.append(figure)
            extra = _more_objects(*(cells[strategy] for strategy in pair))
            counted += extra is not None
            if extra:
                evidence.figures.append(exact(name, "", "objects more than kernel makes", extra,
                                              "objects", [measures.source(cells[strategy])
                                                          for strategy in pair]))
    if counted and not evidence.figures:
        evidence.figures.append(exact(f"each of {counted} images", "",
                                      "objects more than kernel makes", 0, "objects"))
    if evidence.second and not counted:
        evidence.missing.append("no ledger of objects: measured without --ledger")
    return evidence


def _more_objects(cell, baseline):
    """Objects of the classes in the argument that only the first one makes; None: not counted."""
    if cell.ledger is None or baseline.ledger is None:
        return None
    more = 0
    for name in THROWN_AWAY:
        counts = [each.ledger.objects[name].created.median for each in (cell, baseline)]
        if None in counts:
            return None
        more += max(counts[0] - counts[1], 0)
    return more


def share_of_checking(system):
    """C8"""
    evidence = Evidence()
    for workload in (*SHARING, "processes", "memory"):
        for _, cells in usable_images(system, workload, ("kernel", "optimistic"), evidence):
            for strategy in ("kernel", "optimistic"):
                figure = measures.share_of_stages(cells[strategy], measures.CHECKING,
                                                  "share of checking")
                if figure is not None:
                    evidence.figures.append(figure)
    return evidence
