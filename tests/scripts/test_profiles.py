#!/usr/bin/python3
"""Profiles by function: reading, comparing, and what regress does with them."""

import pathlib
import tempfile
import unittest
from types import SimpleNamespace

import fixtures
from restartbench.errors import LackingError, ScriptError
from restartbench.profiling import guests, symbols
from restartbench.profiling.counted import Profile
from restartbench.profiling.differences import difference
from restartbench.regress import profiles, verdicts


def counted(*restarts, paths=()):
    """What the plugin writes. restarts: {function: instructions}; paths: (parent, name, all)."""
    lines, total = [], {}
    for restart in restarts:
        lines.append(f"window {sum(restart.values())}")
        for name, count in restart.items():
            lines.append(f"part {count} {name}")
            total[name] = total.get(name, 0) + count
    lines += [f"self {count} {name}" for name, count in total.items()]
    lines += [f"path {number} {parent} {count} {name}"
              for number, (parent, name, count) in enumerate(paths, 1)]
    return Profile("\n".join(lines) + "\n")


class Reading(unittest.TestCase):
    def test_restarts_one_by_one(self):
        profile = counted({"a b": 10, "c": 5}, {"a b": 12, "c": 5})
        self.assertEqual(profile.windows, [15, 17])
        self.assertEqual(profile.own, {"a b": 11, "c": 5})
        self.assertEqual(profile.medians(), {"a b": 11, "c": 5})
        self.assertEqual(profile.spreads(), [("a b", 10, 12)])

    def test_a_function_that_some_restarts_do_not_come_to(self):
        profile = counted({"a": 10}, {"a": 10, "b": 4}, {"a": 10})
        self.assertEqual(profile.medians()["b"], 0)
        self.assertEqual(profile.spreads(), [("b", 0, 4)])

    def test_nothing_was_counted(self):
        with self.assertRaises(LackingError):
            Profile("self 10 a\n")

    def test_the_module_in_an_initramfs(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "x")
            symbols.write_archive(path, [("init", b"12345"), ("restart.ko", b"module!")])
            archive = path.read_bytes()
        self.assertEqual(guests.file_of_archive(archive, "restart.ko"), b"module!")
        self.assertEqual(guests.file_of_archive(archive, "init"), b"12345")
        self.assertIsNone(guests.file_of_archive(archive, "other"))


class Comparing(unittest.TestCase):
    def test_sorted_by_what_changed_with_the_coverage(self):
        base = counted({"same": 1000, "more": 100, "less": 50, "gone": 3})
        head = counted({"same": 1000, "more": 300, "less": 40, "new": 20})
        found = difference(base, head)
        self.assertEqual([(each.name, each.change) for each in found.functions],
                         [("more", 200), ("new", 20), ("less", -10)])
        self.assertEqual((found.base, found.head, found.change), (1153, 1360, 207))
        self.assertEqual(found.others, 1)  # gone: under a fiftieth of the change
        self.assertAlmostEqual(found.covered, 210 / 207)
        self.assertEqual(found.restarts, (1, 1))

    def test_nothing_changed(self):
        one = counted({"a": 10}, {"a": 10})
        found = difference(one, one)
        self.assertEqual((found.functions, found.covered), ((), None))

    def test_callers_on_the_path_that_changed_most(self):
        paths = [(0, "entry", 0), (1, "open", 0), (2, "alloc", 10), (0, "fork", 0),
                 (4, "alloc", 10)]
        more = [*paths[:-1], (4, "alloc", 60)]
        found = difference(counted({"alloc": 20}, paths=paths), counted({"alloc": 70}, paths=more))
        self.assertEqual([(each.name, each.callers) for each in found.functions],
                         [("alloc", ("fork",))])


def cell(name, verdict, ratio=1.01):
    return verdicts.CellVerdict(f"threads:n=10/{name}", verdict, ratio=ratio)


class Chosen(unittest.TestCase):
    """Which cells are profiled, with a fake of what profiles them."""

    CELLS = [cell("a", verdicts.SLOWER), cell("b", verdicts.UNCHANGED, 1.0),
             cell("c", verdicts.FASTER, 0.9), cell("d", verdicts.ERROR, None)]

    def run_with(self, choice, seconds=100, build=object(), error=None):
        asked, said = [], []

        def fake(one, *others):
            asked.append(one.name[-1])
            if error:
                raise error
            return one
        self.addCleanup(setattr, profiles, "_profile", profiles._profile)
        profiles._profile = fake
        sides = [SimpleNamespace(name="base", build=build), SimpleNamespace(name="head", build=1)]
        with tempfile.TemporaryDirectory() as folder:
            found, signal = profiles.with_profiles(
                self.CELLS, sides, None, choice, seconds, fixtures.ROOT, folder, said.append)
        self.assertEqual([each.name for each in found], [each.name for each in self.CELLS])
        self.assertEqual(signal, error if isinstance(error, KeyboardInterrupt) else None)
        return asked, {each.name[-1]: each.no_functions for each in found if each.no_functions}

    def test_what_changed_most_first(self):
        self.assertEqual(self.run_with("auto"), (["c", "a"], {}))
        self.assertEqual(self.run_with("always"), (["c", "a", "b"], {}))
        self.assertEqual(self.run_with("never"), ([], {}))

    def test_reasons(self):
        asked, why = self.run_with("auto", seconds=0)
        self.assertEqual((asked, list(why)), (["c"], ["a"]))
        asked, why = self.run_with("auto", build=None)
        self.assertEqual((asked, sorted(why)), ([], ["a", "c"]))
        self.assertIn("base is a file", why["a"])
        asked, why = self.run_with("auto", error=ScriptError("it broke"))
        self.assertEqual((asked, why["c"]), (["c", "a"], "it broke"))
        asked, why = self.run_with("auto", error=KeyboardInterrupt())
        self.assertEqual((asked, why), (["c"], {"a": "interrupted", "c": "interrupted"}))


if __name__ == "__main__":
    unittest.main()
