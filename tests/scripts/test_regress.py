"""Regressions: the verdicts, what may be compared, worktrees, and file against file."""

import dataclasses
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from xml.etree import ElementTree

import fixtures
from fixtures import cell, failed, results

from restartbench.errors import ScriptError
from restartbench.profiling.differences import Changed, Difference
from restartbench.regress import contexts, formats, measuring, verdicts
from restartbench.regress.builds import Build, Builder, versions_with_headers, build_tree_of
from restartbench.results import read_run, run_of
from restartbench.statistics import Interval

SCRIPT = fixtures.ROOT / "scripts" / "regress"
VM = {"qemu": "7.2.1", "accelerator": "tcg", "kernel": "6.1", "kernel_arguments": "",
      "memory_mib": 4096, "cpus": 1}
COUNTED = {"clock": "instructions", "unit": "instructions", "vm": VM}


def counted(strategy, median, **more):
    """A cell of one round, as the emulated machine makes."""
    one = cell(strategy, median, unit="instructions", rounds=1, n=10, **more)
    one["samples_ns"] = [[median] * 16]
    for stage in one["stages_ns"].values():
        stage["samples"] = [[stage["medians"][0]] * 16]
    return one


def run(*cells, **changes):
    return run_of("x.json", results(list(cells), version=2, **{**COUNTED, **changes}))


def judged(base, head, threshold=0.005):
    """{name of the strategy: verdict}"""
    return {one.name.rpartition("/")[2]: one
            for one in verdicts.judge([base], [head], threshold, 0.99)}


