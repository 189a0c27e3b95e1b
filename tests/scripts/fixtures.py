"""Documents as bench writes them, with numbers that are easy to check by hand."""

import copy
import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

STAGES = ("plan", "create", "attach", "open_files", "memory", "registers", "barrier")
CLASSES = ("mm", "vma", "files", "fd_array", "fs", "sighand", "signal", "task", "pid", "cred",
           "open_file", "pipe")
KINDS = {"bare": "reference", "bare-files": "reference", "userspace-naive": "variant",
         "null": "test"}

CONTEXT = {
    "date": "2026-01-02T03:04:05+00:00", "host_name": "host", "num_cpus": 2, "mhz_per_cpu": 1000,
    "caches": [], "load_avg": [0, 0, 0], "library_build_type": "release", "schema_version": 1,
    "bench_version": "0.1.0", "build_type": "RelWithDebInfo", "compiler": "GNU 12.2.0",
    "libraries": {"benchmark": "1.7.1", "cli11": "2.1.2", "fmt": "9.1.0",
                  "nlohmann_json": "3.11.2"},
    "kernel": "6.1.0-1-cloud-amd64 #1 SMP", "machine": "x86_64", "cpu_model": "CPU",
    "governor": "none", "memory_bytes": 1 << 30, "start_time": "2026-01-02T03:04:05Z",
    "command_line": ["bench"], "clock": "wall", "unit": "ns", "pids": "own", "cpus": 0,
    "seed": 1, "repetitions": 5, "min_time_s": 0.1, "max_time_s": 0.25, "verify": "sample"}


def context(version=1, **changes):
    values = {**copy.deepcopy(CONTEXT), "schema_version": version}
    if version >= 2:
        values.update(pin=[0], fifo=0, precision=0.02, confidence=0.99)
    return {**values, **changes}


def samples_around(median, rounds=7):
    """Rounds of three restarts; their medians are spread by 1 % each around the median."""
    middle = rounds // 2
    return [[max(0, int(median * (1 + (number - middle) / 100)) + extra) for extra in (0, -1, 1)]
            for number in range(rounds)]


def cell(strategy, median, workload="threads", rounds=7, tasks=None, stages=None, unit="ns",
         mode=None, **parameters):
    """A timed cell. stages: medians by name; the others are 0."""
    kind = KINDS.get(strategy, "restart")
    mode = mode or ("not applicable" if kind in ("reference", "test") else "sample")
    verified = rounds if mode == "sample" else 0
    own = ":".join(f"{name.replace('_', '-')}={value}" for name, value in parameters.items())
    samples = samples_around(median, rounds)
    works = {stage: samples_around((stages or {}).get(stage, 0), rounds) for stage in STAGES}
    return {"name": f"{workload}:{own}/{strategy}", "workload": workload,
            "parameters": {**parameters, "seed": 1}, "strategy": strategy, "kind": kind,
            "tasks": tasks if tasks is not None else parameters.get("n", 1), "state": "timed",
            "verified": {"mode": mode, "before_timing": 1 if verified else 0, "timed": verified},
            "unit": unit, "median_ns": median, "median_absolute_deviation_ns": median / 100,
            "samples_ns": samples,
            "stages_ns": {name: {"medians": [sorted(values)[1] for values in work],
                                 "samples": work} for name, work in works.items()}}


def failed(strategy, workload="threads", message="restored wrong: at the barrier", **parameters):
    """A cell without a time."""
    whole = cell(strategy, 1, workload, **parameters)
    for member in ("unit", "median_ns", "median_absolute_deviation_ns", "samples_ns", "stages_ns"):
        del whole[member]
    return {**whole, "state": "failed",
            "error": {"kind": "restart", "message": message, "advice": "", "differences": []}}


def counts(*values):
    return {"median": sorted(values)[len(values) // 2], "counts": list(values)}


COUNTING = {"cost": 1.5, "counted_ns": [3], "uncounted_ns": [2]}


def ledger(**classes):
    """classes: needed and created by class; the others are 0."""
    objects = {}
    for name in CLASSES:
        needed, created = classes.get(name, (0, 0))
        objects[name] = {"needed": needed, "created": counts(created, created, created),
                         "useless": created - needed}
    return {"objects": objects, "counting": COUNTING,
            "work": {"throwaway_tasks": 1, "execs": 0, "unshares": 2, "descriptors_copied": 3,
                     "descriptors_closed": 4, "pages_copied": 5}}


def results(cells, version=1, comparisons=(), **changes):
    document = {"context": context(version, **changes), "interrupted": False, "warnings": [],
                "benchmarks": [], "cells": cells}
    if version >= 2:
        document["comparisons"] = list(comparisons)
    return document


def cost(name, create, destroy, descriptors=0, vmas=0, memory=0, reference=100):
    """25 samples of an object; references take the same each time."""
    steps = [number - 12 for number in range(25)]
    return {"object": name, "descriptors": descriptors, "vmas": vmas, "memory": memory,
            "create": {"median": create, "median_absolute_deviation": 6},
            "destroy": {"median": destroy, "median_absolute_deviation": 6},
            "new": {"create": [reference + create + step for step in steps],
                    "destroy": [reference + destroy + step for step in steps]},
            "reference": {"create": [reference] * 25 if reference else [],
                          "destroy": [reference] * 25 if reference else []}}


def costs(objects, **changes):
    return {"context": context(**changes), "objects": objects}


def coverage(tasks=3):
    return {"tasks": tasks, "graphs": 600, "reachable": 545, "impossible": 55, "undecided": 0,
            "means": [{"name": "clone by the parent", "graphs": 288, "share": 0.48},
                      {"name": "+ unshare", "graphs": 162, "share": 0.27},
                      {"name": "+ CLONE_PARENT", "graphs": 75, "share": 0.125},
                      {"name": "+ exec", "graphs": 20, "share": 0.0333},
                      {"name": "+ throw-away tasks", "graphs": 0, "share": 0}],
            "strategies": [{"name": "userspace", "reachable": 545, "all": 545, "share_of_all": 0.9},
                           {"name": "kernel", "reachable": 545, "all": 600, "share_of_all": 1}]}


def write(folder, name, document):
    path = pathlib.Path(folder, name)
    path.write_text(json.dumps(document))
    return path


def same_as_golden(test, name, text):
    """Compares with golden/NAME. RENEW_GOLDEN=1 in the environment writes it instead."""
    path = pathlib.Path(__file__).parent / "golden" / name
    if os.environ.get("RENEW_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    test.maxDiff = None
    test.assertEqual(text, path.read_text())
