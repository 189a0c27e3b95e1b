#!/usr/bin/python3
"""Runs the commands of a golden file and compares what they do with the file.

A golden file is a sequence of
    $ PROGRAM ARGUMENT...
    what it prints to stdout
    2> what it prints to stderr, each line marked so
    [exit N]            (left out for 0)
run in an empty directory that the commands of one file share. The command
`results FILE` stands for: the file is valid against the schema, and this is
what is in it, with what differs from machine to machine masked.

With UPDATE=1 in the environment the file is written anew instead.
"""

import argparse
import difflib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

SKIPPED = 77  # as CTest is told by SKIP_RETURN_CODE


def run_program(arguments, directory):
    done = subprocess.run(arguments, cwd=directory, capture_output=True, text=True, timeout=120)
    lines = done.stdout.splitlines()
    lines += [f"2> {line}" for line in done.stderr.splitlines()]
    if done.returncode != 0:
        lines.append(f"[exit {done.returncode}]")
    return lines


def masked(document):
    """What is the same on every machine: no context but our own part, no CPU time."""
    own = ("schema_version", "clock", "pids", "cpus", "seed", "repetitions", "precision",
           "confidence", "verify", "min_time_s", "max_time_s")
    document["context"] = {key: document["context"][key] for key in own}
    for row in document["benchmarks"]:
        if "cpu_time" in row:
            row["cpu_time"] = "masked"
    return document


def show_results(path, schema):
    try:
        import jsonschema
    except ImportError:
        sys.exit(SKIPPED)
    document = json.loads(path.read_text())
    validator = jsonschema.Draft202012Validator(json.loads(pathlib.Path(schema).read_text()))
    errors = [f"invalid: {error.json_path}: {error.message}"
              for error in validator.iter_errors(document)]
    if errors:
        return errors
    lines = []
    for key, value in masked(document).items():
        if isinstance(value, list):
            lines.append(f"{key}:")
            lines += ["  " + json.dumps(element) for element in value]
        else:
            lines.append(f"{key}: {json.dumps(value)}")
    return lines


def replay(commands, programs, schema):
    lines = []
    with tempfile.TemporaryDirectory() as directory:
        for command in commands:
            words = shlex.split(command)
            lines.append(f"$ {command}")
            if words[0] == "results":
                lines += show_results(pathlib.Path(directory, words[1]), schema)
            else:
                lines += run_program([programs[words[0]], *words[1:]], directory)
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("golden", type=pathlib.Path)
    parser.add_argument("--schema", required=True)
    parser.add_argument("programs", nargs="+", metavar="NAME=PATH")
    options = parser.parse_args()
    programs = dict(program.split("=", 1) for program in options.programs)

    expected = options.golden.read_text().splitlines()
    commands = [line[2:] for line in expected if line.startswith("$ ")]
    if not commands:
        sys.exit(f"{options.golden}: there is no command in it")
    found = replay(commands, programs, options.schema)
    if os.environ.get("UPDATE") == "1":
        options.golden.write_text("\n".join(found) + "\n")
    elif found != expected:
        print("\n".join(difflib.unified_diff(expected, found, "expected", "found", lineterm="")))
        print(f"\nif that is right: UPDATE=1 ctest -R golden.{options.golden.stem}")
        sys.exit(1)


main()
