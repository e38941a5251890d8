#!/usr/bin/env python3
# docs/schemas.md against what the programs print: every field that comes is documented with its
# type, every documented field that is not optional comes.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import re
import shutil
import subprocess
import time

import coding
import mailroom

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/schemas.md")
TYPES = {
    "text": lambda v: isinstance(v, str),
    "flag": lambda v: isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "count": lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 0,
    "object": lambda v: isinstance(v, dict),
    "list": lambda v: isinstance(v, list),
    "null": lambda v: v is None,
}


def tables():
    """{heading: [(field, type)]} of the document."""
    with open(PAGE, encoding="utf-8") as file:
        parts = re.split(r"^### `([^`]+)`$", file.read(), flags=re.MULTILINE)
    rows = re.compile(r"^\| `([^`]+)` \| ([^|]*?) ?\|", re.MULTILINE)
    return {name: rows.findall(body.split("\n## ")[0])
            for name, body in zip(parts[1::2], parts[2::2])}


def rows_of(name, known, prefix="", optional=False):
    """{path: (types, optional)} of a heading, shapes put in their places."""
    found = {}
    for path, kind in known[name]:
        free = optional or "optional" in kind
        if "…" in path:
            before, shape = path.split("…")
            found.update(rows_of(shape, known, prefix + before, free))
        else:
            types = kind.replace(", optional", "").split(" or ")
            found[prefix + path] = (types, free)
    return found


def keys_of(value, path, rows):
    """(path documented or not, value) of everything below a value."""
    if isinstance(value, dict):
        for key, one in value.items():
            child = f"{path}.{key}" if path else key
            stand_in = f"{path}.*" if path else "*"
            yield (child if child in rows or stand_in not in rows else stand_in), one, child
            yield from keys_of(one, starred(child, rows), rows)
    elif isinstance(value, list):
        for one in value:
            yield path + "[]", one, path + "[]"
            yield from keys_of(one, path + "[]", rows)


def starred(path, rows):
    """The parent under which the document lists what is below `path`."""
    if any(row.startswith(path + ".") or row.startswith(path + "[]") for row in rows):
        return path
    parts = path.split(".")
    for i in range(len(parts) - 1, -1, -1):
        general = ".".join(parts[:i] + ["*"] + parts[i + 1:])
        if any(row.startswith(general + ".") for row in rows):
            return general
    return path


def wrong(value, rows):
    """What differs between one printed object and its table."""
    seen = set()
    for path, one, real in keys_of(value, "", rows):
        seen.add(path)
        if path not in rows:
            yield f"{real}: not documented"
        elif not any(TYPES[kind](one) for kind in rows[path][0]):
            yield f"{real}: {json.dumps(one)[:60]} is not {' or '.join(rows[path][0])}"
    for path, (_, free) in rows.items():
        if not free and "[" not in path and "*" not in path and path not in seen:
            yield f"{path}: documented, not printed"


