"""Numbers as people read them: three digits, a unit, never ns beside instructions."""

import math

_TIMES = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns"))
_COUNTS = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""))


def three_digits(value):
    """12.3, 1.23, 0.123, 1,230"""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(float(f"{value:.2e}")))))
    return f"{value:,.{min(digits, 6)}f}"


def amount(value, unit):
    """`1.23 ms` of ns, `1.23 M` of instructions; a minus is kept."""
    for factor, name in _TIMES if unit == "ns" else _COUNTS:
        if abs(value) >= factor * 0.9995:
            return f"{three_digits(value / factor)} {name}".rstrip()
    return f"{three_digits(value)} {'ns' if unit == 'ns' else ''}".rstrip()


def ratio(value):
    """`0.623`, `12.3`; two digits after the point from a tenth on."""
    return f"{value:.2f}" if 0.0995 <= abs(value) < 9.995 else three_digits(value)


def share(part):
    """`12.3 %`"""
    return f"{part * 100:.1f} %"


def unit_note(unit):
    """What the numbers of a table are."""
    return "Wall time." if unit == "ns" else \
        "Instructions that the emulated machine executed, of tasks and kernel; not times."


def size_of_memory(number):
    """`3.8 GiB`"""
    for factor, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if number >= factor:
            return f"{number / factor:.1f} {name}"
    return f"{number} B"
