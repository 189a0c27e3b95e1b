"""Signals at each stage of each command, at moments that are spread over its time."""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import world

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ROUNDS = ("--strategy", "userspace", "--workload", "threads:n=20,processes:n=20",
          "--repetitions", 20)


def moments(count, longest, seed=1):
    numbers = random.Random(seed)
    return [longest * (n + numbers.random()) / count for n in range(count)]


def at_each_moment(bench, command, longest, count, check, codes=(), start=None):
    """@param codes  what is right beside 0 and 128 + the signal"""
    ended = []
    for nth, moment in enumerate(moments(count, longest)):
        number = ENDING[nth % len(ENDING)]
        process = (start or bench.start)(*command)
        time.sleep(moment)
        process.send_signal(number)
        outcome = bench.end(process).expect((0, 128 + number, *codes))
        ended.append(outcome.code)
        world.wait_for("all to be gone", nothing_left)
        check(outcome)
    return ended


def nothing_left():
    world.reap()
    return not world.processes()


def whole(path, least=0):
    """The file is not there, or it is valid."""
    if not os.path.exists(path):
        assert least == 0, "no results"
        return []
    return json.loads(pathlib.Path(path).read_text())["cells"]


def only(*names):
    found = sorted(os.listdir())
    assert set(found) <= set(names), f"left: {found}"


def writing_an_image(bench):
    """The file is there as a whole, or not at all."""
    def check(outcome):
        only("a.img")
        if os.path.exists("a.img"):
            bench.run("image", "check", "a.img").expect(0)
            os.unlink("a.img")
        else:
            assert outcome.code != 0, outcome
    ended = at_each_moment(bench, ("image", "write", "--workload", "memory:mib=64", "-o", "a.img"),
                           0.25, 6, check)
    assert set(ended) != {0}, "it was never interrupted"


def in_rounds(bench, options=(), longest=1.2, count=8):
    """Of --verify all, half of the time is that of the verifier; plan and fixtures come first."""
    def check(outcome):
        only("r.json")
        cells = whole("r.json")
        for cell in cells:
            assert cell["state"] in ("timed", "interrupted"), cell
        if outcome.code != 0 and os.path.exists("r.json") and cells:
            assert json.loads(pathlib.Path("r.json").read_text())["interrupted"], outcome
        pathlib.Path("r.json").unlink(missing_ok=True)
    ended = at_each_moment(bench, (*ROUNDS, *options, "--out", "r.json"), longest, count, check)
    assert set(ended) != {0}, "it was never interrupted"


def in_rounds_verified(bench):
    in_rounds(bench, ("--verify", "all"), 3, 12)


def other_commands(bench):
    """Coverage with restarts, costs of objects, and a self-check."""
    for command in (("coverage", "--tasks", 3, "--restore", "--strategy", "userspace"),
                    ("objects",), ("--self-check=5", "--strategy", "userspace",
                                   "--workload", "threads:n=5")):
        at_each_moment(bench, command, 1.0, 4, lambda outcome: only(), codes=(1,))


def waiting_for_a_program(bench):
    """--workload program: whose program is never ready; bench ends it, and its image."""
    command = ("--strategy", "userspace", "--workload", "program:exec sleep 1000",
               "--ready", "file:/nonexistent", "--out", "r.json")
    ended = at_each_moment(bench, command, 0.5, 4, lambda outcome: only("r.json"))
    assert 0 not in ended, ended
    holdings = sorted(os.listdir(os.environ["TMPDIR"]))
    assert not [name for name in holdings if name.startswith("bench-")], holdings
    pathlib.Path("r.json").unlink(missing_ok=True)


def captured_program(bench):
    """Whenever the signal comes: an image and no program, or a program that goes on."""
    script = "import time\nn = [bytes(1 << 20) + b'x' for i in range(60)]\nwhile True:\n" \
             " print(1, flush=True)\n time.sleep(0.005)"
    went_on = 0
    for nth, moment in enumerate(moments(8, 0.15)):
        count = pathlib.Path("count")
        program = subprocess.Popen([sys.executable, "-c", script], stdout=open(count, "w"),
                                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        world.wait_for("the program", lambda: count.stat().st_size)
        process = bench.start("capture", program.pid, "-o", "p.img")
        time.sleep(moment)
        process.send_signal(ENDING[nth % 3])
        outcome = bench.end(process)
        if outcome.code == 0:
            assert program.wait(timeout=10) == -signal.SIGKILL
            bench.run("image", "check", "p.img").expect(0)
            os.unlink("p.img")
        else:
            outcome.expect(128 + ENDING[nth % 3])
            only("count")
            size = count.stat().st_size
            world.wait_for("the program to go on", lambda: count.stat().st_size > size)
            assert program.poll() is None
            went_on += 1
        program.kill()
        program.wait()
    assert went_on, "it was never interrupted"
    return ("count",)


def reader_goes_away(bench):
    """SIGPIPE ends nothing while a tree stands, and is told at the end."""
    process = bench.start(*ROUNDS, "--out", "r.json", stdout=subprocess.PIPE)
    process.stdout.close()
    process.stdout = None
    bench.end(process).expect(1, "cannot write to the standard output")
    assert {cell["state"] for cell in whole("r.json", 1)} == {"timed"}
    return ("r.json",)


def stopped_and_continued(bench):
    """What was timed while bench was stopped is timed again: no sample is of that length."""
    for number in (signal.SIGTSTP, signal.SIGSTOP):
        process = bench.start("--strategy", "userspace", "--workload", "threads:n=500",
                              "--repetitions", 300, "--verify", "none", "--out", "r.json",
                              process_group=0)
        time.sleep(0.3)
        for _ in range(3):  # some of them in the middle of a restart
            process.send_signal(number)
            time.sleep(6)  # longer than any restart on a busy machine
            process.send_signal(signal.SIGCONT)
            time.sleep(0.13)
        bench.end(process).expect(0)
        cell, = whole("r.json", 1)
        longest = max(max(samples) for samples in cell["samples_ns"])
        assert longest < 5e9, f"a restart of {longest * 1e-9:.1f} s"
        assert all(sample > 0 for samples in cell["samples_ns"] for sample in samples)
    return ("r.json",)


CASES = (writing_an_image, in_rounds, waiting_for_a_program, captured_program, reader_goes_away)
LONG_CASES = (in_rounds_verified, other_commands, stopped_and_continued)
