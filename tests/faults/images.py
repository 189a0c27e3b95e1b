"""An image that is cut short, changed or unreadable while it is read."""

import json
import os
import pathlib
import random
import shutil
import subprocess
import time

import world

CUT = "cut short|cannot be read|was changed while|must be|the image (is empty|has)|damaged"
CHANGED = "was changed while it was used"


def image_of(bench, mib=4):
    """An image whose contents fill some MiB."""
    return pathlib.Path(bench.image("m.img", f"memory:mib={mib}"))


def start_rounds(bench, image, *more):
    """Rounds that last, after those of another image whose results are to stay."""
    other = bench.image("first.img", "threads:n=3")
    process = bench.start("--strategy", "userspace,userspace-naive", "--image", other,
                          "--image", image, "--repetitions", 200, "--out", "r.json", *more)
    results = pathlib.Path("r.json")
    world.wait_for("the first image", lambda: results.exists() and '"timed"' in results.read_text())
    return process


def check_rounds(bench, process, pattern, codes=1):
    """The first image's cells are there."""
    outcome = bench.end(process).expect(codes, pattern, "all")
    cells = json.loads(pathlib.Path("r.json").read_text())["cells"]
    first = [cell["state"] for cell in cells if "first.img" in cell["name"]]
    assert first == ["timed", "timed"], cells
    return outcome


def cut_while_checked(bench):
    """At any moment: the file's end is missed, or it was read before."""
    image = image_of(bench, 16)
    whole = image.read_bytes()
    moments = random.Random(1)
    codes = []
    for turn in range(12):
        image.write_bytes(whole)
        process = bench.start("image", "check", image)
        time.sleep(moments.uniform(0, 0.04))
        os.truncate(image, len(whole) // 2 if turn % 2 else 4096)
        outcome = bench.end(process).expect((0, 1))
        codes.append(outcome.code)
        if outcome.code == 1:
            outcome.expect(1, CUT)
    assert 1 in codes, "it was never cut in time"
    return (image.name,)


def cut_in_rounds(bench):
    """In the middle of restarts."""
    image = image_of(bench)
    process = start_rounds(bench, image)
    os.truncate(image, 8192)
    check_rounds(bench, process, CUT)
    return image.name, "first.img", "r.json"


def overwritten_in_rounds(bench, place, contents):
    """The same size, other bytes. @param place  as a share of the file"""
    image = image_of(bench)
    process = start_rounds(bench, image)
    # The second image must have been opened; its first cell verifies for a while.
    time.sleep(0.3)
    with open(image, "r+b") as file:
        file.seek(int(image.stat().st_size * place))
        file.write(contents)
    check_rounds(bench, process, CUT)
    return image.name, "first.img", "r.json"


def changed_in_rounds(bench):
    """In the middle: what is restored is not what was checked."""
    return overwritten_in_rounds(bench, 0.5, b"\xa5" * 100)


def metadata_changed_in_rounds(bench):
    """Every index of the file becomes nonsense; those that bench works with do not."""
    return overwritten_in_rounds(bench, 0, b"\xff" * 8192)


def replaced_or_deleted(bench):
    """Who has opened it keeps what was there."""
    image = image_of(bench, 1)
    for turn in ("replaced", "deleted"):
        process = start_rounds(bench, image, "--max-time", 1)
        if turn == "replaced":
            pathlib.Path("other.img").write_text("nonsense")
            world.wait_for("it to be open", lambda: is_open(process.pid, image))
            os.rename("other.img", image)
        else:
            world.wait_for("it to be open", lambda: is_open(process.pid, image))
            image.unlink()
        check_rounds(bench, process, None, codes=0)
        image = image_of(bench, 1)
    return image.name, "first.img", "r.json"


def is_open(pid, path):
    wanted = os.path.realpath(path)
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            if os.readlink(link) == wanted:
                return True
        except OSError:
            pass
    return False


def restarted_image_cut(bench):
    """bench restart: nothing of a tree whose image was cut runs on."""
    image = image_of(bench, 16)
    whole = image.read_bytes()
    moments = random.Random(2)
    for _ in range(8):
        image.write_bytes(whole)
        process = bench.start("restart", image)
        time.sleep(moments.uniform(0.01, 0.12))
        os.truncate(image, 4096)
        time.sleep(0.3)
        process.terminate()  # handed on to the tree's first process, if it runs
        outcome = bench.end(process).expect((0, 1, 143))
        if outcome.code == 1:
            outcome.expect(1, CUT)
            world.wait_for("the end of all tasks", lambda: not living())
        world.kill_all()
    return (image.name,)


def living():
    world.reap()
    return {pid: each for pid, each in world.processes().items() if each[1] not in "ZX"}


def unreadable(bench):
    """A disk that fails: read(2) says EIO."""
    if shutil.which("strace") is None:
        raise world.Skipped("no strace")
    image = image_of(bench, 1)
    for command in (("image", "check", image), ("image", "show", image),
                    ("--strategy", "userspace", "--image", image, "--repetitions", 2)):
        for when in (1, 2):
            outcome = bench.run(*command, before=(
                "strace", "-o/dev/null", "-P", os.path.realpath(image),
                f"-einject=pread64:error=EIO:when={when}"))
            outcome.expect(1, "cannot read the image: Input/output error", "all")
    return (image.name,)


def bad_blocks(bench):
    """A file system on a device that ends too early: mapped pages cannot be read, either."""
    image = image_of(bench, 4)
    check = world.Bench("/bin/sh")
    made = check.run("-c", "truncate -s 24M fs && mke2fs -q -t ext4 -O ^has_journal fs && "
                     "mkdir mnt && mount -o loop fs mnt && dd if=/dev/zero of=mnt/filler bs=1M "
                     f"count=8 status=none && cp {image} mnt/m.img && sync -f mnt && umount mnt "
                     "&& mount -o loop,ro fs mnt")
    if made.code != 0:
        raise world.Skipped(f"no file system on a loop device: {made.err}")
    try:
        extents = check.run("-c", "filefrag -b4096 -v mnt/m.img").expect(0).out
        numbers = [line.split(":")[2].split("..")[0] for line in extents.splitlines()
                   if line.strip()[:1].isdigit()]
        end = int(numbers[-1]) + 4  # a piece of the last extent
        os.truncate("fs", end * 4096)
        # Its beginning can be read, and the end not.
        outcome = bench.run("image", "check", "mnt/m.img")
        outcome.expect(1, "cannot be read|cannot read|its disk fails|must be")
        outcome = bench.run("--strategy", "userspace", "--image", "mnt/m.img", "--repetitions", 2)
        outcome.expect(1, "cannot be read|cannot read|its disk fails|must be", "all")
        return (image.name, "fs", "mnt")
    finally:
        subprocess.run(["umount", "mnt"], check=True)


CASES = (cut_while_checked, cut_in_rounds, metadata_changed_in_rounds, unreadable)
LONG_CASES = (changed_in_rounds, replaced_or_deleted, restarted_image_cut, bad_blocks)
