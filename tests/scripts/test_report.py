"""The report's tables and texts: what is in them, without a browser."""

import base64
import gzip
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import figure_inputs
import fixtures
from fixtures import cell, cost, costs, counts, coverage, failed, ledger, results

from restartbench import amounts, inputs
from restartbench.report import html, markdown, page
from restartbench.figures.sheet import Sheet
from restartbench.report.figures import Drawing, _names_in, is_history
from restartbench.report.raw import RawStore
from restartbench.report.table import Column, Row, Table, Value
from restartbench.tracking import adding, database, series

SCRIPT = fixtures.ROOT / "scripts" / "report"


def timed(strategy, median, **parameters):
    one = cell(strategy, median, stages={"create": 30, "memory": 70}, **parameters)
    one["ledger"] = ledger(mm=(10, 12), files=(1, 0))
    one["counters"] = {"page-faults": counts(5, 6, 7), "cycles": {"unsupported": "no PMU"}}
    return one


def everything():
    """Files of each kind: both clocks, a failed cell, a warning, costs, coverage."""
    wall = results([timed("userspace", 2_000_000, n=10), timed("bare", 1_000_000, n=10),
                    failed("kernel", n=10, message="<b>wrong</b> | pipe"),
                    timed("userspace", 20_000_000, n=100, workload="processes"),
                    timed("bare", 5_000_000, n=100, workload="processes")])
    wall["warnings"] = ["others used the CPUs"]
    guest = [timed("userspace", 3_000_000, n=10), timed("kernel", 1_500_000, n=10)]
    for one in guest:
        one["unit"] = "instructions"
    return {"wall.json": wall,
            "guest.json": results(guest, clock="instructions", unit="instructions",
                                  kernel="6.1.0-56-cloud-amd64 #1"),
            "costs.json": costs([cost("mm", 1000, 500, vmas=10)]), "graphs.json": coverage()}


DRAWING = Drawing("size", "time by size", "size", "Time <by> size", "<svg/>")


class Tracked(unittest.TestCase):
    """Runs of several revisions, from a file of scripts/history."""

    def test_changes(self):
        with tempfile.TemporaryDirectory() as folder:
            target = pathlib.Path(folder, "history.sqlite3")
            with database.Database(target, create=True) as file:
                for number in range(15):
                    path = fixtures.write(folder, "x.json", figure_inputs.counted_history(number))
                    adding.add_file(file, series.this_repository(), path)
            read = inputs.read_inputs([target])
        self.assertEqual(len(read.runs), 15)
        whole = page.build(read)
        section, = (one for one in whole.sections if one.id == "history")
        rows = [[value.text for value in row.values] for row in section.tables[0].rows]
        self.assertEqual([row[2:3] + row[5:7] for row in rows],
                         [["0000005eeeee", "slower", "+2.18 %"],
                          ["0000009eeeee", "faster", "-1.58 %"],
                          ["000000ceeeee", "new series", "-"],
                          ["0000009eeeee", "faster", "-1.50 %"],
                          ["000000ceeeee", "new series", "-"]])
        self.assertIn("compiler (GNU 12.2.0 before", rows[2][8])
        for text in (html.write(whole), markdown.write(whole)[0]):
            self.assertIn("Changes from revision to revision", text)
            self.assertIn("000000ceeeee", text)


class Filtered(unittest.TestCase):
    def test_what_is_in_a_figure(self):
        rows = [{"strategy": "bare", "cell": "threads:n=1/bare"},
                {"strategy": "bare", "cell": "prefork/bare"}, {"class": "mm"}]
        self.assertEqual(_names_in(Sheet("x", "x", (), rows)), (("bare",), ("threads", "prefork")))


