"""Golden data in, data of figures out; and each figure looked at.

UPDATE=1 in the environment writes the golden files anew.
"""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import tempfile
import unittest

import figure_inputs
import fixtures
import marks
from fixtures import cell, results

from matplotlib import image
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from restartbench.figures import FIGURES, context, labels, layout, look, output, tables
from restartbench.figures import style as looks
from restartbench.inputs import read_inputs

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden/figures"
PLOT = fixtures.ROOT / "scripts/plot"


def load_plot():
    loader = importlib.machinery.SourceFileLoader("plot", str(PLOT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("plot", loader))
    loader.exec_module(module)
    return module


PLOT_SCRIPT = load_plot()


def plot(*arguments):
    """(exit code, lines on stdout, stderr) of scripts/plot, run in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = PLOT_SCRIPT.run_script("plot", PLOT_SCRIPT.main, list(map(str, arguments)))
        except SystemExit as error:
            code = error.code
    return code, out.getvalue().splitlines(), err.getvalue()


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, document):
        return fixtures.write(self.folder, name, document)


class AllFigures(unittest.TestCase):
    """Drawn once, as drawing takes the time of this test."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.said = []
        inputs = read_inputs(figure_inputs.write_all(cls.folder))
        made = context.make_context(inputs, cls.said.append, baseline="userspace")
        cls.sheets = output.sheets_of(inputs, made, [])
        cls.problems = {}
        cls.drawn = {}
        for module, sheet in cls.sheets:
            _, cls.problems[sheet.name, "paper"] = output.write(
                module, sheet, cls.folder, ["png"], "paper", "column")
            wide = output.render(module, sheet, looks.STYLES["screen"], "text")
            cls.problems[sheet.name, "screen"] = look.problems(wide)
            cls.drawn[sheet.name] = (marks.drawn_values(wide, module.NAME),
                                     marks.wanted_values(sheet, module.NAME, wide))

    def test_every_figure_is_drawn(self):
        self.assertEqual({module.NAME for module, _ in self.sheets}, set(FIGURES))

    def test_data(self):
        update = os.environ.get("UPDATE") == "1"
        if update:
            GOLDEN.mkdir(parents=True, exist_ok=True)
            for old in GOLDEN.iterdir():
                old.unlink()
        names = set()
        for _, sheet in self.sheets:
            for suffix in ("csv", "tex"):
                name = f"{sheet.name}.{suffix}"
                names.add(name)
                text = (self.folder / name).read_text()
                if update:
                    (GOLDEN / name).write_text(text)
                with self.subTest(name):
                    self.assertEqual(text, (GOLDEN / name).read_text())
        self.assertEqual(names, {path.name for path in GOLDEN.iterdir()})

    def test_nothing_overlaps_or_is_cut_off(self):
        for drawn, problems in self.problems.items():
            with self.subTest(drawn):
                self.assertEqual(problems, [])

    def test_what_is_drawn_is_the_data(self):
        for name, (drawn, wanted) in self.drawn.items():
            with self.subTest(name):
                self.assertEqual(len(drawn), len(wanted))
                scale = wanted[-1] / drawn[-1]
                for value, right in zip(drawn, wanted):
                    self.assertAlmostEqual(value * scale / right, 1, places=6)

    def test_nothing_is_empty(self):
        for _, sheet in self.sheets:
            with self.subTest(sheet.name):
                pixels = image.imread(self.folder / f"{sheet.name}.png")[..., :3]
                self.assertAlmostEqual(pixels.shape[1], 3.35 * 300, delta=1)
                inked = (pixels.min(axis=2) < 0.98).mean()
                coloured = (pixels.max(axis=2) - pixels.min(axis=2) > 0.2).mean()
                self.assertGreater(inked, 0.02)
                self.assertGreater(coloured, 0.002)

    def test_fonts_are_embedded(self):
        module, sheet = self.sheets[0]
        output.write(module, sheet, self.folder, ["pdf", "svg"], "paper", "column")
        pdf = (self.folder / f"{sheet.name}.pdf").read_bytes()
        self.assertIn(b"/FontFile2", pdf)  # TrueType
        self.assertNotIn(b"/Type3", pdf)
        self.assertNotIn(b"<text", (self.folder / f"{sheet.name}.svg").read_bytes())

    def test_what_is_left_out_is_said(self):
        self.assertIn("threads:n=1/kernel: not drawn: failed: restored wrong: at the barrier",
                      self.said)
        self.assertIn("threads:n=1/optimistic: not drawn: not verified (mode none)", self.said)
        drawn = [row["cell"] for _, sheet in self.sheets for row in sheet.rows if "cell" in row]
        self.assertIn("threads:n=10/kernel", drawn)
        self.assertNotIn("threads:n=1/kernel", drawn)
        self.assertNotIn("threads:n=1/optimistic", drawn)


class OverRevisions(Folder):
    def test_change_points_of_a_history(self):
        paths = [self.write(f"{number}.json", figure_inputs.counted_history(number))
                 for number in range(15)]
        inputs = read_inputs(paths)
        made = context.make_context(inputs, print, later_hidden=False)
        (module, sheet), = output.sheets_of(inputs, made, ["history"])
        changed = [(row["number"], row["strategy"], round(row["change"], 3))
                   for row in sheet.rows if row.get("change")]
        self.assertEqual(changed, [(5, "userspace", 0.022), (9, "userspace", -0.016),
                                   (9, "kernel", -0.015)])
        self.assertEqual([(row["number"], row["series"], row["new"]) for row in sheet.rows
                          if row["new"]],
                         [(12, 2, "compiler (GNU 12.2.0 before, GNU 14.1.0 now)")] * 2)
        self.assertEqual(look.problems(output.render(module, sheet, looks.STYLES["screen"],
                                                     "text")), [])
        figure = output.render(module, sheet, looks.STYLES["paper"], "column")
        self.assertEqual(look.problems(figure), [])
        above, below = figure.axes
        rings = sorted(tuple(place) for rings in below.collections for place in rings.get_offsets())
        self.assertEqual([round(x) for x, _ in rings], [5, 9, 9])
        self.assertEqual([text.get_text() for text in below.texts], ["+2.18 %", "-1.58 %"])
        # No line joins two environments.
        self.assertEqual([len(line.get_xdata()) for line in above.lines
                          if line.get_marker() != "None"], [12, 3, 12, 3])


class Looking(unittest.TestCase):
    """What looks at the figures must see what is wrong with one."""

    def figure(self):
        figure = Figure(figsize=(6, 4))
        FigureCanvasAgg(figure)
        return figure, figure.add_subplot()

    def test_sound(self):
        figure, axes = self.figure()
        axes.plot([1, 2])
        self.assertEqual(look.problems(figure), [])

    def test_overlap(self):
        figure, axes = self.figure()
        axes.set_xticks([0.5, 0.52], ["a long label", "another label"])
        self.assertEqual(look.problems(figure), ["'a long label' and 'another label' overlap"])

    def test_cut_off(self):
        figure, _ = self.figure()
        figure.text(0.9, 0.95, "over the edge")
        self.assertIn("'over the edge' is cut off at the edge", look.problems(figure))

    def test_legend(self):
        figure, axes = self.figure()
        figure.legend(handles=axes.plot([1, 2], label="x"), loc="center")
        self.assertIn("the legend covers data", look.problems(figure))

    def test_no_room(self):
        figure, axes = self.figure()
        axes.set_position((0.5, 0.5, 0.01, 0.4))
        self.assertIn("no room is left for the data", look.problems(figure))


    def test_ticks_have_room(self):
        figure, axes = self.figure()
        values = list(range(1000, 1100))
        axes.set_xlim(990, 1110)
        layout.measured_ticks(figure, [(axes, values)])
        drawn = [tick.get_text() for tick in axes.get_xticklabels()]
        self.assertEqual((drawn[0], drawn[-1]), ("1,000", "1,099"))
        self.assertGreater(len(drawn), 3)
        figure.set_layout_engine("constrained")
        self.assertEqual(look.problems(figure), [])


class Styles(unittest.TestCase):
    def test_grey_suffices(self):
        for part in ("marker", "line"):
            said = [getattr(one, part) for one in (*looks.LOOKS.values(), *looks.FREE_LOOKS)]
            if part == "marker":
                self.assertEqual(len(said), len(set(said)))
        for (colour, hatch), (other, other_hatch) in zip(looks.FILLS, looks.FILLS[1:]):
            self.assertTrue(hatch != other_hatch, (colour, other))

    def test_a_new_strategy_has_a_look(self):
        found = looks.looks_of(["userspace", "one", "two"])
        self.assertEqual(len(set(found.values())), 3)
        self.assertEqual(found["userspace"], looks.LOOKS["userspace"])

    def test_numbers(self):
        self.assertEqual([labels.significant(value) for value in
                          (0, 0.01234, 1.5, 99.96, 1234.5, 1e6, -0.5)],
                         ["0", "0.0123", "1.50", "100", "1,230", "1,000,000", "-0.500"])
        self.assertEqual([labels.plain(value) for value in (0, 0.1, 1000, 2e6, 1e-4)],
                         ["0", "0.1", "1,000", r"$2\times 10^{6}$", "$10^{-4}$"])
        self.assertEqual(labels.image("fds:n=1000:creator-fds=10", "creator_fds"), "fds: n=1,000")

    def test_instructions_are_no_time(self):
        self.assertEqual(labels.Scale("ns", 5e6).axis("Restart time"), "Restart time (ms)")
        self.assertEqual(labels.Scale("instructions", 5e6).axis("Restart time"),
                         "Instructions per restart (millions)")
        self.assertEqual(labels.Scale("instructions", 5e6).text(5e6), "5.00 M")

    def test_latex_is_escaped(self):
        self.assertEqual(tables.escape(r"a_b & 5% \x µs"),
                         r"a\_b \& 5\% \textbackslash{}x \textmu{}s")


class CommandLine(Folder):
    def test_writes(self):
        path = self.write("x.json", figure_inputs.sizes())
        out = self.folder / "new/figures"
        code, written, err = plot(path, "--figure", "size", "--format", "svg,png", "-o", out)
        self.assertEqual(code, 0, err)
        self.assertEqual(written, [str(out / f"size-threads.{suffix}")
                                   for suffix in ("csv", "tex", "svg", "png")])
        self.assertEqual(sorted(out.iterdir()), sorted(map(pathlib.Path, written)))

    def test_instructions_and_times_are_apart(self):
        times = self.write("a.json", results(
            [cell("bare", n * 1000, n=n) for n in (1, 10)]))
        counts = self.write("b.json", results(
            [cell("bare", n * 1000, n=n, unit="instructions") for n in (1, 10)],
            clock="instructions", unit="instructions"))
        newer = self.write("c.json", results([cell("bare", n * 900, n=n) for n in (1, 10)],
                                             kernel="6.12.1 #1"))
        code, written, err = plot(times, counts, newer, "--figure", "size", "--format", "svg",
                                  "-o", self.folder)
        self.assertEqual(code, 0, err)
        csv = {pathlib.Path(path).name: pathlib.Path(path).read_text().splitlines()[0]
               for path in written if path.endswith("csv")}
        self.assertEqual(list(csv), ["size-threads-wall-6.1.0-1-cloud-amd64.csv",
                                     "size-threads-instructions.csv",
                                     "size-threads-wall-6.12.1.csv"])
        self.assertIn("median_instructions", csv["size-threads-instructions.csv"])
        self.assertIn("median_ns", csv["size-threads-wall-6.12.1.csv"])
        instructions = (self.folder / "size-threads-instructions.tex").read_text()
        self.assertIn("Instructions per restart: threads", instructions)
        self.assertNotIn("time", instructions.lower())

    def test_no_data(self):
        path = self.write("x.json", results([cell("userspace", 1, n=1)]))
        code, written, err = plot(path, "--figure", "costs", "-o", self.folder)
        self.assertEqual((code, written), (2, []))
        self.assertIn("no data for the figure 'costs'; it needs what objects cost", err)
        fake = self.write("y.json", results([cell("userspace", 1, n=1)], clock="fake"))
        code, _, err = plot(fake, "-o", self.folder)
        self.assertEqual(code, 2)
        self.assertIn("its clock is a fake", err)
        self.assertIn("no data for any figure", err)

    def test_wrong_use(self):
        path = self.write("x.json", {"cells": []})
        for arguments, message in (
                ((path,), "x.json: context: is missing"),
                ((self.folder / "missing.json",), "missing.json: No such file"),
                ((path, "--format", "gif"), "'gif' is none of pdf, svg, png, pgf"),
                ((path, "--figure", "x"), "invalid choice: 'x'")):
            code, written, err = plot(*arguments)
            self.assertEqual((code, written), (2, []), message)
            self.assertIn(message, err)

    def test_cannot_write(self):
        path = self.write("x.json", figure_inputs.sizes())
        code, _, err = plot(path, "-o", path / "folder")
        self.assertEqual(code, 1)
        self.assertIn("Not a directory", err)

    def test_selection(self):
        path = self.write("x.json", figure_inputs.sizes())
        code, written, _ = plot(path, "--figure", "size", "--strategy", "bare", "--format", "svg",
                                "-o", self.folder)
        self.assertEqual(code, 0)
        rows = pathlib.Path(written[0]).read_text().splitlines()[1:]
        self.assertEqual({row.split(",")[1] for row in rows}, {"bare"})
        code, _, _ = plot(path, "--workload", "chain", "-o", self.folder)
        self.assertEqual(code, 2)


if __name__ == "__main__":
    unittest.main()
