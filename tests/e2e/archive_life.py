#!/usr/bin/env python3
# The life of documents in the archive: filed, held, put on a slip, visa refused, hold lifted, visa
# granted, destroyed, certified, verified; each step asserted, and what must be refused on the way.
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import subprocess

import mailroom
import schemas

REFUSED = 65


class ArchiveLife(schemas.Schemas):
    def file_old_mail(self):
        mailroom.draw(self.path("in"), 3, "--kind=letter", "--no-separators", seed=5)
        self.tripli("run", "--once", "--json", "--received", "2018-02-01", "--input",
                    self.path("in"), want=None)
        for page in self.lines("code", "--list"):
            self.tripli("code", "--page", page["page"], "--tag", "letter")
        self.tripli("batch", "close", "1")
        documents = self.lines("find")
        self.assertTrue(documents)
        return documents

    def slip(self, number="1"):
        return self.holds("tripli slip", self.lines("slip", "show", number))[0]

    def check_notification(self, path):
        """Against the schemas, where they are; offline."""
        with open(path, encoding="utf-8") as file:
            self.assertIn("<AuthorizationRequestReplyIdentifier>A2<", file.read())
        seda = os.path.join(os.environ.get("TRIPLI_CORPUS", "../shared/corpus"), "seda")
        if not os.path.isdir(seda) or not shutil.which("xmllint"):
            print("skipped: no SEDA schemas or no xmllint, the notification is not validated")
            return
        catalog = os.path.join(seda, "w3c/xmlcatalog.xml")
        done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema",
                               os.path.join(seda, "seda-2.3/seda-2.3-main.xsd"), path], text=True,
                              env={**os.environ, "XML_CATALOG_FILES": catalog},
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])

    def test_the_life_of_documents_from_filing_to_destruction(self):
        documents = self.file_old_mail()
        tenant = documents[0]["tenant"]
        held = documents[0]["document"]
        self.tripli("slip", "visa", "1", "--granted", "--number", "A1", want=66)
        self.tripli("hold", "set", "case-1", "--reason", "a case", "--owner", "the archive",
                    "--document", held)
        kept = self.holds("tripli slip candidates", self.lines("slip", "candidates"))
        self.assertIn("case-1", " ".join(one["kept_by"] for one in kept))
        self.tripli("hold", "lift", "case-1")
        self.assertIn("", [one["kept_by"] for one in self.lines("slip", "candidates")])

        self.tripli("slip", "draw", "--tenant", tenant)
        self.assertEqual(self.slip()["state"], "on_slip")
        self.tripli("slip", "submit", "1")
        self.tripli("slip", "visa", "1", "--refused", "--number", "A1")
        self.assertEqual(self.slip()["state"], "visa_refused")
        self.tripli("slip", "destroy", "1", want=REFUSED)

        self.tripli("slip", "draw", "--tenant", tenant)
        self.tripli("slip", "submit", "2")
        self.tripli("hold", "set", "case-2", "--reason", "a case", "--owner", "the archive",
                    "--document", held)
        self.tripli("slip", "visa", "2", "--granted", "--number", "A2", want=REFUSED)
        self.assertIn("case-2", self.said)
        self.tripli("hold", "lift", "case-2")
        self.tripli("backup", self.path("copy"))
        self.tripli("slip", "visa", "2", "--granted", "--number", "A2")
        self.tripli("slip", "visa", "2", "--granted", "--number", "A3", want=REFUSED)
        self.tripli("slip", "destroy", "2")
        self.assertEqual(self.slip("2")["state"], "destroyed")
        self.assertEqual(self.lines("find"), [])

        self.tripli("slip", "export", "2", self.path("papers"))
        for name in ("bordereau-2.pdf", "certificat-2.pdf"):
            with open(self.path("papers/" + name), "rb") as file:
                self.assertEqual(file.read(5), b"%PDF-")
        with open(self.path("papers/bordereau-2.csv"), encoding="utf-8") as file:
            self.assertIn("visa A2", file.read())
        self.check_notification(self.path("papers/notification-2-1.xml"))
        self.assertEqual(self.lines("verify")[0]["discrepancies"], 0)
        self.tripli("show", held, want=66)


# Of the schemas' tests, only their tables are used here.
for name in [name for name in dir(schemas.Schemas) if name.startswith("test_")]:
    setattr(ArchiveLife, name, None)

if __name__ == "__main__":
    mailroom.main()
