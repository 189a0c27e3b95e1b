"""The steps of a reproduction, and what becomes of them: values and pure functions."""

import dataclasses

from ..errors import EXIT_FAILED, EXIT_LACKING
from ..sweeps import ANYWHERE, SWEEPS

# States of a step. KEPT: done by an earlier call; SKIPPED: the machine lacks something;
# INCOMPLETE: done, but claims stay open, as cells are missing.
DONE, KEPT, SKIPPED, FAILED, INCOMPLETE = "done", "kept", "skipped", "failed", "incomplete"


RESULTS = "results"  # the folder of what is measured


@dataclasses.dataclass(frozen=True)
class Step:
    """One command. `output`: the file or folder that it leaves in the output directory;
    `stdout`: its standard output goes there. `measures`: its result is kept by the next
    call, as long as the command is the same; other steps are cheap and done again."""

    name: str
    what: str
    command: tuple
    output: str
    stdout: bool = False
    measures: bool = False
    timeout: int = 3600


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a step. `why`: of what is not done, one line."""

    step: Step
    state: str
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    why: str = ""


def sweep_steps(bench, quick, where=None):
    """One step for each sweep; `where` leaves out those for the VM or for this kernel."""
    steps = []
    for sweep in SWEEPS:
        if where is not None and sweep.where not in (where, ANYWHERE):
            continue
        command = [str(bench), *sweep.arguments(quick)]
        file = f"{RESULTS}/{sweep.file}"
        if not sweep.stdout:
            command += ["--out", file]
        steps.append(Step(sweep.name, sweep.what, tuple(command), file, sweep.stdout, True,
                          600 if quick else 3600))
    return steps


def closing_steps(scripts, files):
    """Figures, claims and report of the files that were measured."""
    def run(name, *arguments):
        return (str(scripts / name), *files, *arguments)

    return [
        Step("figures", "figures, tables and their data", run("plot", "-o", "figures"), "figures"),
        Step("claims.txt", "the claims, as text", run("claims"), "claims.txt", True),
        Step("claims.md", "the claims, as Markdown", run("claims", "--format", "markdown"),
             "claims.md", True),
        Step("claims.json", "the claims, as JSON", run("claims", "--format", "json"),
             "claims.json", True),
        Step("claims.findings", "what was found, in ten sentences",
             run("claims", "--format", "findings"), "findings.md", True),
        Step("report", "the report", run("report", "-o", "report"), "report"),
    ]


def is_kept(step, record, output_exists):
    """Whether an earlier call did it: the same command, to its end, and the file is there."""
    return step.measures and output_exists and record is not None \
        and record.get("state") == DONE and record.get("command") == list(step.command)


def state_of(step, code):
    """What an exit code means."""
    if code == 0:
        return DONE
    if code == EXIT_LACKING:
        return SKIPPED
    if code == EXIT_FAILED and step.name.startswith("claims."):
        return INCOMPLETE
    return FAILED


def exit_code(outcomes):
    """0 everything is there; 1 a step failed; 77 none failed, but the machine lacks
    something, or nothing was measured at all for that reason."""
    states = [outcome.state for outcome in outcomes]
    if FAILED in states:
        return EXIT_FAILED
    if SKIPPED in states:
        return EXIT_LACKING
    return EXIT_FAILED if INCOMPLETE in states else 0


def summary(outcomes):
    """A table of all steps with their time."""
    wide = max(len(outcome.step.name) for outcome in outcomes)
    lines = [f"{'step':<{wide}}  {'state':<10}  {'seconds':>7}  {'CPU':>7}"]
    for outcome in outcomes:
        lines.append(f"{outcome.step.name:<{wide}}  {outcome.state:<10}  {outcome.seconds:>7.1f}  "
                     f"{outcome.cpu_seconds:>7.1f}" + (f"  {outcome.why}" if outcome.why else ""))
    lines.append(f"{'all':<{wide}}  {'':<10}  {sum(each.seconds for each in outcomes):>7.1f}  "
                 f"{sum(each.cpu_seconds for each in outcomes):>7.1f}")
    return "\n".join(lines) + "\n"
