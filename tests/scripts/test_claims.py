"""When a claim holds: each rule at its boundaries, and what is refused."""

import json
import pathlib
import re
import tempfile
import unittest

import fixtures
from fixtures import cell, cost, costs, coverage, ledger, results

from restartbench import inputs
from restartbench.claims import evidence, findings, judge, measures, naming, render, rules, systems
from restartbench.claims.confidence import confidence
from restartbench.claims.figure import ABOVE, BELOW, OPEN, Figure, exact, side
from restartbench.claims.rules import DEPENDS, FAILS, HOLDS, UNDECIDED, Verdict
from restartbench.statistics import Interval
from restartbench.sweeps import sweep

UNKNOWN = (None, None)


def figure(low, high, where="a", who=""):
    middle = None if low is None else (low + high) / 2
    return Figure(where, who, "x / y", middle, low, high, "ratio", 20)


class Sides(unittest.TestCase):
    def test_an_interval_that_touches_the_limit_is_open(self):
        self.assertEqual(side(figure(0.8, 0.999), 1), BELOW)
        self.assertEqual(side(figure(0.8, 1), 1), OPEN)
        self.assertEqual(side(figure(1, 1.2), 1), OPEN)
        self.assertEqual(side(figure(1.001, 1.2), 1), ABOVE)
        self.assertEqual(side(figure(*UNKNOWN), 1), OPEN)


class Rules(unittest.TestCase):
    def test_all_on_one_side_or_none(self):
        less, more, open_ = figure(0.8, 0.9, "l"), figure(1.1, 1.2, "m"), figure(0.9, 1.1, "o")
        rule = rules.in_kernel_is_cheaper
        self.assertEqual(rule([less, less]), Verdict(HOLDS))
        self.assertEqual(rule([more, more]), Verdict(FAILS))
        self.assertEqual(rule([more, open_]), Verdict(FAILS, "dearer: m; not resolved: o"))
        self.assertEqual(rule([open_, open_]).word, UNDECIDED)
        self.assertEqual(rule([less, open_]),
                         Verdict(DEPENDS, "the workload (cheaper: l; not resolved: o)"))
        self.assertEqual(rule([less, more]),
                         Verdict(DEPENDS, "the workload (cheaper: l; dearer: m)"))

    def test_limits(self):
        for rule, limit, supports in ((rules.in_kernel_is_cheaper, 1, BELOW),
                                      (rules.useless_objects_cost, 0, ABOVE),
                                      (rules.planning_avoids_waste, 1, BELOW),
                                      (rules.creating_is_not_dominant, 0.5, BELOW),
                                      (rules.creators_files_cost, 1, ABOVE),
                                      (rules.checking_is_cheap, 0.1, BELOW)):
            with self.subTest(rule.__name__):
                below = figure(limit - 0.02, limit - 0.01)
                above = figure(limit + 0.01, limit + 0.02)
                touches = figure(limit - 0.02, limit)
                self.assertEqual(rule([below]).word, HOLDS if supports == BELOW else FAILS)
                self.assertEqual(rule([above]).word, HOLDS if supports == ABOVE else FAILS)
                self.assertEqual(rule([touches]).word, UNDECIDED)

    def test_planning_need_not_gain_where_there_is_no_waste(self):
        less, more, open_ = figure(0.8, 0.9), figure(1.1, 1.2), figure(0.9, 1.1)
        self.assertEqual(rules.planning_avoids_waste([less, open_]).word, HOLDS)
        self.assertEqual(rules.planning_avoids_waste([less, open_, more]).word, DEPENDS)
        self.assertEqual(rules.planning_avoids_waste([open_]).word, UNDECIDED)

    def test_graphs(self):
        rule = rules.hidden_sharing_needs_the_kernel
        self.assertEqual(rule(600, 545, 600, 545, 600).word, FAILS)
        self.assertEqual(rule(600, 545, 599, 545, 600).word, DEPENDS)
        self.assertIn("other 55 of 600", rule(600, 545, 545, 545, 600).on)
        self.assertEqual(rule(600, 545, 544, 544, 600).word, HOLDS)

    def test_reference_counting(self):
        rule = rules.only_reference_counting
        none, one = exact("a", "", "more", 0, "objects"), exact("b", "", "more", 1, "objects")
        near, far = figure(1.05, 1.0999), figure(1.1001, 1.2)
        self.assertEqual(rule([none], [near]), Verdict(HOLDS))
        self.assertEqual(rule([none], [far]).word, FAILS)
        self.assertEqual(rule([none], [near, far]).word, DEPENDS)
        self.assertEqual(rule([none, one], [near]), Verdict(DEPENDS, "more objects are made: b"))
        self.assertEqual(rule([one], [near]).word, FAILS)

    def test_clocks_that_agree_or_do_not(self):
        both = rules.over_clocks
        self.assertEqual(both({"a": Verdict(HOLDS), "b": Verdict(HOLDS)}), Verdict(HOLDS))
        self.assertEqual(both({"a": Verdict(UNDECIDED, "x"), "b": Verdict(HOLDS)}), Verdict(HOLDS))
        self.assertEqual(both({"a": Verdict(HOLDS), "b": Verdict(FAILS)}),
                         Verdict(DEPENDS, "the clock: by a it holds; by b it does not hold"))
        self.assertEqual(both({"a": Verdict(DEPENDS, "x"), "b": Verdict(DEPENDS, "y")}),
                         Verdict(DEPENDS, "x, by a; y, by b"))
        self.assertEqual(both({"a": Verdict(UNDECIDED, "x")}), Verdict(UNDECIDED, "x"))


