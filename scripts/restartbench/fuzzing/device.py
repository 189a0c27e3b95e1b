"""Guided play with /dev/restart, in a guest whose kernel finds errors.

tests/module/guided_test.cpp plays there, tests/module/coverage tells what it reaches. The rounds
that it keeps come out on the guest's console, a line each.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

SERIES = "6.1"
START = 600  # seconds to boot, to play what is kept, and to look for leaks
FILE = "rounds"  # in a folder of a corpus
PLAYED = re.compile(r"guided: (\d+) rounds (\d+) calls (\d+) blocks (\d+) kept")
AT_RANDOM = re.compile(r"unguided: (\d+) rounds (\d+) calls (\d+) blocks")


class Skipped(Exception):
    """Something to play with is missing."""


def _output(command):
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode == 77:
        raise Skipped
    if result.returncode != 0:
        sys.exit(result.returncode)
    return result.stdout.splitlines()[-1]


def _blocks(module):
    """How many basic blocks the compiler has marked."""
    table = subprocess.run(["readelf", "-rW", module], stdout=subprocess.PIPE, text=True,
                           check=True).stdout
    return table.count("__sanitizer_cov_trace_pc")


def rounds_of(files):
    """Those of some corpora, each once."""
    lines = {}
    for file in files:
        if file.exists():
            lines.update(dict.fromkeys(file.read_text().splitlines()))
    return list(lines)


def marked(mark, text):
    return [line[len(mark):] for line in text.splitlines() if line.startswith(mark)]


def last_round(text):
    """What was played when the kernel panicked: its log has the rounds, long ones in pieces."""
    found = re.findall(r"restart-round: ?(.*(?:\n.*restart-round\+ .*)*)", text)
    return re.sub(r"\n.*restart-round\+ ", "", found[-1]) if found else ""


def report(text, blocks):
    for rounds, calls, reached, kept in PLAYED.findall(text)[-1:]:
        print(f"{'device':<14}{rounds:>10} rounds{calls:>8} calls{reached:>6} of {blocks} blocks"
              f"{kept:>6} rounds kept", flush=True)
    for rounds, calls, reached in AT_RANDOM.findall(text)[-1:]:
        print(f"{'  not guided':<14}{rounds:>10} rounds{calls:>8} calls{reached:>6} of {blocks} "
              "blocks", flush=True)


def play(top, seconds, seed, mode, kept, working, findings):
    """Plays for so many seconds. Returns whether nothing was found.

    mode: guided; compare, from nothing, with as many calls that are not guided; or random.
    kept, working: folders of corpora that guided play begins with; the latter gets what there is
    in the end.
    """
    tree = _output([top / "scripts/debug-kernel", SERIES, "--kasan"])
    module = _output([top / "scripts/build-module", "--coverage", tree])
    subprocess.run([top / "scripts/build", "release", "test_module"], check=True)
    working.mkdir(parents=True, exist_ok=True)
    own = working / FILE
    with tempfile.TemporaryDirectory() as folder:
        corpus = pathlib.Path(folder, FILE)
        corpus.write_text("".join(f"{line}\n" for line in rounds_of([own, kept / FILE])))
        command = [
            top / "tests/module/run", "-k", tree, "-o", module, "-c", "2", "-m", "2048",
            "-t", str(seconds + START), top / "build/release/tests/module/test_module", corpus,
            "--",
            f"RB_SECONDS={seconds} RB_SEED={seed} RB_MODE={mode} /test_module [.guided]",
        ]
        result = subprocess.run(command, capture_output=True, text=True, errors="replace",
                                check=False)
    if result.returncode == 77:
        sys.stderr.write(result.stderr)
        raise Skipped
    text = result.stdout
    report(text, _blocks(module))
    best = marked("corpus: ", text) or rounds_of([own]) + marked("kept: ", text)
    if mode == "guided":
        own.write_text("".join(f"{line}\n" for line in best))
    if result.returncode == 0:
        return True
    findings.mkdir(parents=True, exist_ok=True)
    log = findings / "device.log"
    log.write_text(text + result.stderr)
    print("\n".join((text + result.stderr).splitlines()[-60:]), file=sys.stderr)
    print(f"scripts/fuzz: the guest's console: {log}", file=sys.stderr)
    last = last_round(text)
    if last:
        file = findings / "device-round"
        file.write_text(last + "\n")
        print(f"scripts/fuzz: the last round that was begun: {file}\n"
              f"scripts/fuzz: once mended, keep it: cat {file} >>{kept / FILE}", file=sys.stderr)
    return False


def merge(kept, working):
    """The smallest corpus of the last run becomes the one that is with the source."""
    kept.mkdir(parents=True, exist_ok=True)
    lines = rounds_of([working / FILE])
    (kept / FILE).write_text("".join(f"{line}\n" for line in lines))
    print(f"{'device':<14}{len(lines):>6} rounds, {(kept / FILE).stat().st_size} bytes")
