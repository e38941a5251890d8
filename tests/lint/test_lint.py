#!/usr/bin/env python3
"""The lint finds what it promises to find: small bad samples, one fault each, beside good ones.
SPDX-License-Identifier: Apache-2.0
"""
import os
import sys
import tempfile
import unittest

import csource
import docs
import lint
import shwords

OPENING = "/*\n * A sample.\n * SPDX-License-Identifier: Apache-2.0\n */\n"


def body(lines):
    return "int f(void)\n{\n" + "    g();\n" * (lines - 4) + "    return 0;\n}\n"


def findings(rule, files):
    """What a rule says about a tree of {path: text}."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return [text for _, _, text in lint.RULES[rule](root, lint.read_tree(root))]


class Nesting(unittest.TestCase):
    ROWS = [
        ("f();", 0),
        ("if (a) b();", 1),
        ("if (a) { b(); }", 1),
        ("if (a) b(); else if (c) d(); else e();", 1),
        ("if (a) for (;;) while (b) c();", 3),
        ("if (a) { } else { if (b) { while (c) d(); } }", 3),
        ("do { if (a) b(); } while (c);", 2),
        ("switch (a) { case 1: if (b) c(); break; default: d(); }", 2),
        ("switch (a) { case 'x': for (;;) if (b) c(); }", 3),
        ("struct s v = {.a = {1, 2}, .b = f((int[]){3})};", 0),
        ("json_array_foreach(a, i, v) { if (b) c(); }", 2),
        ("x = a ? b : c; if (d) e();", 1),
        ("again: if (a) goto again;", 1),
        ("{ int inner; }", 0),
    ]

    def test_depth_is_counted_with_and_without_braces(self):
        for code, want in self.ROWS:
            with self.subTest(code=code):
                found = csource.functions("void f(void)\n{\n" + code + "\n}\n")
                self.assertEqual([f.nesting for f in found], [want])


class Functions(unittest.TestCase):
    ROWS = [
        ("static int f(int a, char (*b)(int, int))\n{\n}\n", [("f", 2)]),
        ("int a[] = {1, 2};\nint f(void)\n{\n}\n", [("f", 0)]),
        ("struct s {\n int a;\n};\nstruct s f(int a, ...)\n{\n}\n", [("f", 1)]),
        ("enum { A = 1 };\n__attribute__((noreturn)) void f(int a)\n{\n}\n", [("f", 1)]),
        ("static const struct { int a; } rows[] = {{1}};\nvoid f(void)\n{\n}\n", [("f", 0)]),
        ("/* void g(void) { */\nvoid f(void)\n{\n char *s = \"}\"; int c = '{';\n}\n", [("f", 0)]),
        ("#define X(a) do { } while (0)\nvoid f(void)\n{\n}\n", [("f", 0)]),
        ("void f(void);\nvoid g(void)\n{\n}\nvoid h(void)\n{\n}\n", [("g", 0), ("h", 0)]),
    ]

    def test_definitions_are_found_with_their_parameters(self):
        for code, want in self.ROWS:
            with self.subTest(code=code):
                found = [(f.name, f.parameters) for f in csource.functions(code)]
                self.assertEqual(found, want)

    def test_prototypes_are_found_and_function_pointers_are_not(self):
        code = "int f(int a,\n      int b);\ntypedef int g(int a);\nstruct s { int (*h)(int); };\n"
        self.assertEqual([(n, c) for n, c, _ in csource.prototypes(code)], [("f", 2)])


class ShellWords(unittest.TestCase):
    ROWS = [
        ("#!/bin/sh\nset -e\nls -l | sort; rm x && touch y\n", ["ls", "sort", "rm", "touch"]),
        ("#!/bin/sh\n# grep in a comment\necho 'sed in a string'\n", []),
        ("#!/bin/sh\nx=$(cut -f1 a)\necho \"$(head -n1 b)\"\n", ["cut", "head"]),
        ("#!/bin/sh\ngo() {\n  LANG=C awk 1\n}\ngo\nexec env A=1 $x\n", ["awk", "env"]),
        ("#!/bin/sh\ncase $x in\n  list) date ;;\n  a | b) stat c ;;\nesac\n", ["date", "stat"]),
        ("#!/bin/sh\nfor i in cat dog; do y=$((y + 1)); done\n", []),
        ("#!/bin/sh\ncat <<END\nwc -l\nEND\ntr a b\n", ["cat", "tr"]),
    ]

    def test_commands_are_found_and_words_are_not(self):
        for script, want in self.ROWS:
            with self.subTest(script=script), tempfile.NamedTemporaryFile("w") as file:
                file.write(script)
                file.flush()
                self.assertTrue(shwords.is_shell(file.name))
                self.assertEqual([word for _, word in shwords.commands(file.name)], want)


class Documents(unittest.TestCase):
    def test_configuration_values_are_found_without_lists(self):
        text = ("hub = {\n  a_ms = 5; # a comment = 3;\n  inner: { b = \"x;y\"; };\n};\n"
                "rows = ( { c = 1; }, { c = 2; } );\nlast = [1, 2];\nd = true;\n")
        self.assertEqual(docs.config_values(text), {
            "hub.a_ms": "5", "hub.inner.b": '"x;y"', "rows": "", "last": "", "d": "true"})

    def test_sections_end_at_the_next_heading_of_their_level(self):
        text = "# T\n## `a` one\nx\n### `b`\ny\n## Other\nz\n## `c`\nw\n"
        self.assertEqual(docs.sections(text, 2), {"a": "\nx\n### `b`\ny\n", "c": "\nw\n"})

    def test_differences_are_told_both_ways(self):
        told = list(docs.differ("d", ["a", "b"], ["b", "c"], "key"))
        self.assertEqual(told, ["d: key 'c' is in the code, not here",
                                "d: key 'a' is here, not in the code"])

    def test_options_are_read_from_help_and_tables(self):
        cells = docs.first_cells("| option | |\n|---|---|\n| `-d`, `--data DIR` | x |\n"
                                 "| `--json` | see `--keys` |\n")
        self.assertEqual(cells, ["-d, --data DIR", "--json"])
        self.assertEqual(docs.options_in("-d, --data=DIR --no-op --help"), {"--data", "--no-op"})

    def test_links_to_nowhere_are_named(self):
        with tempfile.TemporaryDirectory() as root:
            with open(os.path.join(root, "README.md"), "w", encoding="utf-8") as file:
                file.write("[a](README.md#x) [b](https://a.example) [c](gone.md) `base/gone.c`\n")
            self.assertEqual(len(list(docs.links_check(root, None))), 2)


class Rules(unittest.TestCase):
    """Rows: rule, files, a part of the one finding, or None for a clean tree."""
    LONG = "int f(int a, int b, int c, int d, int e, int g)\n{\n    return a;\n}\n"
    ROWS = [
        ("sizes", {"base/a.c": OPENING + body(60)}, None),
        ("sizes", {"base/a.c": OPENING + body(61)}, "f: 61 lines, at most 60"),
        ("sizes", {"base/a.c": OPENING + "/* A flat table. */\n" + body(100)}, None),
        ("sizes", {"base/a.c": OPENING + "/* A flat table. */\n" + body(101)}, "at most 100"),
        ("sizes", {"base/a.c": OPENING + body(26).replace("f(", "main(")}, "main: 26 lines"),
        ("sizes", {"base/a.c": OPENING + LONG}, "6 parameters"),
        ("sizes", {"base/a.h": "int f(int, int, int, int, int, int);\n"}, "6 parameters"),
        ("sizes", {"base/a.c": "int a;\n" * 601}, "601 lines"),
        ("sizes", {"base/a.h": "int a;\n" * 151}, "151 lines"),
        ("sizes", {"base/a.c": "/* " + "é" * 94 + " */\n"}, None),
        ("sizes", {"base/a.c": "/* " + "x" * 95 + " */\n"}, "101 columns"),
        ("opening", {"base/a.c": OPENING}, None),
        ("opening", {"base/a.c": "/* SPDX-License-Identifier: Apache-2.0 */\n"}, "1 lines"),
        ("opening", {"base/a.c": "/*\n * A.\n * B.\n */\n"}, "SPDX"),
        ("opening", {"base/a.c": "/*\n" + " * A.\n" * 9 + OPENING[3:]}, "11 lines"),
        ("opening", {"base/a.h": OPENING}, "#pragma once"),
        ("opening", {"setup": "#!/bin/sh\n"}, "SPDX"),
        ("includes", {"base/a.c": "#include \"base/a.h\"\n", "base/a.h": ""}, None),
        ("includes", {"base/a.c": "#include \"base/b.h\"\n"}, "does not exist"),
        ("includes", {"base/a.c": "#include \"a.h\"\n"}, "named from the root"),
        ("includes", {"base/a.c": "#include \"wire/a.h\"\n", "wire/a.h": ""}, "may not know wire/"),
        ("includes", {"image/a.c": "#include \"archive/a.h\"\n", "archive/a.h": ""}, "may not"),
        ("includes", {"workers/a.c": "#include \"wire/a.h\"\n", "wire/a.h": ""}, None),
        ("includes", {"workers/a.c": "#include <zmq.h>\n"}, "belongs to wire/"),
        ("includes", {"wire/a.c": "#include <zmq.h>\n"}, None),
        ("includes", {"tests/a.c": "#include <lmdb.h>\n"}, "belongs to archive/"),
        ("includes", {"image/a.c": "#include <tesseract/capi.h>\n"}, "belongs to ocr/"),
        ("includes", {"base/meson.build": "x = declare_dependency(wire_dep)\n"}, "may not know"),
        ("words", {"base/a.c": "int a; /* TO" "DO */\n"}, "a loose end"),
        ("words", {"base/a.c": "#if 0\n#endif\n"}, "dead code"),
        ("words", {"docs/a.md": "see /home/me/tripli\n"}, "a path of one machine"),
        ("words", {"docs/a.md": "see a/home/b and /usr/lib\n"}, None),
        ("words", {"base/a.c": "void f(char *a)\n{\n    strcpy(a, a);\n}\n"}, "unbounded"),
        ("words", {"base/a.c": "void f(void)\n{\n    exit(1);\n}\n"}, "never exit"),
        ("words", {"base/a.c": "void f(void)\n{\n    fprintf(stderr, \"x\");\n}\n"}, "never print"),
        ("words", {"base/a.c": "void f(FILE *a)\n{\n    fprintf(a, \"x\");\n}\n"}, None),
        ("words", {"workers/a.c": "void f(void)\n{\n    exit(1);\n}\n"}, None),
        ("messages", {"base/a.c": "int a = err_set(e, ERR_IO, \"page %d: torn\", 3);\n"}, None),
        ("messages", {"base/a.c": "int a = err_set(e, ERR_IO, \"NIR: torn\");\n"}, None),
        ("messages", {"base/a.c": "int a = err_set(e, ERR_IO, \"Page torn\");\n"}, "capital"),
        ("messages", {"base/a.c": "int a = err_set(e, f(1, 2), \"torn.\");\n"}, "full stop"),
        ("messages", {"base/a.c": "int a = err_prefix(e, \"a\\n\");\n"}, "line end"),
    ]

    def test_each_sample_gives_its_one_finding(self):
        for rule, files, want in self.ROWS:
            with self.subTest(rule=rule, files=list(files), want=want):
                found = findings(rule, files)
                if want is None:
                    self.assertEqual(found, [])
                else:
                    self.assertEqual(len(found), 1, found)
                    self.assertIn(want, found[0])

    @unittest.skipUnless(lint.which("clang-format"), "clang-format is not installed")
    def test_a_file_laid_out_otherwise_is_named_once(self):
        style = {".clang-format": "BasedOnStyle: LLVM\n"}
        self.assertEqual(findings("format", {"base/a.c": "int a;\n", **style}), [])
        bad = {"base/a.c": "int  a ;\nint  b ;\n", **style}
        self.assertEqual(findings("format", bad), ["not laid out by clang-format -i"])


if __name__ == "__main__":
    sys.exit(unittest.main())
