"""What trackers read, and the examples for CI: in their syntax, and run where that is cheap."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import fixtures
from fixtures import failed
from history_repository import CELL, History, counted, document

from restartbench.regress import formats, trackers
from restartbench.results import run_of

COMPARE = pathlib.Path("/usr/share/benchmark/compare.py")  # Debian's libbenchmark-tools
EXAMPLES = fixtures.ROOT / "docs" / "examples"
# What compare.py and googlecpp of github-action-benchmark take from a row.
TAKEN = {"name": str, "run_name": str, "run_type": str, "real_time": (int, float),
         "cpu_time": (int, float), "time_unit": str, "iterations": int, "threads": int}


class GoogleBenchmark(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def regress(self, *words):
        for name, kernel in (("base", 100000), ("head", 102000)):
            fixtures.write(self.folder, f"{name}.json", document(
                counted("kernel", kernel), counted("userspace", 200000),
                failed("optimistic", n=10), revision=name * 10))
        return subprocess.run([fixtures.ROOT / "scripts" / "regress", "--base", "base.json",
                               "--head", "head.json", *words], cwd=self.folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)

    def test_files_for_trackers(self):
        found = self.regress("--format", "google-benchmark", "--also", "tracker=t.json",
                             "--google-benchmark", "both")
        self.assertEqual(found.returncode, 1, found.stderr)  # optimistic failed
        head = json.loads(found.stdout)
        self.assertEqual([(row["name"], row["real_time"], row["label"])
                          for row in head["benchmarks"]],
                         [("threads:n=10/kernel", 102000, "instructions"),
                          ("threads:n=10/userspace", 200000, "instructions")])
        self.assertEqual((head["context"]["unit"], head["context"]["revision"]),
                         ("instructions", "head" * 10))
        entries = json.loads((self.folder / "t.json").read_text())
        self.assertEqual([(one["name"], one["unit"], one["value"]) for one in entries],
                         [("threads:n=10/kernel", "instructions", 102000),
                          ("threads:n=10/userspace", "instructions", 200000)])
        self.assertEqual(entries[0]["extra"], "slower, base 100 k")
        for name in ("base", "head"):
            both = json.loads((self.folder / "both" / f"{name}.json").read_text())
            rows = both["benchmarks"]
            self.assertEqual(len(rows), 2 * (16 + 1))
            self.assertEqual({row["run_type"] for row in rows}, {"iteration", "aggregate"})
            for row in rows + head["benchmarks"]:
                for member, kind in TAKEN.items():
                    self.assertIsInstance(row[member], kind)
                self.assertIn(row["time_unit"], ("s", "ms", "us", "ns"))
        self.assertEqual(self.regress("--also", "no=x").returncode, 2)

    @unittest.skipUnless(COMPARE.exists(), "libbenchmark-tools is not installed")
    def test_compare_py_takes_them(self):
        self.regress("--google-benchmark", "both", "-o", "text")
        found = subprocess.run(["/usr/bin/python3", COMPARE, "--no-color", "-a", "benchmarks",
                                "both/base.json", "both/head.json"], cwd=self.folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(found.returncode, 0, found.stderr)
        self.assertRegex(found.stdout, r"threads:n=10/kernel_median +\+0\.0200 +\+0\.0200 +100000 "
                                       r"+102000")
        self.assertRegex(found.stdout, r"threads:n=10/kernel_pvalue +0\.0000 +0\.0000 .*"
                                       r"Repetitions: 16 vs 16")

    def test_wall_time_has_no_label(self):
        wall = run_of("x", fixtures.results([fixtures.cell("bare", 1000, n=10)], version=2))
        rows = json.loads(trackers.repetitions(wall))["benchmarks"]
        self.assertNotIn("label", rows[0])
        self.assertEqual(rows[-1]["real_time"], 1000)


class Examples(unittest.TestCase):
    def check_commands(self, text):
        """Each script of ours that is called is there, and has the options that it is given."""
        calls = re.findall(r"scripts/(?:[a-z]+)[^\n;|&#]*", text.replace("\\\n", " "))
        self.assertTrue(calls)
        for call in calls:
            name, *words = call.split()
            shown = subprocess.run([fixtures.ROOT / name, "--help"], text=True, check=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout
            for word in words:
                if word.startswith("--"):
                    self.assertIn(word.partition("=")[0], shown)
            for form in re.findall(r"--(?:also|format)[ =]([a-z-]+)", call):
                self.assertIn(form, formats.FORMATS)

    def bash_accepts(self, text):
        found = subprocess.run(["bash", "-n"], input=text, text=True, stderr=subprocess.PIPE)
        self.assertEqual((found.returncode, found.stderr), (0, ""))

    def test_github_actions(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("python3-yaml is not installed")
        text = (EXAMPLES / "github-actions.yml").read_text()
        workflow = yaml.safe_load(text)
        self.assertEqual(set(workflow), {"name", True, "permissions", "jobs"})  # on is true
        for job in workflow["jobs"].values():
            self.assertIn("runs-on", job)
            for step in job["steps"]:
                self.assertEqual(len({"run", "uses"} & set(step)), 1, step)
                self.assertLessEqual(set(step), {"name", "run", "uses", "with", "env", "if"})
                if "uses" in step:
                    self.assertRegex(step["uses"], r"^[\w-]+/[\w-]+@v\d+$")
                else:
                    self.bash_accepts(re.sub(r"\$\{\{.*?\}\}", "x", step["run"]))
        runs = "\n".join(step.get("run", "") for job in workflow["jobs"].values()
                         for step in job["steps"])
        self.check_commands(runs)

    def test_shell(self):
        text = (EXAMPLES / "ci.sh").read_text()
        self.bash_accepts(text)
        self.check_commands(re.sub(r"^#.*$", "", text, flags=re.MULTILINE).replace('"', ""))

    def test_shell_is_red_only_for_a_regression(self):
        with tempfile.TemporaryDirectory() as folder:
            history = History(folder)
            history.script("scripts/setup", "#!/bin/sh\n")
            shutil.copy(EXAMPLES / "ci.sh", history.root)
            commits = [history.commit(cost) for cost in (100000, 100100)]

            def ci(base):
                return subprocess.run([history.root / "ci.sh", base], cwd=history.root, text=True,
                                      env={**os.environ, "GIT_CONFIG_NOSYSTEM": "1"},
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

            found = ci(commits[0])
            self.assertEqual(found.returncode, 0, found.stdout)
            history.commit(103000)
            found = ci(commits[0])
            self.assertEqual(found.returncode, 3, found.stdout)
            self.assertIn("<failure", (history.root / "regress.xml").read_text())
            self.assertIn("slower +3.00 %", history.run("show", CELL).stdout)
            self.assertEqual(ci("1" * 40).returncode, 0)


if __name__ == "__main__":
    unittest.main()