class Confidence(unittest.TestCase):
    def test_levels(self):
        clear, open_ = [figure(0.8, 0.9)], [figure(0.9, 1)]
        self.assertEqual(confidence(clear, 1, ["wall time", "instructions"])[0], "high")
        self.assertEqual(confidence(clear, 1, ["instructions", "instructions"])[0], "medium")
        both = ["wall time", "instructions"]
        self.assertEqual(confidence(clear, 1, both, (), ["others"]), (
            "medium", ["others", "measured on two clocks: wall time, instructions"]))
        self.assertEqual(confidence(open_, 1, ["wall time", "instructions"])[0], "low")
        self.assertEqual(confidence(open_ + 3 * clear, 1, ["a", "b"])[0], "medium")
        self.assertEqual(confidence(open_ + 2 * clear, 1, ["a", "b"])[0], "low")
        self.assertEqual(confidence(clear, 1, ["wall time", "instructions"], ["debug"])[0], "low")
        self.assertEqual(confidence([], None, [])[0], "high")


class Measures(unittest.TestCase):
    def test_instructions_are_never_surer_than_guests_are_alike(self):
        self.assertEqual(measures.tolerated(2, None, 10, "ns"), UNKNOWN)
        self.assertEqual(measures.tolerated(2, None, 10, "instructions"), (1.988, 2.012))
        self.assertEqual(measures.tolerated(2, None, 9, "instructions"), (1.952, 2.048))
        wide = Interval(1, 3, 0.99)
        self.assertEqual(measures.tolerated(2, wide, 10, "instructions"), (1, 3))
        self.assertEqual(measures.tolerated(2, wide, 10, "ns"), (1, 3))


class Naming(unittest.TestCase):
    def test_images_that_differ_in_one_parameter(self):
        self.assertEqual(naming.merged(["a:n=1", "a:n=10", "a:n=2:f=3", "b"]),
                         ["a:n=1,10", "a:n=2:f=3", "b"])
        self.assertEqual(naming.merged(["a:n=1:f=1", "a:n=1:f=2", "a:n=2:f=2"]),
                         ["a:n=1:f=1,2", "a:n=2:f=2"])

    def test_strategies_are_named_where_one_is_left_out(self):
        figures = [figure(0, 1, "a", "u"), figure(0, 1, "a", "k"), figure(0, 1, "b", "u")]
        self.assertEqual(naming.listing(figures[1:2], figures), "a (k)")
        self.assertEqual(naming.listing(figures, figures), "a, b")


