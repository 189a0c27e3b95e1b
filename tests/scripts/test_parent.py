"""scripts/regress --parent, as CI calls it, in a repository whose bench is a file."""

import shutil
import subprocess
import tempfile
import unittest

from history_repository import CELL, History


class Parent(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.history = History(folder.name)

    def check(self, code, *parts, root=None, words=(), **environment):
        found = self.history.run("--parent", *words, script="regress", root=root, **environment)
        self.assertEqual(found.returncode, code, found.stdout + found.stderr)
        for part in parts:
            self.assertIn(part, found.stdout + found.stderr)
        return found

    def test_a_regression_and_how_to_accept_it(self):
        self.history.commit(100000)
        self.history.commit(102000)
        self.check(3, "1 slower", f"Regression-accepted: {CELL}")
        # Commits that change no restart neither hide it nor are blamed.
        self.history.document_it("x")
        self.check(3, "the last commit that may change a restart")
        self.history.document_it("y", "Say why\n\n"
                                      "regression-accepted: no/such, threads:*/userspace")
        found = self.check(0, "1 accepted", "slower, accepted by", "accepts no/such, which is no")
        self.assertIn("+2.00 %", found.stdout)
        # It is accepted for that change only.
        self.history.commit(104100)
        self.check(3)
        self.history.document_it("z", "Say why\n\nRegression-accepted: all of them")
        self.check(2, "all is no cell")

    def test_no_regression(self):
        self.history.commit(100000)
        self.history.commit(100300)
        self.check(0, "1 unchanged")
        self.history.commit(98000)
        self.check(0, "1 faster")

    def test_what_is_not_committed_counts(self):
        self.history.commit(100000)
        self.history.commit(100001)
        path = self.history.root / "harness" / "results.json"
        path.write_text(path.read_text().replace("100001", "103000"))
        self.check(3, "1 slower")

    def test_a_branch_as_a_whole(self):
        first = self.history.commit(100000)
        self.history.git("checkout", "-q", "-b", "topic")
        self.history.document_it("x")
        found = self.check(0, "where this left main", "nothing is measured")
        self.assertNotIn("measuring", found.stderr)
        for cost in (100300, 100600):  # each below the threshold
            self.history.commit(cost)
        self.check(3, first[:12], "+0.60 %")

    def test_a_base_that_ci_knows(self):
        first = self.history.commit(100000)
        for cost in (100300, 100600):
            self.history.commit(cost)
        self.check(0)
        self.check(3, RESTARTBENCH_BASE=first)
        self.check(3, words=("--base", first))
        self.check(0, RESTARTBENCH_BASE="0" * 40)  # GitHub's word for none
        self.check(77, "is no commit of", RESTARTBENCH_BASE="1" * 40)

    def test_nothing_to_compare_with(self):
        self.history.commit(100000)
        self.check(77, "there is no commit before this one")
        self.history.commit(102000)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{self.history.root}",
                            folder + "/shallow"], check=True)
            root = type(self.history.root)(folder, "shallow")
            self.check(77, "the clone is shallow", root=root)
        shutil.rmtree(self.history.root / ".git")
        self.check(77, "has no history of git")

    def test_what_does_not_build_or_restart(self):
        self.history.commit(100000, broken=True)
        self.history.commit(100000)
        self.check(77, "the base cannot be measured", "it is broken")
        self.history.commit(100001, state="failed", code=1)
        self.check(1, "1 error")
        self.history.commit(100002)  # mended: what the base could not do is no fault
        self.check(77, "1 added")
        self.history.commit(100003, code=77)
        self.check(77)
        self.history.commit(100004, broken=True)
        self.check(1, "it is broken")

    def test_only_one_way_to_ask(self):
        self.history.commit(100000)
        for words in (("--head", "HEAD"), ("--clock", "wall"), ("--base-kernel", "6.1")):
            self.check(2, words=words)


if __name__ == "__main__":
    unittest.main()
