"""Runs bench with a plugin in its emulator that counts instructions by function."""

import hashlib
import json
import os
import pathlib
import shutil

from ..errors import LackingError, ScriptError
from . import symbols
from .counted import Profile

QEMU = "qemu-system-x86_64"
MODULE = "restart.ko"  # in the guest's initramfs
WINDOW = "rb::restart_settled("
WARM_UP = 2  # bench restarts once to verify and once to try before it counts
# Set where a program runs in place of QEMU: as what bench starts.
AS_QEMU = "RESTARTBENCH_PROFILE"


def settings_of_qemu():
    """What become_qemu() needs, if this process was started in place of QEMU, or None."""
    return json.loads(os.environ[AS_QEMU]) if AS_QEMU in os.environ else None


def measure(command, script, work, run):
    """The profile of a command of bench that counts the instructions of one cell.

    @param script what calls become_qemu() when settings_of_qemu() says so
    @param work a folder for what is compiled and counted; the functions of kernels stay there
    for a further call
    @param run of a command and an environment; returns the exit code
    @raises LackingError if the machine lacks something, ScriptError if bench fails
    """
    qemu = shutil.which(QEMU)
    if not qemu:
        raise LackingError(f"there is no {QEMU}", "run scripts/setup")
    program = pathlib.Path(command[0]).resolve()
    if not program.exists():
        raise LackingError(f"there is no {program}", "run scripts/build release bench")
    work = pathlib.Path(work).resolve()
    counted = work / "counted"
    counted.unlink(missing_ok=True)
    symbols.compile_c("plugin.c", work / "plugin.so", "-shared", "-fPIC",
                      "-Wno-unused-parameter")
    shadow = work / "bin"
    shadow.mkdir(exist_ok=True)
    (shadow / QEMU).unlink(missing_ok=True)
    (shadow / QEMU).symlink_to(pathlib.Path(script).resolve())
    settings = {"qemu": qemu, "work": str(work), "out": str(counted), "program": str(program)}
    environment = dict(os.environ, **{AS_QEMU: json.dumps(settings)},
                       PATH=f"{shadow}:{os.environ['PATH']}")
    code = run([str(word) for word in command], environment)
    if code:
        raise _BenchFailed(f"bench ended with exit code {code}", code)
    return Profile(counted.read_text(encoding="utf-8"))


class _BenchFailed(ScriptError):
    def __init__(self, sentence, code):
        super().__init__(sentence)
        self.exit_code = code


def become_qemu(settings, arguments):
    """What bench starts instead of QEMU: the same, with the plugin if it boots a guest."""
    qemu = settings["qemu"]
    if "-kernel" in arguments and "-icount" in arguments:
        work = pathlib.Path(settings["work"])
        program = symbols.functions_of(settings["program"])
        address, size = next((address, size) for address, size, name in program
                             if name.startswith(WINDOW) and name.endswith(")"))
        kernel = arguments[arguments.index("-kernel") + 1]
        initramfs = pathlib.Path(arguments[arguments.index("-initrd") + 1]).read_bytes()
        known = [(address, name) for address, _, name in program]
        known += _kernel_functions(settings, kernel, file_of_archive(initramfs, MODULE))
        symbols.write_symbols(work / "symbols.txt", known)
        arguments = [*arguments, "-plugin",
                     f"{work}/plugin.so,symbols={work}/symbols.txt,out={settings['out']},"
                     f"window={address:#x},size={size:#x},skip={WARM_UP}"]
    os.execv(qemu, [qemu, *arguments])


def _kernel_functions(settings, kernel, module):
    """Of a kernel and module that were asked before they are known."""
    key = hashlib.sha256(pathlib.Path(kernel).read_bytes() + (module or b"")).hexdigest()[:16]
    kept = pathlib.Path(settings["work"]) / f"kernel-{key}.json"
    if not kept.exists():
        found = symbols.kernel_functions(settings["qemu"], kernel, module,
                                         pathlib.Path(settings["work"]))
        part = kept.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(found), encoding="utf-8")
        os.replace(part, kept)
    return [tuple(each) for each in json.loads(kept.read_text(encoding="utf-8"))]


def file_of_archive(archive, name):
    """Bytes of a file of an initramfs in cpio's "newc" format, or None."""
    offset = 0
    while archive[offset:offset + 6] == b"070701":
        fields = [int(archive[offset + 6 + 8 * i:offset + 14 + 8 * i], 16) for i in range(13)]
        size, length = fields[6], fields[11]
        begin = offset + 110
        data = (begin + length + 3) // 4 * 4
        if archive[begin:begin + length - 1] == name.encode():
            return archive[data:data + size]
        offset = (data + size + 3) // 4 * 4
    return None
