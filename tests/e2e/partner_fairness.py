#!/usr/bin/env python3
# Whose mail is read first, with the real hub, worker, importer and gateway: tenants share the
# reading by their weights in tenants.conf, so that few envelopes are done early beside many; inside
# a tenant a batch declared as cheques goes before older mail. And whose is taken in first: a batch
# of files that are slow to open goes on in turns, so that another tenant's is through meanwhile.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import re
import shutil
import struct
import subprocess
import zlib
from glob import glob

import mailroom
from partner_walk import Door

MANY, FEW, CHEQUES = 150, 24, 12  # one-page envelopes
WEIGHTS = {"041": 1, "051": 2, "061": 1}
SLOW, SLOW_PAGES = 8, 12  # files of some seconds each; a turn of tripli-import is 5 s
HELD = 4  # pages that the worker holds when another becomes urgent: worker.credit


def page(path, number):
    """A small grey page that is no other's: a PNG of 200 dpi, read in some milliseconds."""
    width, height = 160, 220
    row = bytes((x * 7 + number) % 251 for x in range(width))
    rows = b"".join(b"\0" + (row if y % 20 < 3 else b"\xff" * width) for y in range(height))

    def chunk(name, data):
        return (struct.pack(">I", len(data)) + name + data +
                struct.pack(">I", zlib.crc32(name + data)))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" +
                   chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
                   chunk(b"pHYs", struct.pack(">IIB", 7874, 7874, 1)) +
                   chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def slow_pages(path, number):
    """A TIFF of some KB whose pages, all the same white strip in G4, decode to 134 MB each."""
    side = 32767
    strip = b"\xff" * (side // 8) + b"\xfe\x00\x10\x01\x00\x10\x01"  # V0 a row, then EOFB
    fields = ((256, side), (257, side), (258, 1), (259, 4), (262, 0), (273, 8), (277, 1),
              (278, side), (279, len(strip)))
    at = 8 + len(strip)
    with open(path, "wb") as file:
        file.write(b"II*\0" + struct.pack("<I", at) + strip)
        for left in range(SLOW_PAGES - 1, -1, -1):
            at += 2 + 12 * len(fields) + 4
            file.write(struct.pack("<H", len(fields)) +
                       b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields) +
                       struct.pack("<I", at if left else 0))
        file.write(struct.pack("<I", number))  # the file is no other's