class Verdicts(unittest.TestCase):
    def test_rules(self):
        for ratio, low, high, expected in (
                (1.010, 1.009, 1.011, verdicts.SLOWER),
                (1.010, 0.999, 1.020, verdicts.UNRESOLVED),
                (0.990, 0.989, 0.991, verdicts.FASTER),
                (0.990, 0.980, 1.001, verdicts.UNRESOLVED),
                (1.004, 1.003, 1.005, verdicts.UNCHANGED),
                (1.005, 1.005, 1.005, verdicts.UNCHANGED),
                (1.001, 0.990, 1.002, verdicts.UNRESOLVED),
                (1.001, 1.000, 1.020, verdicts.UNRESOLVED)):
            with self.subTest(ratio=ratio, low=low, high=high):
                self.assertEqual(verdicts.verdict_of(ratio, Interval(low, high, 0.99), 0.005),
                                 expected)
        self.assertEqual(verdicts.verdict_of(2, None, 0.005), verdicts.UNRESOLVED)

    def test_stages_that_moved(self):
        base = run(counted("kernel", 1000, stages={"memory": 400, "plan": 100}))
        head = run(counted("kernel", 1010, stages={"memory": 409, "plan": 101}))
        one = judged(base, head)["kernel"]
        self.assertEqual(one.verdict, verdicts.SLOWER)
        self.assertAlmostEqual(one.ratio, 1.01)
        moved = [(stage.name, stage.change) for stage in one.moved_stages(0.005)]
        self.assertEqual(moved, [("memory", 9), ("plan", 1)])
        self.assertEqual([stage.name for stage in one.moved_stages(0.01)], ["memory"])

    def test_objects_that_differ(self):
        base, head = ({**counted("kernel", 1000), "ledger": fixtures.ledger(mm=(10, made))}
                      for made in (10, 11))
        head["ledger"]["work"]["unshares"] += 3
        one = judged(run(base), run(head))["kernel"]
        self.assertEqual(one.verdict, verdicts.UNCHANGED)
        self.assertEqual(one.objects, (verdicts.Objects("mm", 10, 11, 0, 1),))
        self.assertEqual([(each.name, each.change) for each in one.work], [("unshares", 3)])
        self.assertEqual(judged(run(base), run(counted("kernel", 1000)))["kernel"].objects, ())
        head["ledger"] = fixtures.ledger(mm=(11, 11))  # none of them useless
        one = judged(run(base), run(head))["kernel"]
        self.assertEqual(one.objects, (verdicts.Objects("mm", 10, 11, 0, 0),))

    def test_what_has_no_time_is_no_unchanged_cell(self):
        good = counted("kernel", 1000)
        bad = failed("kernel", n=10)
        unverified = counted("kernel", 1000, mode="none")
        unsupported = {**bad, "state": "unsupported"}
        for base, head, verdict in ((good, bad, "error"), (bad, good, "error"),
                                    (bad, bad, "error"), (good, unverified, "error"),
                                    (unverified, good, "error"), (good, unsupported, "error"),
                                    (unsupported, good, "added"), (unsupported, bad, "error"),
                                    (unsupported, unsupported, "unsupported")):
            with self.subTest(base=base["state"], head=head["state"]):
                self.assertEqual(judged(run(base), run(head))["kernel"].verdict, verdict)
        self.assertEqual(judged(run(good), run())["kernel"].verdict, "error")
        self.assertEqual(judged(run(), run(good))["kernel"].verdict, "added")
        self.assertEqual(judged(run(), run(bad))["kernel"].verdict, "error")

    def test_interrupted(self):
        base = run(counted("kernel", 1000), counted("userspace", 1000))
        head = results([counted("kernel", 1020)], version=2, **COUNTED)
        found = judged(base, run_of("x", {**head, "interrupted": True}))
        self.assertEqual(found["kernel"].verdict, "slower")
        self.assertEqual(found["userspace"].verdict, "interrupted")
        self.assertEqual(verdicts.exit_code(found.values()), 130)

    def test_rounds_in_turn_by_the_wall_clock(self):
        def runs(factor):  # all drift, both sides alike
            return [run_of("x", results([cell("bare", int(drift * factor), n=10)], version=2))
                    for drift in range(10000, 20000, 1000)]
        one, = verdicts.judge(runs(1), runs(1.02), 0.005, 0.99)
        self.assertEqual((one.verdict, one.pairs), ("slower", 10))
        one, = verdicts.judge(runs(1), runs(1), 0.005, 0.99)
        self.assertEqual(one.verdict, "unchanged")
        one, = verdicts.judge(runs(1)[:3], runs(1)[:3], 0.005, 0.99)
        self.assertEqual(one.verdict, "unresolved")

    def test_exit_codes(self):
        def code(*names):
            return verdicts.exit_code([verdicts.CellVerdict("x", name) for name in names])
        self.assertEqual(code("unchanged", "faster", "unresolved", "added", "unsupported"), 0)
        self.assertEqual(code("unchanged", "slower"), 3)
        self.assertEqual(code("slower", "error"), 1)
        self.assertEqual(code("unsupported"), 77)
        self.assertEqual(code("added"), 1)
        self.assertEqual(code(), 1)


class Written(unittest.TestCase):
    """The same verdicts in each format, as golden files."""

    def report(self):
        base = run({**counted("kernel", 100000, stages={"open_files": 40000}),
                    "ledger": fixtures.ledger(mm=(10, 10))}, counted("userspace", 200000),
                   counted("optimistic", 1000), counted("bare", 1000))
        head = run({**counted("kernel", 101000, stages={"open_files": 41000}),
                    "ledger": fixtures.ledger(mm=(10, 11))}, counted("userspace", 200000),
                   failed("optimistic", n=10, message="a | b <c>"), counted("bare", 900))
        cells = verdicts.judge([base], [head], 0.005, 0.99)
        functions = (Changed("copy_files", 100, 1200, ("copy_process", "kernel_clone")),
                     Changed("[restorer]", 300, 200))
        cells[0] = dataclasses.replace(cells[0], functions=Difference(
            100100, 101100, functions, 3, (16, 16)))
        cells[3] = dataclasses.replace(cells[3], no_functions="not within 0 s: --profile-time")
        about = [("base", "v1"), ("head", "working tree")]
        return formats.Report(cells, 0.005, "instructions", "v1", "working tree", about)

    def test_formats(self):
        for name, write in formats.FORMATS.items():
            with self.subTest(name):
                fixtures.same_as_golden(self, f"regress.{name}", write(self.report()))

    def test_junit_counts(self):
        suite = ElementTree.fromstring(formats.junit(self.report())).find("testsuite")
        self.assertEqual([suite.get(name) for name in ("tests", "failures", "errors")],
                         ["4", "1", "1"])
        self.assertEqual(len(suite.findall("testcase/failure")), 1)


