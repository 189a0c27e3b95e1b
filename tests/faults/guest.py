"""A guest that is killed, stopped, or whose clock jumps; bench that is stopped beside one."""

import json
import pathlib
import random
import re
import signal
import time

import world

CELLS = ("--vm", "--clock", "instructions", "--strategy", "userspace", "--workload",
         "threads:n=3,threads:n=4,threads:n=5", "--repetitions", 2, "--out", "r.json")


def guests():
    return world.named("qemu-system-x86")


def need_guest(bench):
    outcome = bench.run(*CELLS, patience=600)
    if outcome.code == 77:
        raise world.Skipped(outcome.err)
    outcome.expect(0)
    return medians()


def medians():
    return {cell["name"]: cell["median_ns"] if cell["state"] == "timed" else cell["state"]
            for cell in json.loads(pathlib.Path("r.json").read_text())["cells"]}


def alike(found, wanted):
    """Counts repeat, but for some instructions (docs/virtual-machine.md)."""
    return found.keys() == wanted.keys() and all(
        isinstance(value, (int, float)) and abs(value - wanted[name]) <= 0.001 * wanted[name]
        for name, value in found.items())


def killed(bench):
    """One cell is lost, and says so; the others have what they would have had."""
    wanted = need_guest(bench)
    moments = random.Random(1)
    lost = 0
    for _ in range(4):
        process = bench.start(*CELLS)
        victims = world.wait_for("a guest", guests)
        time.sleep(moments.uniform(0, 3))
        world.kill(moments.choice(guests() or victims))
        outcome = world.Bench.end(process, 600).expect((0, 4))
        found = medians()
        assert len(found) == 3, found
        bad = [name for name in found if found[name] == "failed"]
        rest = {name: value for name, value in wanted.items() if name not in bad}
        assert alike({name: found[name] for name in rest}, rest), (found, wanted)
        assert (outcome.code == 4) == bool(bad) and len(bad) <= 1, (found, outcome)
        if bad:
            outcome.expect(4, "the virtual machine ended without an exit code")
            lost += 1
    assert lost, "none was killed in time"
    return ("r.json",)


def suspended(bench):
    """Stopped for seconds in the middle of a cell: the same count of instructions."""
    wanted = need_guest(bench)
    process = bench.start(*CELLS)
    for _ in range(3):
        for pid in world.wait_for("a guest", lambda: guests() or process.poll() is not None) \
                if process.poll() is None else ():
            world.kill(pid, signal.SIGSTOP)
        time.sleep(3)
        for pid in guests():
            world.kill(pid, signal.SIGCONT)
        time.sleep(1)
    world.Bench.end(process, 600).expect(0)
    found = medians()
    assert alike(found, wanted), (found, wanted)
    return ("r.json",)


def bench_stopped(bench):
    """For longer than a guest may be silent."""
    wanted = need_guest(bench)
    process = bench.start(*CELLS, "--vm-timeout", 20)
    world.wait_for("a guest", guests)
    time.sleep(1)
    process.send_signal(signal.SIGSTOP)
    time.sleep(25)
    process.send_signal(signal.SIGCONT)
    world.Bench.end(process, 600).expect(0)
    found = medians()
    assert alike(found, wanted), (found, wanted)
    return ("r.json",)


def clock_jumps(bench):
    """CLOCK_REALTIME is set back and forth by years while trees are restarted and verified."""
    script = f"""
i=0
while [ $i -lt 400 ]; do
  date -s @$((1000000000 + (i * 7919 % 13) * 100000000)) >/dev/null
  date +%Y >>/tmp/years
  i=$((i + 1)); sleep 0.1
done &
{bench.program} --native --strategy userspace,bare --workload threads:n=10,processes:n=5 \\
  --repetitions 25 --verify all --out /tmp/r.json >/dev/null || exit
cat /tmp/r.json
sort -u /tmp/years >&2
"""
    outcome = bench.run("guest", "--vm-memory", 1024, "--timeout", 500, "--", "/bin/sh", "-c",
                        script, patience=600, cwd="/")
    if outcome.code == 77:
        raise world.Skipped(outcome.err)
    outcome.expect(0)
    years = re.findall(r"^\d{4}$", outcome.err, re.MULTILINE)
    assert len(years) > 3, f"the clock was not set\n{outcome}"
    cells = json.loads(outcome.out)["cells"]
    assert len(cells) == 4, outcome
    for cell in cells:
        assert cell["state"] == "timed", cell
        every = [sample for samples in cell["samples_ns"] for sample in samples]
        every += [sample for stage in cell["stages_ns"].values() for samples in stage["samples"]
                  for sample in samples]
        assert all(0 <= sample < 60e9 for sample in every), (min(every), max(every))
    return ()


CASES = ()
LONG_CASES = (killed, suspended, bench_stopped, clock_jumps)
