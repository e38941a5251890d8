#!/usr/bin/env python3
"""Holds docs/ and README.md against the code: links, named files, message kinds and fields, page
states, configuration keys, and, given a build directory, the options of every program.
Usage: docs.py [--root DIR] [--build DIR] CHECK...; without a check, all.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import re
import subprocess
import sys
from glob import glob

HELP_COLUMNS, HELP_LINES = 80, 24
# Options that argp gives to every program; docs/commands.md names them once, at its top.
TUNED = "tuned"  # instead of a default: found by measuring, changed without changing the document
BY_ARGP = {"--help", "--usage", "--version"}


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def documents(root):
    paths = [os.path.join(root, "README.md")] + glob(os.path.join(root, "docs/**/*.md"),
                                                     recursive=True)
    return sorted(os.path.relpath(path, root) for path in paths if os.path.exists(path))


def differ(where, documented, real, what):
    """Both ways: what only the code has, and what only the document has."""
    for one in sorted(set(real) - set(documented)):
        yield f"{where}: {what} '{one}' is in the code, not here"
    for one in sorted(set(documented) - set(real)):
        yield f"{where}: {what} '{one}' is here, not in the code"


def sections(text, level):
    """{name in backticks of a heading: its text}"""
    mark = "#" * level
    parts = re.split(rf"^{mark} `([^`]+)`.*$", text, flags=re.MULTILINE)
    ends = re.compile(rf"^#{{1,{level}}} ", re.MULTILINE)
    return {name: ends.split(body, maxsplit=1)[0] for name, body in zip(parts[1::2], parts[2::2])}


def first_cells(text):
    """The first column of tables, where it begins with a backtick, without the backticks."""
    return [cell.replace("`", "") for cell in
            re.findall(r"^\| (`[^|]*?) \|", text, re.MULTILINE)]


# --- checks: each yields lines of what is wrong --------------------------------------------------

def links_check(root, _build):
    """Relative links and files named in backticks exist."""
    for path in documents(root):
        text, folder = read(root, path), os.path.dirname(path)
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if not re.match(r"\w+:", target):
                if not os.path.exists(os.path.join(root, folder, target)):
                    yield f"{path}: link to {target}, which does not exist"
        for target in re.findall(r"`((?:\w+/)+[\w.-]+\.(?:c|h|py|conf|ini|md|build))`", text):
            if not os.path.exists(os.path.join(root, target)):
                yield f"{path}: names {target}, which does not exist"


def folders_check(root, _build):
    """README.md has every folder of the tree in its map."""
    text = read(root, "README.md")
    for folder in sorted(os.listdir(root)):
        here = os.path.join(root, folder)
        if not os.path.isdir(here) or folder.startswith((".", "build", "var")):
            continue
        if not re.search(rf"^{folder}/ ", text, re.MULTILINE):
            yield f"README.md: folder {folder}/ is not in the map"


MESSAGE_MACROS = {"PAGE_FIELDS": ["batch", "page"], "LENDING_FIELDS": ["batch", "page", "epoch"]}


def message_rows(root):
    """{kind: its fields} of the table in wire/message.c."""
    source = read(root, "wire/message.c")
    table = source.split("rows[MESSAGE_KIND_COUNT] = {")[1].split("\n};")[0]
    rows = {}
    for row in re.split(r"\[MESSAGE_\w+\] = ", table)[1:]:
        fields = re.findall(r"(?:TEXT|NUMBER|FLAG|OBJECT)_FIELD\(\w+, (\w+)\)", row)
        for macro, names in MESSAGE_MACROS.items():
            if re.search(rf"(?<![A-Z]){macro}\(", row):
                fields += names
        rows[re.search(r'"(\w+)"', row)[1]] = fields
    return rows


def messages_check(root, _build):
    """docs/wire.md and docs/partners.md have every message kind with its fields, and no other."""
    rows = message_rows(root)
    header = read(root, "wire/message.h")
    constants = {name.lower() for name in re.findall(r"^    MESSAGE_(\w+),", header, re.MULTILINE)}
    yield from differ("wire/message.c", rows, constants, "message kind")
    everywhere = set()
    for page in ("docs/wire.md", "docs/partners.md"):
        if not os.path.exists(os.path.join(root, page)):
            continue
        documented = sections(read(root, page), 3)
        everywhere |= set(documented)
        for kind in sorted(set(rows) & set(documented)):
            yield from differ(f"{page}: {kind}", first_cells(documented[kind]), rows[kind],
                              "field")
    yield from differ("docs/wire.md, docs/partners.md", everywhere, rows, "message kind")


def states_check(root, _build):
    """docs/architecture.md has every page state, and no other."""
    header = read(root, "archive/ids.h")
    body = re.search(r"enum page_state \{(.*?)\}", header, re.DOTALL)[1]
    states = re.findall(r"^\s*PAGE_(\w+)", body, re.MULTILINE)
    text = read(root, "docs/architecture.md")
    table = text[text.index("## States of a page"):].split("\n## ")[0]
    yield from differ("docs/architecture.md", first_cells(table), states, "page state")


def config_values(text):
    """{group.key: value as written} of a file in libconfig's form, lists and their insides left
    out."""
    text = re.sub(r"(#|//)[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)
    values, groups, depth = {}, [], 0
    token = re.compile(r'"(?:\\.|[^"\\])*"|[\w*][\w*-]*\s*[=:]\s*\{|[\w*][\w*-]*\s*[=:]|[{}()\[\]]'
                       r"|[^\s{}()\[\];,=]+|;")
    key = None
    for match in token.finditer(text):
        piece = match[0]
        opens = re.match(r"([\w*-]+)\s*[=:]\s*\{", piece)
        named = re.match(r"([\w*-]+)\s*[=:]$", piece)
        if depth == 0 and opens:
            groups.append(opens[1])
        elif depth == 0 and named:
            key = ".".join(groups + [named[1]])
            values[key] = ""
        elif depth == 0 and piece == "}":
            groups.pop()
        elif piece in "([" or opens or piece == "{":
            depth += 1
        elif piece in ")]" or piece == "}":
            depth -= 1
        elif depth == 0 and key and piece != ";":
            values[key], key = values[key] + piece, None
    return values


def config_check(root, _build):
    """docs/configuration.md has every key of the shipped files with its value, and no other."""
    documented = sections(read(root, "docs/configuration.md"), 2)
    shipped = {os.path.basename(path) for path in glob(os.path.join(root, "config/*.conf"))}
    yield from differ("docs/configuration.md", documented, shipped, "file")
    for name in sorted(shipped & set(documented)):
        where = f"docs/configuration.md: {name}"
        rows = dict(re.findall(r"^\| `([^`]+)` \| ([^|]*?) \|", documented[name], re.MULTILINE))
        values = config_values(read(root, "config/" + name))
        yield from differ(where, rows, values, "key")
        for key in sorted(set(rows) & set(values)):
            if values[key] and rows[key] not in (values[key], TUNED):
                yield f"{where}: {key} is {rows[key]} here, {values[key]} in the file"


def programs(build):
    """Every program a person starts, with the verbs of the tool: lists of arguments."""
    found = [path for folder in ("workers", "bench")
             for path in sorted(glob(os.path.join(build, folder, "*")))
             if os.path.isfile(path) and os.access(path, os.X_OK) and "." not in
             os.path.basename(path)]
    for path in found:
        name = os.path.basename(path)
        if name in ("tripli-reader", "tripli-cutter", "tripli-page-match"):
            continue  # speaks to its parent only
        yield [name], path, []
        if name == "tripli":
            for verb in verbs(path):
                yield [name, verb], path, [verb]


def help_of(path, arguments):
    run = subprocess.run([path, *arguments, "--help"], capture_output=True, text=True,
                         check=False, timeout=20, stdin=subprocess.DEVNULL,
                         env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    return run.returncode, run.stdout


def verbs(path):
    """The verbs that `tripli --help` lists: single words between wide blanks."""
    _, text = help_of(path, [])
    return sorted(set(re.findall(r"(?<=  )([a-z]+)(?=  )", text)))


def options_in(text):
    return set(re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]*)", text)) - BY_ARGP


def commands_check(root, build):
    """docs/commands.md has every program, verb and option; each --help fits a small screen."""
    if not build:
        return
    text = read(root, "docs/commands.md")
    documented = sections(text, 2)
    common = options_in(text.split("\n## ")[0])
    real = {}
    for words, path, arguments in programs(build):
        name = " ".join(words)
        status, shown = help_of(path, arguments)
        if status != 0:
            yield f"{name} --help: ends {status}"
        lines = shown.splitlines()
        if len(lines) > HELP_LINES or any(len(line) > HELP_COLUMNS for line in lines):
            widest = max(map(len, lines), default=0)
            yield (f"{name} --help: {len(lines)} lines, {widest} columns; at most {HELP_LINES} "
                   f"and {HELP_COLUMNS}")
        listed = re.findall(r"^\s+(?:-\w, )?(--[a-z][a-z0-9-]*)", shown, re.MULTILINE)
        real[name] = set(listed) - BY_ARGP
    yield from differ("docs/commands.md", documented, real, "command")
    for name in sorted(set(real) & set(documented)):
        cells = {option for cell in first_cells(documented[name]) for option in options_in(cell)}
        yield from differ(f"docs/commands.md: {name}", cells - common,
                          real[name] - common, "option")


CHECKS = {"links": links_check, "folders": folders_check, "messages": messages_check,
          "states": states_check, "config": config_check, "commands": commands_check}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=os.path.join(os.path.dirname(__file__), "..", ".."))
    parser.add_argument("--build")
    parser.add_argument("checks", nargs="*", choices=[[], *CHECKS], metavar="CHECK")
    args = parser.parse_args()
    found = 0
    for name in args.checks or CHECKS:
        for line in CHECKS[name](args.root, args.build):
            print(f"{name}: {line}")
            found += 1
    print(f"{len(documents(args.root))} documents, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
