"""All files that a script was given, of whatever kind."""

from dataclasses import dataclass, field

from . import documents
from .coverage import Coverage, coverage_of
from .costs import CostFile, costs_of
from .results import Run, run_of
from .tracking import database


@dataclass
class Inputs:
    """What was read, by kind, in the order of the command line."""

    runs: list[Run] = field(default_factory=list)
    costs: list[CostFile] = field(default_factory=list)
    coverages: list[Coverage] = field(default_factory=list)


def read_inputs(paths, progress=lambda text: None):
    """Reads all files. @raises InputError for the first that is wrong"""
    inputs = Inputs()
    for number, path in enumerate(paths, 1):
        progress(f"reading {path} ({number} of {len(paths)})")
        if database.is_database(path):
            inputs.runs += database.load_all(path)
            continue
        document = documents.read_json(path)
        kind = documents.kind_of(path, document)
        if kind == documents.RESULTS:
            inputs.runs.append(run_of(path, document))
        elif kind == documents.COSTS:
            inputs.costs.append(costs_of(path, document))
        else:
            inputs.coverages.append(coverage_of(path, document))
    return inputs
