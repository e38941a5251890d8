#!/usr/bin/env python3
# From to code to filed, by a person at the terminal; quarantine; closing a batch.
# SPDX-License-Identifier: Apache-2.0
import os
import re
import shutil
import struct
import zlib

import mailroom


def grey_page(path, width=400, height=560):
    """A page that is nothing in particular: grey noise in soft blobs, as PNG."""
    rows = b""
    for y in range(height):
        rows += b"\0" + bytes(200 + (x * 7 + y * 13 + (x * y) // 50) % 40 for x in range(width))

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) +
                   chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Coding(mailroom.Room):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("in"))
        # Forms whose print was lost in scanning: some of them are for a person.
        mailroom.draw(self.path("mail"), 8, "--no-separators", "--mode=bw", "--habit=worn=1",
                      "--habit=dropout=1", seed=5)

    def feed_what_waits(self):
        """Feeds mail until something is to code; returns the ids."""
        report = self.run_once("--input", self.path("mail"))
        waiting = self.lines("code", "--list")
        self.assertEqual(len(waiting), report["to_code"])
        self.assertGreater(len(waiting), 1, "draw worse mail")
        return [page["page"] for page in waiting]

    def test_a_page_coded_by_a_person_is_filed_under_the_persons_tag(self):
        page, *rest = self.feed_what_waits()
        self.tripli("code", "--page", page, "--image", self.path("page"))
        self.assertGreater(os.path.getsize(self.path("page")), 0)
        self.tripli("code", "--page", page, "--tag", "letter")
        self.assertNotIn(page, [row["page"] for row in self.lines("code", "--list")])
        shown = self.lines("show", page)[0]
        self.assertEqual(shown["tag"], "letter")
        self.assertNotEqual(shown["decided_by"], "worker")
        self.tripli("code", "--page", page, "--tag", "cheque", want=66)
        self.code_the_rest(rest)

    def test_a_letter_to_the_doctor_is_coded_so_and_moved_back(self):
        page, *rest = self.feed_what_waits()
        self.tripli("code", "--page", page, "--medical", want=64)
        self.tripli("code", "--page", page, "--tag", "letter", "--medical")
        for one in rest:
            self.tripli("code", "--page", one, "--tag", "care_form")
        document = self.lines("show", page)[0]
        self.assertEqual(document["compartment"], "medical")
        self.tripli("tag", page, "letter", "--reason", "it is for the caisse")
        self.assertEqual(self.lines("show", page)[0]["compartment"], "admin")

    def code_the_rest(self, pages):
        self.tripli("batch", "close", "1", want=65 if pages else 0)
        if pages:
            keys = "l" * (len(pages) - 1) + "luf" + "q"
            self.tripli("code", input=keys)
            self.assertEqual(self.lines("code", "--list"), [])
            self.assertEqual(self.lines("show", pages[-1])[0]["tag"], "care_form")
            self.tripli("batch", "close", "1")
        self.assertEqual(self.lines("batch", "show", "1")[0]["state"], "closed")

    def test_the_most_urgent_is_listed_and_shown_first(self):
        waiting = self.feed_what_waits()
        config = shutil.copytree(os.environ["TRIPLI_CONFIG"], self.path("config"))
        tags = sorted({row["tag"] for row in self.lines("code", "--list")} - {"none"})
        for first in (["cheque", "sick_note"], tags, tags[::-1], []):
            self.write_first(config, *first)
            rows = self.lines("code", "--list", "--config", config)
            ranks = [(first.index(row["tag"]) if row["tag"] in first else len(first),
                      int(row["page"].split("-")[1])) for row in rows]
            self.assertEqual(ranks, sorted(ranks))
            self.assertEqual({row["page"] for row in rows}, set(waiting))
            shown = self.tripli("code", "--config", config, input="p" * len(rows))
            self.assertEqual(re.findall(r"face (\S+), caisse", shown),
                             [row["page"] for row in rows])
        self.write_first(config, "cheque", "postcard")
        self.tripli("code", "--list", "--config", config, want=78)

    @staticmethod
    def write_first(config, *tags):
        with open(os.path.join(config, "tripli.conf"), "w", encoding="utf-8") as file:
            file.write(f'coding = {{ first = "{" ".join(tags)}"; }};')

    def test_an_unknown_tag_or_page_is_refused(self):
        page = self.feed_what_waits()[0]
        self.tripli("code", "--page", page, "--tag", "postcard", want=64)
        self.tripli("code", "--page", "1-9999", "--tag", "letter", want=66)
        self.tripli("code", "--page", "1", "--tag", "letter", want=64)


class Quarantine(mailroom.Room):
    def test_a_page_that_cannot_be_read_is_set_aside_and_tagged_by_a_person(self):
        os.mkdir(self.path("in"))
        grey_page(self.path("in/a.png"))
        with open(self.path("in/a.png"), "r+b") as file:
            file.seek(60)
            file.write(b"damaged damaged damaged")
        report = self.run_once("--input", self.path("in"))
        self.assertEqual(report["quarantined"], 1)
        page = self.lines("quarantine", "list")[0]
        self.assertEqual(page["page"], "1-1")
        self.assertGreater(len(page["reason"]), 10)
        self.tripli("status", want=1)
        self.tripli("quarantine", "tag", "1-1", "other")
        self.assertEqual(self.lines("quarantine", "list"), [])
        self.assertEqual(self.lines("show", "1-1")[0]["tag"], "other")
        self.tripli("batch", "close", "1")


if __name__ == "__main__":
    mailroom.main()
