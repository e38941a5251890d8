#!/usr/bin/env python3
# Bad input: each gets one clear line that says what, where, which limit and what happens next; the
# rest goes on.
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import struct
import subprocess
import time

import mailroom


def bomb(path, side=60000):
    """A bilevel G4 TIFF that claims to be 60 000 by 60 000 pixels."""
    strip = b"\x00\x10\x01" * 2500
    entries = [(256, 4, side), (257, 4, side), (258, 3, 1), (259, 3, 4), (262, 3, 0),
               (273, 4, 8), (277, 3, 1), (278, 4, side), (279, 4, len(strip))]
    directory = struct.pack("<H", len(entries))
    for tag, kind, value in entries:
        directory += struct.pack("<HHII", tag, kind, 1, value)
    with open(path, "wb") as file:
        file.write(b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + directory + b"\0" * 4)


class BadInput(mailroom.Room):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("in"))

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)

    def good_page(self):
        mailroom.draw(self.path("mail"), 1, "--no-separators", "--mode=bw")
        name = sorted(name for name in os.listdir(self.path("mail")) if name.endswith(".tif"))[0]
        with open(os.path.join(self.path("mail"), name), "rb") as file:
            return file.read()

    def test_bad_files_are_listed_and_the_rest_goes_on(self):
        page = self.good_page()
        self.write("in/1-text.txt", b"not an image at all")
        self.write("in/2-cut.tif", page[:len(page) // 2])
        bomb(self.path("in/3-bomb.tif"))
        self.write("in/4-good.tif", page)
        self.write("in/5-empty.jpg", b"")
        report = self.run_once("--input", self.path("in"))
        self.assertEqual(report["pages_accepted"], 1)
        for name in ("1-text.txt", "2-cut.tif", "3-bomb.tif", "5-empty.jpg"):
            lines = [line for line in self.said.splitlines() if name in line]
            self.assertEqual(len(lines), 1, f"{name}: {lines}")
        self.assertIn("450 Mo, 150 Mo au plus", self.said)

    def test_tripli_page_tells_the_error_and_goes_on(self):
        bomb(self.path("in/bomb.tif"))
        self.write("in/good.tif", self.good_page())
        files = [self.path("in/bomb.tif"), self.path("in/none.tif"), self.path("in/good.tif")]
        pages = self.lines("page", *files, want=65)
        self.assertEqual([("error" in page) for page in pages], [True, True, False])
        self.assertEqual([page["file"] for page in pages], files)

    def test_an_empty_folder_is_said_and_counts_nothing(self):
        os.mkdir(self.path("empty"))
        self.write("in/good.tif", self.good_page())
        self.assertEqual(self.run_once("--input", self.path("in"))["pages_accepted"], 1)
        report = self.run_once("--input", self.path("empty"), want=69)
        self.assertIn("nothing to scan", self.said)
        counts = [value for name, value in report.items() if name != "seconds"]
        self.assertEqual([value for value in counts if value], [], report)

    def test_a_batch_to_which_nothing_came_can_be_closed(self):
        os.mkdir(self.path("empty"))
        self.tripli("run", "--once", "--hopper", self.path("empty"), want=69)
        batch = self.lines("batch", "list")[0]
        self.assertEqual((batch["state"], len(batch["uuid"])), ("feeding", 32))
        self.tripli("batch", "close", "1")
        self.assertEqual(self.lines("batch", "list")[0]["state"], "closed")
        self.assertEqual(self.lines("verify")[0]["discrepancies"], 0)

    def test_what_would_protect_or_keep_the_wrong_thing_is_refused(self):
        hold = ("hold", "set", "gel-1", "--reason", "r", "--owner", "o", "--tenant", "061")
        for number, word in (("123", "15 characters"), ("1 84 12 76 451 089", "15 characters"),
                             ("184127645108947", "key")):
            self.tripli(*hold, "--insured", number, want=64)
            self.assertIn(word, self.said)
            self.assertNotIn(number, self.said)
            self.tripli("find", "--tenant", "061", "--insured", number, want=64)
        self.tripli("code", "--page", "1-1", "--tag", "foo", want=64)
        self.tripli("code", "--page", "1-1", "--tag", "sick_note", "--volet", "7", want=64)
        self.tripli("quarantine", "tag", "1-1", "foo", want=64)
        self.write("in/good.tif", self.good_page())
        self.tripli("scan", "--input", self.path("in"), "--received", "2099-01-01", want=65)
        self.assertIn("lies ahead", self.said)

    def test_a_missing_folder_hopper_or_device_is_said(self):
        self.tripli("run", "--once", "--input", self.path("none"), want=69)
        self.assertIn("none", self.said)
        self.tripli("run", "--once", "--hopper", self.path("none"), want=69)
        self.assertIn("none", self.said)
        self.tripli("run", "--once", "--device", "nosuch:device", want=69)
        self.assertIn("nosuch:device", self.said)

    def test_a_wrong_option_or_configuration_is_refused_before_anything_happens(self):
        for wrong in (["--mode", "purple"], ["--dpi", "3"], ["--dpi", "300x"], ["--tenant", "6"]):
            self.tripli("scan", "--input", self.path("in"), *wrong, want=64)
            self.assertIn(wrong[0], self.said)
        shutil.copytree(os.environ["TRIPLI_CONFIG"], self.path("config"))
        with open(self.path("config/tripli.conf"), "a", encoding="utf-8") as file:
            file.write("colour = 1;\n")
        self.tripli("status", "--config", self.path("config"), want=78)
        self.assertIn("colour", self.said)
        self.assertFalse(os.path.exists(self.data))

    def test_a_second_hub_on_the_same_data_is_refused(self):
        self.write("in/1.tif", self.good_page())
        first = self.start("run")
        try:
            self.wait_for(lambda: os.path.exists(os.path.join(self.data, "run", "front")))
            self.wait_for(lambda: self.status_is_there())
            hub = subprocess.run([os.path.join(mailroom.BUILD, "workers", "tripli-hub"), "--data",
                                  self.data], text=True, capture_output=True, timeout=30)
            self.assertEqual(hub.returncode, 65, hub.stderr)
            self.assertEqual(len(hub.stderr.strip().splitlines()), 1, hub.stderr)
            self.tripli("status")
        finally:
            first.terminate()
            first.communicate(timeout=90)

class FullDisk(mailroom.Room):
    """A file system of 24 MB that fills up: the feeder waits, and goes on when there is room."""

    def setUp(self):
        super().setUp()
        self.small = self.path("small")
        os.mkdir(self.small)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", self.small],
                                 capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a small file system cannot be mounted here (root only)")
        self.addCleanup(subprocess.run, ["umount", "-l", self.small])
        self.data = os.path.join(self.small, "d")

    def test_a_full_disk_slows_the_feeder_and_loses_nothing(self):
        mailroom.draw(self.path("mail"), 4, "--no-separators")
        files = [name for name in os.listdir(self.path("mail")) if name.endswith(("tif", "jpg"))]
        ballast = os.path.join(self.small, "ballast")
        everything = self.start("run", "--workers", "1")
        try:
            self.wait_for(self.status_is_there)
            with open(ballast, "wb") as file:
                file.write(b"x" * (200 << 20))  # less than the reserve of 256 MB is left
            feeding = self.start("scan", "--input", self.path("mail"))
            time.sleep(4)
            self.assertIsNone(feeding.poll(), "it must wait, not end")
            self.tripli("status", want=2)
            os.unlink(ballast)
            _, said = feeding.communicate(timeout=60)
            self.assertEqual(feeding.returncode, 0, said)
            self.assertIn("rien n'est perdu", said)
            self.wait_for(lambda: self.lines("status", want=None)[0]["unread"] == 0, 120)
        finally:
            everything.terminate()
            everything.communicate(timeout=90)
        self.assertEqual(self.lines("batch", "show", "1")[0]["pages_accepted"], len(files))
        self.assertEqual(self.lines("verify")[0]["discrepancies"], 0)


if __name__ == "__main__":
    mailroom.main()
