"""The runs themselves. Each returns the lines of its table, or raises Failed."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from . import memory

# A server with threads and shared memory: every class of object, 10 tasks.
WORKLOAD = "prefork:workers=2:threads=2:mib=1"
SAMPLE_BYTES = 1280  # bench keeps 1 KiB of each round, which are reported one by one


class Failed(Exception):
    """Something broke or grew."""


def _command(bench, *arguments):
    return [str(bench), "--native", *map(str, arguments), "--min-time", "0.000001"]


def _end(process, what, seconds):
    """Waits for a bench. @raises Failed, with its last words, unless its exit code is 0"""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Failed(f"{what}: not done within {seconds:.0f} s") from None
    if process.returncode != 0:
        words = [line for line in (out + err).splitlines() if "warning" not in line]
        raise Failed(f"{what}: exit code {process.returncode}: {' '.join(words)[-500:]}")


def _start(command):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, errors="replace")


def _cells(path, restarts=None):
    cells = json.loads(path.read_text())["cells"]
    for cell in cells:
        if cell["state"] != "timed":
            raise Failed(f"{cell['name']}: {cell['state']}: {cell.get('error')}")
        done = sum(map(len, cell["samples_ns"]))
        if restarts and done < restarts:
            raise Failed(f"{cell['name']}: {done} restarts, {restarts} were asked for")
    return cells


def restarts_in_a_row(bench, strategy, count, options):
    """One bench, that many restarts; what it and the kernel hold is looked at meanwhile."""
    points = []
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "r.json")
        begin = time.monotonic()
        process = _start(_command(bench, "--strategy", strategy, "--verify", options.verify,
                                  "--workload", options.workload, "--repetitions", count,
                                  "--out", out))
        pause = 1.0 if options.whole_machine else 0.2
        while process.poll() is None:
            points.append((time.monotonic() - begin, memory.point(process.pid,
                                                                  options.whole_machine)))
            if len(points) >= 200:
                points, pause = points[::2], 2 * pause
            time.sleep(pause)
            if time.monotonic() - begin > options.limit:
                process.kill()
        _end(process, strategy, 60)
        elapsed = time.monotonic() - begin
        cell, = _cells(out, count)
    shares = [(at / elapsed, values) for at, values in points]
    lines, grown = [], []
    # At the end results are written, which takes memory once.
    for growth in memory.growths([point for point in shares if point[0] < 0.95]):
        allowed = _allowed(growth.name, count)
        bad = growth.exceeds(allowed)
        grown += [growth.name] if bad else []
        lines.append((growth.name, growth.first, growth.last, growth.growth / count,
                      "GREW" if bad else "flat"))
    if not lines:
        raise Failed(f"{strategy}: over before anything could be seen; ask for more restarts")
    title = (f"{strategy}: {count} restarts of {options.workload} ({cell['tasks']} tasks) in "
             f"{elapsed:.0f} s, {cell['verified']['timed']} of them verified, "
             f"{len(points)} looks")
    return title, lines, grown


def _allowed(name, count):
    """What a value may grow by, over all restarts, without being a leak."""
    if name.startswith("bench"):
        return count * SAMPLE_BYTES / 1024 + 256
    if name.startswith("slab"):
        return count / 100
    return max(1024, count / 100 * 4)  # KiB: less than a page in a hundred restarts


def one_tree(bench, strategy, workload, options):
    """A tree of very many tasks, restarted and verified."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "r.json")
        before = memory.kernel()
        begin = time.monotonic()
        command = _command(bench, "--strategy", strategy, "--verify", options.verify,
                           "--workload", workload, "--repetitions", 1, "--out", out)
        _end(_start(command), f"{strategy}, {workload}", options.limit)
        cell, = _cells(out)
        elapsed = time.monotonic() - begin
    time.sleep(2)
    after = memory.kernel()
    lines, grown = [], []
    for name in sorted(after):
        # A hundredth of what the tree had of it.
        bad = options.whole_machine and name.startswith("slab") and \
            after[name] - before.get(name, 0) > max(200, cell["tasks"] / 100)
        grown += [name] if bad else []
        lines.append((name, before.get(name, 0), after[name],
                      (after[name] - before.get(name, 0)) / cell["tasks"],
                      "GREW" if bad else "flat"))
    title = (f"{strategy}: {workload}, {cell['tasks']} tasks: restart "
             f"{cell['median_ns'] * 1e-6:.0f} ms, with the verification {elapsed:.0f} s")
    return title, lines if options.whole_machine else [], grown


def benches_at_once(bench, strategies, count, options):
    """Several benches on one machine, and one device, until all are done or time is up."""
    before = memory.kernel()
    begin = time.monotonic()
    done = rounds = 0
    points = []
    with tempfile.TemporaryDirectory() as folder:
        while True:
            running = []
            for nth in range(options.benches):
                strategy = strategies[nth % len(strategies)]
                out = pathlib.Path(folder, f"{nth}.json")
                running.append((strategy, out, _start(_command(
                    bench, "--strategy", strategy, "--verify", options.verify, "--workload",
                    # A name that a tree listens on is that of the seed.
                    f"{options.workload}:seed={nth + 1}", "--repetitions", count,
                    "--out", out))))
            try:
                for strategy, out, process in running:
                    _end(process, f"{strategy}, one of {options.benches}", options.limit)
                    done += sum(sum(map(len, cell["samples_ns"])) for cell in _cells(out, count))
            finally:
                for _, _, process in running:
                    if process.poll() is None:
                        process.kill()
                        process.wait()
            rounds += 1
            elapsed = time.monotonic() - begin
            points.append((elapsed, memory.kernel()))
            # A guest that says nothing for long is taken for one that hangs.
            print(f"endurance: {rounds} times, {done} restarts, {elapsed:.0f} s", file=sys.stderr,
                  flush=True)
            if elapsed >= options.seconds:
                break
    lines, grown = [], []
    found = memory.growths([(at / elapsed, values) for at, values in points])
    for growth in found:
        bad = options.whole_machine and growth.exceeds(_allowed(growth.name, done))
        grown += [growth.name] if bad else []
        lines.append((growth.name, growth.first, growth.last, growth.growth / done,
                      "GREW" if bad else "flat"))
    if not found:  # too few rounds for a line
        for name, value in sorted(points[-1][1].items()):
            bad = options.whole_machine and value - before.get(name, 0) > _allowed(name, done) + 500
            grown += [name] if bad else []
            lines.append((name, before.get(name, 0), value, (value - before.get(name, 0)) / done,
                          "GREW" if bad else "flat"))
    title = (f"{options.benches} benches at once, {rounds} times, "
             f"{','.join(strategies)}: {done} restarts in {elapsed:.0f} s")
    return title, lines if options.whole_machine else [], grown


def is_guest():
    """Whether nobody else uses this machine: only then its slabs say something."""
    return os.path.exists("/dev/restart")
