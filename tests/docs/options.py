"""What the programs of the project say of themselves in --help."""

import re
import subprocess

OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
SUBCOMMAND_HEADING = re.compile(r"^\s*subcommands:\s*$", re.IGNORECASE)


def help_of(command):
    run = subprocess.run([*command, "--help"], stdin=subprocess.DEVNULL, text=True, timeout=60,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} --help: exit code {run.returncode}")
    return run.stdout


def subcommands(text):
    """Names in the section "Subcommands:" of a help text in CLI11's layout."""
    names, inside = [], False
    for line in text.splitlines():
        if SUBCOMMAND_HEADING.match(line):
            inside = True
        elif inside and (match := re.match(r"^ {1,4}([a-z][\w-]*)(\s|$)", line)):
            names.append(match.group(1))
        elif inside and line and not line.startswith(" "):
            inside = False
    return names


class Program:
    """A program with its options, and those of its subcommands."""

    def __init__(self, command):
        text = help_of(command)
        self.options = set(OPTION.findall(text)) | {"--help"}
        self.subcommands = {name: Program([*command, name]) for name in subcommands(text)}

    def all_options(self):
        options = set(self.options)
        for program in self.subcommands.values():
            options |= program.all_options()
        return options
