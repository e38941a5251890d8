#!/usr/bin/env python3
# A platform that is lost and restored from its backup asks its partners again: a batch that was
# acknowledged and had no receipt is sent again by the program that waits for it, and one whose
# receipt is newer than the backup by the same command; nothing is there twice.
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import subprocess
from glob import glob

import mailroom
from partner_walk import Door, images_of


class Restore(Door):
    def draw(self, name, seed):
        mailroom.draw(self.path(name), 2, "--no-separators", seed=seed)
        return self.path(name)

    def lose_and_restore(self):
        """Everything but the keys' folder, the backup and the gateway's key pair."""
        self.stop_all()
        shutil.rmtree(self.data)
        self.tripli("backup", "--restore", self.path("backup"))

    def number_of(self, facts, folder):
        self.assertEqual((facts["refused"], facts["pages"]), (0, len(images_of(folder))))
        return facts["number"]

    def test_what_has_no_receipt_or_a_newer_one_is_sent_again(self):
        with_receipt, without, later = (self.draw(f"mail-{seed}", seed) for seed in (7, 8, 9))
        self.open_platform()
        before = self.submit(with_receipt, "--out", self.path("one"))
        self.kill("tripli-import")
        waiting = subprocess.Popen(
            self.submit_command(without, "--json", "--out", self.path("two")),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(waiting.kill)
        self.wait_for(lambda: glob(os.path.join(self.data, "partners", "queue", "041-*")))
        self.assertEqual(self.lines("status", want=None)[0]["inbox_batches"], 1)
        self.tripli("backup", self.path("backup"))
        self.lose_and_restore()
        self.open_platform()
        _, said = waiting.communicate(timeout=mailroom.RUN_LIMIT_S)
        self.assertEqual(waiting.returncode, 0, said)
        # What the backup has is the same batch, under another receipt.
        again = self.submit(with_receipt, "--out", self.path("one again"))
        self.assertEqual(self.number_of(again, with_receipt), before["number"])
        self.assertNotEqual(self.receipt("one again"), self.receipt("one"))
        newer = self.submit(later, "--out", self.path("three"))
        self.check_pages_of(with_receipt, without, later)
        self.check_receipts_do_not_outlive_their_pages(later, newer)
        self.check_pages_of(with_receipt, later)

    def check_receipts_do_not_outlive_their_pages(self, folder, newer):
        """Beside an inbox with receipts an older backup is not put back."""
        self.stop_all()
        shutil.rmtree(os.path.join(self.data, "catalogue"))
        self.tripli("backup", "--restore", self.path("backup"), want=65)
        self.assertIn("receipts", self.said)
        self.lose_and_restore()
        self.open_platform()
        again = self.submit(folder, "--out", self.path("three again"))
        self.assertEqual(again["uuid"], newer["uuid"])
        self.number_of(again, folder)

    def check_pages_of(self, *folders):
        status = self.lines("status", want=None)[0]
        self.assertEqual(status["pages_accepted"], sum(len(images_of(one)) for one in folders))
        self.assertEqual(self.lines("verify")[0]["discrepancies"], 0)


if __name__ == "__main__":
    mailroom.main()