class Schemas(mailroom.Room):
    known = tables()

    def holds(self, name, values):
        """Every object fits its table; returns the objects."""
        self.assertTrue(values, f"{name}: nothing was printed")
        rows = rows_of(name, self.known)
        for value in values:
            self.assertEqual(list(wrong(value, rows)), [], f"{name}: {json.dumps(value)[:1500]}")
        return values

    def damaged_page(self, name):
        coding.grey_page(self.path(name))
        with open(self.path(name), "r+b") as file:
            file.seek(60)
            file.write(b"damaged damaged damaged")

    def test_what_the_archive_prints_is_documented(self):
        mailroom.draw(self.path("hopper"), 6, seed=11)
        report = json.loads(self.tripli("run", "--once", "--json", "--hopper",
                                        self.path("hopper")).splitlines()[-1])
        self.holds("tripli run", [report])
        self.holds("tripli status", self.lines("status", want=None))
        self.holds("tripli batch", self.lines("batch", "list"))
        self.holds("tripli verify", self.lines("verify"))
        self.holds("tripli statement", self.lines("statement", "--tenant", "061", "--month",
                                                  time.strftime("%Y-%m", time.gmtime())))
        documents = self.holds("tripli find", self.lines("find"))
        for document in documents:
            self.holds("tripli show", self.lines("show", document["document"]))
        self.holds("tripli show", self.lines("show", documents[-1]["document"], "--out",
                                             self.path("out")))
        written = [one["document"] for one in documents if one["tag"] != "separator"]
        if written:
            self.holds("tripli read", self.lines("read", written[0]))
        waiting = self.lines("code", "--list")
        for page in self.holds("tripli code", waiting) if waiting else []:
            self.tripli("code", "--page", page["page"], "--tag", page["tag"])
        self.holds("tripli batch", self.lines("batch", "close", "1"))
        self.holds("tripli batch", self.lines("batch", "show", "1"))
        self.tripli("hold", "set", "case-1", "--reason", "a case", "--owner", "the archive",
                    "--document", documents[0]["document"])
        self.holds("tripli hold", self.lines("hold", "list"))
        why = self.holds("tripli why", self.lines("why", documents[0]["document"]))[0]
        self.assertEqual([step["event"] for step in why["steps"]][-1], "filed")
        self.holds("tripli seal", self.lines("seal"))
        self.tripli("receipt", documents[-1]["envelope"], "--out", self.path("receipt"))
        with open(self.path("receipt"), encoding="utf-8") as file:
            self.holds("tripli receipt", [json.load(file)])
        self.holds("tripli verify --receipt",
                   self.lines("verify", "--receipt", self.path("receipt"), "--public-key",
                              self.path("d/platform.pub")))
        self.holds("tripli backup", self.lines("backup", self.path("copy")))

    def test_what_a_running_hub_and_a_capture_print_is_documented(self):
        os.mkdir(self.path("in"))
        coding.grey_page(self.path("in/a.png"))
        self.damaged_page("in/b.png")
        everything = self.start("run", "--workers", "1")
        try:
            self.wait_for(self.status_is_there)
            scan = os.path.join(mailroom.BUILD, "workers", "tripli-scan")
            done = subprocess.run([scan, "--data", self.data, "--input", self.path("in"),
                                   "--progress"], text=True, capture_output=True, timeout=60)
            self.holds("tripli-scan", [json.loads(line) for line in done.stdout.splitlines()])
            self.wait_for(lambda: self.lines("quarantine", "list"))
            status = self.holds("tripli status", self.lines("status", want=None))[0]
            self.assertEqual(len(status["lanes"]), 1)
        finally:
            everything.terminate()
            everything.communicate(timeout=90)
        self.holds("tripli quarantine", self.lines("quarantine", "list"))
        for document in self.lines("find"):
            self.holds("tripli show", self.lines("show", document["document"]))

    def test_what_page_models_learn_and_keygen_print_is_documented(self):
        mailroom.draw(self.path("mail"), 1, "--kind=care_form", "--no-separators")
        files = [self.path(os.path.join("mail", name)) for name in sorted(
            os.listdir(self.path("mail"))) if name.endswith((".jpg", ".tif"))]
        self.damaged_page("damaged.png")
        pages = self.holds("tripli page", self.lines(
            "page", *files, self.path("none.tif"), self.path("damaged.png"), want=65))
        self.assertEqual([set(page) for page in pages if "error" in page],
                         [{"file", "error"}] * 2)
        self.holds("tripli models", self.lines("models", "list"))
        shutil.copytree(os.environ["TRIPLI_CONFIG"], self.path("config"))
        self.holds("tripli learn", self.lines("learn", "care_form", files[0], "--config",
                                              self.path("config")))
        self.holds("tripli keygen", self.lines("keygen", self.path("key")))

    def test_every_table_names_a_known_type(self):
        for name in self.known:
            for path, (types, _) in rows_of(name, self.known).items():
                self.assertLessEqual(set(types), set(TYPES), f"{name}: {path}")


if __name__ == "__main__":
    mailroom.main()