class Fairness(Door):
    def setUp(self):
        super().setUp()
        config = shutil.copytree(os.environ["TRIPLI_CONFIG"], self.path("config"))
        with open(os.path.join(config, "tenants.conf"), "r+", encoding="utf-8") as file:
            text = file.read()
            for tenant, weight in WEIGHTS.items():
                text = text.replace(f'code = "{tenant}";', f'code = "{tenant}"; weight = {weight};')
            file.seek(0)
            file.write(text)
        self.machine = {"TRIPLI_CONFIG": config}
        for tenant in ("051", "061"):
            self.listed[self.keygen(f"{tenant}.key")] = tenant
        self.write_list()
        self.drawn = 0

    def send(self, tenant, count, *options):
        """Submits so many envelopes; returns the number of the batch."""
        folder = self.path(f"mail-{self.drawn}")
        os.mkdir(folder)
        for _ in range(count):
            self.drawn += 1
            page(f"{folder}/{self.drawn:04}.png", self.drawn)
        key = "partner.key" if tenant == "041" else f"{tenant}.key"
        facts = self.submit(folder, *options, "--out", self.path(f"{self.drawn}.receipt"),
                            tenant=tenant, key=key)
        self.assertEqual((facts["pages"], facts["refused"]), (count, 0))
        return facts["number"]

    def order_of_reading(self, pages):
        """Of every page, its batch, in the order of the verdicts."""
        def all_sorted():
            found = re.findall(r"page=(\d+)-\d+ sorted", self.said_by_all())
            return len(found) >= pages and [int(batch) for batch in found]
        return self.wait_for(all_sorted, 200)

    def test_few_envelopes_are_read_early_beside_many_and_cheques_first(self):
        self.open_platform()
        many = self.send("041", MANY)  # there first
        few = self.send("051", FEW)
        old = self.send("061", CHEQUES, "--received", "2026-11-02")
        cheques = self.send("061", CHEQUES, "--kind", "cheque")
        self.spawn("tripli-worker")
        order = self.order_of_reading(MANY + FEW + 2 * CHEQUES)

        def until_done(batch):
            return order[:len(order) - order[::-1].index(batch)]
        # By weights 1, 2, 1 every second page is the one's with few, while all have mail.
        before = until_done(few)
        self.assertLessEqual(abs(len(before) - 2 * FEW), HELD, order)
        self.assertLessEqual(abs(before.count(many) - FEW / 2), HELD, order)
        # Its own cheques are done before the first of its older pages is read.
        self.assertNotIn(old, until_done(cheques), order)
        self.assertLessEqual(abs(until_done(cheques).count(many) - CHEQUES), HELD, order)
        self.assertEqual(order[-1], many)

    def test_a_batch_of_slow_files_goes_on_in_turns(self):
        slow = self.path("slow")
        os.mkdir(slow)
        for number in range(SLOW):
            slow_pages(f"{slow}/{number:02}-slow.tif", number)
            page(f"{slow}/{number:02}-small.png", 1000 + number)
        with open(f"{slow}/{SLOW - 1:02}-small.png", "r+b") as file:
            file.seek(120)
            file.write(b"\0\0\0")  # damaged: refused in a late turn
        self.open_platform()
        hog = subprocess.Popen(self.submit_command(slow, "--json", "--out", self.path("receipt")),
                               text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(hog.kill)
        self.wait_for(lambda: glob(os.path.join(self.data, "partners", "queue", "041-*")))
        small = self.send("051", 3)
        self.assertEqual(self.taken(), ["051"])
        self.kill("tripli-import")  # between two turns, or in one: the batch begins again
        self.spawn("tripli-import")
        out, said = hog.communicate(timeout=mailroom.RUN_LIMIT_S)
        facts = json.loads(out)
        self.assertEqual((hog.returncode, self.taken()), (65, ["051", "041"]), said)
        self.assertEqual((facts["files"], facts["pages"], facts["refused"]),
                         (2 * SLOW, SLOW * (SLOW_PAGES + 1) - 1, 1))
        self.assertIn(f"refusé : {slow}/{SLOW - 1:02}-small.png : ", said)
        for number, pages in ((small, 3), (facts["number"], facts["pages"])):
            status = self.lines("status", "--batch", str(number), want=None)[0]
            self.assertEqual(status["pages_accepted"], pages)

    def taken(self):
        """Whose batches have their receipt, in this order."""
        return re.findall(r"tenant=(\d+) batch=\d+ taken", self.said_by_all())

    def test_a_kind_is_kept_with_the_batch_and_an_unknown_one_is_refused(self):
        self.open_platform()
        cheques = self.send("041", 1, "--kind", "cheque")
        medical = self.send("041", 1, "--kind", "medical")
        plain = self.send("041", 1)
        shown = [self.lines("batch", "show", str(batch))[0] for batch in (cheques, medical, plain)]
        self.assertEqual([(batch["kind"], batch["medical"]) for batch in shown],
                         [("cheque", False), ("", True), ("", False)])
        self.assertIn("annoncé : chèques", self.tripli("batch", "show", str(cheques)))
        self.assertIn("annoncé : courrier du médecin-conseil",
                      self.tripli("batch", "show", str(medical)))
        self.submit(self.path("mail-0"), "--kind", "postcard", want=64)
        self.assertIn("care_form, cheque, letter, medical, sick_note", self.said)
        self.submit(self.path("mail-0"), want=65)  # the same files, declared as nothing
        self.assertIn("with another date of receipt, kind or number of sheets", self.said)


if __name__ == "__main__":
    mailroom.main()
