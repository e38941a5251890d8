#!/usr/bin/env python3
# The whole way: hopper, SANE, hub, workers, boxes; then found, shown, verified. And the same when
# any process is killed in the middle.
# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import os
import time

import mailroom


def digest(path):
    with open(path, "rb") as file:
        return hashlib.blake2b(file.read(), digest_size=32).hexdigest()


class Way(mailroom.Room):
    def setUp(self):
        super().setUp()
        self.hopper = self.path("hopper")

    def counts(self, report):
        names = ("sheets_fed", "pages_accepted", "by_type", *mailroom.COUNTS)
        return {name: report[name] for name in names}

    def test_every_side_fed_is_accounted_for_and_comes_back_whole(self):
        mailroom.draw(self.hopper, 5)
        sheets = len([name for name in os.listdir(self.hopper) if ".a." in name])
        report = self.run_once("--hopper", self.hopper)
        self.assertEqual(report["sheets_fed"], sheets)
        self.assertEqual(report["pages_accepted"], 2 * sheets)
        self.assertEqual(report["quarantined"], 0)
        self.check_documents()
        verified = self.lines("verify")[0]
        self.assertEqual(verified["discrepancies"], 0)
        self.assertEqual(verified["documents"], report["documents"])

    def check_documents(self):
        found = self.lines("find", "--tenant", "061")
        self.assertGreater(len(found), 0)
        for document in found[:5]:
            shown = self.lines("show", document["document"], "--out", self.path("out"))[0]
            for page in shown["pages"]:
                self.assertEqual(digest(page["file"]), page["digest"])

    def test_mail_to_the_doctor_is_fed_as_such(self):
        mailroom.draw(self.path("mail"), 3, "--kind=letter", "--no-separators", seed=4)
        running = self.start("run")
        self.addCleanup(running.communicate)
        self.addCleanup(running.terminate)
        self.wait_for(self.status_is_there)
        self.tripli("scan", "--input", self.path("mail"), "--kind", "medical")
        found = self.wait_for(lambda: self.lines("find", "--tag", "letter"))
        self.assertEqual({one["compartment"] for one in found}, {"medical"})

    def test_a_folder_is_kept_byte_for_byte(self):
        mailroom.draw(self.hopper, 3, "--no-separators")
        kept = {digest(os.path.join(self.hopper, name)) for name in os.listdir(self.hopper)
                if name.endswith((".jpg", ".tif"))}
        report = self.run_once("--input", self.hopper)
        self.assertEqual(report["pages_accepted"], len(
            [name for name in os.listdir(self.hopper) if name.endswith((".jpg", ".tif"))]))
        for document in self.lines("find", "--tenant", "061"):
            for page in self.lines("show", document["document"])[0]["pages"]:
                self.assertIn(page["digest"], kept)

    def run_with_kills(self, names):
        running = self.start("run", "--once", "--json", "--hopper", self.hopper)
        time.sleep(1.0)
        for name in names:
            self.kill_one(running, name)
            time.sleep(0.7)
        return self.finish(running)

    def test_a_killed_reader_worker_or_hub_changes_nothing(self):
        mailroom.draw(self.hopper, 6)
        undisturbed = self.counts(self.run_once("--hopper", self.hopper))
        for names in (["tripli-reader", "tripli-worker", "tripli-reader"],
                      ["tripli-scan", "tripli-hub", "tripli-worker", "tripli-hub"]):
            self.data = self.path(names[0])
            disturbed = self.counts(self.run_with_kills(names))
            self.assertEqual(disturbed, undisturbed)
            self.assertEqual(self.lines("verify")[0]["discrepancies"], 0)


class Feeder(mailroom.Room):
    """The feeder stops on a fault; the person clears it and the batch goes on."""

    def test_a_jam_stops_the_batch_and_resuming_makes_neither_gap_nor_double(self):
        hopper = self.path("hopper")
        mailroom.draw(hopper, 3, "--mode=bw")
        sheets = len([name for name in os.listdir(hopper) if ".a." in name])
        batch = ("--hopper", hopper, "--resume", "00112233445566778899aabbccddeeff")
        state = os.path.join(self.data, "run", "hopper-" + batch[3])
        os.makedirs(state, mode=0o700)
        with open(os.path.join(state, "faults"), "w", encoding="utf-8") as file:
            file.write("jam sheet=2 side=front percent=40\n"
                       "jam sheet=3 side=front percent=40 transported=yes\n")
        for sheet in (2, 3):  # the third is stuck in the path until it is put back
            self.tripli("run", "--once", "--json", *batch, want=69)
            self.assertIn(f"n° {sheet}", self.said)
        report = self.run_once(*batch)
        self.assertEqual(report["sheets_fed"], sheets)
        self.assertEqual(report["pages_accepted"], 2 * sheets)
        self.assertEqual(self.lines("verify")[0]["discrepancies"], 0)


if __name__ == "__main__":
    mailroom.main()
