"""Results as trackers of benchmarks read them: Google Benchmark's JSON, and a plain list.

Google Benchmark knows times only. Where instructions are counted, one stands as 1 ns, and
the context and the label of each row say so.
"""

import json

from .. import statistics
from ..amounts import amount
from .contexts import KNOWN_REVISION

# What Google Benchmark itself writes into its context.
OWN = ("date", "host_name", "executable", "num_cpus", "mhz_per_cpu", "cpu_scaling_enabled",
       "caches", "load_avg", "library_build_type")


def google_benchmark(report):
    """The head's cells, a row each with its median: for trackers, which want a name once."""
    rows = [_row(cell.name, number, cell.head, report.unit)
            for number, cell in enumerate(_timed(report))]
    return _document(report.contexts[1], report.unit, rows)


def tracker(report):
    """The head's cells as `customSmallerIsBetter` of github-action-benchmark: with their unit."""
    entries = []
    for cell in _timed(report):
        half = max(abs(cell.head - cell.head * end / cell.ratio)
                   for end in (cell.interval.low, cell.interval.high)) if cell.interval else 0
        entries.append({"name": cell.name, "unit": report.unit, "value": cell.head,
                        "range": f"± {amount(half, report.unit)}",
                        "extra": f"{cell.verdict}, base {amount(cell.base, report.unit)}"})
    return json.dumps(entries, indent=1) + "\n"


def _timed(report):
    return [cell for cell in report.cells if cell.ratio is not None]


def repetitions(run):
    """A whole run for compare.py of Google Benchmark: a row for each restart, so that its
    U test has repetitions, and the median as an aggregate. Cells without a time that may be
    used are left out."""
    rows = []
    for number, cell in enumerate(cell for cell in run.cells if not cell.why_not_to_use()):
        samples = [sample for samples in cell.samples for sample in samples]
        rows += [{**_row(cell.name, number, sample, run.unit), "repetitions": len(samples),
                  "repetition_index": index} for index, sample in enumerate(samples)]
        median = _row(cell.name, number, statistics.median(samples), run.unit)
        rows.append({**median, "name": f"{cell.name}_median", "run_type": "aggregate",
                     "repetitions": len(samples), "aggregate_name": "median",
                     "aggregate_unit": "time", "iterations": len(samples)})
    return _document(run.context, run.unit, rows)


def _row(name, number, value, unit):
    row = {"name": name, "family_index": number, "per_family_instance_index": 0,
           "run_name": name, "run_type": "iteration", "repetitions": 1, "repetition_index": 0,
           "threads": 1, "iterations": 1, "real_time": value, "cpu_time": value,
           "time_unit": "ns"}
    return row if unit == "ns" else {**row, "label": unit}


def _document(context, unit, rows):
    own = {name: context[name] for name in OWN if name in context}
    more = {name: context[name] for name in ("kernel", "cpu_model", "compiler", KNOWN_REVISION)
            if name in context}
    return json.dumps({"context": {**own, **more, "unit": unit}, "benchmarks": rows},
                      indent=1) + "\n"
