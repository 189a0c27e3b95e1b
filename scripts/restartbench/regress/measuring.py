"""Runs bench for both sides, and keeps its files."""

import json
import os
import pathlib
from dataclasses import dataclass

from ..errors import EXIT_LACKING, EXIT_USAGE, LackingError, ScriptError
from ..results import read_run
from .builds import run_child
from .contexts import KNOWN_REVISION

INSTRUCTIONS = "instructions"
WALL = "wall"
# What bench may end with and have written results: some cell failed; a signal ended it.
EXITS_WITH_RESULTS = (0, 1, 4, 130, 143)


class MeasuringFailed(ScriptError):
    """bench ended without results."""

    exit_code = 1


@dataclass(frozen=True)
class Plan:
    """What bench is asked for, on both sides. strategies, workloads: as its options take
    them; workloads: '' for none but the images, paths of files. more: further options.
    rounds: with the wall clock, runs of each side."""

    clock: str
    strategies: str
    workloads: str
    ledger: bool = False
    more: tuple[str, ...] = ()
    rounds: int = 1
    images: tuple[str, ...] = ()

    def command(self, side, output):
        """Of bench, for that side."""
        words = [str(side.build.bench), "--strategy", self.strategies, "--out", str(output)]
        words += ["--workload", self.workloads] if self.workloads else []
        words += [word for image in self.images for word in ("--image", image)]
        words += ["--vm", "--clock", INSTRUCTIONS] if self.clock == INSTRUCTIONS else ["--native"]
        words += ["--vm-kernel", side.kernel] if side.kernel else []
        words += ["--vm-module", side.module] if side.module else []
        words += ["--ledger"] if self.ledger else []
        return [*words, *self.more]


@dataclass
class Side:
    """name: base or head. build: None for stored files. kernel: '' for bench's own choice, or
    for this machine's. runs: what there is of it. module: '' for that of the kernel's version."""

    name: str
    build: object
    kernel: str
    runs: list
    module: str = ""

    @property
    def label(self):
        text = self.build.label if self.build else self.runs[0].path
        return f"{text}, kernel {self.kernel}" if self.kernel else text


def measure(sides, plan, folder, say):
    """Measures those sides that have a build, in turn, each second round in the other order.

    What was measured is in side.runs, complete or not, when this returns or raises.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for side in sides:
        for old in folder.glob(f"{side.name}-*.json"):
            old.unlink()
    for number in range(plan.rounds):
        for side in sides if number % 2 == 0 else sides[::-1]:
            part = f", round {number + 1} of {plan.rounds}" if plan.rounds > 1 else ""
            say(f"measuring {side.name} ({side.label}){part}")
            run_once(side, plan, folder / f"{side.name}-{number + 1}.json", say)


def run_once(side, plan, output, say):
    """Runs bench of that side; its results go to the file and to side.runs, complete or not.
    @raises ScriptError if there are none"""
    log = output.with_suffix(".log")
    log.unlink(missing_ok=True)
    command = plan.command(side, output.absolute())
    try:
        code = run_child(command, output.parent, log, whole_group=False)
    finally:
        if output.exists():  # also of a run that was interrupted
            if side.build.revision:
                _add_revision(output, side.build.revision)
            side.runs.append(read_run(output))
    if not output.exists() or code not in EXITS_WITH_RESULTS:
        last = _last_line(log)
        if code == EXIT_LACKING:
            raise LackingError(f"{side.name}: {last}")
        if code == EXIT_USAGE:
            raise ScriptError(f"{side.name}: {last}")
        raise MeasuringFailed(f"{side.name}: bench ended with exit code {code} and no result: "
                               f"{last}", f"see {log}")
    if code not in (0, 1):
        say(f"warning: {side.name}: bench ended with exit code {code}: {_last_line(log)}")


def _add_revision(path, revision):
    """So that the file can be measured again where it cannot be compared."""
    document = json.loads(path.read_text(encoding="utf-8"))
    document["context"][KNOWN_REVISION] = revision
    part = path.with_suffix(".part")
    part.write_text(json.dumps(document, indent=None) + "\n", encoding="utf-8")
    os.replace(part, path)


def _last_line(log):
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def selection_of(run):
    """(strategies, workloads, images) that make the cells of a stored run again: the first two
    as options of bench take them, then paths."""
    def of(values):
        return dict.fromkeys(value for value in values if value)
    return (",".join(of(cell.strategy for cell in run.cells)),
            ",".join(of(cell.image_name for cell in run.cells if cell.workload)),
            tuple(of(cell.image for cell in run.cells if not cell.workload)))


def check_images(run):
    """@raises ScriptError if an image file that a stored run has cells of is not there"""
    for cell in run.cells:
        if not cell.workload and not pathlib.Path(cell.image).is_file():
            raise ScriptError(f"{run.path}: {cell.name} is of {cell.image}, which is not there",
                              "give the file with --image, or a --workload")
