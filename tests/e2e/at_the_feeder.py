#!/usr/bin/env python3
# A person at the feeder's terminal: a sheet that jams is declared rejected with its reason, the
# feeding is broken off and taken up again; the batch holds every other sheet, whole and once; taken
# up once more it gets none. Where front and back of a sheet do not match, its number is said.
# SPDX-License-Identifier: Apache-2.0
import os
import pty
import select
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../crash")]
import mailroom  # noqa: E402
import pages  # noqa: E402

UUID = "0123456789abcdef0123456789abcdef"
PATIENCE_S = 60
REJECTED = 2  # jams on its back, after its front was read
FAULTS = f"jam sheet={REJECTED} side=back percent=40 transported=yes\ncover-open sheet=4\n"


class Terminal:
    """`tripli scan` on a terminal of its own; what it shows is read until a sentence comes."""

    def __init__(self, room, *arguments):
        self.room, self.shown = room, ""
        self.end, other = pty.openpty()
        self.process = subprocess.Popen(
            [mailroom.TRIPLI, "scan", "--data", room.data, *arguments], stdin=other, stdout=other,
            stderr=other, close_fds=True)
        os.close(other)

    def read(self):
        ready, _, _ = select.select([self.end], [], [], 0.2)
        try:
            more = os.read(self.end, 65536) if ready else b""
        except OSError:  # the other side is closed
            more = b""
        self.shown += more.decode("utf-8", errors="replace")
        return more

    def expect(self, sentence):
        until = time.monotonic() + PATIENCE_S
        while sentence not in self.shown:
            self.read()
            self.room.assertLess(time.monotonic(), until, f"'{sentence}' not in: {self.shown}")
        self.shown = self.shown[self.shown.index(sentence) + len(sentence):]

    def type(self, text):
        os.write(self.end, text.encode())

    def finish(self):
        until = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            self.read()
            self.room.assertLess(time.monotonic(), until, self.shown)
        while self.read():
            pass
        os.close(self.end)
        return self.process.returncode


class Operator(mailroom.Room):
    def setUp(self):
        super().setUp()
        mailroom.draw(self.path("hopper"), 2, "--kind=cheque", "--mode=bw", "--dpi=200", seed=3)
        state = os.path.join(self.data, "run", "hopper-" + UUID)
        os.makedirs(state, mode=0o700)
        with open(os.path.join(state, "faults"), "w", encoding="ascii") as file:
            file.write(FAULTS)
        self.hub = self.start("run")
        self.addCleanup(self.stop)
        self.wait_for(lambda: os.path.exists(os.path.join(self.data, "run", "front")))

    def stop(self):
        self.hub.terminate()
        self.hub.communicate(timeout=mailroom.RUN_LIMIT_S)

    def expected(self):
        """{page: digest at birth} of the hopper without the rejected sheet."""
        paper = pages.of_paper(self.path("hopper"))
        kept = [paper[page] for page in sorted(paper) if (page + 1) // 2 != REJECTED]
        return dict(enumerate(kept, 1))

    def scan(self):
        return Terminal(self, "--hopper", self.path("hopper"), "--resume", UUID)

    def batch(self):
        return self.lines("batch", "list")[0]

    def test_a_declared_reject_is_kept_over_a_break_and_the_batch_adds_up(self):
        first = self.scan()
        first.expect("[r]")
        first.type("r\n")
        first.expect("Motif du rejet")
        first.type("d\n")
        first.expect("Rejet n° 1 noté")
        first.expect("[r]")  # the cover is open now
        first.type("q\n")
        first.expect("arrêté par l'opérateur")
        self.assertNotEqual(first.finish(), 0)
        self.assertEqual(self.batch()["sheets_rejected"], 1)
        self.tripli("batch", "close", "1", want=65)
        again = self.scan()
        again.expect("feuilles rejetées 1")
        self.assertEqual(again.finish(), 0, again.shown)
        counts, expected = self.batch(), self.expected()
        self.assertEqual(counts["sheets_rejected"], 1)
        self.assertEqual(counts["sheets_fed"], len(expected) // 2 + 1)
        self.assertEqual(counts["pages_accepted"], len(expected))
        self.assertEqual(pages.compare(pages.of_archive(self.data), [1], expected), (0, 0))
        fed = self.scan()
        fed.expect("déjà lu en entier")
        self.assertEqual(fed.finish(), 0, fed.shown)
        self.assertEqual(self.batch()["pages_accepted"], len(expected))


class TwoSheetsAsOne(mailroom.Room):
    """A letter under a cheque: the back that was seen is the cheque's."""

    def setUp(self):
        super().setUp()
        for folder, kind in (("hopper", "letter"), ("cheques", "cheque")):
            mailroom.draw(self.path(folder), 4, f"--kind={kind}", "--mode=bw", "--dpi=200",
                          "--no-separators", seed=3)
        self.hub = self.start("run")
        self.addCleanup(self.stop)
        self.wait_for(lambda: os.path.exists(os.path.join(self.data, "run", "front")))

    def stop(self):
        self.hub.terminate()
        self.hub.communicate(timeout=mailroom.RUN_LIMIT_S)

    def backs(self, folder):
        return sorted(os.path.join(self.path(folder), name) for name in
                      os.listdir(self.path(folder)) if ".b." in name)

    def test_the_operator_is_told_which_sheet_it_is(self):
        cheque = min(self.backs("cheques"), key=os.path.getsize)  # some are a part of a letter
        shutil.copyfile(cheque, self.backs("hopper")[1])
        scan = Terminal(self, "--hopper", self.path("hopper"))
        scan.expect("Feuille n° 2 : le recto")
        scan.expect("ne vont pas ensemble")
        self.assertEqual(scan.finish(), 0, scan.shown)
        self.assertNotIn("ne vont pas ensemble", scan.shown)
        self.wait_for(self.sheets_that_differ)
        self.assertEqual(self.sheets_that_differ(), {2})
        self.assertRegex(self.tripli("status", want=None), "à revoir +feuille 2 du lot 1, recto : "
                         ".*recto et verso ne vont pas ensemble")

    def sheets_that_differ(self):
        """Of which sheet a verdict says that its sides do not match."""
        return {scan["sheet"] for scan in self.lines("status", want=None)[0]["bad_scans"]
                if "sides_differ" in scan["quality"]}


if __name__ == "__main__":
    mailroom.main()
