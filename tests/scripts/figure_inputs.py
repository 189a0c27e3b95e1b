"""Files with something for every figure, made of fixtures."""

import fixtures
from fixtures import cell, cost, failed, results

STRATEGIES = {"userspace": 1.5, "userspace-naive": 2, "kernel": 1.2, "optimistic": 1.3, "bare": 1}


def all_strategies(median, workload, **parameters):
    return [cell(name, int(median * factor), workload,
                 stages={"plan": median // 10, "create": median // 2,
                         "memory": int(median * (factor - 0.9))}, **parameters)
            for name, factor in STRATEGIES.items()]


def with_ledger(one, mm_created):
    one["ledger"] = fixtures.ledger(mm=(10, mm_created), open_file=(30, 28), task=(10, 11))
    return one


def sizes():
    cells = [one for n in (1, 10, 1000)
             for one in all_strategies(40_000 + 9_000 * n, "threads", n=n)]
    cells[2] = failed("kernel", n=1)
    cells[3]["verified"]["mode"] = "none"
    return results(cells)


def sweep():
    cells = []
    for fds in (0, 10, 10000):
        for one in all_strategies(200_000 + 30 * fds, "chain", n=10, creator_fds=fds):
            one["parameters"]["creator_memory"] = 0
            cells.append(one)
    return results(cells)


def ledger():
    return results([with_ledger(cell("userspace", 900, "prefork", workers=4,
                                     stages={"create": 300, "open_files": 200}), 12),
                    with_ledger(cell("userspace-naive", 950, "prefork", workers=4), 25),
                    with_ledger(cell("bare", 500, "prefork", workers=4), 9)])


def costs():
    plain = [cost("task", 9000, 8000, reference=0), cost("mm", 23000, 13000),
             cost("files", 400, 300), cost("fs", 1, 200)]
    sized = [cost("files", 500 * n, 700 * n, descriptors=n) for n in (10, 100, 1000)]
    sized += [cost("mm", 40000 * n, 30000 * n, memory=n << 20) for n in (1, 16, 64)]
    return fixtures.costs(plain + sized)


def history(day, median):
    return results([cell(name, int(median * factor), "fds", n=100, rounds=8)
                    for name, factor in list(STRATEGIES.items())[:3]],
                   start_time=f"2026-02-{day:02}T03:04:05Z")


def counted_history(number):
    """One of a series of revisions: a step up in userspace, one down in both, a new compiler."""
    cells = []
    for strategy, median in (("userspace", 930_000 * (1.021 if number >= 5 else 1)),
                             ("kernel", 690_000)):
        median *= 0.985 if number >= 9 else 1.0004 ** (number % 3)
        one = cell(strategy, int(median), unit="instructions", rounds=1, n=20)
        one["samples_ns"] = [[int(median)] * 16]
        cells.append(one)
    return results(cells, version=2, clock="instructions", unit="instructions",
                   compiler="GNU 12.2.0" if number < 12 else "GNU 14.1.0",
                   revision=f"{number:07x}" + "e" * 33,
                   start_time=f"2026-03-{number + 1:02}T03:04:05Z",
                   vm={"qemu": "7.2.1", "accelerator": "tcg", "kernel": "6.1",
                       "kernel_arguments": "", "memory_mib": 4096, "cpus": 1})


def write_all(folder):
    """The paths of all files."""
    documents = {"sizes": sizes(), "sweep": sweep(), "ledger": ledger(), "costs": costs(),
                 "coverage": fixtures.coverage(),
                 **{f"history{day}": history(day, 1000 + 10 * day) for day in (1, 2, 3, 9)}}
    return [fixtures.write(folder, f"{name}.json", document)
            for name, document in documents.items()]
