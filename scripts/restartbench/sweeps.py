"""What is measured to answer the claims: one list, for scripts/reproduce and scripts/claims.

Each sweep is one command of bench and one file. The virtual machine runs every strategy;
this kernel those that need no module.
"""

import dataclasses

VM, NATIVE, ANYWHERE = "vm", "native", "anywhere"

RESTARTS = "userspace,userspace-naive,kernel,optimistic"
RESTARTS_HERE = "userspace,userspace-naive"


@dataclasses.dataclass(frozen=True)
class Sweep:
    """One command. `quick` and `full` are the arguments of bench, without --out.

    `stdout`: what it prints is the file, as there is no --out.
    """

    name: str
    what: str
    where: str
    quick: str
    full: str
    stdout: bool = False

    @property
    def file(self):
        return f"{self.name}.json"

    def arguments(self, quick):
        return (self.quick if quick else self.full).split()

    def command(self, quick=True):
        """As one types it at the top of the repository."""
        tail = f" >{self.file}" if self.stdout else f" --out {self.file}"
        return f"scripts/bench {self.quick if quick else self.full}{tail}"


def _vm(name, what, quick, full, strategies=RESTARTS + ",bare"):
    tail = f"--strategy {strategies} --workload "
    # A guest takes 2.5 s of a CPU to boot, which is more than most cells take. With that
    # time small trees still are restarted 16 times, and large ones not for minutes.
    return Sweep(f"vm-{name}", what, VM, f"--vm --vm-one-guest --max-time 0.05 {tail}{quick}",
                 f"--vm {tail}{full}")


def _native(name, what, quick, full, strategies=RESTARTS_HERE + ",bare"):
    head = f"--native --strategy {strategies} --workload "
    return Sweep(f"native-{name}", what, NATIVE, head + quick, head + full)


_SHARING_QUICK = ("shared-files:n=10:f=0,100,1000,own-files:n=10:f=0,100,1000,shared-fs,own-fs,"
                  "shared-mm,shared-sighand,threads:n=10,processes:n=10,middle:f=0,100 --ledger")
_SHARING_FULL = ("shared-files:n=10:f=0,100,1000,10000,shared-files:n=100:f=100,"
                 "own-files:n=10:f=0,100,1000,own-files:n=10:f=100:distinct=1,shared-fs,own-fs,"
                 "shared-fs:n=100,own-fs:n=100,shared-mm,shared-mm:n=100,shared-sighand,"
                 "shared-sighand:n=100,threads:n=10,100,processes:n=10,100,middle:f=0,100,1000,"
                 "middle:share=1,prefork --ledger")
# Ten of each are in the sweep before; a cell that is in two files would be drawn once.
_SIZES_QUICK = "threads:n=1,100,1000,processes:n=1,100"
_SIZES_FULL = "threads:n=1,1000,10000,processes:n=1,1000,tree,sessions,signals,pipes,fds"
_MEMORY_QUICK = "memory:mib=0,4,64:file=0:shmem=0:tasks=1"
_MEMORY_FULL = "memory:mib=0,1,4,16,64,256,1024:file=0:shmem=0:tasks=1,prefork:mib=0,1,16"
_CREATOR_QUICK = "chain:n=2 --creator-fds 0,1000,10000"
_CREATOR_FULL = "chain:n=2,processes:n=10 --creator-fds 0,10,100,1000,10000,100000"

SWEEPS = (
    _native("sizes", "time against the number of tasks, on this kernel", _SIZES_QUICK,
            _SIZES_FULL),
    _native("sharing", "workloads that share objects, on this kernel", _SHARING_QUICK,
            _SHARING_FULL),
    _native("memory", "memory, on this kernel", _MEMORY_QUICK, _MEMORY_FULL,
            RESTARTS_HERE + ",bare-memory"),
    _native("creator", "open files of the process that restarts, on this kernel", _CREATOR_QUICK,
            _CREATOR_FULL),
    Sweep("native-objects", "cost of each class of objects, on this kernel", NATIVE,
          "objects --native --fds 0,100,1000 --vmas 100 --memory 1M",
          "objects --native"),
    Sweep("coverage-4", "sharing graphs of 4 processes, counted", ANYWHERE,
          "coverage --tasks 4 --strategy userspace --json",
          "coverage --tasks 4 --json", stdout=True),
    _vm("sharing", "workloads that share objects", _SHARING_QUICK, _SHARING_FULL),
    _vm("sizes", "instructions against the number of tasks", _SIZES_QUICK, _SIZES_FULL),
    _vm("memory", "memory", _MEMORY_QUICK, _MEMORY_FULL, RESTARTS + ",bare-memory"),
    _vm("creator", "open files of the process that restarts", _CREATOR_QUICK, _CREATOR_FULL),
    Sweep("vm-objects", "cost of each class of objects", VM,
          "objects --vm --fds 0,100,1000 --vmas 100 --memory 1M", "objects --vm"),
    Sweep("vm-coverage-3", "sharing graphs of 3 processes, restarted", VM,
          "coverage --vm --restore --tasks 3 --strategy userspace,kernel,optimistic --json",
          "coverage --vm --restore --tasks 3 --strategy userspace,userspace-closerange,"
          "userspace-naive,kernel,optimistic --json", stdout=True),
)


def sweep(name):
    """The sweep of that name."""
    return next(each for each in SWEEPS if each.name == name)
