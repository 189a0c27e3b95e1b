"""A repository whose commits build in no time, and whose bench says what a file says."""

import json
import os
import pathlib
import shutil
import subprocess

import fixtures

VM = {"qemu": "7.2.1", "accelerator": "tcg", "kernel": "6.1", "kernel_arguments": "",
      "memory_mib": 4096, "cpus": 1}
COUNTED = {"clock": "instructions", "unit": "instructions", "vm": VM}
CELL = "threads:n=10/userspace"

BUILD = """#!/bin/sh
test -e harness/broken && echo it is broken && exit 1
mkdir -p build/release/bin
cp harness/bench build/release/bin/bench
"""
# Writes what its checkout says; a file `hang` there keeps it busy.
BENCH = """#!/bin/sh
top=$(dirname "$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")")
while [ "$1" != --out ]; do shift; done
if [ -e "$top/harness/hang" ]; then touch "$top/hangs"; trap 'exit 130' INT
  for turn in $(seq 300); do sleep 0.1; done
fi
cp "$top/harness/results.json" "$2"
exit "$(cat "$top/harness/exit")"
"""


def counted(strategy, median, **more):
    """A cell of one round, as the emulated machine makes."""
    one = fixtures.cell(strategy, median, unit="instructions", rounds=1, n=10, **more)
    one["samples_ns"] = [[median] * 16]
    for stage in one["stages_ns"].values():
        stage["samples"] = [[stage["medians"][0]] * 16]
    return one


def document(*cells, **changes):
    return fixtures.results(list(cells), version=2, **{**COUNTED, **changes})


class History:
    """A repository with the scripts of this one in it. commit() makes a revision."""

    def __init__(self, folder):
        self.root = pathlib.Path(folder)
        shutil.copytree(fixtures.ROOT / "scripts", self.root / "scripts",
                        ignore=shutil.ignore_patterns("__pycache__"))
        (self.root / "results").mkdir()
        for schema in (fixtures.ROOT / "results").glob("schema-v*.json"):
            shutil.copy(schema, self.root / "results")
        self.script("scripts/build", BUILD)
        self.script("scripts/build-module", "#!/bin/sh\nexit 77\n")
        self.script("harness/bench", BENCH)
        self.write(".gitignore", "/build/\n/hangs\n/results/history.sqlite3*\n")
        self.days = 0
        self.git("init", "-q", "-b", "main")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def script(self, name, text):
        self.write(name, text).chmod(0o755)

    def git(self, *words):
        day = f"2026-01-{self.days + 1:02}T00:00:00Z"
        dates = {"GIT_AUTHOR_DATE": day, "GIT_COMMITTER_DATE": day}
        return subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x", *words],
                              cwd=self.root, check=True, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, **dates}).stdout.strip()

    def commit(self, cost, subject="Change it", state="timed", broken=False, hang=False, code=0):
        """@return the hash of a revision whose restart takes that much"""
        one = counted("userspace", cost) if state == "timed" else fixtures.failed("userspace", n=10)
        self.days += 1
        self.write("harness/exit", str(code))
        start = f"2026-03-{self.days:02}T00:00:00Z"
        self.write("harness/results.json", json.dumps(document(one, start_time=start)))
        for name, wanted in (("harness/broken", broken), ("harness/hang", hang)):
            if wanted:
                self.write(name, "")
            else:
                (self.root / name).unlink(missing_ok=True)
        return self.commit_all(subject)

    def document_it(self, text, subject="Say it"):
        """A commit that no restart depends on."""
        self.write("docs/x.md", text)
        self.days += 1
        return self.commit_all(subject)

    def commit_all(self, subject):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def run(self, *words, script="history", root=None, **environment):
        """A script of the repository, or of a clone of it."""
        root = root or self.root
        clean = {name: value for name, value in os.environ.items() if name != "RESTARTBENCH_BASE"}
        return subprocess.run([root / "scripts" / script, *words], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, cwd=root, env={**clean, **environment})
