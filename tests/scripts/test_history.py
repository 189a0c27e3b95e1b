"""The history of cells: what is stored, series, and bisection of a repository."""

import fcntl
import json
import pathlib
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

import fixtures
from fixtures import cell, failed, results
from history_repository import CELL, History, counted, document


class Stored(unittest.TestCase):
    """add, list and show."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.history = History(folder.name)
        self.folder = self.history.root

    def run_script(self, *words):
        return self.history.run(*words)

    def add(self, name, content, *words, code=0):
        path = fixtures.write(self.folder, name, content)
        found = self.run_script("add", path, *words)
        self.assertEqual(found.returncode, code, found.stderr)
        return found

    def rows(self, query):
        with sqlite3.connect(self.folder / "results" / "history.sqlite3") as file:
            return file.execute(query).fetchall()

    def test_every_cell_has_a_row(self):
        one = {**counted("kernel", 1000, stages={"memory": 400}),
               "ledger": fixtures.ledger(mm=(10, 12))}
        whole = document(one, counted("userspace", 2000), revision="abc")
        whole["warnings"] = [{"id": "few", "text": "t", "advice": "a", "value": None,
                              "cells": [one["name"]]}]
        found = self.add("a.json", whole)
        self.assertIn("run 1, 2 cells of abc: added", found.stdout)
        run, = self.rows("select clock, unit, revision, qemu, accelerator, kernel, cpu_model, "
                         "compiler, build_type, start_time from runs")
        self.assertEqual(run, ("instructions", "instructions", "abc", "7.2.1", "tcg",
                               fixtures.CONTEXT["kernel"], "CPU", "GNU 12.2.0", "RelWithDebInfo",
                               "2026-01-02T03:04:05Z"))
        kernel, userspace = self.rows(
            "select name, workload, strategy, tasks, median, deviation, low, high, restarts, "
            "stages, ledger, warnings from cells order by position")
        self.assertEqual(kernel[:9], ("threads:n=10/kernel", "threads", "kernel", 10, 1000, 10,
                                      1000, 1000, 16))
        self.assertEqual(json.loads(kernel[9])["memory"], 400)
        self.assertEqual(json.loads(kernel[10])["mm"], [12, 2])
        self.assertEqual(json.loads(kernel[11]), ["few"])
        self.assertEqual(userspace[10], None)

    def test_a_run_is_added_once(self):
        first, second = counted("kernel", 1000), counted("userspace", 2000)
        self.add("a.json", document(first))
        self.assertIn("already there", self.add("copy.json", document(first)).stdout)
        self.assertIn("completed", self.add("a.json", document(first, second)).stdout)
        self.assertIn("already there", self.add("a.json", document(first)).stdout)
        self.assertIn("completed", self.add("a.json", document(first, revision="abc")).stdout)
        self.assertEqual(self.rows("select revision from runs"), [("abc",)])
        self.assertEqual(self.rows("select count(*) from cells"), [(2,)])
        # In the same second, but other numbers: another run.
        self.assertIn(": added", self.add("b.json", document(counted("kernel", 1001))).stdout)
        self.assertEqual(self.rows("select count(*) from runs"), [(2,)])

    def test_cells_that_do_not_count_are_refused(self):
        found = self.add("a.json", document(
            counted("kernel", 1000), counted("userspace", 1000, mode="none"),
            failed("optimistic", n=10), {**failed("userspace-naive", n=10),
                                         "state": "unsupported"}), code=1)
        self.assertEqual(self.rows("select name from cells"), [("threads:n=10/kernel",)])
        for part in ("refused: threads:n=10/userspace: not verified",
                     "refused: threads:n=10/optimistic: failed",
                     "left out: threads:n=10/userspace-naive: unsupported"):
            self.assertIn(part, found.stderr)
        found = self.add("b.json", document(failed("kernel", n=10)), code=1)
        self.assertIn("nothing to add", found.stdout)

    def test_files_that_are_no_results_are_refused(self):
        for name, content, part in (
                ("costs.json", fixtures.costs([]), "has costs, not results"),
                ("fake.json", document(counted("kernel", 1), clock="fake"), "is fake"),
                ("later.json", document(schema_version=99), "known are 1, 2")):
            with self.subTest(name):
                self.assertIn(part, self.add(name, content, code=2).stderr)
        self.assertEqual(self.rows("select count(*) from runs"), [(0,)])

    def test_other_files_are_no_history(self):
        self.assertIn("there is no such file", self.run_script("list").stderr)
        path = self.folder / "other.sqlite3"
        with sqlite3.connect(path) as file:
            file.execute("create table x (y)")
        text = self.history.write("text.sqlite3", "no data base at all, but some text")
        for other in (path, text):
            found = self.run_script("--file", other, "list")
            self.assertEqual(found.returncode, 2)
            self.assertIn("is no data base of scripts/history", found.stderr)
        self.add("a.json", document(counted("kernel", 1000)))
        with sqlite3.connect(self.folder / "results" / "history.sqlite3") as file:
            file.execute("pragma user_version = 7")
        self.assertIn("user_version: is 7", self.run_script("list").stderr)

    def test_the_older_format(self):
        self.add("a.json", results([cell("userspace", 1000, n=10)], version=1))
        self.assertEqual(self.rows("select schema_version, clock from runs"), [(1, "wall")])
        self.assertIn("1.00 us", self.run_script("show", CELL).stdout)

    def test_lists(self):
        first, second = (self.history.commit(cost) for cost in (1000, 1001))
        self.add("a.json", document(counted("kernel", 1000), revision=first))
        self.add("b.json", document(counted("kernel", 1001), kernel="6.12 #1",
                                    start_time="2026-01-03T03:04:05Z"), "--revision", second[:9])
        lines = self.run_script("list").stdout.splitlines()
        self.assertEqual([line.split()[2] for line in lines], ["revision", first[:12], second[:12]])
        self.assertEqual(len(self.run_script("list", "--kernel", "6.12").stdout.splitlines()), 2)
        self.assertEqual(len(self.run_script("list", "--revision", first).stdout.splitlines()), 2)
        self.assertEqual(self.run_script("list", "--clock", "wall").returncode, 2)
        self.assertIn("threads:n=10/kernel", self.run_script("list", "--cells").stdout)
        found = self.add("b.json", document(counted("kernel", 1001), revision=first),
                         "--revision", second, code=2)
        self.assertIn("context.revision", found.stderr)

    def fill(self, costs, **changes):
        """A commit and a run for each, measured in the opposite order."""
        commits = [self.history.commit(cost) for cost in costs]
        paths = [fixtures.write(self.folder, f"{day}.json", document(
            counted("userspace", cost), revision=commit,
            start_time=f"2026-02-{day + 1:02}T00:00:00Z", **changes))
            for day, (commit, cost) in enumerate(reversed(list(zip(commits, costs))))]
        self.assertEqual(self.run_script("add", *paths).returncode, 0)
        return commits

    def test_change_points_in_the_order_of_commits(self):
        commits = self.fill([100000, 100050, 102000, 102040, 100900])
        found = json.loads(self.run_script("show", CELL, "--format", "json").stdout)
        points = found[0]["points"]
        self.assertEqual([point["revision"] for point in points], commits)
        marks = [point["change"] and point["change"]["verdict"] for point in points]
        self.assertEqual(marks, [None, None, "slower", None, "faster"])
        shown = self.run_script("show", "threads:*").stdout
        self.assertIn(f"slower +2.00 % (+2.00 % to +2.00 %) since {commits[0][:12]}", shown)
        self.assertNotIn("slower", self.run_script("show", CELL, "--threshold", "3%").stdout)
        self.assertEqual(self.run_script("show", "no/such").returncode, 2)

    def test_another_environment_begins_a_new_series(self):
        self.fill([1000, 1000])
        self.fill([2000, 2000], compiler="GNU 14.1")
        shown = self.run_script("show", CELL).stdout
        self.assertIn("new series, not compared with the one before: compiler (GNU 12.2.0 before, "
                      "GNU 14.1 now)", shown)
        self.assertNotIn("slower", shown)


class Bisected(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.history = History(folder.name)

    def bisect(self, good, bad, *words):
        return self.history.run("bisect", "--good", good, "--bad", bad, "--cell", CELL, *words)

    def test_the_first_bad_commit(self):
        commits = [self.history.commit(100000) for _ in range(3)]
        commits += [self.history.commit(100000, broken=True),
                    self.history.commit(100050, state="failed", code=1),
                    self.history.commit(100100), self.history.commit(102000, "Make it slower"),
                    self.history.commit(102000), self.history.commit(102010)]
        self.history.write("harness/exit", "not committed")
        before = (self.history.git("status", "--porcelain"), self.history.git("branch", "-a"),
                  self.history.git("rev-parse", "HEAD"))
        found = self.bisect(commits[0], "HEAD", "--add")
        self.assertEqual(found.returncode, 0, found.stderr)
        self.assertIn(f"first bad commit: {commits[6]}", found.stdout)
        self.assertIn("Make it slower", found.stdout)
        self.assertIn("+1.90 %", found.stdout)  # against its parent
        self.assertEqual(before, (self.history.git("status", "--porcelain"),
                                  self.history.git("branch", "-a"),
                                  self.history.git("rev-parse", "HEAD")))
        self.assertFalse(list(self.history.root.glob(".git/worktrees/*/BISECT_START")))
        # What it measured is in the history; a second call measures nothing.
        self.assertIn(commits[6][:12], self.history.run("show", CELL).stdout)
        again = self.bisect(commits[0], "HEAD")
        self.assertIn(f"first bad commit: {commits[6]}", again.stdout)
        self.assertNotIn("measuring", again.stderr)

    def test_what_cannot_be_judged_is_skipped(self):
        commits = [self.history.commit(100000), self.history.commit(100001, broken=True),
                   self.history.commit(102000, state="failed", code=1),
                   self.history.commit(102001)]
        found = self.bisect(commits[0], commits[3])
        self.assertEqual(found.returncode, 1)
        self.assertIn("skipped (exit code 125 of git bisect run)", found.stderr)
        self.assertIn("it is broken", found.stderr)
        for commit in commits[1:]:
            self.assertIn(f"  {commit[:12]}", found.stdout)
        self.assertNotIn("first bad commit:", found.stdout)

    def test_nothing_to_find(self):
        commits = [self.history.commit(cost) for cost in (100000, 100100, 100200)]
        found = self.bisect(commits[0], commits[2])
        self.assertEqual(found.returncode, 1)
        self.assertIn(f"{CELL} is unchanged (+0.20 %)", found.stderr)
        self.assertEqual(self.bisect(commits[0], commits[2], "--threshold", "0.1%").returncode, 0)
        self.assertEqual(self.bisect("no-such", "HEAD").returncode, 2)
        found = self.history.run("bisect", "--good", commits[0], "--bad", "HEAD", "--cell",
                                 "threads:n=11/userspace")
        self.assertEqual(found.returncode, 1)
        self.assertIn("bench has no cell threads:n=11/userspace", found.stderr)

    def test_an_improvement(self):
        commits = [self.history.commit(cost) for cost in (100000, 100000, 98000, 98000)]
        self.assertIn(f"first bad commit: {commits[2]}",
                      self.bisect(commits[0], commits[3]).stdout)

    def test_interrupted(self):
        commits = [self.history.commit(cost) for cost in (100000, 100001)]
        commits += [self.history.commit(102000, hang=True), self.history.commit(102001)]
        process = subprocess.Popen(
            [self.history.root / "scripts" / "history", "bisect", "--good", commits[0], "--bad",
             commits[3], "--cell", CELL], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        hangs = self.history.root / "build" / "regress" / "bisect" / "hangs"
        end = time.monotonic() + 600
        while not hangs.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        output, said = process.communicate(timeout=300)
        self.assertEqual((process.returncode, output), (143, ""), said)
        self.assertFalse(list(self.history.root.glob(".git/worktrees/*/BISECT_START")))
        self.assertEqual(self.history.git("status", "--porcelain"), "")
        # It can go on.
        self.assertEqual(self.bisect(commits[0], commits[1], "--threshold", "0%").returncode, 0)

    def test_one_at_a_time(self):
        first, second = (self.history.commit(cost) for cost in (100000, 102000))
        folder = self.history.root / "build" / "regress"
        folder.mkdir(parents=True)
        with open(pathlib.Path(folder, "bisect.lock"), "w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            found = self.bisect(first, second)
        self.assertEqual(found.returncode, 2)
        self.assertIn("is in use by another call", found.stderr)


if __name__ == "__main__":
    unittest.main()
