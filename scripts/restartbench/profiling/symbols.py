"""Where the functions of a program and of a kernel are."""

import pathlib
import shutil
import subprocess

from ..errors import LackingError, ScriptError

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "profile"
# As bench's own guests: without a local APIC, whose timer a busy host can make the kernel
# find broken, and with a clock that does not see how busy the host is.
KERNEL_LINE = ("quiet panic=-1 oops=panic reboot=t nokaslr cryptomgr.notests nolapic acpi=off "
               "pci=off tsc_early_khz=1000000 tsc=reliable")
LONGEST_NAME = 80  # templates have longer ones


def compile_c(source, target, *flags):
    """One of scripts/profile. @raises LackingError without gcc"""
    if not shutil.which("gcc"):
        raise LackingError("there is no gcc", "run scripts/setup")
    subprocess.run(["gcc", "-O2", "-Wall", *flags, "-o", target, SOURCES / source], check=True)


def functions_of(program):
    """(address, size, name) of a program's functions, ascending."""
    listed = subprocess.run(["nm", "-C", "-S", "--defined-only", program], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    found = []
    for line in listed.splitlines():
        fields = line.split(maxsplit=3)
        if len(fields) == 4 and fields[2] in "tTwW":
            found.append((int(fields[0], 16), int(fields[1], 16), fields[3].replace(" ", "")))
    return sorted(found)


def write_archive(target, files):
    """An initramfs, in cpio's "newc" format."""
    with open(target, "wb") as archive:
        for name, data in [*files, ("TRAILER!!!", b"")]:
            fields = [0, 0o100755, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
            head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
            archive.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))


def kernel_functions(qemu, kernel, module, work):
    """[(address, name)], the module's too. Boots the kernel to ask it: Debian's packages
    have no System.map. module: bytes, or None."""
    init, archive, text = work / "symbols", work / "symbols.cpio", work / "kallsyms"
    compile_c("symbols.c", init, "-static")
    files = [("init", init.read_bytes())]
    if module is not None:
        files.append(("restart.ko", module))
    write_archive(archive, files)
    subprocess.run(
        [qemu, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
         "-machine", "pc", "-accel", "tcg", "-icount", "shift=0,sleep=off", "-cpu", "max",
         "-m", "1024", "-kernel", kernel, "-initrd", archive, "-append", KERNEL_LINE,
         "-debugcon", f"file:{text}"],
        check=True, stdin=subprocess.DEVNULL, timeout=600)
    lines = text.read_text().splitlines() if text.exists() else []
    if not lines or lines[-1] != "end":
        raise ScriptError(f"the kernel {kernel} does not say where its functions are")
    return [(int(line.split()[0], 16), line.split()[2]) for line in lines[:-1]]


def write_symbols(path, symbols):
    """A file as the plugin reads it: of several names for one address the first."""
    unique = {address: name for address, name in reversed(sorted(symbols))}
    with open(path, "w", encoding="utf-8") as file:
        for address in sorted(unique):
            if address:
                file.write(f"{address:x} {unique[address][:LONGEST_NAME]}\n")
