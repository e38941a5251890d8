#!/usr/bin/env python3
# The same pages give the same verdicts, timings apart: read twice, and by one worker or by two.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import unittest

import mailroom

KINDS = ("--mix=care_form=30,sick_note=20,letter=20,cheque=20,other=10", "--no-separators")


class SameVerdicts(mailroom.Room):
    def verdicts_of_pages(self, folder):
        paths = sorted(os.path.join(folder, name) for name in os.listdir(folder)
                       if name.endswith((".tif", ".jpg")))
        return [self.bytes_of(line) for line in self.lines("page", *paths)]

    @staticmethod
    def bytes_of(verdict):
        verdict.pop("ms", None)
        for page in verdict.get("pages", []):
            page.get("verdict", {}).pop("ms", None)
        return json.dumps(verdict, sort_keys=True)

    def verdicts_of_a_run(self, folder, workers):
        """Every verdict that is kept in the archive, by digest of its page."""
        self.data = self.path(f"d{workers}")
        self.run_once("--input", folder, "--workers", str(workers))
        found = {}
        for document in self.lines("find"):
            shown = self.lines("show", document["document"])[0]
            for page in shown["pages"]:
                verdict = dict(page["verdict"])
                verdict.pop("ms", None)
                found[page["digest"]] = json.dumps(verdict, sort_keys=True)
        return found

    def test_the_same_pages_twice(self):
        folder = self.path("mail")
        mailroom.draw(folder, 2, *KINDS, seed=61)
        first = self.verdicts_of_pages(folder)
        self.assertGreater(len(first), 2)
        self.assertEqual(first, self.verdicts_of_pages(folder))

    def test_one_worker_and_two(self):
        folder = self.path("mail")
        mailroom.draw(folder, 4, *KINDS, seed=62)
        one = self.verdicts_of_a_run(folder, 1)
        self.assertGreater(len(one), 4)
        self.assertEqual(one, self.verdicts_of_a_run(folder, 2))


if __name__ == "__main__":
    unittest.main()
