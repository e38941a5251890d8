#!/usr/bin/env python3
"""Holds the sources to docs/style.md: sizes, opening comments, the include graph, words that must
not stay, the form of error texts. Usage: lint.py [--root DIR] [RULE...]; without a rule, all.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import re
import subprocess
import sys
from shutil import which

import csource

DOMAIN = ["base", "image", "wire", "scanner", "ocr", "classify", "archive",
          "partners"]
CODE = DOMAIN + ["workers", "bench", "tests"]
EVERYTHING = CODE + ["config", "docs", "meson", ".ci"]

# Whose headers a folder may include, besides its own.
MAY_INCLUDE = {
    "base": [], "image": ["base"], "wire": ["base"], "archive": ["base"],
    "partners": ["base", "wire"],
    "scanner": ["base", "image"], "ocr": ["base", "image"], "classify": ["base", "image", "ocr"],
    "workers": DOMAIN, "bench": DOMAIN + ["workers"], "tests": DOMAIN + ["workers", "bench"],
}
# Headers of other people's libraries that one folder hides from all others.
ONLY_IN = {"zmq.h": "wire", "lmdb.h": "archive", "tesseract/capi.h": "ocr",
           "sane/sane.h": "scanner", "sane/saneopts.h": "scanner"}

MOST = {"function": 60, "flat": 100, "main": 25, ".c": 600, ".h": 150, "columns": 100,
        "parameters": 5, "nesting": 3, "opening": 9}
FLAT_NESTING = 2  # a flat table or switch has no more than the switch and one thing in it


class Source:
    """One file: its path from the root, text and lines."""

    def __init__(self, root, path):
        self.path = path
        self.folder = path.split("/")[0] if "/" in path else ""
        with open(os.path.join(root, path), encoding="utf-8") as file:
            self.text = file.read()
        self.lines = self.text.splitlines()

    @property
    def is_c(self):
        return self.path.endswith((".c", ".h"))


def is_text(path):
    name = os.path.basename(path)
    return path.endswith((".c", ".h", ".py", ".sh", ".md", ".build", ".ini", ".txt", ".conf",
                          ".svg", ".in")) or "." not in name


def read_tree(root):
    """All text files of the project's own folders, and those at its top."""
    paths = [name for name in os.listdir(root) if os.path.isfile(os.path.join(root, name))]
    for folder in EVERYTHING:
        for where, folders, names in os.walk(os.path.join(root, folder)):
            folders[:] = [f for f in folders if f not in ("corpus", "__pycache__")]
            paths += [os.path.relpath(os.path.join(where, name), root) for name in names]
    kept = sorted(p for p in paths if is_text(p) and not os.path.islink(os.path.join(root, p))
                  and os.path.basename(p) not in ("LICENSE", ".git"))
    return [Source(root, path) for path in kept]


def line_of(text, at):
    return text.count("\n", 0, at) + 1


# --- rules: each yields (path, line, what is wrong) ----------------------------------------------

def format_rule(root, sources):
    """The layout is what clang-format makes of it."""
    files = [s.path for s in sources if s.is_c]
    if not files:
        return
    run = subprocess.run(["clang-format", "--dry-run", "-Werror", "--ferror-limit=3"] + files,
                         cwd=root, capture_output=True, text=True, check=False)
    seen = set()
    for match in re.finditer(r"^(\S+?):(\d+):\d+: error: (.*)$", run.stderr, re.MULTILINE):
        if match[1] not in seen:
            yield match[1], int(match[2]), "not laid out by clang-format -i"
        seen.add(match[1])
    if run.returncode != 0 and not seen:
        yield "clang-format", 0, run.stderr.strip()[:200]


def is_flat(function):
    return "flat" in function.comment and function.nesting <= FLAT_NESTING


def function_sizes(source):
    for function in csource.functions(source.text):
        lines = function.lines
        if function.name == "main":
            lines -= sum(1 for line in source.lines[function.first - 1:function.last]
                         if "cmocka_unit_test" in line)
            most = MOST["main"]
        else:
            most = MOST["flat" if is_flat(function) else "function"]
        if lines > most:
            yield function.first, f"{function.name}: {lines} lines, at most {most}"
        if function.parameters > MOST["parameters"]:
            yield (function.first, f"{function.name}: {function.parameters} parameters, at most "
                   f"{MOST['parameters']}")
        if function.nesting > MOST["nesting"]:
            yield (function.first, f"{function.name}: nested {function.nesting} deep, at most "
                   f"{MOST['nesting']}")


