"""Runs steps one by one and remembers what was done."""

import json
import os
import resource
import signal
import subprocess
import sys
import time

from . import steps
from .steps import Outcome

RECORD = "steps.json"
TICK = 0.5  # seconds between looks at a running step
KILL_AFTER = 20  # seconds that an interrupted bench has to destroy its trees


class Runner:
    """`folder`: where everything goes. `fresh`: nothing is kept of an earlier call."""

    def __init__(self, folder, fresh=False, progress=sys.stderr):
        self.folder = folder
        self.progress = progress
        self.logs = folder / "logs"
        for each in (self.logs, folder / steps.RESULTS):
            each.mkdir(parents=True, exist_ok=True)
        self.record = {} if fresh else self._read_record()

    def _read_record(self):
        try:
            record = json.loads((self.folder / RECORD).read_text())
        except (OSError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}

    def say(self, text):
        print(f"reproduce: {text}", file=self.progress, flush=True)

    def run(self, step, number, count):
        """Runs it, unless it is kept. Never raises for a step that fails."""
        head = f"[{number}/{count}] {step.name}: {step.what}"
        if steps.is_kept(step, self.record.get(step.name), (self.folder / step.output).exists()):
            self.say(f"{head}: kept")
            return Outcome(step, steps.KEPT)
        self.say(head)
        before, began = _cpu(), time.monotonic()
        code, why = self._execute(step)
        seconds, cpu = time.monotonic() - began, _cpu() - before
        state = steps.FAILED if why else steps.state_of(step, code)
        if state not in (steps.DONE, steps.INCOMPLETE) and not why:
            why = self._last_line(step) or f"exit code {code}"
        if state == steps.INCOMPLETE:
            why = "not every claim could be judged"
        outcome = Outcome(step, state, seconds, cpu, why)
        self.say(f"[{number}/{count}] {step.name}: {state}, {seconds:.0f} s, {cpu:.0f} s of a CPU"
                 + (f": {why}" if why else ""))
        self._remember(outcome)
        return outcome

    def _execute(self, step):
        """(exit code, why it was ended or could not be started)."""
        target = self.folder / step.output
        with open(self.logs / f"{step.name}.err", "wb") as errors, \
                open(target.with_name(target.name + ".part") if step.stdout
                     else self.logs / f"{step.name}.out", "wb") as output:
            try:
                process = subprocess.Popen(step.command, cwd=self.folder, stdin=subprocess.DEVNULL,
                                           stdout=output, stderr=errors)
            except OSError as error:
                return 1, f"{step.command[0]}: {error.strerror}"
            try:
                code = self._wait(process, step)
            except BaseException:
                _end(process)
                raise
        if code is None:
            return 1, f"not done after {step.timeout} s"
        if step.stdout and steps.state_of(step, code) in (steps.DONE, steps.INCOMPLETE):
            os.replace(target.with_name(target.name + ".part"), target)
        return code, ""

    def _wait(self, process, step):
        """The exit code, or None if it took too long and was ended."""
        began = time.monotonic()
        shows = self.progress.isatty()
        while True:
            try:
                return process.wait(TICK)
            except subprocess.TimeoutExpired:
                pass
            finally:
                if shows:
                    print("\r\033[K", end="", file=self.progress, flush=True)
            passed = time.monotonic() - began
            if shows:
                print(f"  {step.name}: {passed:.0f} s", end="", file=self.progress, flush=True)
            if passed > step.timeout:
                _end(process)
                return None

    def _last_line(self, step):
        lines = (self.logs / f"{step.name}.err").read_text(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _remember(self, outcome):
        self.record[outcome.step.name] = {
            "command": list(outcome.step.command), "state": outcome.state, "why": outcome.why,
            "seconds": round(outcome.seconds, 1), "cpu_seconds": round(outcome.cpu_seconds, 1)}
        part = self.folder / (RECORD + ".part")
        part.write_text(json.dumps(self.record, indent=1) + "\n")
        os.replace(part, self.folder / RECORD)


def _cpu():
    """Seconds of a CPU that all ended children took."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _end(process):
    """Asks it to end, which makes bench destroy its trees, and then does not ask."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(KILL_AFTER)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
