#!/usr/bin/env python3
"""Holds ./packages against the code: every library meson asks for, every header included and every
command a script calls comes from a package of the list, from one that such a package depends on
(recommendations do not count: they are not installed), or from the base system. Answers the
question "would this build on a bare machine?" on a machine that has more.
SPDX-License-Identifier: Apache-2.0
"""
import os
import re
import subprocess
import sys
from glob import glob
from shutil import which

import csource
import lint
import shwords

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def listed(purposes):
    """Names of ./packages that are for one of the purposes."""
    with open(os.path.join(ROOT, "packages"), encoding="utf-8") as file:
        rows = [line.split(None, 2) for line in file if line.strip() and line[0] != "#"]
    for row in rows:
        if len(row) != 3 or row[1] not in ("build", "test", "long"):
            sys.exit(f"packages: '{' '.join(row)}': wants name, build|test|long, why")
    return [row[0] for row in rows if row[1] in purposes]


class Installed:
    """What dpkg knows: who depends on whom, who provides what, what every machine has."""

    def __init__(self):
        form = ("${Package}\t${Pre-Depends}, ${Depends}\t${Provides}\t${Essential}\t${Priority}\t"
                "${db:Status-Abbrev}\n")
        self.depends, self.providers, self.base = {}, {}, ["apt"]
        for line in output("dpkg-query", "-W", "-f", form).splitlines():
            name, depends, provides, essential, priority, status = line.split("\t")
            if not status.startswith("ii"):
                continue
            self.depends[name] = self.parse(depends)
            for offer in re.findall(r"[a-z0-9][a-z0-9+.-]+", re.sub(r"\(.*?\)", "", provides)):
                self.providers.setdefault(offer, []).append(name)
            if essential == "yes" or priority == "required":
                self.base.append(name)

    @staticmethod
    def parse(depends):
        """[[alternative, …], …] of a Depends field."""
        plain = re.sub(r"\(.*?\)|\[.*?\]|:\w+", "", depends)
        groups = [[alternative.strip() for alternative in group.split("|")]
                  for group in plain.split(",")]
        return [group for group in groups if any(group)]

    def solve(self, group):
        """The installed package that satisfies a group of alternatives, or None."""
        for name in group:
            if name in self.depends:
                return name
            if name in self.providers:
                return self.providers[name][0]
        return None

    def closure(self, names):
        """All packages that come along when these are installed without recommendations."""
        found, todo = set(), list(names)
        while todo:
            name = todo.pop()
            if name in found:
                continue
            found.add(name)
            solved = (self.solve(group) for group in self.depends.get(name, []))
            todo += [one for one in solved if one]
        return found


def spellings(path):
    """A file's names: as given, resolved, and without /usr, for /lib and /usr/lib are one."""
    tries = {path, os.path.realpath(path)}
    return tries | {re.sub(r"^/usr(/(s?bin|lib)/)", r"\1", one) for one in tries}


def owners(paths):
    """{path: packages that own it}, asked of dpkg in one go."""
    asked = sorted({name for path in paths for name in spellings(path)})
    found = {}
    for line in output("dpkg-query", "-S", *asked).splitlines():
        names, _, path = line.partition(": /")
        if not line.startswith("diversion"):
            found.setdefault("/" + path, set()).update(
                name.split(":")[0].strip() for name in names.split(","))
    return {path: set().union(*(found.get(name, set()) for name in spellings(path)))
            for path in paths}


def find_command(name):
    """A command as a bare machine finds it: Debian's own before anything a user put in front."""
    return which(name, path="/usr/bin:/bin:/usr/sbin:/sbin") or which(name)


def meson_needs(sources):
    """(where, what, file that must be owned) for every dependency of the build files."""
    for source in sources:
        if not source.path.endswith("meson.build"):
            continue
        for match in re.finditer(r"\b(dependency|find_library|find_program)\('([^']+)'",
                                 source.text):
            where = f"{source.path}:{lint.line_of(source.text, match.start())}"
            yield where, match[2], meson_file(match[1], match[2])