def sizes_rule(_root, sources):
    """Functions, files, parameters, nesting and columns stay under their ceilings."""
    for source in sources:
        for number, line in enumerate(source.lines, 1):
            if len(line) > MOST["columns"] and not source.path.endswith((".md", ".svg", ".txt")):
                yield source.path, number, f"{len(line)} columns, at most {MOST['columns']}"
        if not source.is_c:
            continue
        most = MOST[source.path[-2:]]
        if len(source.lines) > most:
            yield source.path, 1, f"{len(source.lines)} lines, at most {most}"
        for line, text in function_sizes(source):
            yield source.path, line, text
        for name, count, line in csource.prototypes(source.text):
            if source.path.endswith(".h") and count > MOST["parameters"]:
                yield (source.path, line, f"{name}: {count} parameters, at most "
                       f"{MOST['parameters']}")


def opening_rule(_root, sources):
    """Every source opens with a short comment that says what it is, and has one SPDX line."""
    for source in sources:
        script = source.text.startswith("#!") or source.path.endswith((".py", ".sh"))
        if not (source.is_c or script):
            continue
        spdx = re.findall(r"^[ */#]*SPDX-License-Identifier: (\S+)", source.text, re.MULTILINE)
        if spdx != ["Apache-2.0"]:
            yield source.path, 1, "wants exactly one line 'SPDX-License-Identifier: Apache-2.0'"
        if source.path.endswith(".h") and "#pragma once" not in source.lines:
            yield source.path, 1, "a header wants '#pragma once'"
        if not source.is_c:
            continue
        opening = re.match(r"/\*(.*?)\*/", source.text, re.DOTALL)
        lines = [x for x in opening[1].splitlines() if x.strip(" *")] if opening else []
        if not 2 <= len(lines) <= MOST["opening"]:
            yield (source.path, 1, f"opens with {len(lines)} lines of comment, wants 2 to "
                   f"{MOST['opening']} with the SPDX line")


def includes_rule(root, sources):
    """The include graph: who may know whom."""
    for source in sources:
        if not source.is_c:
            continue
        for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', source.text,
                                 re.MULTILINE):
            line, name = line_of(source.text, match.start()), match[2]
            owner = ONLY_IN.get(name)
            if owner and source.folder != owner:
                yield source.path, line, f"<{name}> belongs to {owner}/ alone"
            if match[1] == '"':
                yield from ((source.path, line, why) for why in own_include(root, source, name))
    for source in sources:
        if source.path.endswith("/meson.build") and source.folder in DOMAIN:
            yield from dependencies(source)


def own_include(root, source, name):
    folder = name.split("/")[0]
    if "/" not in name or folder not in CODE:
        yield f'"{name}": own headers are named from the root, "folder/noun.h"'
    elif folder != source.folder and folder not in MAY_INCLUDE[source.folder]:
        yield f"{source.folder}/ may not know {folder}/"
    elif not os.path.exists(os.path.join(root, name)):
        yield f'"{name}" does not exist'


def dependencies(source):
    for match in re.finditer(r"\b(\w+)_dep\b", source.text):
        folder = match[1]
        if folder in DOMAIN and folder != source.folder \
                and folder not in MAY_INCLUDE[source.folder]:
            yield (source.path, line_of(source.text, match.start()),
                   f"{source.folder}/ may not know {folder}/")


