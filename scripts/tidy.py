"""Runs clang-tidy on many files in little time, for scripts/lint.

Three quarters of clang-tidy's time goes into the headers that a file includes: it
matches all checks with the whole standard library. So files that are compiled alike
are checked in batches, each included by one file, which has the headers once. A batch
with complaints is checked again in halves, down to files alone, and what is said of those
counts: what a batch says can come from two files having met, what a file alone says cannot.
"""

import concurrent.futures
import pathlib
import re
import shlex
import subprocess
import tempfile

CLANG_TIDY = "clang-tidy-14"
OPTIONS = ["--quiet", "--extra-arg=-Wno-unknown-warning-option"]
# More would leave one processor without work at the end.
LARGEST_BATCH = 24
# What a file defines in its namespaces stands in the first column. Two files of a batch may
# define the same name, each in its unnamed namespace: the second one's is another then.
DEFINED = re.compile(r"^(?:class|struct|enum class|enum) (\w+)|"
                     r"^(?!using |namespace |extern |static_assert)[A-Za-z\[].*?([\w:]+)"
                     r"[ \t]*[(\[={;]", re.MULTILINE)
# misc-unused-using-decls and misc-unused-alias-decls look at the main file only, so files
# with such declarations are checked alone; and those that declare what is a system header's.
CHECKED_ALONE = re.compile(r"^\s*(using\s+(?!namespace\b)[\w:]+::\w+;|namespace\s+\w+\s*=)|"
                           r'^extern "C"', re.MULTILINE)


def flags(command):
    """The words of a compile command but for the compiler and the file's own."""
    words = iter(shlex.split(command)[1:])
    kept = []
    for word in words:
        if word in ("-o", "-c"):
            next(words)
        else:
            kept.append(word)
    return tuple(kept)


class Source:
    """What a file defines, and which of these names a macro can replace in it: none that is a
    member's or an enumerator's as well.
    """

    def __init__(self, path):
        self.path = path
        text = path.read_text()
        self.alone = bool(CHECKED_ALONE.search(text))
        self.names = {a or b for a, b in DEFINED.findall(text) if ":" not in b}
        self.fixed = {one for one in self.names if re.search(rf"(::|\.|->){one}\b", text)}


def batches(root, commands):
    """Lists of files to be checked together: compiled with the same flags, neighbours if they
    can, as those include much the same.

    commands  (name, compile command), in order
    """
    open_batches = {}
    result = []
    for name, command in commands:
        source = Source(root / name)
        if source.alone:
            result.append([name])
            continue
        group = open_batches.setdefault(flags(command), [])
        for files, taken in group:
            if len(files) < LARGEST_BATCH and not source.fixed & taken:
                files.append(name)
                taken |= source.names
                break
        else:
            group.append(([name], set(source.names)))
            result.append(group[-1][0])
    return result


def including(root, names):
    """The text of a file that includes them all, and gives their own names a number where others
    have them, too.
    """
    lines, taken = [], set()
    for number, name in enumerate(names):
        source = Source(root / name)
        again = sorted((source.names & taken) - source.fixed)
        taken |= source.names
        lines += [f"#define {one} {one}{number}" for one in again]
        lines.append(f'#include "{source.path}"  // NOLINT(bugprone-suspicious-include)')
        lines += [f"#undef {one}" for one in again]
    return "".join(f"{line}\n" for line in lines)


class Tidy:
    """clang-tidy over the files of one build.

    root      the repository
    build     a directory with compile_commands.json
    commands  (name relative to the root, compile command), in order
    """

    def __init__(self, root, build, commands):
        self.root, self.build = root, build
        self.commands = dict(commands)
        pattern = re.search(r"^HeaderFilterRegex: '(.*)'$", (root / ".clang-tidy").read_text(),
                            re.MULTILINE).group(1)
        # Only what is in the repository, wherever that lies, and all that a batch includes.
        self.header_filter = f"^{re.escape(str(root))}(/.*)?({pattern}|\\.cpp$)"

    def _run(self, *arguments):
        run = subprocess.run(
            [CLANG_TIDY, *OPTIONS, f"--header-filter={self.header_filter}", *arguments],
            cwd=self.root, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return "" if run.returncode == 0 else run.stdout or run.stderr

    def _alone(self, name):
        return self._run("-p", str(self.build), name)

    def _together(self, names, directory):
        batch = pathlib.Path(directory, "batch-" + names[0].replace("/", "-"))
        batch.write_text(including(self.root, names))
        # g++ warns of shadowing; here it would be of another file's names.
        return self._run(f"--config-file={self.root / '.clang-tidy'}", str(batch), "--",
                         *flags(self.commands[names[0]]), "-Wno-shadow",
                         "-Wno-unknown-warning-option")

    def check(self, jobs):
        """Yields (name, complaints) of each file, as they are found; '' is clean."""
        with tempfile.TemporaryDirectory() as directory, \
                concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
            running = {}

            def start(names):
                alone = len(names) == 1
                running[pool.submit(self._alone, *names) if alone else
                        pool.submit(self._together, names, directory)] = names

            for names in batches(self.root, list(self.commands.items())):
                start(names)
            while running:
                done, _ = concurrent.futures.wait(
                    running, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    names, complaints = running.pop(future), future.result()
                    if complaints and len(names) > 1:
                        middle = len(names) // 2
                        start(names[:middle])
                        start(names[middle:])
                    else:
                        yield from ((name, complaints) for name in names)
