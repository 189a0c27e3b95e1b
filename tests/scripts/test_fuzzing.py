"""What scripts/fuzz device reads from a guest's console."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from restartbench.fuzzing import device

CONSOLE = """\
kept: 1 | 2
guided: 3 rounds 9 calls 70 blocks 1 kept
kept: 4 | 5 ~6
guided: 30 rounds 90 calls 71 blocks 2 kept
unguided: 31 rounds 91 calls 68 blocks
corpus: 4 | 5 ~6
"""
PANIC = """\
[   10.1] restart-round: 1 | 2
[   11.2] restart-round: 3 | 4;
[   11.2] restart-round+  5 | 6
[   11.3] BUG: KASAN: use-after-free
"""


class Device(unittest.TestCase):
    def test_the_last_report_counts(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            device.report(CONSOLE, 2391)
        self.assertEqual([line.split() for line in out.getvalue().splitlines()], [
            "device 30 rounds 90 calls 71 of 2391 blocks 2 rounds kept".split(),
            "not guided 31 rounds 91 calls 68 of 2391 blocks".split(),
        ])

    def test_rounds_that_were_kept(self):
        self.assertEqual(device.marked("kept: ", CONSOLE), ["1 | 2", "4 | 5 ~6"])
        self.assertEqual(device.marked("corpus: ", CONSOLE), ["4 | 5 ~6"])

    def test_the_round_before_a_panic(self):
        self.assertEqual(device.last_round(PANIC), "3 | 4; 5 | 6")
        self.assertEqual(device.last_round(CONSOLE), "")

    def test_corpora_are_joined(self):
        with tempfile.TemporaryDirectory() as folder:
            one, other = pathlib.Path(folder, "a"), pathlib.Path(folder, "b")
            one.write_text("1\n2\n")
            other.write_text("2\n3\n")
            missing = pathlib.Path(folder, "c")
            self.assertEqual(device.rounds_of([one, missing, other]), ["1", "2", "3"])


if __name__ == "__main__":
    unittest.main()
