#!/usr/bin/env python3
# Every file of the corpus, hostile ones too, ends in time with a verdict or a refusal: exit status
# 0 or 65 of `tripli page`, never a crash, a hang or another code. One file of TRIPLI_CORPUS_EVERY
# is taken (24); tests/long/corpus takes all.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys
import tempfile
import unittest

import mailroom

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.environ.get("TRIPLI_CORPUS", os.path.join(HERE, "../../../shared/corpus"))
EVERY = int(os.environ.get("TRIPLI_CORPUS_EVERY", "24"))
DEADLINE_S = 60  # worker.deadline_ms, for each page
PAGES_MAX = 4    # pages of a file at the most that are waited for at full deadline
READ, REFUSED = 0, 65


def files():
    """Every EVERY-th file, in order of their paths: all folders have their share."""
    found = sorted(os.path.join(folder, name)
                   for folder, _, names in os.walk(CORPUS) for name in names)
    return found[::EVERY]


class Corpus(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.TemporaryDirectory(prefix="tripli-corpus-")
        self.addCleanup(self.top.cleanup)

    def check_file(self, path):
        """None, or what is wrong with how the file ended."""
        try:
            done = subprocess.run([mailroom.TRIPLI, "page", "--json", path, "--data",
                                   os.path.join(self.top.name, "d")], capture_output=True,
                                  timeout=PAGES_MAX * DEADLINE_S, text=True, errors="replace")
        except subprocess.TimeoutExpired:
            return "did not end"
        verdicts = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode not in (READ, REFUSED):
            return f"exit status {done.returncode}: {done.stderr.strip()[-300:]}"
        if done.returncode == REFUSED and not done.stderr.strip() and not verdicts:
            return "refused without a word"
        if done.returncode == READ and not verdicts:
            return "no verdict"
        return None

    def test_every_file_ends_with_a_verdict_or_a_refusal(self):
        paths, wrong = files(), {}
        for path in paths:
            fault = self.check_file(path)
            if fault:
                wrong[os.path.relpath(path, CORPUS)] = fault
        print(f"{len(paths)} files, {len(wrong)} ended otherwise than with 0 or 65")
        self.assertEqual(wrong, {})


if __name__ == "__main__":
    if not os.path.isdir(CORPUS):
        print("skipped: no corpus (TRIPLI_CORPUS)")
        sys.exit(77)
    unittest.main()
