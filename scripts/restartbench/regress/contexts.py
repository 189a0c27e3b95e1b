"""What must be alike for two runs to be compared."""

from ..errors import ScriptError

# By name of the field, a path into `context`.
FIELDS = ("clock", "unit", "machine", "kernel", "cpu_model", "compiler", "build_type",
          "vm.qemu", "vm.accelerator", "vm.memory_mib", "vm.cpus", "vm.kernel_arguments",
          "seed", "pids", "verify")
# Numbers that differ in these are not even of one kind.
VITAL = ("clock", "unit")
OF_THE_KERNEL = ("kernel",)
KNOWN_REVISION = "revision"  # regress writes it into the files that it keeps


class Mismatch(ScriptError):
    """A stored file was measured in another way than the other side is."""


def value_of(context, field):
    for part in field.split("."):
        context = context.get(part) if isinstance(context, dict) else None
    return context


def differences(base, head, kernels_may_differ=False):
    """[(field, value of base, value of head)] of two contexts."""
    found = []
    for field in FIELDS:
        if kernels_may_differ and field in OF_THE_KERNEL:
            continue
        one, other = value_of(base, field), value_of(head, field)
        if one != other:
            found.append((field, one, other))
    return found


def describe(found):
    """`kernel (6.1 at base, 6.12 at head), ...`"""
    return ", ".join(f"{field} ({_shown(one)} at base, {_shown(other)} at head)"
                     for field, one, other in found)


def _shown(value):
    return "nothing" if value is None else str(value)


def check_clock(run):
    """@raises Mismatch for a run whose numbers cannot be compared with those of a later one"""
    if run.clock != "instructions":
        raise Mismatch(f"{run.path}: context.clock: is {run.clock}: only stored counts of "
                       "instructions can be compared later",
                       "name a revision in its place: both are measured in turn then")
