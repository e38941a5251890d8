#!/usr/bin/env python3
# Keys are changed and hands change: mail is filed, every key is changed, all of it verifies and is
# shown, the old key put back opens nothing, a backup from before is refused beside the new keys and
# comes back with the old ones; then the tenant is merged into another, which finds everything.
# SPDX-License-Identifier: Apache-2.0
import os
import shutil

import mailroom

REFUSED = 65
DENIED = 77


class Rekey(mailroom.Room):
    def setUp(self):
        super().setUp()
        mailroom.draw(self.path("in"), 3, "--kind=letter", "--no-separators", seed=5)
        self.tripli("run", "--once", "--json", "--input", self.path("in"), want=None)
        for page in self.lines("code", "--list"):
            self.tripli("code", "--page", page["page"], "--tag", "letter")
        self.tripli("batch", "close", "1")
        self.keys = self.data + ".keys"
        self.found = self.lines("find")
        self.tenant = self.found[0]["tenant"]

    def digests(self):
        return [page["digest"] for one in self.found
                for page in self.lines("show", one["document"])[0]["pages"]]

    def expect_whole(self):
        report = self.lines("verify")[0]
        self.assertEqual((report["discrepancies"], report["documents"]), (0, len(self.found)))

    def test_after_a_change_of_keys_all_opens_and_nothing_with_the_old_one(self):
        before = self.digests()
        self.tripli("backup", self.path("older"))
        shutil.copytree(self.keys, self.path("keys.older"))
        self.tripli("rekey")
        self.expect_whole()
        self.assertEqual(self.digests(), before)
        name = f"{self.tenant}.admin.key"
        new = os.path.join(self.keys, name)
        shutil.copy(new, self.path("new.key"))
        shutil.copy(os.path.join(self.path("keys.older"), name), new)
        self.tripli("show", self.found[0]["document"], want=DENIED)
        self.assertIn("generation", self.said)
        shutil.copy(self.path("new.key"), new)
        self.expect_whole()
        # A backup from before: one line, and nothing was touched; with the keys of then it opens.
        shutil.move(self.data, self.path("away"))
        self.tripli("backup", "--restore", self.path("older"), want=REFUSED)
        self.assertEqual(len(self.said.splitlines()), 1, self.said)
        self.assertIn("put the key folder's backup from the time of the copy there", self.said)
        self.assertFalse(os.path.exists(os.path.join(self.data, "catalogue")))
        shutil.move(self.keys, self.path("keys.new"))
        shutil.copytree(self.path("keys.older"), self.keys)
        self.tripli("backup", "--restore", self.path("older"))
        self.expect_whole()
        self.assertEqual(self.digests(), before)

    def test_a_tenant_is_merged_into_another(self):
        before = self.digests()
        other = "131"
        self.tripli("receipt", "1-1", "--out", self.path("receipt"), want=None)
        self.tripli("hold", "set", "case-1", "--reason", "a case", "--owner", "the archive",
                    "--tenant", self.tenant, "--insured", "269054958815780")
        out = self.tripli("tenant", "merge", self.tenant, other)
        self.assertIn(f"caisse {self.tenant} réunie à la caisse {other}", out)
        self.assertIn("gel case-1", out)
        listed = {one["tenant"]: one for one in self.lines("tenant", "list")}
        self.assertEqual((listed[self.tenant]["merged_into"], listed[self.tenant]["unfinished"]),
                         (other, False))
        self.assertEqual(self.lines("find", "--tenant", other), self.found)
        self.assertEqual(self.digests(), before)
        self.expect_whole()
        self.tripli("tenant", "merge", self.tenant, other, want=REFUSED)
        self.assertIn(f"was merged into {other}", self.said)
        self.tripli("export", self.path("all"), "--tenant", other)
        with open(self.path("all/manifest.xml"), encoding="utf-8") as file:
            self.assertIn(f"<SubmissionAgencyIdentifier>{other}<", file.read())


if __name__ == "__main__":
    mailroom.main()
