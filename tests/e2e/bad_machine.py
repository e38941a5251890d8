#!/usr/bin/env python3
# A machine that misbehaves while mail flows: a disk that fails every write for a while, a clock
# that goes back, a run directory that somebody removes. Each time the batch ends by itself, with
# the counts of an undisturbed run.
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import subprocess
import tempfile

import mailroom

BAD_MACHINE = os.path.join(mailroom.BUILD, "tests", "libbad_machine.so")
NAMES = ("sheets_fed", "pages_accepted", "by_type", *mailroom.COUNTS)


class BadMachine(mailroom.Room):
    hopper, calm = None, None

    @classmethod
    def setUpClass(cls):
        cls.hopper = tempfile.mkdtemp(prefix="tripli-hopper-")
        cls.addClassCleanup(shutil.rmtree, cls.hopper, ignore_errors=True)
        mailroom.draw(cls.hopper, 2)

    def setUp(self):
        super().setUp()
        if not BadMachine.calm:
            BadMachine.calm = self.run_once("--hopper", self.hopper)
            self.data = self.path("again")
        os.makedirs(self.data, exist_ok=True)

    def start_mail(self):
        env = {**os.environ, "LD_PRELOAD": BAD_MACHINE, "BAD_MACHINE": self.data}
        running = self.start("run", "--once", "--json", "--hopper", self.hopper, env=env)
        self.wait_for(lambda: self.status()[1].get("pages_accepted", 0) >= 2)
        return running

    def order(self, what):
        open(os.path.join(self.data, what), "w", encoding="utf-8").close()

    def revoke(self, what):
        os.remove(os.path.join(self.data, what))

    def status(self):
        """(exit code, status), as a monitor gets them."""
        done = subprocess.run([mailroom.TRIPLI, "status", "--json", "--data", self.data],
                              capture_output=True, text=True, timeout=60)
        lines = done.stdout.splitlines()
        return done.returncode, mailroom.json.loads(lines[0]) if lines else {}

    def check(self, running):
        """Returns what the run logged."""
        report = self.finish(running)
        said = self.said
        self.assertEqual({name: report[name] for name in NAMES},
                         {name: self.calm[name] for name in NAMES})
        self.assertEqual(self.lines("verify")[0]["discrepancies"], 0)
        return said

    def test_a_disk_that_fails_every_write_costs_time_only(self):
        running = self.start_mail()
        self.order("eio")
        trouble = self.wait_for(lambda: self.status()[1].get("trouble"))
        self.assertIn("Input/output error", trouble)
        self.assertEqual(self.status()[0], 2)
        self.assertIsNone(running.poll())
        self.revoke("eio")
        self.check(running)

    def test_a_clock_that_goes_back_costs_nothing(self):
        running = self.start_mail()
        self.order("clock")
        self.assertIn("the clock went back by", self.check(running))

    def test_a_run_directory_that_is_removed_comes_back(self):
        running = self.start_mail()
        shutil.rmtree(os.path.join(self.data, "run"))
        self.assertIn("and makes it again when started", self.check(running))


if __name__ == "__main__":
    if not os.access(BAD_MACHINE, os.R_OK):
        print(f"skipped: {BAD_MACHINE} is not built")
        raise SystemExit(77)
    mailroom.main()
