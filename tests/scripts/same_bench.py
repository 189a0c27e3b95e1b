#!/usr/bin/python3
"""Measures one bench twice, in emulated guests, and holds that nothing has changed.

usage: same_bench.py BENCH   exit code 77 without QEMU or a kernel
"""

import pathlib
import sys
import tempfile

import fixtures  # sets the path

from restartbench import errors
from restartbench.regress import verdicts
from restartbench.regress.formats import percent
from restartbench.regress.measuring import INSTRUCTIONS, Plan, Side, run_once

# The steadiest thing there is, in the time of two boots: of what scripts/regress measures.
PLAN = Plan(INSTRUCTIONS, "userspace", "threads:n=20,own-files:n=20:f=20",
            more=("--vm-one-guest", "--max-time", "0.05"))


class Bench:
    """As measuring wants a build: a program, of no revision."""

    revision = ""
    label = "bench"

    def __init__(self, path):
        self.bench = pathlib.Path(path).resolve()


def main(words):
    bench = Bench(words[0])
    with tempfile.TemporaryDirectory() as folder:
        sides = [Side(name, bench, "", []) for name in ("base", "head")]
        for side in sides:
            # Where it runs and what its files are called must not matter.
            own = pathlib.Path(folder, side.name * (3 if side.name == "head" else 1))
            own.mkdir()
            run_once(side, PLAN, own / f"{side.name}.json", lambda text: None)
        cells = verdicts.judge(*([side.runs[0]] for side in sides), 0.005, 0.99)
    for cell in cells:
        change = percent(cell.ratio - 1) if cell.ratio is not None else cell.reason
        print(f"{cell.name}: {cell.verdict} {change}")
    return 0 if cells and all(cell.verdict == verdicts.UNCHANGED for cell in cells) else 1


if __name__ == "__main__":
    assert fixtures.ROOT.is_dir()
    sys.exit(errors.run_script("same_bench", main))
