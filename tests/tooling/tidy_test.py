"""Tests of scripts/tidy.py: which files are checked together, and what is said of them."""

import json
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import tidy

SETTINGS = """Checks: '-*,readability-identifier-naming,misc-unused-alias-decls'
WarningsAsErrors: '*'
HeaderFilterRegex: '/base/.*\\.h$'
CheckOptions:
  - { key: readability-identifier-naming.FunctionCase, value: lower_case }
"""


class Repository(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        # The root's name is no part of what .clang-tidy says about headers.
        self.root = pathlib.Path(directory.name) / "base"
        self.root.mkdir()
        (self.root / ".clang-tidy").write_text(SETTINGS)
        self.commands = []

    def add(self, name, text, flags="-O2"):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        self.commands.append((name, f"c++ {flags} -o {name}.o -c {path}"))

    def batches(self):
        return sorted(sorted(batch) for batch in tidy.batches(self.root, self.commands))

    def test_one_batch(self):
        self.add("a.cpp", "int one() { return 1; }\n")
        self.add("b.cpp", "int two() {\n  int one = 2;\n  return one;\n}\n")
        self.assertEqual(self.batches(), [["a.cpp", "b.cpp"]])

    def test_same_name(self):
        for line in ("constexpr int kSame = 3;", "int kSame[] = {3};", "struct kSame {};",
                     "int kSame(int given) { return given; }", "enum class kSame { kOne };",
                     "[[nodiscard]] int kSame() { return 1; }", "class kSame final : Base {};"):
            with self.subTest(line):
                self.commands = []
                self.add("a.cpp", "const int kSame = 1;\n")
                self.add("b.cpp", line + "\n")
                text = tidy.including(self.root, ["a.cpp", "b.cpp"])
                self.assertRegex(text, "a.cpp.*\n#define kSame kSame1\n.*b.cpp.*\n#undef kSame\n")

    def test_the_name_of_a_member(self):
        self.add("a.cpp", "const int kSame = 1;\n")
        for line in ("const int kSame = Other::kSame;", "int kSame(A a) { return a.kSame; }"):
            self.commands = self.commands[:1]
            self.add("b.cpp", line + "\n")
            self.assertEqual(self.batches(), [["a.cpp"], ["b.cpp"]])
            self.assertNotIn("define", tidy.including(self.root, ["a.cpp", "b.cpp"]))

    def test_other_flags(self):
        self.add("a.cpp", "int one() { return 1; }\n")
        self.add("b.cpp", "int two() { return 2; }\n", "-O2 -DOTHER")
        self.assertEqual(self.batches(), [["a.cpp"], ["b.cpp"]])

    def test_declarations_that_are_checked_in_the_main_file_only(self):
        self.add("a.cpp", "using std::chrono::seconds;\n")
        self.add("b.cpp", "namespace other = std;\n")
        self.add("c.cpp", "int one() { return 1; }\n")
        self.add("d.cpp", "using namespace std;\nusing Name = int;\n")
        self.assertEqual(self.batches(), [["a.cpp"], ["b.cpp"], ["c.cpp", "d.cpp"]])

    def test_size(self):
        for i in range(tidy.LARGEST_BATCH + 1):
            self.add(f"{i}.cpp", f"int one_{i}() {{ return 1; }}\n")
        self.assertEqual(sorted(len(batch) for batch in self.batches()),
                         [1, tidy.LARGEST_BATCH])

    @unittest.skipUnless(shutil.which(tidy.CLANG_TIDY), f"no {tidy.CLANG_TIDY}")
    def test_verdicts(self):
        self.add("a.cpp", "int one() { return 1; }\n")
        self.add("b.cpp", "int BadName() { return 2; }\n")
        # Does not go together with a.cpp, and has a name that only looks different.
        self.add("c.cpp",
                 "namespace {\n  int one() { return 3; }\n}\nint use() { return one(); }\n")
        (self.root / "other").mkdir()
        (self.root / "other/kernel.h").write_text("inline int KernelName() { return 1; }\n")
        (self.root / "base").mkdir()
        (self.root / "base/own.h").write_text("inline int OwnName() { return 1; }\n")
        self.add("d.cpp", '#include "other/kernel.h"\nint four() { return 4; }\n')
        self.add("e.cpp", '#include "base/own.h"\nint five() { return 5; }\n')
        self.add("f.cpp", "namespace {\nint one() { return 6; }\n}\nint six() { return one(); }\n")
        self.assertEqual(len(self.batches()), 1)
        (self.root / "compile_commands.json").write_text(json.dumps(
            [{"directory": str(self.root), "file": name, "command": command}
             for name, command in self.commands]))
        verdicts = dict(tidy.Tidy(self.root, self.root, self.commands).check(2))
        self.assertEqual(verdicts.keys(), {"a.cpp", "b.cpp", "c.cpp", "d.cpp", "e.cpp", "f.cpp"})
        self.assertEqual([name for name in sorted(verdicts) if verdicts[name]], ["b.cpp", "e.cpp"])
        self.assertIn("'BadName'", verdicts["b.cpp"])
        self.assertIn("'OwnName'", verdicts["e.cpp"])


if __name__ == "__main__":
    unittest.main()
