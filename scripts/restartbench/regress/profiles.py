"""Counts by function, on both sides, what a changed cell's restarts take."""

import dataclasses
import pathlib
import time

from ..errors import ScriptError
from ..profiling import guests
from ..profiling.differences import difference
from . import verdicts
from .builds import run_child

AUTO, ALWAYS, NEVER = "auto", "always", "never"
CHOICES = (AUTO, ALWAYS, NEVER)
CHANGED = (verdicts.SLOWER, verdicts.FASTER)


def with_profiles(cells, sides, plan, choice, seconds, script, folder, say):
    """(cells, signal): those that changed have the functions that did it, or why not; and the
    KeyboardInterrupt that ended it early, or None.

    @param sides base and head
    @param choice auto: of cells that are slower or faster; always: of all that were compared
    @param seconds after which no further cell is begun
    @param script what guests.become_qemu() is called by
    @param folder for what is counted, and for the functions of kernels
    """
    wanted = CHANGED if choice == AUTO else verdicts.COMPARED if choice == ALWAYS else ()
    chosen = sorted((cell for cell in cells if cell.verdict in wanted),
                    key=lambda cell: -abs(cell.ratio - 1))
    if not chosen:
        return cells, None
    folder = pathlib.Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + seconds
    done, signal = {}, None
    for cell in chosen:
        stored = [side.name for side in sides if side.build is None]
        if signal:
            why = "interrupted"
        elif stored:
            why = f"{' and '.join(stored)} is a file: name a revision in its place"
        elif done and time.monotonic() > end:
            why = f"not within {seconds:g} s: --profile-time"
        else:
            say(f"profiling {cell.name}")
            try:
                done[cell.name] = _profile(cell, sides, plan, script, folder)
                continue
            except KeyboardInterrupt as caught:
                signal, why = caught, "interrupted"
            except (ScriptError, OSError) as error:
                why = str(error)
                say(f"warning: no profile of {cell.name}: {why}")
        done[cell.name] = dataclasses.replace(cell, no_functions=why)
    return [done.get(cell.name, cell) for cell in cells], signal


def _profile(cell, sides, plan, script, folder):
    workload, _, strategy = cell.name.rpartition("/")
    one = dataclasses.replace(plan, strategies=strategy, workloads=workload, ledger=False)
    profiles = []
    for side in sides:
        log = folder / f"{side.name}.log"
        log.unlink(missing_ok=True)

        def run(command, environment):
            return run_child(command, folder, log, whole_group=False, environment=environment)

        profiles.append(guests.measure(one.command(side, folder / "results.json"), script,
                                       folder, run))
    return dataclasses.replace(cell, functions=difference(*profiles))
