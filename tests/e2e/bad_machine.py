#!/usr/bin/env python3
# A machine that misbehaves while mail flows: a disk that fails every write for a while, a clock
# that goes back, a run directory that somebody removes. Each time the batch ends by itself, with
# the counts of an undisturbed run.
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import subprocess

import mailroom

BAD_MACHINE = os.path.join(mailroom.BUILD, "tests", "libbad_machine.so")


class BadMachine(mailroom.Disturbed):
    envelopes = 2

    def setUp(self):
        super().setUp()
        os.makedirs(self.data, exist_ok=True)

    def start_mail(self):
        env = {**os.environ, "LD_PRELOAD": BAD_MACHINE, "BAD_MACHINE": self.data}
        running = self.start_run(env=env)
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

    def end(self, running):
        """Checks the counts; returns what the run logged."""
        report = self.finish(running)
        said = self.said
        self.check(report)
        return said

    def test_a_disk_that_fails_every_write_costs_time_only(self):
        running = self.start_mail()
        self.order("eio")
        trouble = self.wait_for(lambda: self.status()[1].get("trouble"))
        self.assertIn("Input/output error", trouble)
        self.assertEqual(self.status()[0], 2)
        self.assertIsNone(running.poll())
        self.revoke("eio")
        self.end(running)

    def test_a_clock_that_goes_back_costs_nothing(self):
        running = self.start_mail()
        self.order("clock")
        self.assertIn("the clock went back by", self.end(running))

    def test_a_run_directory_that_is_removed_comes_back(self):
        running = self.start_mail()
        shutil.rmtree(os.path.join(self.data, "run"))
        self.assertIn("and makes it again when started", self.end(running))


if __name__ == "__main__":
    if not os.access(BAD_MACHINE, os.R_OK):
        print(f"skipped: {BAD_MACHINE} is not built")
        raise SystemExit(77)
    mailroom.main()
