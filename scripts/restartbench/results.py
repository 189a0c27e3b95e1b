"""A run of bench: what `bench --out` writes (docs/results-format.md), of any version."""

import datetime
import functools
from dataclasses import dataclass, field

from . import documents, statistics
from .accounts import Counts, Ledger, Model
from .errors import InputError

# Version 1 has no confidence of its own.
CONFIDENCE_OF_VERSION_1 = 0.95

# How a cell was verified, where it was: of references there is nothing to verify.
VERIFYING_MODES = ("all", "sample", "first")


@dataclass(frozen=True)
class Warning:
    """What bench warned of. Version 1 has the text only; no cells: all of the run."""

    id: str
    text: str
    advice: str
    value: float | None
    cells: tuple[str, ...]

    @staticmethod
    def of(json):
        if isinstance(json, str):
            return Warning("", json, "", None, ())
        return Warning(json["id"], json["text"], json["advice"], json["value"],
                       tuple(json["cells"]))


@dataclass(frozen=True)
class CellError:
    kind: str
    message: str
    advice: str
    differences: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Cell:
    """One strategy restarting one image. Numbers are in `unit`: ns or instructions."""

    run: "Run" = field(repr=False)
    name: str
    workload: str | None
    parameters: dict[str, int]
    image: str | None
    strategy: str
    kind: str
    tasks: int
    state: str
    verified_mode: str
    verified_restarts: int
    unit: str
    median: float | None
    deviation: float | None
    samples: tuple[tuple[int, ...], ...] = field(repr=False)  # one tuple a round
    json: dict = field(repr=False)

    @property
    def image_name(self):
        """WORKLOAD:PARAMETER=VALUE..., alike for all strategies that restart the image."""
        return self.name.removesuffix("/" + self.strategy)

    @property
    def is_reference(self):
        return self.kind == "reference"

    @property
    def is_timed(self):
        return self.state == "timed"

    @functools.cached_property
    def round_medians(self):
        return tuple(statistics.median(samples) for samples in self.samples)

    @functools.cached_property
    def stages(self):
        """Median of the work in each stage, over all restarts, in the order of a restart."""
        return {name: statistics.median([value for samples in stage for value in samples])
                for name, stage in self.stage_samples.items()}

    @property
    def stage_samples(self):
        """By stage: one list of samples a round."""
        return {name: stage["samples"] for name, stage in self.json.get("stages_ns", {}).items()}

    @property
    def counters(self):
        return {name: Counts.of(event) for name, event in self.json.get("counters", {}).items()}

    @functools.cached_property
    def ledger(self):
        return Ledger.of(self.json["ledger"]) if "ledger" in self.json else None

    @functools.cached_property
    def model(self):
        return Model.of(self.json["model"]) if "model" in self.json else None

    @property
    def error(self):
        """Why it has no time, or None."""
        error = self.json.get("error")
        return error and CellError(error["kind"], error["message"], error["advice"],
                                   tuple(error["differences"]))

    @property
    def compared(self):
        """What counts as independent, as bench has it: medians of rounds, as restarts of one
        round are disturbed alike; but single restarts on a clock that counts instructions,
        which does not drift."""
        if self.run.clock == "instructions":
            return tuple(sample for samples in self.samples for sample in samples)
        return self.round_medians

    def interval(self, confidence=None):
        """Of the median, from what is compared. None with too few of that."""
        return statistics.median_interval(self.compared, confidence or self.run.confidence)

    def why_not_to_use(self):
        """Why the numbers of this cell must not be shown; '' if they may."""
        if not self.is_timed:
            message = f": {self.error.message}" if self.error else ""
            return f"{self.state}{message}"
        if self.kind == "test":
            return "its strategy is for tests of bench"
        if self.is_reference:
            return ""
        if self.verified_mode not in VERIFYING_MODES or self.verified_restarts == 0:
            return f"not verified (mode {self.verified_mode})"
        return ""


@dataclass(frozen=True)
class StoredComparison:
    """A comparison as version 2 stores it, of a cell with the image's first one."""

    cell: str
    baseline: str
    ratio: float
    low: float | None
    high: float | None
    confidence: float
    pairs: int
    method: str
    correction: str
    verdict: str
    stopped_by: str


@dataclass(frozen=True, eq=False)
class Run(documents.FromContext):
    """One file of results."""

    path: str
    version: int
    context: dict = field(repr=False)
    interrupted: bool
    warnings: tuple[Warning, ...]
    cells: tuple[Cell, ...] = field(repr=False)
    comparisons: tuple[StoredComparison, ...] = field(repr=False)

    @property
    def confidence(self):
        """With which all intervals of the run are right together."""
        return self.context.get("confidence", CONFIDENCE_OF_VERSION_1)

    @property
    def start_time(self):
        return datetime.datetime.strptime(self.context["start_time"], "%Y-%m-%dT%H:%M:%S%z")

    def cells_of_image(self, cell):
        """All cells that restart the same image, in the order of the file."""
        return [other for other in self.cells if other.image_name == cell.image_name]

    def find(self, name):
        """The cell of that name, or None."""
        return next((cell for cell in self.cells if cell.name == name), None)


def run_of(path, document):
    """A run from a document. @raises InputError naming file and field"""
    return checked_run(path, document, documents.check_results(path, document))


def checked_run(path, document, version):
    """A run from a document that was held against the schema of its version already."""
    cells = []
    run = Run(str(path), version, document["context"], document["interrupted"],
              tuple(map(Warning.of, document["warnings"])), cells,
              tuple(StoredComparison(**json) for json in document.get("comparisons", ())))
    try:
        run.start_time
    except ValueError:
        raise InputError(path, "context.start_time", "is no date") from None
    cells.extend(_cell(run, json) for json in document["cells"])
    for index, cell in enumerate(cells):
        if cell.is_timed and cell.unit != run.unit:
            raise InputError(path, f"cells[{index}].unit",
                             f"is {cell.unit}, but context.unit is {run.unit}")
    object.__setattr__(run, "cells", tuple(cells))
    return run


def _cell(run, json):
    verified = json["verified"]
    return Cell(run, json["name"], json["workload"], json["parameters"], json.get("image"),
                json["strategy"], json["kind"], json["tasks"], json["state"], verified["mode"],
                verified["before_timing"] + verified["timed"], json.get("unit", run.unit),
                json.get("median_ns"), json.get("median_absolute_deviation_ns"),
                tuple(map(tuple, json.get("samples_ns", ()))), json)


def read_run(path):
    """Reads a file of results. @raises InputError naming file and field"""
    document = documents.read_json(path)
    kind = documents.kind_of(path, document)
    if kind != documents.RESULTS:
        raise InputError(path, "", f"has {kind}, not results", "bench --out writes results")
    return run_of(path, document)
