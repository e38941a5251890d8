# A mail room for end-to-end tests: a fresh data folder, drawn mail, the real programs. Programs are
# taken from TRIPLI_BUILD, the build folder. Ends 77 (skipped) where something outside is missing.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = os.environ.get("TRIPLI_BUILD", "build/release")
TRIPLI = os.path.join(BUILD, "workers", "tripli")
GENERATOR = os.path.join(BUILD, "bench", "mail-generator")
os.environ.setdefault("TRIPLI_CONFIG", os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                                    "../../config"))
COUNTS = ("filed", "blank", "separators", "to_code", "quarantined", "waiting")
RUN_LIMIT_S = 240  # a run of a small batch takes seconds; a hang must end


def draw(folder, envelopes, *options, seed=7):
    subprocess.run([GENERATOR, f"--envelopes={envelopes}", f"--seed={seed}", "--jobs=2", *options,
                    folder], check=True, stderr=subprocess.DEVNULL)


def children_of(pid):
    """Pids and names of all processes below one."""
    below = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                text = stat.read()
        except OSError:
            continue
        name = text[text.index("(") + 1:text.rindex(")")]
        parent = int(text[text.rindex(")") + 2:].split()[1])
        below.setdefault(parent, []).append((int(entry), name))
    found, todo = [], [pid]
    while todo:
        for child, name in below.get(todo.pop(), []):
            found.append((child, name))
            todo.append(child)
    return found


class Room(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="tripli-e2e-")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.data = os.path.join(self.top, "d")

    def path(self, name):
        return os.path.join(self.top, name)

    def start(self, *arguments, **options):
        return subprocess.Popen([TRIPLI, *arguments, "--data", self.data], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def tripli(self, *arguments, want=0, **options):
        """Runs a verb to its end and returns its stdout."""
        done = subprocess.run([TRIPLI, *arguments, "--data", self.data], text=True,
                              capture_output=True, timeout=RUN_LIMIT_S, **options)
        if want is not None:
            self.assertEqual(done.returncode, want,
                             f"tripli {' '.join(arguments)}: {done.stdout[-2000:]}\n"
                             f"{done.stderr[-2000:]}")
        self.said = done.stderr
        return done.stdout

    def lines(self, *arguments, **options):
        return [json.loads(line) for line in self.tripli(*arguments, "--json",
                                                         **options).splitlines()]

    def run_once(self, *source, want=0):
        """tripli run --once; returns the report, whose equations are checked."""
        out = self.tripli("run", "--once", "--json", *source, want=want)
        report = json.loads(out.splitlines()[-1])
        self.check_pages(report)
        return report

    def check_pages(self, report):
        self.assertEqual(report["pages_accepted"], sum(report[name] for name in COUNTS), report)

    def status_is_there(self):
        """True when a hub answers."""
        done = subprocess.run([TRIPLI, "status", "--json", "--data", self.data], timeout=30,
                              capture_output=True, text=True)
        return done.returncode == 0 and "lanes" in json.loads(done.stdout)

    def finish(self, running):
        out, said = running.communicate(timeout=RUN_LIMIT_S)
        self.said = said
        self.assertEqual(running.returncode, 0, said[-3000:])
        report = json.loads(out.splitlines()[-1])
        self.check_pages(report)
        return report

    def kill_one(self, top, name, patience_s=20):
        """Kills a process below `top` by its name with SIGKILL; returns its pid."""
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            for pid, found in children_of(top.pid):
                if found == name[:15]:
                    os.kill(pid, signal.SIGKILL)
                    return pid
            time.sleep(0.02)
        self.fail(f"no process {name} to kill")

    def wait_for(self, what, patience_s=60):
        """Waits until `what()` is true; fails when it does not come."""
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            found = what()
            if found:
                return found
            time.sleep(0.05)
        self.fail("what was waited for did not come")


class Disturbed(Room):
    """Mail of a few envelopes that is fed while something goes wrong: in the end every count is
    that of an undisturbed run, which the first test makes, and the archive verifies."""
    envelopes = 4
    hopper, calm = None, None
    names = ("sheets_fed", "pages_accepted", "by_type", *COUNTS)

    @classmethod
    def setUpClass(cls):
        cls.hopper = tempfile.mkdtemp(prefix="tripli-hopper-")
        cls.addClassCleanup(shutil.rmtree, cls.hopper, ignore_errors=True)
        draw(cls.hopper, cls.envelopes)

    def setUp(self):
        super().setUp()
        if not self.calm:
            type(self).calm = self.counts(self.run_once("--hopper", self.hopper))
            self.data = self.path("again")

    def counts(self, report):
        return {name: report[name] for name in self.names}

    def check(self, report):
        self.assertEqual(self.counts(report), self.calm)
        self.assertEqual(self.lines("verify")[0]["discrepancies"], 0)

    def start_run(self, *options, **more):
        return self.start("run", "--once", "--json", "--hopper", self.hopper, *options, **more)


def main():
    for program in (TRIPLI, GENERATOR):
        if not os.access(program, os.X_OK):
            print(f"skipped: {program} is not built")
            sys.exit(77)
    unittest.main(verbosity=2)
