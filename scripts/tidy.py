"""Runs clang-tidy on many files in little time, for scripts/lint.

Three quarters of clang-tidy's time goes into the headers that a file includes: it
matches all checks with the whole standard library. So files that are compiled alike
are checked in batches, each included by one file, which has the headers once. Files
that a batch complains about are checked again, each alone, and that counts: what a
batch says can come from two files having met, what a file alone says cannot.
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
LARGEST_BATCH = 12
# What a file defines in its namespaces stands in the first column. Two files of a batch
# must not define the same name, each in its unnamed namespace.
DEFINED = re.compile(r"^(?:class|struct|enum class|enum) (\w+)|"
                     r"^(?!using |namespace |extern )[A-Za-z\[].*?([\w:]+)[ \t]*[(\[={;]",
                     re.MULTILINE)
# misc-unused-using-decls and misc-unused-alias-decls look at the main file only, so files
# with such declarations are checked alone.
UNUSED_IN_MAIN_FILE = re.compile(r"^\s*(using\s+(?!namespace\b)[\w:]+::\w+;|namespace\s+\w+\s*=)",
                                 re.MULTILINE)


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


def batches(root, commands):
    """Lists of files to be checked together; commands: (name, compile command) in order.

    Files of a batch are compiled with the same flags and define no name twice. The last
    are dealt out first: workloads are each like the other and need a batch each, which
    the rest then fills up.
    """
    open_batches = {}
    result = []
    for name, command in reversed(commands):
        text = (root / name).read_text()
        if UNUSED_IN_MAIN_FILE.search(text):
            result.append([name])
            continue
        names = {a or b for a, b in DEFINED.findall(text)}
        group = open_batches.setdefault(flags(command), [])
        for files, taken in group:
            if len(files) < LARGEST_BATCH and not names & taken:
                files.append(name)
                taken |= names
                break
        else:
            group.append(([name], names))
            result.append(group[-1][0])
    return result


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
        including = pathlib.Path(directory, "batch-" + names[0].replace("/", "-"))
        including.write_text("".join(
            f'#include "{self.root / name}"  // NOLINT(bugprone-suspicious-include)\n'
            for name in names))
        # g++ warns of shadowing; here it would be of another file's names.
        return self._run(f"--config-file={self.root / '.clang-tidy'}", str(including), "--",
                         *flags(self.commands[names[0]]), "-Wno-shadow",
                         "-Wno-unknown-warning-option")

    def check(self, jobs):
        """Yields (name, complaints) of each file, as they are found; '' is clean."""
        with tempfile.TemporaryDirectory() as directory, \
                concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
            running = {}

            def start(function, names, *arguments):
                running[pool.submit(function, *arguments)] = names

            for names in batches(self.root, list(self.commands.items())):
                if len(names) == 1:
                    start(self._alone, names, names[0])
                else:
                    start(self._together, names, names, directory)
            while running:
                done, _ = concurrent.futures.wait(
                    running, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    names, complaints = running.pop(future), future.result()
                    if complaints and len(names) > 1:
                        for name in names:
                            start(self._alone, [name], name)
                    else:
                        yield from ((name, complaints) for name in names)