class Contexts(unittest.TestCase):
    def test_every_field_is_looked_at(self):
        one = fixtures.context(2, **COUNTED)
        self.assertEqual(contexts.differences(one, one), [])
        self.assertLessEqual({"kernel", "cpu_model", "compiler", "clock", "vm.qemu",
                              "vm.accelerator", "vm.memory_mib"}, set(contexts.FIELDS))
        for field in contexts.FIELDS:
            with self.subTest(field):
                other = json.loads(json.dumps(one))
                owner = other["vm"] if field.startswith("vm.") else other
                owner[field.removeprefix("vm.")] = "else"
                self.assertEqual([each[0] for each in contexts.differences(one, other)], [field])

    def test_kernels_may_differ_where_they_are_compared(self):
        one, other = (fixtures.context(2, kernel=kernel) for kernel in ("6.1", "6.12"))
        self.assertEqual(len(contexts.differences(one, other)), 1)
        self.assertEqual(contexts.differences(one, other, kernels_may_differ=True), [])


class Files(unittest.TestCase):
    """scripts/regress on two files."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def regress(self, base, head, *words):
        paths = [base if isinstance(base, str) else fixtures.write(self.folder, "a.json", base),
                 fixtures.write(self.folder, "b.json", head)]
        return subprocess.run([SCRIPT, "--base", paths[0], "--head", paths[1], *words], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)

    def document(self, *cells, **changes):
        return results(list(cells), version=2, **{**COUNTED, **changes})

    def test_verdicts(self):
        same = self.document(counted("kernel", 100000))
        found = self.regress(same, same)
        self.assertEqual((found.returncode, found.stderr), (0, ""))
        self.assertIn("1 unchanged", found.stdout)
        slow = self.document(counted("kernel", 101000))
        output = pathlib.Path(self.folder, "out.xml")
        found = self.regress(same, slow, "--format", "junit", "-o", output)
        self.assertEqual((found.returncode, found.stdout), (3, ""))
        self.assertIn("1 slower", found.stderr)
        self.assertEqual(len(ElementTree.parse(output).findall(".//failure")), 1)
        self.assertEqual(self.regress(same, slow, "--threshold", "2%").returncode, 0)

    def test_refused(self):
        good = self.document(counted("kernel", 1000))
        cut = pathlib.Path(self.folder, "cut.json")
        cut.write_text(json.dumps(good)[:-40])
        wall = results([cell("bare", 1000, n=10)], version=2)
        other = self.document(counted("kernel", 1000), vm={**VM, "memory_mib": 2048})
        for base, *parts in ((other, "vm.memory_mib (2048 at base, 4096 at head)"),
                             (self.document(kernel="5.10"), "kernel (5.10 at base"),
                             (str(cut), "cut.json", "is no JSON"),
                             (wall, "a.json", "context.clock", "wall"),
                             ("no-such-thing", "neither a file nor a revision"),
                             ("no/such.json", "no such file or revision")):
            with self.subTest(parts):
                found = self.regress(base, good)
                self.assertEqual((found.returncode, found.stdout), (2, ""))
                for part in parts:
                    self.assertIn(part, found.stderr)

    def test_an_image_file_that_is_not_there(self):
        gone = {**counted("kernel", 1000), "name": "tree/kernel", "workload": None,
                "parameters": {}, "image": f"{self.folder}/tree.img"}
        stored = fixtures.write(self.folder, "stored.json", self.document(gone))
        found = subprocess.run([SCRIPT, "--base", stored], text=True, stdout=subprocess.PIPE,
                               stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        self.assertEqual(found.returncode, 2)
        self.assertIn("tree.img, which is not there; give the file with --image", found.stdout)
        self.assertEqual(self.regress(str(stored), self.document(gone)).returncode, 0)
        self.assertEqual(measuring.selection_of(read_run(stored)),
                         ("kernel", "", (f"{self.folder}/tree.img",)))

    def test_command_line(self):
        good = self.document(counted("kernel", 1000))
        for words in (["--threshold", "x"], ["--threshold", "100%"], ["--threshold=-1%"],
                      ["--threshold", "0.5"], ["--rounds", "2"],
                      ["--clock", "wall", "--head-kernel", "6.1"], ["--clock", "wall"],
                      ["--head-kernel", "6.1"]):
            with self.subTest(words):
                self.assertEqual(self.regress(good, good, *words).returncode, 2)


BUILD = """#!/bin/sh
mkdir -p build/release/bin
echo built >>build/count
{}
printf '#!/bin/sh\\n' >build/release/bin/bench
"""


class Worktrees(unittest.TestCase):
    """In a repository whose build is a few lines of shell."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.said = []
        # What runs tests in the background may have it ignored, and children inherit that.
        old = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, old)
        self.git("init", "-q")

    def git(self, *words):
        return subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x", *words],
                              cwd=self.root, check=True, stdout=subprocess.PIPE, text=True).stdout

    def commit(self, extra=""):
        script = self.root / "scripts" / "build"
        script.parent.mkdir(exist_ok=True)
        script.write_text(BUILD.format(extra))
        script.chmod(0o755)
        self.git("add", "-A")
        self.git("commit", "-qm", "x")
        return Builder(self.root, self.root / "build" / "regress", self.said.append)

    def left(self):
        """(worktrees beside the main one, folders of the cache)"""
        return (self.git("worktree", "list").count("\n") - 1,
                len(list((self.root / "build" / "regress").glob("*"))))

    def test_built_once(self):
        builder = self.commit()
        first = builder.revision("HEAD")
        self.assertTrue(first.bench.exists())
        made = first.bench.stat().st_ino
        (first.folder / "kept").touch()
        self.assertEqual(builder.revision("HEAD").bench.stat().st_ino, made)
        self.assertTrue((first.folder / "kept").exists())
        self.assertEqual((first.folder / "build" / "count").read_text(), "built\n")
        self.assertEqual(self.left(), (1, 1))

    def test_nothing_is_left_of_what_does_not_build(self):
        builder = self.commit("echo it is broken; exit 1")
        with self.assertRaises(ScriptError) as caught:
            builder.revision("HEAD")
        self.assertIn("it is broken", str(caught.exception))
        self.assertEqual(caught.exception.exit_code, 1)
        self.assertEqual(self.left(), (0, 0))

    def test_nothing_is_left_of_an_interrupted_build(self):
        self.commit("touch build/begun; sleep 60")
        code = f"import sys; sys.path.insert(0, {str(fixtures.ROOT / 'scripts')!r})\n" \
               "from restartbench.regress.builds import Builder\n" \
               f"Builder({str(self.root)!r}, {str(self.root / 'build' / 'regress')!r}, print)" \
               ".revision('HEAD')"
        process = subprocess.Popen([sys.executable, "-B", "-c", code], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        end = time.monotonic() + 30
        while not list(self.root.glob("build/regress/*/build/begun")) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(self.left(), (1, 1))
        process.send_signal(signal.SIGINT)
        self.assertIn(b"KeyboardInterrupt", process.communicate(timeout=30)[1])
        self.assertEqual(self.left(), (0, 0))

    def test_the_module_of_a_kernel_named_by_its_beginning(self):
        for version in ("6.1.0-1", "6.1.0-2", "6.12.1"):
            (self.root / version / "build").mkdir(parents=True)
        self.assertEqual(versions_with_headers("6.1.", self.root), ["6.1.0-1", "6.1.0-2"])
        self.assertEqual(versions_with_headers("5.10", self.root), ["5.10"])
        self.assertEqual(versions_with_headers("", self.root), [])

    def test_the_tree_that_an_image_was_built_in(self):
        image = self.root / "linux" / "arch" / "x86" / "boot" / "bzImage"
        image.parent.mkdir(parents=True)
        image.touch()
        self.assertIsNone(build_tree_of(str(image)))
        release = self.root / "linux" / "include" / "config" / "kernel.release"
        release.parent.mkdir(parents=True)
        release.touch()
        self.assertEqual(build_tree_of(str(image)), (self.root / "linux").resolve())
        self.assertIsNone(build_tree_of("6.1"))

    def test_the_module_of_a_tree(self):
        image = self.root / "linux" / "arch" / "x86" / "boot" / "bzImage"
        (self.root / "linux" / "include" / "config").mkdir(parents=True)
        (self.root / "linux" / "include" / "config" / "kernel.release").touch()
        script = self.root / "scripts" / "build-module"
        script.parent.mkdir()
        script.write_text('#!/bin/sh\necho "$@" >>asked\necho warning; echo "$PWD/the.ko"\n')
        script.chmod(0o755)
        (self.root / "build").mkdir()
        builder = Builder(self.root, self.root / "build" / "regress", self.said.append)
        build = Build(self.root, "abc", "x")
        for _ in range(2):  # once is enough
            self.assertEqual(builder.module(build, str(image)), f"{self.root.resolve()}/the.ko")
        self.assertEqual(builder.module(build), "")
        self.assertEqual((self.root / "asked").read_text(),
                         f"{(self.root / 'linux').resolve()}\n\n")
        side = measuring.Side("head", build, str(image), [], "/x/the.ko")
        command = measuring.Plan("instructions", "kernel", "threads").command(side, "out")
        self.assertEqual(command[-4:], ["--vm-kernel", str(image), "--vm-module", "/x/the.ko"])

    def test_images_are_restarted_in_place_of_workloads(self):
        side = measuring.Side("head", Build(self.root, "abc", "x"), "", [])
        plan = measuring.Plan("instructions", "kernel", "", images=("/a.img", "/b.img"))
        command = plan.command(side, "out")
        self.assertNotIn("--workload", command)
        self.assertEqual([command[at + 1] for at, word in enumerate(command) if word == "--image"],
                         ["/a.img", "/b.img"])

    def test_a_revision_in_a_file_is_kept_with_it(self):
        path = fixtures.write(self.root, "base-1.json", results([], version=2))
        measuring._add_revision(path, "abc")
        self.assertEqual(json.loads(path.read_text())["context"]["revision"], "abc")

    def test_an_interrupted_bench_leaves_its_results(self):
        build = Build(self.root, "abc", "x")
        build.bench.parent.mkdir(parents=True)
        source = fixtures.write(self.root, "x.json", {
            **results([counted("kernel", 1000)], version=2, **COUNTED), "interrupted": True})
        build.bench.write_text(f"""#!/bin/sh
while [ "$1" != --out ]; do shift; done
trap 'cp {source} "$2"; exit 130' INT
kill -INT {"$PPID"}
for turn in $(seq 300); do sleep 0.1; done
""")
        build.bench.chmod(0o755)
        side = measuring.Side("base", build, "", [])
        plan = measuring.Plan("instructions", "kernel", "threads:n=10")
        with self.assertRaises(KeyboardInterrupt):
            measuring.measure([side], plan, self.root / "kept", self.said.append)
        self.assertTrue(side.runs[0].interrupted)
        self.assertTrue((self.root / "kept" / "base-1.json").exists())


if __name__ == "__main__":
    unittest.main()
