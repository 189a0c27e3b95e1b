"""The parts of Markdown that the check of the documentation looks at."""

import dataclasses
import re

TAG_LINE = re.compile(r"^\s*<!--\s*test:\s*(.*?)\s*-->\s*$")
FENCE = re.compile(r"^\s*```(\S*)\s*$")
INLINE_CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
# What only a block of the kind `console` may show, so that it is run.
UNTESTED_SHELL = {"sh", "bash", "shell", "shell-session"}


class DocumentError(Exception):
    """The document can't be checked; says where and why."""


@dataclasses.dataclass
class Tags:
    """What the comment before a block says of it."""
    skip: str = ""  # the reason, or "" if the block is run
    needs_root: bool = False
    same_output: bool = False
    exit_code: int = 0
    timeout: int = 120  # seconds, a command


@dataclasses.dataclass
class Command:
    line: int  # in the document, from 1
    text: str
    output: str  # what the document shows below it
    tags: Tags


@dataclasses.dataclass
class Document:
    name: str
    commands: list = dataclasses.field(default_factory=list)
    code: list = dataclasses.field(default_factory=list)  # (line, inline code)
    links: list = dataclasses.field(default_factory=list)  # (line, target)


def parse_tags(text, where):
    """`skip=REASON` takes the rest of the comment; the others are separated by blanks."""
    tags = Tags()
    while text:
        word, _, rest = text.partition(" ")
        key, _, value = word.partition("=")
        if key == "skip":
            tags.skip = text.partition("=")[2].strip()
            if not tags.skip:
                raise DocumentError(f"{where}: skip without a reason")
            return tags
        if word == "needs-root":
            tags.needs_root = True
        elif word == "same-output":
            tags.same_output = True
        elif key == "exit" and value.isdigit():
            tags.exit_code = int(value)
        elif key == "timeout" and value.isdigit():
            tags.timeout = int(value)
        else:
            raise DocumentError(f"{where}: unknown tag {word!r}")
        text = rest.strip()
    return tags


def parse_console(lines, first_line, tags, where):
    """The commands of a console block: `$ ` starts one, a backslash or `> ` continues it."""
    commands = []
    continued = False
    for number, line in enumerate(lines, first_line):
        if line.startswith("$ "):
            commands.append(Command(number, line[2:], "", tags))
        elif not commands:
            raise DocumentError(f"{where}: a console block must start with a '$ ' command")
        elif continued:
            commands[-1].text += "\n" + line.removeprefix("> ")
        else:
            commands[-1].output += line + "\n"
            continue
        continued = line.endswith("\\")
    if not commands:
        raise DocumentError(f"{where}: an empty console block")
    return commands


def parse(name, text):
    """Raises DocumentError."""
    document = Document(name)
    tags, kind, block, block_start = None, None, [], 0
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{name}:{number}"
        fence = FENCE.match(line)
        if kind is not None:
            if not fence:
                block.append(line)
                continue
            if kind == "console":
                document.commands += parse_console(block, block_start + 1, tags or Tags(),
                                                   f"{name}:{block_start}")
            tags, kind = None, None
        elif fence:
            kind, block, block_start = fence.group(1), [], number
            if kind in UNTESTED_SHELL:
                raise DocumentError(f"{where}: use a console block, which is run, not {kind}")
            if tags and kind != "console":
                raise DocumentError(f"{where}: a test tag before a block that is not run")
        elif match := TAG_LINE.match(line):
            tags = parse_tags(match.group(1), where)
        elif line.strip():
            if tags:
                raise DocumentError(f"{where}: a test tag that no console block follows")
            document.code += ((number, code) for code in INLINE_CODE.findall(line))
            document.links += ((number, link) for link in LINK.findall(line))
    if kind is not None:
        raise DocumentError(f"{name}:{block_start}: a block without end")
    return document