def meson_file(kind, name):
    if kind == "find_program":
        return find_command(name)
    if kind == "dependency":
        folder = output("pkg-config", "--variable=pcfiledir", name).strip()
        return os.path.join(folder, name + ".pc") if folder else None
    path = output("cc", f"-print-file-name=lib{name}.so").strip()
    return path if os.path.isabs(path) else None


def include_folders():
    run = subprocess.run(["cc", "-E", "-Wp,-v", "-xc", "/dev/null"], capture_output=True,
                         text=True, check=False)
    folders = re.findall(r"^ (/\S+)$", run.stderr, re.MULTILINE)
    flags = output("pkg-config", "--cflags-only-I", "cairo", "pango", "pangocairo", "lept",
                   "tesseract").split()
    return folders + [flag[2:] for flag in flags]


def header_needs(sources):
    """(where, header, file) for every <header> of the C sources, each header once."""
    folders, seen = include_folders(), set()
    for source in sources:
        if not source.is_c:
            continue
        for match in re.finditer(r"^[ \t]*#[ \t]*include[ \t]*<([^>]+)>", source.text,
                                 re.MULTILINE):
            if match[1] in seen:
                continue
            seen.add(match[1])
            places = [os.path.join(folder, match[1]) for folder in folders]
            file = next((place for place in places if os.path.exists(place)), None)
            yield (f"{source.path}:{lint.line_of(source.text, match.start())}", match[1], file)


def command_needs(root, sources):
    """(where, command, file) for every command that shell and Python scripts call."""
    for path in shell_scripts(root):
        for line, word in shwords.commands(path):
            yield f"{os.path.relpath(path, root)}:{line}", word, find_command(word)
    for source in sources:
        if source.path.endswith(".py"):
            for match in re.finditer(r"\b(?:run|Popen|output|check_output|call)\(\s*\[?"
                                     r"\"([a-z][\w.+-]*)\"", source.text):
                where = f"{source.path}:{lint.line_of(source.text, match.start())}"
                yield where, match[1], find_command(match[1])


def shell_scripts(root):
    places = ["*", ".ci/*", "bench/*", "tests/**/*"]
    paths = [path for place in places for path in glob(os.path.join(root, place), recursive=True)]
    return sorted(path for path in paths if os.path.isfile(path) and shwords.is_shell(path))


def check(needs, allowed):
    """Prints what no allowed package owns; how many those are."""
    needs = list(needs)
    owner = owners({file for _, _, file in needs if file})
    wrong = 0
    for where, what, file in needs:
        if file and owner[file] & allowed:
            continue
        wrong += 1
        if not file:
            print(f"{where}: {what}: not on this machine; is its package in ./packages?")
        else:
            belongs = ", ".join(sorted(owner[file])) or "no package"
            print(f"{where}: {what}: belongs to {belongs}, which ./packages does not bring")
    return wrong


def known_commands(sources, installed):
    """What scripts call; a long form's commands count where its packages are installed."""
    lacking = set(listed(("long",))) - set(installed.depends)
    for where, word, file in command_needs(ROOT, sources):
        if file or not lacking or not where.startswith("tests/long/"):
            yield where, word, file


def main():
    if not which("dpkg-query"):
        print("skipped: no dpkg here, the list can only be held against a Debian system")
        return 77
    sources = lint.read_tree(ROOT)
    installed = Installed()
    direct = set(listed(("build", "test")))
    lacking = sorted(direct - set(installed.depends))
    for name in lacking:
        print(f"packages: {name}: not installed; run ./setup")
    with_base = installed.closure(direct | set(installed.base))
    everything = installed.closure(set(listed(("build", "test", "long"))) | set(installed.base))
    wrong = len(lacking)
    wrong += check([*meson_needs(sources), *header_needs(sources)], with_base)
    wrong += check(known_commands(sources, installed), everything)
    print(f"{len(direct)} packages listed, {len(with_base)} with what they bring, {wrong} findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