class Amounts(unittest.TestCase):
    def test_three_digits_and_a_unit(self):
        for value, text in ((0, "0 ns"), (999, "999 ns"), (999.6, "1.00 us"), (1234, "1.23 us"),
                            (12_345_678, "12.3 ms"), (2e9, "2.00 s"), (-1500, "-1.50 us")):
            self.assertEqual(amounts.amount(value, "ns"), text)
        self.assertEqual(amounts.amount(1_230_000, "instructions"), "1.23 M")
        self.assertEqual(amounts.amount(23, "instructions"), "23.0")
        self.assertEqual([amounts.ratio(value) for value in (1, 0.623, 0.0227, 33.61, 0)],
                         ["1.00", "0.62", "0.0227", "33.6", "0"])


class Built(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        paths = [fixtures.write(cls.folder.name, name, document)
                 for name, document in everything().items()]
        cls.page = page.build(inputs.read_inputs(paths), [DRAWING])
        cls.html = html.write(cls.page)

    def table(self, title, section=0):
        return next(table for table in self.page.sections[section].tables if table.title == title)

    def test_clocks_have_sections_of_their_own(self):
        self.assertEqual([section.title for section in self.page.sections],
                         ["instructions, Linux 6.1.0-56-cloud-amd64",
                          "wall time, Linux 6.1.0-1-cloud-amd64", "Sharing graphs"])
        self.assertEqual(len(self.table("Restarts", 0).rows), 2)
        self.assertEqual(len(self.table("Restarts", 1).rows), 4)

    def test_values(self):
        row = self.table("Restarts", 1).rows[0]
        self.assertEqual([value.text for value in row.values[:6]],
                         ["threads:n=10", "userspace", "10", "2.00 ms", "20.0 us", "200 us"])
        self.assertEqual((row.strategy, row.workload), ("userspace", "threads"))
        self.assertEqual(self.table("Ratios", 0).rows[0].values[3].text, "0.50")
        self.assertEqual(self.table("Stages", 1).rows[0].values[6].text, "70.0 ns (70%)")
        ledger_row = self.table("Ledger of kernel objects", 1).rows[0]
        self.assertEqual([ledger_row.values[number].text for number in (2, 4)], ["10 +2", "1 -1"])
        counters = self.table("Counters", 1).rows[0]
        self.assertEqual([value.text for value in counters.values[2:]], ["6", "unsupported"])
        self.assertEqual(self.table("What kernel objects cost", 1).rows[0].values[3].text,
                         "1.50 us")

    def test_a_failed_cell_has_no_number_but_a_reason(self):
        strategies = [row.strategy for row in self.table("Restarts", 1).rows]
        self.assertNotIn("kernel", strategies)
        reasons = [row.values[1].text for row in self.page.warnings.rows]
        self.assertEqual(reasons, ["others used the CPUs", "failed: <b>wrong</b> | pipe"])

    def test_each_measured_number_leads_to_its_samples(self):
        for section in self.page.sections[:2]:
            for table in section.tables:
                for row in table.rows:
                    for column, value in zip(table.columns, row.values):
                        if column.name in ("median", "spread", "ratio", "create", "mm", "low"):
                            self.assertTrue(value.raw, (table.title, column.name))
        number = self.table("Restarts", 1).rows[0].values[3].raw[0]
        entry = self.page.store[number]
        self.assertEqual(entry["title"], "threads:n=10/userspace")
        self.assertEqual(entry["rounds"], fixtures.samples_around(2_000_000))
        text = re.search(r'id="raw-data">([^<]*)<', self.html).group(1)
        decoded = json.loads(gzip.decompress(base64.b64decode(text)))
        self.assertEqual(decoded[number], entry)
        for name in re.findall(r"#raw=([0-9+]+)", self.html):
            for one in name.split("+"):
                self.assertLess(int(one), len(decoded))

    def test_the_page_is_whole_and_escaped(self):
        self.assertNotIn("<b>wrong", self.html)
        self.assertIn("Time &lt;by&gt; size", self.html)
        self.assertIsNone(re.search(r'(src|href)="(?!#|data:)', self.html))
        self.assertNotIn("http", re.sub(r"http-equiv", "", self.html))

    def test_markdown(self):
        text, left_out = markdown.write(self.page, "https://host/r.html")
        self.assertEqual(left_out, [])
        self.assertIn("failed: <b>wrong</b> \\| pipe", text)
        self.assertIn("](https://host/r.html#raw=", text)
        self.assertIn("![Time <by> size](figures/size.svg)", text)
        self.assertNotIn("#raw=", markdown.write(self.page)[0])
        for line in text.splitlines():
            if line.startswith("| threads:n=10 | userspace | 10 |"):
                self.assertEqual(len(re.findall(r"(?<!\\)\|", line)), 10)

    def test_markdown_that_has_to_be_short(self):
        whole, _ = markdown.write(self.page)
        text, left_out = markdown.write(self.page, limit=len(whole) - 1)
        self.assertEqual(left_out, ["Counters"])
        self.assertLess(len(text), len(whole))
        text, left_out = markdown.write(self.page, limit=1)
        self.assertEqual(left_out[-2:], ["Restarts", "Restarts"])
        self.assertIn("Restarts (2 rows, instructions, Linux 6.1.0-56-cloud-amd64): not shown",
                      text)
        self.assertIn("What kernel objects cost", text)
        self.assertEqual(markdown.write(self.page, limit=0), (whole, []))

    def test_rows_and_columns_agree(self):
        for section in self.page.sections:
            for table in section.tables:
                for row in table.rows:
                    self.assertEqual(len(row.values), len(table.columns), table.title)

    def test_the_environment_names_what_differs(self):
        kernels = [row for row in self.page.environment.rows if row.values[0].text == "kernel"]
        self.assertEqual(len(kernels), 2)
        self.assertTrue(kernels[1].values[2].text.endswith("guest.json"))


class History(unittest.TestCase):
    def test_files_of_one_day_are_no_history(self):
        with tempfile.TemporaryDirectory() as folder:
            def runs(*times):
                return inputs.read_inputs([fixtures.write(
                    folder, f"{number}.json", results([], start_time=time))
                    for number, time in enumerate(times)]).runs

            self.assertFalse(is_history([]))
            self.assertFalse(is_history(runs("2026-01-02T03:04:05Z", "2026-01-03T03:04:04Z")))
            self.assertTrue(is_history(runs("2026-01-02T03:04:05Z", "2026-01-03T03:04:05Z")))


class Store(unittest.TestCase):
    def test_the_same_samples_are_stored_once(self):
        store = RawStore()
        first = store.add("a", "t", "f", "ns", [[1]])
        self.assertEqual(store.add("a", "t", "f", "ns", [[1]]), first)
        self.assertNotEqual(store.add("b", "t", "f", "ns", [[1]]), first)
        self.assertEqual(store.encoded(), store.encoded())

    def test_a_cell_of_a_table_cannot_break_it(self):
        table = Table("t", "T", "", (Column("a|b", False),), (Row((Value("x\ny|z"),)),))
        self.assertEqual(markdown.table(table), "| a\\|b |\n|---|\n| x y\\|z |\n")


class Script(unittest.TestCase):
    def test_errors_and_files(self):
        with tempfile.TemporaryDirectory() as folder:
            bad = pathlib.Path(folder, "bad.json")
            bad.write_text('{"cells": []}')
            run = subprocess.run([SCRIPT, bad, "-o", folder], text=True, stderr=subprocess.PIPE)
            self.assertEqual(run.returncode, 2)
            self.assertEqual(run.stderr, f"report: {bad}: context: is missing\n")
            good = fixtures.write(folder, "good.json", results([cell("userspace", 1000, n=1)]))
            run = subprocess.run([SCRIPT, good, "-o", f"{folder}/out", "--no-figures"], text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual((run.returncode, run.stdout),
                             (0, f"{folder}/out/index.html\n{folder}/out/report.md\n"), run.stderr)
            self.assertEqual(run.stderr, "")


if __name__ == "__main__":
    unittest.main()
