"""A JSON file of bench, checked: what kind it is, which version, and that it is valid."""

import json
import pathlib
import re

from .errors import InputError, LackingError

SCHEMAS = pathlib.Path(__file__).resolve().parent.parent.parent / "results"

RESULTS = "results"
COSTS = "costs"
COVERAGE = "coverage"

# What tells the kinds apart: a member that no other kind has at its top.
MEMBER_OF_KIND = {"cells": RESULTS, "objects": COSTS, "means": COVERAGE}


class FromContext:
    """What every file with a context says of its numbers."""

    @property
    def unit(self):
        """ns or instructions"""
        return self.context["unit"]

    @property
    def clock(self):
        """wall, instructions; or fake: no number was measured"""
        return self.context["clock"]

    @property
    def kernel(self):
        return self.context["kernel"]


def read_json(path):
    """The object in a file. @raises InputError if there is none."""
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(path, "", error.strerror, "bench --out FILE writes one") from None
    except UnicodeDecodeError:
        raise InputError(path, "", "is no JSON: it is no text") from None
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(path, f"line {error.lineno}", f"is no JSON: {error.msg}",
                         "write it again with bench --out") from None
    if not isinstance(document, dict):
        raise InputError(path, "", "is no JSON object", "bench --out FILE writes one")
    return document


def kind_of(path, document):
    """RESULTS, COSTS or COVERAGE. @raises InputError for anything else."""
    for member, kind in MEMBER_OF_KIND.items():
        if member in document:
            return kind
    raise InputError(path, "", "has no cells, objects or means: it is another kind of file",
                     "bench --out, bench objects --out and bench coverage --json write "
                     "what can be read")


def known_versions():
    """Versions of the results that there is a schema of, in order."""
    found = (re.fullmatch(r"schema-v(\d+)\.json", path.name) for path in SCHEMAS.glob("*.json"))
    return sorted(int(match.group(1)) for match in found if match)


def version_of(path, document):
    """context.schema_version, which must be one that is known."""
    context = document.get("context")
    if not isinstance(context, dict):
        raise InputError(path, "context", "is missing")
    version = context.get("schema_version")
    if version not in known_versions():
        known = ", ".join(map(str, known_versions()))
        raise InputError(path, "context.schema_version",
                         f"is {json.dumps(version)}; known are {known}",
                         "use the scripts of the bench that wrote it")
    return version


def check_results(path, document):
    """Holds a file of results against the schema of its version; returns the version."""
    version = version_of(path, document)
    try:
        import jsonschema
    except ImportError:
        raise LackingError("python3-jsonschema is not installed", "run scripts/setup") from None
    schema = json.loads((SCHEMAS / f"schema-v{version}.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    short = _without_samples(path, document)
    error = jsonschema.exceptions.best_match(validator.iter_errors(short))
    if error is not None:
        message = error.message
        if len(message) > 200:  # it quotes the value, which may be all of a cell
            message = message[:120] + " ... " + message[-60:]
        raise InputError(path, _field(document, error.absolute_path),
                         f"does not fit schema-v{version}.json: {message}",
                         "write it again with bench --out")
    return version


def _without_samples(path, document):
    """The document with one sample in place of each list of them, which were checked here:
    jsonschema takes seconds for some ten thousand samples."""
    cells = document.get("cells")
    if not isinstance(cells, list):
        return document
    short = []
    for index, cell in enumerate(cells):
        if isinstance(cell, dict):
            cell = dict(cell)
            _shorten(path, f"cells[{index}].samples_ns", cell, "samples_ns")
            stages = cell.get("stages_ns")
            if isinstance(stages, dict):
                cell["stages_ns"] = {name: _short_stage(path, index, name, stage)
                                     for name, stage in stages.items()}
        short.append(cell)
    return {**document, "cells": short}


def _short_stage(path, index, name, stage):
    if not isinstance(stage, dict):
        return stage
    stage = dict(stage)
    _shorten(path, f"cells[{index}].stages_ns.{name}.samples", stage, "samples")
    return stage


def _shorten(path, field, owner, member):
    rounds = owner.get(member)
    if not isinstance(rounds, list):
        return  # the schema finds it
    for number, samples in enumerate(rounds):
        if not isinstance(samples, list) or not samples:
            raise InputError(path, f"{field}[{number}]", "is no list of samples")
        for sample in samples:
            if type(sample) is not int or sample < 0:
                raise InputError(path, f"{field}[{number}]",
                                 f"{json.dumps(sample)} is no whole number from 0")
    if rounds:
        owner[member] = [[0]]


def _field(document, path):
    """A path as people write it, with the names of cells."""
    text = ""
    here = document
    for step in path:
        here = here[step]
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
        if isinstance(step, int) and isinstance(here, dict) and "name" in here:
            text += f" ({here['name']})"
    return text.lstrip(".") or "the file"
