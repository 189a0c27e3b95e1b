"""Reading what bench wrote: what is in it, and what a file is refused for."""

import tempfile
import unittest

import fixtures
from fixtures import cell, failed, results

from restartbench import comparing, inputs, statistics
from restartbench.costs import read_costs
from restartbench.coverage import read_coverage
from restartbench.errors import InputError
from restartbench.results import read_run, run_of


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, document, name="x.json"):
        return fixtures.write(self.folder.name, name, document)

    def run_of(self, *cells, **changes):
        return read_run(self.write(results(list(cells), **changes)))

    def refused(self, document, *parts, read=read_run):
        path = self.write(document)
        with self.assertRaises(InputError) as caught:
            read(path)
        for part in (str(path), *parts):
            self.assertIn(part, str(caught.exception))


class Reading(Folder):
    def test_cells(self):
        run = self.run_of(cell("userspace", 1000, n=10, stages={"memory": 400}),
                          cell("bare", 500, n=10), failed("kernel", n=10))
        first, bare, kernel = run.cells
        self.assertEqual(first.median, 1000)
        self.assertEqual(first.parameters["n"], 10)
        self.assertEqual(first.round_medians, (970, 980, 990, 1000, 1010, 1020, 1030))
        self.assertEqual(first.stages["memory"], 400)
        self.assertEqual(first.image_name, "threads:n=10")
        self.assertEqual(run.cells_of_image(bare), [first, bare, kernel])
        self.assertTrue(bare.is_reference)
        self.assertEqual(kernel.error.message, "restored wrong: at the barrier")
        self.assertEqual(kernel.samples, ())
        self.assertEqual(run.start_time.isoformat(), "2026-01-02T03:04:05+00:00")
        self.assertEqual(run.find("threads:n=10/bare"), bare)

    def test_what_must_not_be_shown(self):
        run = self.run_of(cell("userspace", 1, n=1), cell("bare", 1, n=1), failed("kernel", n=1),
                          cell("optimistic", 1, n=1, mode="none"), cell("null", 1, n=1))
        self.assertEqual([one.why_not_to_use() for one in run.cells],
                         ["", "", "failed: restored wrong: at the barrier",
                          "not verified (mode none)", "its strategy is for tests of bench"])
        for verified in ({"mode": "none", "before_timing": 1, "timed": 1},
                         {"mode": "sample", "before_timing": 0, "timed": 0}):
            run = self.run_of({**cell("userspace", 1, n=1), "verified": verified})
            self.assertIn("not verified", run.cells[0].why_not_to_use())

    def test_accounts(self):
        counted = cell("userspace", 1, n=1)
        counted["ledger"] = fixtures.ledger(mm=(2, 5))
        counted["counters"] = {"cycles": {"unsupported": "no PMU"},
                               "page-faults": fixtures.counts(7, 8, 9)}
        counted["model"] = {"predicted": 10.0, "unexplained": 2.0,
                            "terms": [{"what": "mm", "count": 5, "each": 2}]}
        read = self.run_of(counted).cells[0]
        mm = read.ledger.objects["mm"]
        self.assertEqual((mm.needed, mm.created.median, mm.useless, mm.made), (2, 5, 3, None))
        self.assertEqual(read.ledger.work["unshares"], 2)
        self.assertEqual(read.counters["cycles"].unsupported, "no PMU")
        self.assertEqual(read.counters["page-faults"].counts, (7, 8, 9))
        self.assertEqual(read.model.terms[0].count, 5)

    def test_costs(self):
        document = fixtures.costs([fixtures.cost("mm", 50, 20, vmas=10),
                                   fixtures.cost("task", 900, 300, reference=0)])
        mm, task = read_costs(self.write(document)).objects
        self.assertEqual((mm.create_median, mm.destroy_median, mm.size.vmas), (50, 20, 10))
        self.assertEqual(task.create_median, 900)

    def test_coverage(self):
        coverage = read_coverage(self.write(fixtures.coverage()))
        self.assertEqual(coverage.means[1], ("+ unshare", 162))
        self.assertEqual(coverage.strategies[1].all, 600)

    def test_kinds_are_told_apart(self):
        read = inputs.read_inputs([self.write(fixtures.coverage(), "a"),
                                   self.write(results([]), "b"),
                                   self.write(fixtures.costs([]), "c")])
        self.assertEqual((len(read.runs), len(read.costs), len(read.coverages)), (1, 1, 1))

    def test_version_2(self):
        warning = {"id": "few-samples", "text": "few", "advice": "more", "value": 1.5,
                   "cells": ["threads:n=1/bare"]}
        document = results([cell("userspace", 1000, n=1, rounds=20)], version=2)
        document["warnings"] = [warning]
        run = read_run(self.write(document))
        self.assertEqual(run.warnings[0].advice, "more")
        self.assertEqual(run.confidence, 0.99)


