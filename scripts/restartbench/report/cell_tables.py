"""Tables of the cells of one system: times, ratios, stages."""

from .. import amounts, comparing
from .table import NONE, Column, Row, Table, Value, text

STAGE_NAMES = {"open_files": "open files"}
_WHICH = (Column("workload", False), Column("strategy", False))


def raw_of(store, cell, stage=None):
    """The number of a cell's samples, of all of it or of one stage."""
    rounds = cell.samples if stage is None else cell.stage_samples[stage]
    title = cell.name if stage is None else f"{cell.name}, stage {stage}"
    return store.add(("cell", cell.run.path, cell.name, stage), title, cell.run.path, cell.unit,
                     rounds)


def row_of(cell, values):
    """A row that is filtered by the cell's strategy and workload."""
    name = f"{cell.strategy} (ref)" if cell.is_reference else cell.strategy
    return Row((text(cell.image_name), text(name), *values), cell.strategy,
               cell.workload or "image file")


def shown(system):
    """Cells whose numbers may be shown, in the order of the files."""
    return [cell for run in system.runs for cell in run.cells if not cell.why_not_to_use()]


def _amount(value, cell, raw):
    return Value(amounts.amount(value, cell.unit), value, raw)


def times(system, store, prefix):
    """Median, spread and median a task of each cell."""
    rows = []
    for cell in shown(system):
        raw = (raw_of(store, cell),)
        count = sum(len(samples) for samples in cell.samples)
        verified = f"{cell.verified_restarts} ({cell.verified_mode})" \
            if not cell.is_reference else "-"
        rows.append(row_of(cell, (
            Value(f"{cell.tasks:,}", cell.tasks), _amount(cell.median, cell, raw),
            _amount(cell.deviation, cell, raw),
            _amount(cell.median / cell.tasks, cell, raw) if cell.tasks else NONE,
            Value(f"{count:,} in {len(cell.samples):,}", count, raw),
            Value(verified, cell.verified_restarts) if verified != "-" else NONE,
            text(cell.run.path))))
    columns = (*_WHICH, Column("tasks"), Column("median", about="of all timed restarts"),
               Column("spread", about="median absolute deviation"), Column("per task"),
               Column("samples", about="timed restarts, in rounds"),
               Column("verified", about="restarts that were compared with the image"),
               Column("file", False))
    unit = system.runs[0].unit
    return Table(f"{prefix}-times", "Restarts", amounts.unit_note(unit) + " From the call until "
                 "the last task stands in front of its first own instruction. (ref): a "
                 "reference, not a restart.", columns, tuple(rows))


def ratios(system, store, prefix):
    """Each cell against the first strategy of its image and against bare, with intervals."""
    rows = []
    for cell in shown(system):
        first = next((other for other in cell.run.cells_of_image(cell)
                      if not other.why_not_to_use()), None)
        bare = comparing.find_baseline(cell, "bare")
        against = list(dict.fromkeys(other for other in (first, bare)
                                     if other is not None and other is not cell))
        for baseline in against:
            found = comparing.compare(cell, baseline)
            if found is None:
                continue
            raw = (raw_of(store, cell), raw_of(store, baseline))
            ends = [Value(amounts.ratio(end), end, raw) for end in
                    (found.interval.low, found.interval.high)] if found.interval else [NONE, NONE]
            verdict = found.verdict if found.interval else "too few pairs"
            confidence = Value(f"{found.interval.confidence:.2%}", found.interval.confidence) \
                if found.interval else NONE
            rows.append(row_of(cell, (text(baseline.strategy),
                                      Value(amounts.ratio(found.ratio), found.ratio, raw), *ends,
                                      confidence, Value(f"{found.pairs:,}", found.pairs),
                                      text(verdict))))
    return Table(f"{prefix}-ratios", "Ratios", "Median of the ratios of rounds, and its interval: "
                 "between two of the sorted ratios (order statistics), corrected for the number "
                 "of comparisons.", (*_WHICH, Column("to", False), Column("ratio"), Column("low"),
                                     Column("high"), Column("confidence"), Column("rounds"),
                                     Column("verdict", False)), tuple(rows))


def stages(system, store, prefix):
    """Work in each stage, with its share of all work."""
    rows, names = [], []
    cells = [cell for cell in shown(system) if any(cell.stages.values())]
    for cell in cells:
        names = list(cell.stages)
        whole = sum(cell.stages.values())
        values = [Value(f"{amounts.amount(work, cell.unit)} ({work / whole:.0%})", work,
                        (raw_of(store, cell, name),)) if work else NONE
                  for name, work in cell.stages.items()]
        rows.append(row_of(cell, values))
    columns = (*_WHICH, *(Column(STAGE_NAMES.get(name, name)) for name in names))
    return Table(f"{prefix}-stages", "Stages", "Median work in each stage, summed over all tasks, "
                 "and its share of all work.", columns, tuple(rows))


def left_out(system):
    """Cells without a number, and why."""
    rows = [row_of(cell, (text(cell.why_not_to_use()), text(cell.run.path)))
            for run in system.runs for cell in run.cells if cell.why_not_to_use()]
    return rows
