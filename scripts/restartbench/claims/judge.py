"""Judges each claim, or refuses to and says what is missing."""

import dataclasses

from ..sweeps import VM, sweep
from . import evidence, rules
from .catalogue import CLAIMS, GRAPHS
from .confidence import confidence
from .systems import systems_of

NOT_JUDGED = "not judged"

# Warnings that make the sign of a difference doubtful, not only its size.
DOUBTFUL = {"cold-image", "debug-build", "sanitizer-build", "not-verified"}
# Ratios of rounds and their intervals allow for this, up to a point.
CAUTION = {"cpu-share"}


@dataclasses.dataclass
class Row:
    """One claim with its verdict: a word of rules, or NOT_JUDGED and what is missing.

    `systems` has the verdict on each clock by itself. `commands` measure what the claim
    needs, `missing` says what of it is not there or not verified.
    """

    claim: object
    verdict: str
    on: str
    confidence: str
    reasons: list
    figures: list
    notes: list
    missing: list
    systems: dict
    commands: list


def judge(inputs):
    """One row for each claim, in order."""
    systems = systems_of(inputs)
    return [judge_graphs(claim, inputs.coverages) if claim.id == GRAPHS
            else judge_claim(claim, systems) for claim in CLAIMS]


def commands_of(claim, clocks=("instructions", "wall")):
    """The commands that measure what it needs, on these clocks; all, if there is none."""
    sweeps = [sweep(name) for name in claim.sweeps]
    on_clocks = [each for each in sweeps
                 if ("instructions" if each.where == VM else "wall") in clocks]
    return [each.command() for each in on_clocks or sweeps]


def judge_claim(claim, systems):
    """On each system that has all it needs; the verdict is that of all of them together."""
    gathered = {system.name: (system, claim.gather(system)) for system in systems}
    complete = {name: pair for name, pair in gathered.items()
                if not pair[1].missing and pair[1].figures}
    if not complete:
        missing = [found.missing for _, found in gathered.values() if found.missing]
        least = min(missing, key=len) if missing else ["no results of bench"]
        # The virtual machine has all strategies, and one clock is enough.
        return _refused(claim, least, commands_of(claim, {"instructions"}))
    verdicts = {name: claim.rule(found) for name, (_, found) in complete.items()}
    verdict = rules.over_clocks(verdicts)
    # Counts that decide are exact: only figures with intervals are held against the limit.
    measured = [figure for _, found in complete.values() for figure in found.figures + found.second
                if figure.samples]
    clocks = [system.clock if system.clock != "wall" else "wall time"
              for system, _ in complete.values()]
    doubts, cautions = (_warned(complete, ids) for ids in (DOUBTFUL, CAUTION))
    level, reasons = confidence(measured, claim.limit, clocks, doubts, cautions)
    return Row(claim, verdict.word, verdict.on, level, reasons,
               [(name, figure) for name, (_, found) in complete.items()
                for figure in found.figures + found.second],
               [(name, note) for name, (_, found) in complete.items() for note in found.notes],
               [], verdicts, commands_of(claim, {system.clock for system, _ in complete.values()}))


def _warned(complete, ids):
    """The warnings of these kinds, of the files of systems."""
    return sorted({f"{run.path}: {warning.text}" for system, _ in complete.values()
                   for run in system.runs for warning in run.warnings if warning.id in ids})


def judge_graphs(claim, coverages):
    """C6, which is about what can be restored at all, not about time."""
    found, chosen = evidence.sharing_graphs(coverages)
    if chosen is None:
        return _refused(claim, found.missing, commands_of(claim))
    by_name = {strategy.name: strategy for strategy in chosen.strategies}
    verdict = rules.hidden_sharing_needs_the_kernel(
        chosen.graphs, chosen.reachable, by_name["userspace"].all,
        by_name["userspace"].reachable, by_name["kernel"].all)
    level, reasons = confidence(found.figures, claim.limit, [])
    name = "any clock"
    return Row(claim, verdict.word, verdict.on, level, reasons,
               [(name, figure) for figure in found.figures], [], [], {name: verdict},
               commands_of(claim))


def _refused(claim, missing, commands):
    return Row(claim, NOT_JUDGED, "cells are missing or not verified", "none", [], [], [],
               list(missing), {}, commands)
