#!/usr/bin/env python3
# A batch that tripli-import had begun when it was killed: each of its files is what it was before,
# so that its pages keep their numbers. A file that could not be taken then and could be now stays
# refused; one that was taken then and cannot be now is our trouble, and nobody's refusal.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import shutil
import subprocess
from glob import glob

import mailroom
from partner_walk import Door, images_of

ENVELOPES, COPIES = 6, 5  # enough files that a kill comes before the last


class BegunAgain(Door):
    def upload(self):
        """A batch that lies whole in the inbox, where nobody takes it yet."""
        self.mail = self.path("mail")
        mailroom.draw(self.path("drawn"), ENVELOPES, "--no-separators")
        for i in range(COPIES):
            for image in images_of(self.path("drawn")):
                to = os.path.join(self.mail, str(i), os.path.basename(image))
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copy(image, to)
        self.open_platform()
        self.kill("tripli-import")
        self.partner = subprocess.Popen(
            self.submit_command(self.mail, "--json", "--out", self.path("receipt")), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.partner.kill)
        self.wait_for(lambda: glob(os.path.join(self.data, "partners", "queue", "041-*")))
        self.batch, = glob(os.path.join(self.data, "partners", "041", "*"))

    def damage(self, byte):
        """Turns one byte of the spool over: once is damage, twice is none."""
        with open(os.path.join(self.batch, "files"), "r+b") as file:
            file.seek(byte)
            held = file.read(1)[0]
            file.seek(byte)
            file.write(bytes([held ^ 255]))

    def begin_and_kill(self):
        self.spawn("tripli-import")
        self.wait_for(lambda: self.lines("status", want=None)[0]["pages_accepted"] > 0)
        self.kill("tripli-import")
        self.assertFalse(os.path.exists(os.path.join(self.batch, "receipt")))

    def receive(self, want):
        out, said = self.partner.communicate(timeout=mailroom.RUN_LIMIT_S)
        self.assertEqual(self.partner.returncode, want, said)
        return json.loads(out)

    def check_pages(self, want):
        self.assertEqual(self.lines("status", want=None)[0]["pages_accepted"], want)
        self.assertEqual(self.lines("verify")[0]["discrepancies"], 0)
        self.assertEqual(sorted(os.listdir(self.batch)), ["manifest", "opened", "receipt"])

    def test_a_refused_file_stays_refused(self):
        self.upload()
        self.damage(200)
        self.begin_and_kill()
        self.damage(200)
        self.spawn("tripli-import")
        facts = self.receive(want=65)
        self.assertEqual((facts["refused"], facts["pages"]), (1, len(images_of(self.mail)) - 1))
        self.check_pages(facts["pages"])

    def test_a_taken_file_is_not_refused_later(self):
        self.upload()
        self.begin_and_kill()
        self.damage(200)
        self.spawn("tripli-import")
        self.wait_for(lambda: "its pages were sent before" in self.said_by_all())
        self.kill("tripli-import")
        self.damage(200)
        self.spawn("tripli-import")
        facts = self.receive(want=0)
        self.assertEqual((facts["refused"], facts["pages"]), (0, len(images_of(self.mail))))
        self.check_pages(facts["pages"])


if __name__ == "__main__":
    mailroom.main()
