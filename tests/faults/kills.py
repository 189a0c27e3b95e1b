"""SIGKILL for each participant, at moments that are spread over a run."""

import json
import os
import pathlib
import random
import time

import world

# The image under fire is between two whose results must be there.
ROUNDS = ("--strategy", "userspace", "--workload", "threads:n=3,processes:n=100,threads:n=4",
          "--repetitions", 6, "--verify", "all", "--out", "r.json")


def zygote():
    return world.named("rst-zygote")


def coordinator():
    return world.named("rst-coordinator")


def task():
    return [pid for pid, (name, state) in world.processes().items()
            if name.startswith("processes-") and state not in "ZX"]


def verifier():
    """Of bench's own processes those that are forks."""
    return world.named("bench")[1:]


def cells_of_a_run(outcome):
    cells = json.loads(pathlib.Path("r.json").read_text())["cells"]
    states = {cell["name"]: cell["state"] for cell in cells}
    assert len(states) == 3, f"{states}\n{outcome}"
    for name, state in states.items():
        if not name.startswith("processes"):
            assert state == "timed", f"{states}\n{outcome}"
    return states["processes:n=100/userspace"], outcome


def kill_one(bench, who, rounds=4):
    """The cell fails and says why; the others are timed."""
    numbers = random.Random(3)
    states = []
    for _ in range(rounds):
        process = bench.start(*ROUNDS)
        # The tasks of the other images have other names.
        world.wait_for("the tree", task)
        time.sleep(numbers.uniform(0, 0.2))
        victims = world.wait_for("one to kill", lambda: process.poll() is not None or who())
        if victims is True:
            bench.end(process)
            continue
        world.kill(numbers.choice(victims))
        outcome = bench.end(process).expect((0, 1))
        state, _ = cells_of_a_run(outcome)
        assert (state == "failed") == (outcome.code == 1), outcome
        if state == "failed":
            outcome.expect(1, r"FAILED\n +\w", "all")
        states.append(state)
        world.wait_for("all to be gone", lambda: world.reap() or not world.processes())
    return states


def the_zygote(bench):
    assert "failed" in kill_one(bench, zygote)
    return ("r.json",)


def the_coordinator(bench):
    assert "failed" in kill_one(bench, coordinator)
    return ("r.json",)


def a_task(bench):
    """One that dies before the barrier makes the restart hang, which is given up."""
    assert "failed" in kill_one(bench, task)
    return ("r.json",)


def the_verifier(bench):
    assert "failed" in kill_one(bench, verifier)
    return ("r.json",)


def bench_and_its_program(bench):
    """--workload program: the program and its image go with bench, whenever that is."""
    for nth in range(6):
        process = bench.start("--strategy", "userspace", "--workload",
                              "program:exec sleep 1000", "--ready", "file:ready",
                              "--repetitions", 3, "--out", "r.json")
        world.wait_for("the program", lambda: world.named("sleep"))
        if nth >= 3:  # it goes on to the capture and the restarts
            pathlib.Path("ready").touch()
        time.sleep(0.1 * nth)
        process.kill()
        bench.end(process)
        world.wait_for("all to be gone", lambda: world.reap() or not world.processes())
        left = [name for name in os.listdir(os.environ["TMPDIR"]) if name.startswith("bench-")]
        assert not left, left
        pathlib.Path("ready").unlink(missing_ok=True)
    return ("r.json",)


CASES = (bench_and_its_program, the_coordinator)
LONG_CASES = (the_zygote, a_task, the_verifier)
