"""A full disk, and outputs that take nothing."""

import contextlib
import json
import pathlib
import subprocess
import sys

import world

SMALL = ("--strategy", "userspace", "--workload", "threads:n=3", "--repetitions", 2)
FULL = "No space left on device"
SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"


@contextlib.contextmanager
def disk(kib):
    """A disk of that size."""
    place = pathlib.Path("disk")
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "full", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)
        place.rmdir()


def fill(place):
    """Takes all that is free, in a file `filler`."""
    with open(place / "filler", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass


def image_file(bench):
    with disk(64) as place:
        before = bench.run("image", "write", "--workload", "threads:n=3", "-o", place / "a.img")
        before.expect(0)
        old = (place / "a.img").read_bytes()
        for name in ("a.img", "b.img"):  # over what is there, and anew
            outcome = bench.run("image", "write", "--workload", "memory:mib=1", "-o", place / name)
            outcome.expect(1, f"cannot allocate the image: {FULL}; free space")
        assert [path.name for path in place.iterdir()] == ["a.img"], "something else is there"
        assert (place / "a.img").read_bytes() == old, "the old image is damaged"


def results_at_once(bench):
    """Nothing is measured if it could not be kept."""
    with disk(64) as place:
        fill(place)
        outcome = bench.run(*SMALL, "--out", place / "r.json")
        outcome.expect(2, f"cannot write disk/r.json: {FULL}")
        assert "userspace" not in outcome.out, outcome
        assert [path.name for path in place.iterdir()] == ["filler"]


def results_later(bench):
    """What was there before the disk was full stays, and is whole."""
    with disk(256) as place:
        results = place / "r.json"
        process = bench.start("--strategy", "userspace", "--workload", "threads:n=3,processes:n=40",
                              "--repetitions", 10, "--out", results)
        world.wait_for("a cell", lambda: results.exists() and '"timed"' in results.read_text())
        fill(place)
        outcome = bench.end(process).expect(1, f"cannot write disk/r.json: {FULL}")
        assert "processes:n=40" in outcome.out, f"the run did not go on\n{outcome}"
        cells = json.loads(results.read_text())["cells"]
        assert [cell["name"] for cell in cells] == ["threads:n=3/userspace"], cells
        assert cells[0]["state"] == "timed"
        assert sorted(path.name for path in place.iterdir()) == ["filler", "r.json"]


def captured_image(bench):
    """The program goes on, whatever becomes of its image."""
    program = subprocess.Popen([sys.executable, "-c", "import time\nfor i in range(10**6):\n"
                                " print(i, flush=True)\n time.sleep(0.01)"],
                               stdout=open("count", "w"), stdin=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    world.wait_for("the program", lambda: pathlib.Path("count").stat().st_size)
    with disk(64) as place:
        outcome = bench.run("capture", program.pid, "-o", place / "p.img")
        outcome.expect(1, f"cannot allocate the image: {FULL}")
        assert not list(place.iterdir())
    counted = pathlib.Path("count").stat().st_size
    world.wait_for("the program to go on", lambda: pathlib.Path("count").stat().st_size > counted)
    assert program.poll() is None
    program.kill()
    program.wait()
    return ("count",)


def programs_image(bench):
    """--workload program: keeps its image where TMPDIR says."""
    with disk(64) as place:
        outcome = bench.run("--strategy", "userspace", "--workload", "program:exec sleep 1000",
                            env={"TMPDIR": str(place.resolve()), "PATH": "/usr/bin:/bin"})
        outcome.expect(1, FULL)
        assert not list(place.iterdir())


def standard_output(bench):
    """Every command says so, once."""
    image = bench.image("t.img", "threads:n=3")
    for command in (("list", "strategies"), ("list", "workloads"), ("--help",), ("--version",),
                    ("image", "show", image), ("image", "check", image),
                    ("coverage", "--tasks", 2), ("--strategy", "null", "--workload", "threads:n=3",
                                                 "--repetitions", 2),
                    (*SMALL, "--out", "-"), SMALL):
        with open("/dev/full", "w") as full:
            bench.run(*command, stdout=full).expect(1, "cannot write to the standard output")
    bench.run(*SMALL, "--out", "/dev/full").expect(2, "cannot write /dev/full: it is not a regular")
    return (image,)


def closed_standard_descriptors(bench):
    """No file that is opened instead gets what is printed."""
    script = 'exec "$0" "$@" >&- 2>&- <&-'
    outcome = world.Bench("/bin/sh").run("-c", script, bench.program, *SMALL, "--out", "r.json")
    outcome.expect((0, 1))
    json.loads(pathlib.Path("r.json").read_text())
    outcome = world.Bench("/bin/sh").run("-c", script, bench.program, "image", "write",
                                         "--workload", "threads:n=3", "-o", "t.img")
    outcome.expect((0, 1))
    bench.run("image", "check", "t.img").expect(0)
    return "r.json", "t.img"


def scripts(bench):
    """Each ends with 1 and one line."""
    bench.run(*SMALL, "--out", "r.json").expect(0)
    with disk(64) as place:
        fill(place)
        for name, *arguments in (("history", "--file", place / "h.sqlite3", "add", "r.json"),
                                 ("report", "r.json", "--no-figures", "-o", place / "report"),
                                 ("plot", "r.json", "-o", place)):
            outcome = world.Bench(str(SCRIPTS / name)).run(*arguments)
            assert "Traceback" not in outcome.err, outcome
            if name == "plot":
                outcome.expect((1, 2), None)
            else:
                outcome.expect(1, "full|space")
    return ("r.json",)


def history(bench):
    """What was stored stays when the disk is full in the middle of the next run."""
    bench.run(*SMALL, "--out", "r.json").expect(0)
    script = world.Bench(str(SCRIPTS / "history"))
    with disk(512) as place:
        file = place / "h.sqlite3"
        script.run("--file", file, "add", "r.json").expect(0)
        before = script.run("--file", file, "list").expect(0).out
        fill(place)
        other = json.loads(pathlib.Path("r.json").read_text())
        other["context"]["date"] = "2030-01-01T00:00:00+00:00"
        other["cells"] = [dict(other["cells"][0], name=f"cell-{n}") for n in range(500)]
        pathlib.Path("r2.json").write_text(json.dumps(other))
        outcome = script.run("--file", file, "add", "r2.json")
        assert "Traceback" not in outcome.err, outcome
        outcome.expect(1, "full")
        (place / "filler").unlink()
        assert script.run("--file", file, "list").expect(0).out == before
    return "r.json", "r2.json"


CASES = (image_file, results_at_once, results_later, captured_image, programs_image,
         standard_output, closed_standard_descriptors)
LONG_CASES = (scripts, history)
