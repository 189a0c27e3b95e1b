"""What two runs must have in common for their numbers to stand in one series."""

from ..regress import contexts

# By the clock of the machine itself, what sets its speed counts, too.
OF_WALL_TIME = ("host_name", "governor", "memory_bytes", "pin", "fifo")


def fields_of(context):
    """Names of the fields that must be alike, for runs on that clock."""
    own = () if context["clock"] == "instructions" else OF_WALL_TIME
    return contexts.FIELDS + own


def key_of(context):
    """Equal for runs of one series, and of no others. May be a key of a dict."""
    return tuple((field, repr(contexts.value_of(context, field)))
                 for field in fields_of(context))


def differences(before, now):
    """`kernel (6.1 before, 6.12 now), ...` of two contexts."""
    found = []
    for field in dict.fromkeys(fields_of(before) + fields_of(now)):
        values = [contexts.value_of(context, field) for context in (before, now)]
        if repr(values[0]) != repr(values[1]):
            old, new = ("nothing" if value is None else value for value in values)
            found.append(f"{field} ({old} before, {new} now)")
    return ", ".join(found)


def describe(context):
    """What a series was measured on, in one line."""
    vm = context.get("vm") or {}
    machine = f"QEMU {vm['qemu']} ({vm['accelerator']}, {vm['memory_mib']} MiB)" if vm \
        else context.get("host_name", "")
    release = context["kernel"].split(" ")[0]
    return ", ".join(filter(None, (context["clock"], f"Linux {release}", context["cpu_model"],
                                   machine, context["compiler"])))