class Refusing(Folder):
    def test_no_json(self):
        path = self.write({})
        path.write_text('{"cells": [1,\n 2')
        with self.assertRaisesRegex(InputError, "line 2: is no JSON"):
            read_run(path)
        with self.assertRaisesRegex(InputError, "nothing.json: No such file"):
            read_run("nothing.json")

    def test_other_kinds(self):
        self.refused({"some": "thing"}, "another kind of file")
        self.refused(fixtures.coverage(), "has coverage, not results")

    def test_versions(self):
        self.refused(results([], schema_version=99), "context.schema_version", "is 99; known are 1")
        self.refused({"cells": []}, "context: is missing")

    def test_fields(self):
        broken = cell("userspace", 1, n=1)
        broken["tasks"] = "many"
        self.refused(results([cell("bare", 1, n=1), broken]),
                     "cells[1] (threads:n=1/userspace).tasks", "'many' is not of type 'integer'")

    def test_samples(self):
        for value in (-1, 1.5, "1", None, True):
            broken = cell("userspace", 1, n=1)
            broken["samples_ns"][2][1] = value
            self.refused(results([broken]), "cells[0].samples_ns[2]", "no whole number")
        broken = cell("userspace", 1, n=1)
        broken["stages_ns"]["plan"]["samples"][0] = []
        self.refused(results([broken]), "cells[0].stages_ns.plan.samples[0]", "no list of samples")

    def test_units(self):
        self.refused(results([cell("bare", 1, n=1, unit="instructions")]), "cells[0].unit",
                     "context.unit is ns")

    def test_costs(self):
        whole = fixtures.cost("mm", 1, 1)
        for change, field in ((("vmas",), "objects[0].vmas"), (("new", "create"),
                                                               "objects[0].new.create")):
            broken = fixtures.costs([whole | {"new": dict(whole["new"])}])
            owner = broken["objects"][0]
            for step in change[:-1]:
                owner = owner[step]
            del owner[change[-1]]
            self.refused(broken, field, "is missing", read=read_costs)

    def test_coverage(self):
        broken = fixtures.coverage()
        broken["means"][1]["graphs"] = -1
        self.refused(broken, "means[1].graphs", read=read_coverage)


class Intervals(unittest.TestCase):
    def test_as_tables_have_them(self):
        # Places of the ends among so many values, from sums of binomial coefficients.
        for count, confidence, low, high in (
                (6, 0.95, 1, 6), (8, 0.95, 1, 8), (10, 0.95, 2, 9), (20, 0.95, 6, 15),
                (70, 0.95, 27, 44), (8, 0.99, 1, 8), (20, 0.99, 4, 17), (50, 0.99, 16, 35)):
            interval = statistics.median_interval(range(count, 0, -1), confidence)
            self.assertEqual((interval.low, interval.high, interval.confidence),
                             (low, high, confidence))

    def test_too_few_values(self):
        interval = statistics.median_interval([3, 1, 2, 5, 4], 0.95)
        self.assertEqual((interval.low, interval.high, interval.confidence), (1, 5, 0.9375))
        self.assertIsNone(statistics.median_interval([1, 2, 3, 4], 0.95))
        self.assertIsNone(statistics.median_interval([], 0.95))

    def test_pairs(self):
        ratio = statistics.ratio_of_pairs([2, 4, 6, 9], [1, 2, 3, 0], 0.95)
        self.assertEqual((ratio.value, ratio.interval, ratio.pairs), (2, None, 3))
        self.assertIsNone(statistics.ratio_of_pairs([1], [0], 0.95))


