#!/usr/bin/env python3
# What docs/durability.md promises of each process: the capture killed, the reader hung, the worker
# asleep, everything stopped in the middle and started again. The counts are those of an undisturbed
# run, and the archive verifies.
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import signal
import time

import mailroom

class Kills(mailroom.Disturbed):
    def stop_one(self, top, name):
        """Halts a process below `top`; returns its pid."""
        found = self.wait_for(lambda: [pid for pid, one in mailroom.children_of(top.pid)
                                       if one == name[:15]])
        os.kill(found[0], signal.SIGSTOP)
        return found[0]

    def quick_config(self, old, new):
        """A copy of the configuration with one line changed."""
        shutil.copytree(os.environ["TRIPLI_CONFIG"], self.path("config"))
        path = self.path("config/tripli.conf")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))
        return {**os.environ, "TRIPLI_CONFIG": self.path("config")}

    def test_a_killed_capture_goes_on_with_the_next_sheet(self):
        running = self.start_run()
        for _ in range(2):
            time.sleep(0.8)
            self.kill_one(running, "tripli-scan")
        self.check(self.finish(running))

    def test_a_reader_that_hangs_is_killed_and_its_page_read_again(self):
        slow = self.quick_config("deadline_ms = 60000", "deadline_ms = 6000")
        running = self.start_run("--workers", "1", env=slow)
        time.sleep(1.5)
        self.stop_one(running, "tripli-reader")
        self.check(self.finish(running))

    def test_a_reader_is_replaced_after_so_many_pages_and_nothing_is_lost(self):
        often = self.quick_config("recycle_pages = 2000", "recycle_pages = 5")
        running = self.start_run("--workers", "1", env=often)
        readers = set()
        while running.poll() is None:
            readers |= {pid for pid, name in mailroom.children_of(running.pid)
                        if name == "tripli-reader"}
            time.sleep(0.05)
        report = self.finish(running)
        self.check(report)
        self.assertGreaterEqual(len(readers), report["pages_accepted"] // 5)

    def test_a_worker_asleep_loses_its_pages_and_its_late_answers_change_nothing(self):
        quick = self.quick_config("worker_silence_ms = 5000", "worker_silence_ms = 1500")
        running = self.start_run("--workers", "2", env=quick)
        time.sleep(1.5)
        asleep = self.stop_one(running, "tripli-worker")
        time.sleep(2.5)
        os.kill(asleep, signal.SIGCONT)
        self.check(self.finish(running))

    def test_what_was_stopped_in_the_middle_goes_on_where_it_was(self):
        serving = self.start("run", "--workers", "1")
        self.wait_for(self.status_is_there)
        self.tripli("scan", "--hopper", self.hopper)
        serving.terminate()
        self.assertEqual(serving.wait(90), 0)
        serving.communicate()
        status = self.lines("status", want=None)[0]
        self.assertGreater(status["unread"], 0, "the mail was too little to stop in the middle")
        again = self.start("run")
        try:
            self.wait_for(lambda: self.lines("status", want=None)[0]["unread"] == 0, 120)
            self.wait_for(lambda: not self.lines("status", want=None)[0].get("filing"))
        finally:
            again.terminate()
            again.communicate(timeout=90)
        self.check(self.lines("status", want=None)[0])


if __name__ == "__main__":
    mailroom.main()