# The sources of the lint itself hold these words as patterns.
WORDS = [
    (r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b", "a loose end: do it, or write an issue"),
    (r"^[ \t]*#[ \t]*if[ \t]+0\b", "dead code"),
    (r"(?<![\w.$}/-])/(work|home|root|Users)/", "a path of one machine"),
    (r"https?://[^/\s\"']*(registry|mirror|debian\.org|pypi|npmjs)", "a package mirror's host"),
    (r"/tmp/b-", "a path of one machine"),
]
BANNED_CALLS = {"gets": "unbounded", "strcpy": "unbounded", "strcat": "unbounded",
                "sprintf": "unbounded", "vsprintf": "unbounded", "strtok": "not reentrant",
                "system": "a shell", "popen": "a shell", "mktemp": "a race", "tmpnam": "a race"}
LIBRARY_CALLS = {"exit", "_exit", "abort", "perror", "printf", "puts", "err", "errx"}
MAY_PRINT = {"base/log.c"}


def words_rule(_root, sources):
    """Nothing unfinished, dead, local to a machine or unbounded stays in the tree."""
    for source in sources:
        if source.path.startswith("tests/lint/"):
            continue
        for pattern, why in WORDS:
            for match in re.finditer(pattern, source.text, re.MULTILINE):
                yield (source.path, line_of(source.text, match.start()),
                       f"'{match[0].strip()}': {why}")
        if source.path.endswith(".c"):
            yield from calls(source)


def calls(source):
    """Calls that have no place in any C file here, or none in a library."""
    tokens = csource.code_of(csource.tokenize(source.text))
    library = source.folder in DOMAIN and source.path not in MAY_PRINT
    for before, token, after, first in zip([None] + tokens, tokens, tokens[1:], tokens[2:]):
        if token.kind != "word" or after.text != "(" or before and before.text in (".", "->"):
            continue
        if token.text in BANNED_CALLS:
            yield source.path, token.line, f"{token.text}(): {BANNED_CALLS[token.text]}"
        printing = token.text == "fprintf" and first.text in ("stderr", "stdout")
        if library and (token.text in LIBRARY_CALLS or printing):
            yield source.path, token.line, f"{token.text}(): libraries never print and never exit"


# Function and which of its arguments is the text.
ERROR_TEXTS = {"err_set": 2, "err_errno": 2, "err_prefix": 1, "config_refuse": 2,
               "log_error": 1, "log_warn": 1, "log_info": 1, "log_debug": 1}


def messages_rule(_root, sources):
    """Error texts: lower case, no full stop, no line end, subject first."""
    for source in sources:
        if not source.path.endswith(".c") or source.folder == "tests":
            continue
        tokens = csource.code_of(csource.tokenize(source.text))
        for i, token in enumerate(tokens[:-1]):
            if token.text in ERROR_TEXTS and tokens[i + 1].text == "(":
                end = csource.closing(tokens, i + 1)
                text = text_argument(tokens[i + 2:end], ERROR_TEXTS[token.text])
                for why in wrong_with(text):
                    yield source.path, token.line, f"{token.text}: \"{text[:40]}\" {why}"


def text_argument(tokens, wanted):
    """The joined string literals of one argument of a call, '' where it is no literal."""
    depth, index, text = 0, 0, ""
    for token in tokens:
        depth += (token.text in "([{") - (token.text in ")]}")
        if token.text == "," and depth == 0:
            index += 1
        elif index == wanted and token.kind == "string":
            text += token.text[1:-1]
    return text


PROPER_NAMES = {"Cerfa", "Debian", "Leptonica", "Tesseract", "Unix"}


def wrong_with(text):
    word = re.match(r"[A-Z][a-z]+\b", text)
    if word and word[0] not in PROPER_NAMES:
        yield "begins with a capital"
    if text.endswith(".") and not text.endswith("..."):
        yield "ends with a full stop"
    if "\\n" in text:
        yield "holds a line end; one event is one line"


RULES = {"format": format_rule, "sizes": sizes_rule, "opening": opening_rule,
         "includes": includes_rule, "words": words_rule, "messages": messages_rule}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), "..", ".."))
    parser.add_argument("rules", nargs="*", choices=[[], *RULES], metavar="RULE")
    args = parser.parse_args()
    rules = args.rules or list(RULES)
    if rules == ["format"] and not which("clang-format"):
        print("skipped: clang-format is not installed")
        return 77
    sources = read_tree(args.root)
    found = 0
    for name in rules:
        for path, line, text in RULES[name](args.root, sources):
            print(f"{path}:{line}: {name}: {text}")
            found += 1
    print(f"{len(sources)} files, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