class Comparing(Folder):
    def test_pairs_of_rounds(self):
        run = self.run_of(cell("userspace", 1000, n=1), cell("bare", 500, n=1))
        userspace, bare = run.cells
        self.assertIs(comparing.find_baseline(userspace, "bare"), bare)
        found = comparing.compare(userspace, bare)
        self.assertEqual((found.ratio, found.pairs, found.verdict, found.stored),
                         (2, 7, "slower", False))
        # Rounds are spread alike, so that the ratio is not spread at all.
        self.assertAlmostEqual(found.interval.low, 2, delta=0.01)
        self.assertEqual(comparing.compare(bare, userspace).verdict, "faster")

    def test_pairs_of_restarts_where_instructions_are_counted(self):
        run = self.run_of(cell("userspace", 1000, n=1, rounds=2, unit="instructions"),
                          cell("bare", 500, n=1, rounds=2, unit="instructions"),
                          clock="instructions", unit="instructions")
        found = comparing.compare(*run.cells)
        self.assertEqual((found.pairs, found.verdict), (6, "slower"))
        self.assertEqual(run.cells[0].interval().low, 989)

    def test_few_rounds_say_nothing(self):
        run = self.run_of(cell("userspace", 1000, n=1, rounds=4), cell("bare", 500, n=1, rounds=4))
        self.assertEqual(comparing.compare(*run.cells).verdict, "no difference resolved")

    def test_many_comparisons_widen_intervals(self):
        cells = [cell(name, 1000, n=size, rounds=30) for size in range(1, 9)
                 for name in ("userspace", "bare")]
        run = self.run_of(*cells)
        self.assertAlmostEqual(comparing.compare(*run.cells[:2]).interval.confidence,
                               1 - 0.05 / 8)

    def test_only_within_an_image(self):
        run = self.run_of(cell("userspace", 1000, n=1), cell("bare", 500, n=2))
        self.assertIsNone(comparing.find_baseline(run.cells[0], "bare"))
        with self.assertRaises(ValueError):
            comparing.compare(*run.cells)

    def test_stored(self):
        stored = {"cell": "threads:n=1/bare", "baseline": "threads:n=1/userspace", "ratio": 0.4,
                  "low": 0.3, "high": 0.5, "confidence": 0.99, "pairs": 20,
                  "method": "order statistics of pair ratios", "correction": "bonferroni",
                  "verdict": "faster", "stopped_by": "precision"}
        run = self.run_of(cell("userspace", 1000, n=1), cell("bare", 500, n=1), version=2,
                          comparisons=[stored])
        userspace, bare = run.cells
        found = comparing.compare(bare, userspace)
        self.assertEqual((found.ratio, found.interval.low, found.stored), (0.4, 0.3, True))
        self.assertFalse(comparing.compare(userspace, bare).stored)


    def test_instructions_that_other_guests_could_undo(self):
        for factor, verdict in ((1.002, "no difference resolved"), (1.004, "slower"),
                                (0.998, "no difference resolved"), (0.996, "faster")):
            cells = [cell(strategy, median, unit="instructions", n=10)
                     for strategy, median in (("bare", 100000), ("userspace", 100000))]
            for one, median in zip(cells, (100000, int(100000 * factor))):
                one["samples_ns"] = [[median] * 16]
            counted = run_of("x", results(cells, version=2, clock="instructions",
                                          unit="instructions"))
            self.assertEqual(comparing.compare(counted.cells[1], counted.cells[0]).verdict,
                             verdict, factor)


if __name__ == "__main__":
    unittest.main()
