"""Which cells of all files belong in one figure."""

import pathlib
from collections import Counter
from dataclasses import dataclass

from . import labels


@dataclass(frozen=True)
class Environment:
    """What numbers must have in common to stand in one figure."""

    clock: str
    kernel: str
    machine: str
    cpu_model: str

    @staticmethod
    def of(context):
        return Environment(context["clock"], context["kernel"], context.get("machine", ""),
                           context.get("cpu_model", ""))

    @property
    def release(self):
        return self.kernel.split(" ")[0]

    def text(self):
        what = "emulated, in instructions" if self.clock == "instructions" else self.cpu_model
        return f"Linux {self.release}, {what}"


class Environments:
    """Suffixes of file names that tell the environments of a command line apart."""

    def __init__(self, environments):
        self._all = list(dict.fromkeys(environments))

    def suffix(self, environment):
        if len(self._all) < 2:
            return ""
        parts = []
        if len({one.clock for one in self._all}) > 1:
            parts.append(environment.clock)
        alike = [one for one in self._all if one.clock == environment.clock]
        if len(alike) > 1:
            parts.append(environment.release)
        same = [one for one in alike if one.release == environment.release]
        if len(same) > 1:
            parts.append(str(same.index(environment) + 1))
        return "-" + "-".join(parts)


@dataclass
class Selection:
    """Usable cells by environment."""

    by_environment: dict
    names: Environments

    def items(self):
        return self.by_environment.items()


def select_cells(runs, say, wants=lambda cell: True, later_hidden=True):
    """Cells whose numbers may be shown, by environment; say() is told of the others.

    Of cells of one name and one environment, the one of the latest run is taken.
    """
    found = {}
    left_out = {}
    hidden = Counter()
    for run in sorted(runs, key=lambda run: run.start_time):
        environment = Environment.of(run.context)
        if run.clock == "fake":
            say(f"{run.path}: left out: its clock is a fake, no number in it was measured")
            continue
        cells = found.setdefault(environment, {})
        for cell in run.cells:
            if not wants(cell):
                continue
            reason = cell.why_not_to_use()
            if reason:
                if cell.kind != "test":
                    left_out[f"{cell.name}: not drawn: {reason}"] = True
                continue
            if cell.name in cells:
                hidden[cells[cell.name].run.path, run.path] += 1
                del cells[cell.name]
            cells[cell.name] = cell
    for text in left_out:
        say(text)
    for (earlier, later), count in hidden.items() if later_hidden else ():
        say(f"{earlier}: {labels.counted(count, 'cell')} not drawn: {later} has a later one of "
            "the same name")
    by_environment = {environment: list(cells.values()) for environment, cells in found.items()
                      if cells}
    return Selection(by_environment, Environments(by_environment))


def by_image(cells):
    """Cells by image. Images of one workload stand together, by their parameters; workloads
    are in the order of the files."""
    workloads = {}
    for cell in cells:
        images = workloads.setdefault(cell.workload or cell.image_name, {})
        images.setdefault(cell.image_name, []).append(cell)
    return {name: members for images in workloads.values() for name, members in sorted(
        images.items(), key=lambda image: sorted(image[1][0].parameters.items()))}


def file_name(*parts):
    """The stem of a file's name from what it shows."""
    text = "-".join(str(part) for part in parts if part not in ("", None))
    return "".join(letter if letter.isalnum() or letter in "-._" else "-" for letter in text)


def image_title(cell, leave_out=""):
    """The image of a cell as a heading; without the parameter that a figure is about."""
    if cell.workload is None:
        return pathlib.PurePath(cell.image).name
    return labels.image(cell.image_name, leave_out)


@dataclass(frozen=True)
class Series:
    """Cells that differ in one parameter, and in the strategy."""

    workload: str
    parameter: str
    fixed: dict
    cells: tuple

    @property
    def is_of_size(self):
        """The number of tasks grows with the parameter, so that is what matters."""
        tasks = {}
        for cell in self.cells:
            tasks.setdefault(cell.parameters[self.parameter], cell.tasks)
        return len(set(tasks.values())) == len(tasks)

    def name(self):
        return file_name(self.workload, *(f"{key}{value}" for key, value in self.fixed.items()
                                          if key not in ("seed", "creator_fds", "creator_memory")
                                          or (value and key != "seed")))


def find_series(cells):
    """All series of at least two values of a parameter among cells of one environment."""
    groups = {}
    for cell in cells:
        for name in cell.parameters:
            fixed = {key: value for key, value in cell.parameters.items() if key != name}
            groups.setdefault((cell.workload, name, tuple(sorted(fixed.items()))), []).append(cell)
    series = []
    for (workload, name, fixed), members in groups.items():
        if workload is None or len({cell.parameters[name] for cell in members}) < 2:
            continue
        series.append(Series(workload, name, dict(fixed), tuple(members)))
    return series
