"""What was measured, divided into systems: numbers of two are never compared.

A system is a clock and a kernel on a CPU: wall time here and instructions in the
virtual machine are two.
"""

import dataclasses
import re


@dataclasses.dataclass
class System:
    """The runs and files of costs of one system. `name`: "instructions, Linux 6.1.0"."""

    name: str
    clock: str
    runs: list = dataclasses.field(default_factory=list)
    costs: list = dataclasses.field(default_factory=list)

    def images(self, workload, with_creator=False):
        """By name of the image: {strategy: cell}, of the newest run that has a usable cell
        of most strategies; all cells of an image come from one run.

        with_creator: those whose creator had open files, and only those.
        """
        found = {}
        for run in self.runs:
            of_run = {}
            for cell in run.cells:
                if cell.workload == workload \
                        and ("creator_fds" in cell.parameters) == with_creator:
                    of_run.setdefault(cell.image_name, {})[cell.strategy] = cell
            for name, cells in of_run.items():
                if _usable(cells) >= _usable(found.get(name, {})):
                    found[name] = cells
        return dict(sorted(found.items(), key=lambda item: _natural(item[0])))


def _natural(name):
    """For sorting: n=2 before n=10."""
    return [(int(piece), "") if piece.isdigit() else (-1, piece)
            for piece in re.split(r"(\d+)", name)]


def _usable(cells):
    return sum(not cell.why_not_to_use() for cell in cells.values())


def systems_of(inputs):
    """The systems of all inputs, instructions first, then in the order of the files.

    Runs of a fake clock measured nothing, and are no system.
    """
    systems = {}
    for member in ("runs", "costs"):
        for file in getattr(inputs, member):
            if file.clock == "fake":
                continue
            release = file.kernel.split()[0]
            key = (file.clock, release, file.context.get("cpu_model"))
            name = f"{'wall time' if file.clock == 'wall' else file.clock}, Linux {release}"
            system = systems.setdefault(key, System(name, file.clock))
            getattr(system, member).append(file)
    for system in systems.values():
        system.runs.sort(key=lambda run: run.start_time)
    found = sorted(systems.values(), key=lambda system: system.clock)
    _tell_apart(found)
    return found


def _tell_apart(systems):
    """Two CPUs with the same kernel need different names."""
    names = [system.name for system in systems]
    for system in systems:
        if names.count(system.name) > 1:
            source = (system.runs or system.costs)[0]
            system.name += f", {source.context.get('cpu_model')}"
