"""Names, numbers and units as a reader of a paper expects them."""

import math

# Prefixes of units, largest first: what it is divided by, and how that is written.
TIMES = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns"))
INSTRUCTIONS = ((1e9, "billions"), (1e6, "millions"), (1e3, "thousands"), (1, ""))

# What parameters mean where their name does not say it. Others keep their name.
PARAMETERS = {
    "creator_fds": "Open descriptors of the creator",
    "creator_memory": "Memory of the creator",
    ("own-files", "f"): "Open files of each process",
    ("shared-files", "f"): "Open files in the shared table",
    ("middle", "f"): "Open files in the shared table",
    ("middle", "n"): "Chains in which the middle does not share",
    ("fds", "n"): "Open descriptors",
    ("pipes", "n"): "Pipes",
    ("pipes", "bytes"): "Unread bytes in each pipe",
    ("memory", "mib"): "Anonymous memory (MiB)",
    ("memory", "file"): "Mapped file (MiB)",
    ("memory", "shmem"): "Shared memory (MiB)",
    ("prefork", "mib"): "Memory of each worker (MiB)",
    ("prefork", "workers"): "Workers",
    ("prefork", "threads"): "Threads of each worker",
    ("sessions", "n"): "Sessions",
}

OBJECTS = {"mm": "mm", "vma": "VMA", "files": "files", "fd_array": "fd array", "fs": "fs",
           "sighand": "sighand", "signal": "signal", "task": "task", "pid": "pid",
           "cred": "cred", "open_file": "open file", "pipe": "pipe",
           "throwaway_tasks": "throw-away tasks", "execs": "execs", "unshares": "unshares",
           "descriptors_copied": "fds copied", "descriptors_closed": "fds closed",
           "pages_copied": "pages copied"}

STAGES = {"open_files": "open files"}


class Scale:
    """What values of a unit are divided by, so that they read well."""

    def __init__(self, unit, typical):
        prefixes = TIMES if unit == "ns" else INSTRUCTIONS
        self.divisor, self.name = next(
            (entry for entry in prefixes if typical >= entry[0]), prefixes[-1])
        self.is_time = unit == "ns"

    def axis(self, what, instructions=""):
        """The label of an axis that shows `what` ("Restart time"). Instructions are never
        called a time: `instructions` says what is shown then."""
        if self.is_time:
            return f"{what} ({self.name})"
        what = instructions or "Instructions per restart"
        return f"{what} ({self.name})" if self.name else what

    def bracket(self):
        """The unit in a heading of a table."""
        if self.is_time:
            return f"({self.name})"
        return f"({self.name} of instructions)" if self.name else "(instructions)"

    def text(self, value):
        """The value with its unit: "13.6 ms", "1.34 M" instructions."""
        short = {"billions": "G", "millions": "M", "thousands": "k"}
        name = self.name if self.is_time else short.get(self.name, "")
        return f"{significant(value / self.divisor)} {name}".rstrip()


def restart(unit):
    """What is measured of a restart, as the beginning of a title."""
    return "Restart time" if unit == "ns" else "Instructions per restart"


def middle_scale(unit, values):
    """For an axis with a logarithmic scale: the middle of the values has few digits."""
    positive = [value for value in values if value and value > 0]
    if not positive:
        return Scale(unit, 1)
    return Scale(unit, math.sqrt(min(positive) * max(positive)) * 2)


def largest_scale(unit, values):
    """For a linear axis."""
    return Scale(unit, max((abs(value) for value in values if value is not None), default=1))


def significant(value, digits=3):
    """Three significant digits, without an exponent; thousands have commas."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "-"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    if abs(rounded) >= 10 ** (digits - places):  # 99.96 became 100.0
        places -= 1
    return f"{rounded:,.{max(0, places)}f}" if places > 0 else f"{int(rounded):,}"


def plain(value):
    """A number at a tick of an axis, as short as it can be."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e6 or size < 1e-3:
        exponent = math.floor(math.log10(size) + 1e-9)
        factor = value / 10 ** exponent
        sign = rf"{factor:g}\times " if abs(factor - 1) > 1e-6 else ""
        return f"${sign}10^{{{exponent}}}$"
    return f"{value:,.10g}" if size >= 1 else f"{value:.10g}"


def parameter(workload, name):
    """The label of an axis that shows a parameter."""
    return PARAMETERS.get((workload, name)) or PARAMETERS.get(name) \
        or f"{name.replace('_', ' ')} of {workload}"


def stage(name):
    return STAGES.get(name, name)


def object_class(name):
    return OBJECTS.get(name, name.replace("_", " "))


def image(name, leave_out=""):
    """prefork: workers=4 threads=4, of the name of an image without its strategy; the
    parameter `leave_out` is not shown."""
    workload, _, rest = name.partition(":")
    shown = []
    for part in filter(None, rest.split(":")):
        key, _, value = part.partition("=")
        if key.replace("-", "_") != leave_out:
            shown.append(f"{key}={int(value):,}" if value.isdigit() else part)
    return f"{workload}: {' '.join(shown)}" if shown else workload


def counted(count, one, many=None):
    """1 cell, 2 cells"""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
