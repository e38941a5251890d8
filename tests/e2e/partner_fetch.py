#!/usr/bin/env python3
# What a partner fetches: everything that was filed for it, once, each file with the digest that it
# sent; medical pages only for a medical key; kills of every side lose nothing; an acknowledged
# hand-over can be had again.
# SPDX-License-Identifier: Apache-2.0
import csv
import hashlib
import json
import os
import shutil
import subprocess
from glob import glob

import mailroom
from partner_walk import Door

KEYS = ("partner.key", "medical.key")


def digest(path):
    with open(path, "rb") as file:
        return hashlib.blake2b(file.read(), digest_size=32).hexdigest()


def images_of(folder):
    return [path for path in glob(os.path.join(folder, "**"), recursive=True)
            if path.endswith((".tif", ".tiff", ".jpg", ".jpeg", ".png"))]


class Fetching(Door):
    """A platform that also sorts and hands over; a fund with a key for each compartment."""

    def setUp(self):
        super().setUp()
        self.listed[self.keygen("medical.key")] = "041 medical"
        self.listed[self.keygen("other.key")] = "061"
        self.write_list()

    def open_platform(self):
        super().open_platform()
        self.spawn_handover()
        self.spawn("tripli-worker", "--name", "poste-1")

    def spawn_handover(self):
        self.spawn("tripli-handover", "--allow", self.path("partners"))

    def fetch_command(self, to, *options, key="partner.key"):
        return [mailroom.TRIPLI, "fetch", "--data", self.path("elsewhere"), "--gateway",
                self.endpoint, "--gateway-key", self.gateway_key, "--key", self.path(key),
                "--public-key", os.path.join(self.data, "platform.pub"), "--to", self.path(to),
                *options]

    def fetch(self, to, *options, want=0, key="partner.key"):
        """Objects, one per hand-over."""
        done = subprocess.run(self.fetch_command(to, "--json", *options, key=key), text=True,
                              capture_output=True, timeout=mailroom.RUN_LIMIT_S)
        self.assertEqual(done.returncode, want, done.stderr[-2000:] + self.said_by_all()[-3000:])
        self.said = done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def file_all(self):
        """Waits until everything is read, coded where a person is wanted, and filed."""
        def is_read():
            return self.lines("status", want=None)[0]["unread"] == 0

        def is_filed():
            status = self.lines("status", want=None)[0]
            return status["envelopes_filed"] == status["envelopes"]
        self.wait_for(is_read, 200)
        for page in self.lines("code", "--list"):
            tag = page["tag"] if page["tag"] != "none" else "letter"
            self.tripli("code", "--page", page["page"], "--tag", tag)
        self.wait_for(is_filed)

    def submit_drawn(self, envelopes, seed=7):
        folder = self.path(f"mail-{seed}")
        mailroom.draw(folder, envelopes, "--no-separators", seed=seed)
        self.submit(folder, "--out", self.path(f"receipt-{seed}"))
        self.file_all()
        return sorted(digest(path) for path in images_of(folder))

    def rows_of(self, folder):
        """The index, checked against CSV, manifest and files; returns its rows."""
        with open(os.path.join(folder, "index.jsonl"), encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        with open(os.path.join(folder, "index.csv"), encoding="utf-8", newline="") as file:
            table = list(csv.DictReader(file))
        self.assertEqual([row["page"] for row in rows], [line["page"] for line in table])
        with open(os.path.join(folder, "manifest"), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file][1:]
        self.assertEqual({line["name"] for line in lines} | {"manifest"}, set(os.listdir(folder)))
        for line in lines:
            self.assertEqual(digest(os.path.join(folder, line["name"])), line["digest"])
        for row in rows:
            self.assertEqual(digest(os.path.join(folder, row["file"])), row["digest"])
        return rows

    def rows_in(self, to):
        rows = []
        for folder in sorted(glob(os.path.join(self.path(to), "*-*"))):
            rows += self.rows_of(folder)
        return rows


class Fetch(Fetching):
    def test_everything_comes_once_and_medical_pages_to_the_medical_key_alone(self):
        self.open_platform()
        sent = self.submit_drawn(12)
        first = self.fetch("admin")
        self.assertEqual([one["handover"] for one in first], [1], self.said_by_all())
        admin, medical = self.rows_in("admin"), []
        if self.fetch("medical", key="medical.key"):
            medical = self.rows_in("medical")
        self.assertEqual(sorted(row["digest"] for row in admin + medical), sent)
        self.assertEqual({row["compartment"] for row in admin}, {"admin"})
        self.assertLessEqual({row["compartment"] for row in medical}, {"medical"})
        print(len(admin), "admin pages,", len(medical), "medical")
        self.assertEqual(self.fetch("admin"), [])
        self.assertEqual(self.fetch("other", key="other.key"), [])


if __name__ == "__main__":
    mailroom.main()
