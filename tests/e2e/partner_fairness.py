#!/usr/bin/env python3
# Whose mail is read first, with the real hub, worker, importer and gateway: tenants share the
# reading by their weights in tenants.conf, so that few envelopes are done early beside many; inside
# a tenant a batch declared as cheques goes before older mail.
# SPDX-License-Identifier: Apache-2.0
import os
import re
import shutil
import struct
import zlib

import mailroom
from partner_walk import Door

MANY, FEW, CHEQUES = 150, 24, 12  # one-page envelopes
WEIGHTS = {"041": 1, "051": 2, "061": 1}
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
        self.assertIn("other contents", self.said)


if __name__ == "__main__":
    mailroom.main()
