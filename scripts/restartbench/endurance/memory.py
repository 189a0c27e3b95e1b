"""What grows if something leaks: a process' memory, the kernel's, objects in its slabs."""

import contextlib
import dataclasses
import pathlib
import statistics

# What a restart makes, one each a task or less: a leak in every restart is one in each.
CACHES = ("files_cache", "fs_cache", "sighand_cache", "mm_struct", "signal_cache", "task_struct",
          "filp", "pid", "cred_jar", "vm_area_struct", "anon_vma")
KIB = ("SUnreclaim", "PageTables", "KernelStack", "Percpu")  # of /proc/meminfo
WARM_UP = 0.25  # of all points: caches fill


def descendants(pid):
    """{pid: name} of a process and all below it."""
    parents, names = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                text = (entry / "stat").read_text(errors="replace")
                number = int(entry.name)
                names[number] = text[text.index("(") + 1:text.rindex(")")]
                parents.setdefault(int(text[text.rindex(")") + 2:].split()[1]), []).append(number)
    found, todo = {}, [pid]
    while todo:
        each = todo.pop()
        found[each] = names.get(each, "?")
        todo += parents.get(each, [])
    return found


def _resident(pid):
    with contextlib.suppress(OSError, StopIteration):
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])
    return None


def _slabs():
    """Objects in use; what is cached for each CPU counts, so it is given back first."""
    for cache in CACHES:
        with contextlib.suppress(OSError):
            pathlib.Path(f"/sys/kernel/slab/{cache}/shrink").write_text("1")
    found = {}
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/slabinfo").read_text().splitlines():
            words = line.split()
            if words[0] in CACHES:
                found[f"slab {words[0]}"] = int(words[1])
    return found


def kernel():
    """{name: value} of what the kernel holds, all of the machine."""
    found = _slabs()
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        name, value = line.split(":")
        if name in KIB:
            found[f"{name}, KiB"] = int(value.split()[0])
    return found


def point(pid, whole_machine):
    """All there is to see of a bench at one moment. @param pid  bench, or what runs it"""
    found = kernel() if whole_machine else {}
    below = descendants(pid)
    benches = [each for each, name in below.items() if name == "bench"]
    zygotes = [each for each, name in below.items() if name == "rst-zygote"]
    for what, pids in (("bench", benches[:1]), ("zygote", zygotes[:1])):
        resident = _resident(pids[0]) if pids else None
        if resident is not None:
            found[f"{what} VmRSS, KiB"] = resident
    return found


@dataclasses.dataclass
class Growth:
    """How a value moved over a run."""

    name: str
    first: float  # after warming up
    last: float
    growth: float  # of the fitted line, over the whole run, in the value's unit
    noise: float  # standard deviation around that line
    points: int

    def exceeds(self, allowed):
        """Whether it grew by more than that, beyond what it varies by."""
        return self.growth > allowed + 3 * self.noise


def growths(points):
    """@param points  [(share of the run that was done, {name: value})], in order"""
    found = []
    for name in sorted({name for _, values in points for name in values}):
        series = [(done, values[name]) for done, values in points if name in values]
        series = series[round(len(series) * WARM_UP):]
        if len(series) < 5:
            continue
        xs, ys = zip(*series)
        slope, start = statistics.linear_regression(xs, ys)
        noise = statistics.pstdev(y - start - slope * x for x, y in series)
        found.append(Growth(name, ys[0], ys[-1], slope, noise, len(series)))
    return found
