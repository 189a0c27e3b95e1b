"""Reproducing: what is kept, what a failure does, and how it ends."""

import dataclasses
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import fixtures

from restartbench.reproduce import steps
from restartbench.reproduce.runner import Runner
from restartbench.reproduce.steps import (DONE, FAILED, INCOMPLETE, KEPT, SKIPPED, Outcome, Step,
                                          exit_code, is_kept, state_of)
from restartbench.sweeps import SWEEPS, VM

SCRIPT = fixtures.ROOT / "scripts" / "reproduce"


def python(code, name="x", **changes):
    """A step that is a line of Python; it runs in the output directory."""
    return Step(name, "a test", (sys.executable, "-c", code), f"{name}.json",
                **{"measures": True, **changes})


WRITES = "open('x.json', 'w').write('{}')"


class Rules(unittest.TestCase):
    def test_what_is_kept(self):
        step = python("pass")
        record = {"state": DONE, "command": list(step.command)}
        self.assertTrue(is_kept(step, record, True))
        self.assertFalse(is_kept(step, record, False))
        self.assertFalse(is_kept(step, None, True))
        self.assertFalse(is_kept(step, {**record, "state": FAILED}, True))
        self.assertFalse(is_kept(step, {**record, "command": ["other"]}, True))
        self.assertFalse(is_kept(dataclasses.replace(step, measures=False), record, True))

    def test_exit_codes_of_steps(self):
        step = python("pass")
        claims = dataclasses.replace(step, name="claims.txt")
        self.assertEqual([state_of(step, code) for code in (0, 1, 2, 4, 77)],
                         [DONE, FAILED, FAILED, FAILED, SKIPPED])
        self.assertEqual([state_of(claims, code) for code in (0, 1, 2)],
                         [DONE, INCOMPLETE, FAILED])

    def test_exit_codes_of_all(self):
        def code(*states):
            return exit_code([Outcome(python("pass"), state) for state in states])

        self.assertEqual(code(DONE, KEPT), 0)
        self.assertEqual(code(DONE, FAILED, SKIPPED), 1)
        self.assertEqual(code(DONE, INCOMPLETE), 1)
        self.assertEqual(code(DONE, SKIPPED, INCOMPLETE), 77)

    def test_sweeps(self):
        names = [sweep.name for sweep in SWEEPS]
        self.assertEqual(len(names), len(set(names)))
        for quick in (True, False):
            for step in steps.sweep_steps("bench", quick):
                self.assertEqual("--out" in step.command, not step.stdout)
        here = [step.name for step in steps.sweep_steps("bench", True, VM)]
        self.assertIn("vm-sharing", here)
        self.assertNotIn("native-sizes", here)


class Running(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.said = io.StringIO()

    def run_one(self, step, fresh=False):
        return Runner(self.folder, fresh, self.said).run(step, 1, 1)

    def test_a_second_call_keeps_what_was_measured(self):
        step = python(WRITES)
        self.assertEqual(self.run_one(step).state, DONE)
        self.assertEqual(self.run_one(step).state, KEPT)
        self.assertEqual(self.run_one(step, fresh=True).state, DONE)
        self.assertEqual(self.run_one(python(WRITES + "; pass")).state, DONE)
        (self.folder / "x.json").unlink()
        self.assertEqual(self.run_one(python(WRITES + "; pass")).state, DONE)

    def test_a_failure_is_said_and_tried_again(self):
        step = python("import sys; print('why it failed', file=sys.stderr); sys.exit(1)")
        outcome = self.run_one(step)
        self.assertEqual((outcome.state, outcome.why), (FAILED, "why it failed"))
        self.assertIn("x: failed", self.said.getvalue())
        self.assertIn("why it failed", self.said.getvalue())
        self.assertEqual(self.run_one(step).state, FAILED)
        record = json.loads((self.folder / "steps.json").read_text())
        self.assertEqual(record["x"]["state"], FAILED)

    def test_a_step_that_hangs_or_cannot_start(self):
        hanging = python("import time; time.sleep(60)", timeout=0)
        self.assertIn("not done after 0 s", self.run_one(hanging).why)
        missing = dataclasses.replace(hanging, command=("/nonexistent/bench",))
        self.assertIn("No such file", self.run_one(missing).why)

    def test_standard_output_becomes_the_file_only_when_complete(self):
        step = python("print('{}')", stdout=True)
        self.assertEqual(self.run_one(step).state, DONE)
        self.assertEqual((self.folder / "x.json").read_text(), "{}\n")
        self.run_one(python("print('half'); import sys; sys.exit(1)", stdout=True))
        self.assertEqual((self.folder / "x.json").read_text(), "{}\n")

    def test_a_damaged_record_is_no_record(self):
        (self.folder / "steps.json").write_text("[1")
        self.assertEqual(self.run_one(python(WRITES)).state, DONE)


class Script(unittest.TestCase):
    """With a bench that writes what a real one would, in no time."""

    def test_one_sweep_fails_and_the_rest_goes_on(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            golden = fixtures.write(folder, "some.json", fixtures.results(
                [fixtures.cell("userspace", 1000, n=1)]))
            bench = folder / "bench"
            bench.write_text(
                f"#!/bin/bash\n[[ $* == *native-memory* ]] && {{ echo broken >&2; exit 1; }}\n"
                f"[[ $1 == coverage ]] && exit 77\n[[ $1 == objects ]] && exit 77\n"
                f"cp {golden} \"${{@: -1}}\"\n")
            bench.chmod(0o755)
            run = subprocess.run(
                [SCRIPT, "--quick", "--native", "--bench", bench, "-o", folder / "out",
                 "--only", "native-sizes,native-memory,coverage-4,claims.json"], text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(run.returncode, 1, run.stderr)
            self.assertRegex(run.stdout, r"native-sizes +done")
            self.assertRegex(run.stdout, r"native-memory +failed .*broken")
            self.assertRegex(run.stdout, r"coverage-4 +skipped")
            self.assertRegex(run.stdout, r"claims.json +incomplete")
            claims = json.loads((folder / "out" / "claims.json").read_text())
            self.assertEqual(len(claims["claims"]), 8)

    def test_command_line(self):
        run = subprocess.run([SCRIPT, "--bench", "/nonexistent"], text=True,
                             stderr=subprocess.PIPE)
        self.assertEqual(run.returncode, 2)
        self.assertIn("/nonexistent does not exist", run.stderr)


if __name__ == "__main__":
    unittest.main()