STRATEGIES = {"userspace": 1000, "userspace-naive": 1200, "kernel": 600, "optimistic": 640}


def sharing_cells(**changes):
    """A cell of each strategy for each workload that shares, and for those that do not."""
    cells = []
    for workload in (*evidence.SHARING, *evidence.OWN):
        for strategy, median in {**STRATEGIES, **changes}.items():
            one = cell(strategy, median, workload, n=10,
                       stages={"plan": 5, "create": 30, "memory": 65})
            one["ledger"] = ledger(mm=(10, 11))
            cells.append(one)
    return cells


def memory_cells():
    return [cell(strategy, median, "memory", mib=mib, stages={"create": 30, "memory": mib})
            for mib in (0, 64) for strategy, median in STRATEGIES.items()]


def creator_cells():
    return [cell(strategy, median * (1 + files // 10_000), "chain", n=2, creator_fds=files)
            for files in (0, 10_000) for strategy, median in STRATEGIES.items()]


def restored(tasks=3, wrong=0):
    document = coverage(tasks)
    for strategy in document["strategies"]:
        strategy["restarted"] = {"verified": strategy["all"] - wrong, "refused": 55,
                                 "wrong": wrong}
    return document


class Sweeps(unittest.TestCase):
    """What is told to be measured has what is then asked for."""

    def workloads(self, name):
        return [[word.partition(":")[0] for word in re.split(r",(?=[a-z])", words[
            words.index("--workload") + 1])] for words in (sweep(name).arguments(True),
                                                           sweep(name).arguments(False))]

    def test_workloads(self):
        for name in ("vm-sharing", "native-sharing"):
            for workloads in self.workloads(name):
                self.assertLessEqual({*evidence.SHARING, *evidence.OWN}, set(workloads))
        for where in ("vm", "native"):
            for workloads in self.workloads(f"{where}-sizes"):
                self.assertLessEqual({"threads", "processes"}, set(workloads))
            for quick in (True, False):
                words = sweep(f"{where}-creator").arguments(quick)
                files = words[words.index("--creator-fds") + 1].split(",")
                self.assertIn("0", files)
                self.assertGreaterEqual(max(map(int, files)), evidence.MANY_FILES)

    def test_claims_name_sweeps_that_exist(self):
        for claim in judge.CLAIMS:
            self.assertTrue(all("scripts/bench" in command
                                for command in judge.commands_of(claim)), claim.id)


class Judging(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def rows(self, *documents):
        paths = [fixtures.write(self.folder.name, f"{number}.json", document)
                 for number, document in enumerate(documents)]
        return {row.claim.id: row for row in judge.judge(inputs.read_inputs(paths))}

    def everything(self):
        objects = [cost(name, 1000, 500) for name in evidence.COSTED]
        return (results(sharing_cells() + memory_cells(), start_time="2026-01-02T03:04:06Z"),
                results(creator_cells()), costs(objects), restored())

    def test_all_are_judged(self):
        rows = self.rows(*self.everything())
        self.assertEqual({name: row.verdict for name, row in rows.items()},
                         {"C1": HOLDS, "C2": HOLDS, "C3": HOLDS, "C4": DEPENDS, "C5": HOLDS,
                          "C6": DEPENDS, "C7": HOLDS, "C8": HOLDS})
        self.assertIn("half or more: memory:mib=0", rows["C4"].on)
        self.assertEqual(rows["C1"].confidence, "medium")
        self.assertEqual(rows["C6"].confidence, "high")

    def test_nothing_is_judged_on_nothing(self):
        for row in self.rows(coverage()).values():
            self.assertEqual(row.verdict, judge.NOT_JUDGED)
            self.assertTrue(row.missing)
            self.assertIn("scripts/bench", row.commands[0])
            self.assertTrue(all("native" not in command for command in row.commands))

    def test_one_cell_that_is_missing_failed_or_not_verified(self):
        def without(cells):
            return [one for one in cells if one["name"] != "shared-mm:n=10/kernel"]

        def unverified(cells):
            cell_ = next(one for one in cells if one["name"] == "shared-mm:n=10/kernel")
            cell_["verified"] = {"mode": "none", "before_timing": 0, "timed": 0}
            return cells

        def wrong(cells):
            return without(cells) + [fixtures.failed("kernel", "shared-mm", n=10)]

        for change, reason in ((without, "not measured"), (unverified, "not verified"),
                               (wrong, "restored wrong")):
            with self.subTest(change.__name__):
                row = self.rows(results(change(sharing_cells())))["C1"]
                self.assertEqual(row.verdict, judge.NOT_JUDGED)
                self.assertEqual(len(row.missing), 1)
                self.assertIn("shared-mm:n=10/kernel", row.missing[0])
                self.assertIn(reason, row.missing[0])

    def test_a_newer_run_repairs_a_cell(self):
        old = [one for one in sharing_cells() if one["name"] != "shared-mm:n=10/kernel"]
        new = [one for one in sharing_cells(kernel=500) if one["workload"] == "shared-mm"]
        row = self.rows(results(old), results(new, start_time="2026-02-02T03:04:05Z"))["C1"]
        self.assertEqual(row.verdict, HOLDS)

    def test_the_newer_of_two_runs_counts(self):
        old = results(sharing_cells(kernel=1100), start_time="2026-01-02T03:04:05Z")
        new = results(sharing_cells(kernel=500), start_time="2026-02-02T03:04:05Z")
        self.assertEqual(self.rows(old, new)["C1"].verdict, HOLDS)
        self.assertEqual(self.rows(new, old)["C1"].verdict, HOLDS)

    def test_graphs_that_were_only_counted_or_wrong(self):
        self.assertIn("counted only", self.rows(coverage())["C6"].missing[0])
        self.assertIn("restored wrong", self.rows(restored(wrong=1))["C6"].missing[0])

    def test_clocks_are_kept_apart(self):
        wall = results(sharing_cells())
        vm_cells = sharing_cells(kernel=1100)
        for one in vm_cells:
            one["unit"] = "instructions"
        vm = results(vm_cells, clock="instructions", unit="instructions")
        row = self.rows(wall, vm)["C1"]
        self.assertEqual(row.verdict, DEPENDS)
        self.assertTrue(row.on.startswith("the clock: by instructions"), row.on)
        self.assertEqual(len(systems.systems_of(inputs.read_inputs(
            list(pathlib.Path(self.folder.name).glob("*.json"))))), 2)

    def test_what_is_printed(self):
        """The three formats against golden files: golden/claims.*"""
        rows = list(self.rows(*self.everything()[:2]).values())
        for name, text in (("txt", render.as_text(rows)), ("md", render.as_markdown(rows)),
                           ("json", render.as_json(rows))):
            fixtures.same_as_golden(self, f"claims.{name}",
                                    text.replace(self.folder.name + "/", ""))
        self.assertEqual(len(json.loads(render.as_json(rows))["claims"]), 8)

    def test_ten_sentences(self):
        documents = self.everything()
        self.rows(*documents)
        paths = sorted(pathlib.Path(self.folder.name).glob("*.json"))
        text = findings.as_markdown(inputs.read_inputs(paths))
        fixtures.same_as_golden(self, "findings.md", text)
        without_costs = findings.as_markdown(inputs.read_inputs(paths[:2]))
        self.assertEqual(len(without_costs.splitlines()), 10)
        self.assertIn("4. Not judged (C2): bench objects: mm: not measured.", without_costs)


if __name__ == "__main__":
    unittest.main()
