"""Tests of check_docs: each thing it should complain about, it complains about."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import markdown
import options

CHECK_DOCS = pathlib.Path(__file__).with_name("check_docs")
# Stands for bench: a help text in CLI11's layout, an exit code, a line of output.
FAKE_BENCH = """#!/bin/bash
# Holds the name of a flag of Google Benchmark: benchmark_filter
case "$*" in
  --help)
    printf 'Options:\\n  --out FILE   results\\n\\n'
    printf 'Subcommands:\\n  list   names\\n  a\\n  fail\\n  slow\\n'
    ;;
  "list --help") printf 'Options:\\n  --json   for programs\\n' ;;
  fail) exit 3 ;;
  slow) sleep 10 ;;
  *) echo "arguments: $*" ;;
esac
"""


def console(commands, tag=""):
    comment = f"<!-- test: {tag} -->\n" if tag else ""
    return f"{comment}```console\n{commands}\n```\n"


class CheckDocs(unittest.TestCase):
    def check(self, text, files=()):
        """Checks a repository with this README.md; returns exit code and output."""
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory, "repository")
            for folder in ("docs", "scripts", "bin"):
                (root / folder).mkdir(parents=True)
            (root / "README.md").write_text(text)
            bench = root / "bin/bench"
            for path, content in [("bin/bench", FAKE_BENCH), *files]:
                (root / path).write_text(content)
            bench.chmod(0o755)
            run = subprocess.run([CHECK_DOCS, "--root", root, "--bench", bench], text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            return run.returncode, run.stdout

    def accepts(self, text, said="", **arguments):
        status, output = self.check(text, **arguments)
        self.assertEqual(status, 0, output)
        self.assertIn(said, output)

    def refuses(self, text, said, **arguments):
        status, output = self.check(text, **arguments)
        self.assertEqual(status, 1, output)
        self.assertIn(said, output)

    def test_exit_codes(self):
        self.accepts(console("$ bench a"), "1 commands run")
        self.refuses(console("$ bench fail"), "README.md:2: bench fail: exit code 3, not 0")
        self.accepts(console("$ bench fail", "exit=3"))
        self.refuses(console("$ bench a", "exit=3"), "exit code 0, not 3")
        self.refuses(console("$ bench slow", "timeout=1"), "not done after 1 s")

    def test_output(self):
        self.accepts(console("$ bench a\narguments: a", "same-output"))
        self.accepts(console("$ bench a\nsomething else"))
        self.refuses(console("$ bench a\narguments: b", "same-output"), "the document shows")

    def test_commands_share_a_directory_but_not_the_repository(self):
        self.accepts(console("$ bench a >file") + console("$ cat file\narguments: a", "same-output")
                     + console("$ ls README.md"))

    def test_continued_command(self):
        self.accepts(console("$ bench a \\\n>   b\narguments: a b", "same-output"))

    def test_skipping_needs_a_reason(self):
        self.accepts(console("$ bench fail", "skip=takes an hour"), "takes an hour")
        self.refuses(console("$ bench fail", "skip="), "skip without a reason")

    def test_tags(self):
        self.refuses(console("$ bench a", "sameoutput"), "unknown tag 'sameoutput'")
        self.refuses("<!-- test: exit=1 -->\ntext\n", "no console block follows")
        self.refuses("<!-- test: exit=1 -->\n```json\n{}\n```\n", "not run")

    def test_root(self):
        status, output = self.check(console("$ bench fail", "needs-root"))
        self.assertEqual(status, 1 if os.geteuid() == 0 else 0, output)

    def test_heavy_commands_are_only_parsed(self):
        self.accepts(console("$ scripts/test"), "only its syntax")
        self.refuses(console("$ scripts/test ("), "not a command")

    def test_shell_blocks_can_not_hide(self):
        self.refuses("```sh\nfalse\n```\n", "use a console block")
        self.refuses("```console\nfalse\n```\n", "must start with")
        self.refuses("```console\n$ true\n", "a block without end")

    def test_options(self):
        self.accepts("`--out`, `--json`, `bench --out=FILE`, `list --nothing`, `cmake --install`\n")
        self.accepts("`--benchmark_filter`\n")
        self.refuses("`--benchmark_nothing`\n", "--benchmark_nothing")
        self.refuses("`--nothing`\n", "README.md:1: no program of ours has the option --nothing")
        self.refuses("`bench list --nothing`\n", "--nothing")
        self.refuses(console("$ true && bench --nothing"), "--nothing")

    def test_subcommands(self):
        self.accepts("`bench list --json`\n")
        self.refuses("`bench show`\n", "no subcommand 'show'")

    def test_files(self):
        self.accepts("`docs/a.md` [a](docs/a.md#part) [b](https://example.org)\n",
                     files=[("docs/a.md", "text\n")])
        self.refuses("`docs/b.md`\n", "names docs/b.md")
        self.refuses("[b](docs/b.md)\n", "links to docs/b.md")
        self.refuses("text\n", "a.h: names docs/b.md", files=[("a.h", "// See docs/b.md.\n")])


class Parsing(unittest.TestCase):
    def test_lines_and_outputs(self):
        document = markdown.parse("a.md", "`x`\n```console\n$ one\nout\n$ two\n```\n")
        self.assertEqual([(c.line, c.text, c.output) for c in document.commands],
                         [(3, "one", "out\n"), (5, "two", "")])
        self.assertEqual(document.code, [(1, "x")])

    def test_subcommands(self):
        text = "Subcommands:\n  a   text\n          more\n  b\nOther:\n  c"
        self.assertEqual(options.subcommands(text), ["a", "b"])


if __name__ == "__main__":
    unittest.main()
