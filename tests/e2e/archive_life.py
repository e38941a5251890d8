#!/usr/bin/env python3
# The life of documents in the archive: filed, explained, an event known, a tag corrected, held, put
# on a slip, visa refused, hold lifted, visa granted, destroyed, certified, verified, and an older
# backup restored; each step asserted, and what must be refused on the way.
# SPDX-License-Identifier: Apache-2.0
import getpass
import hashlib
import os
import re
import shutil
import subprocess
from xml.etree import ElementTree

import mailroom
import schemas

REFUSED = 65
USAGE = 64
GONE = 66


class ArchiveLife(schemas.Schemas):
    def file_old_mail(self):
        mailroom.draw(self.path("in"), 6, "--kind=letter", "--no-separators", seed=5)
        self.tripli("run", "--once", "--json", "--received", "2018-02-01", "--input",
                    self.path("in"), want=None)
        for page in self.lines("code", "--list"):
            self.tripli("code", "--page", page["page"], "--tag", "letter")
        self.tripli("batch", "close", "1")
        letters = [one for one in self.lines("find") if one["tag"] == "letter"]
        self.assertGreaterEqual(len(letters), 5)
        return [one["document"] for one in letters], letters[0]["tenant"]

    def hold(self, name, document):
        self.tripli("hold", "set", name, "--reason", "a case", "--owner", "the archive",
                    "--document", document)

    def found(self, *conditions):
        return [one["document"] for one in self.lines("find", *conditions)]

    def why(self, document):
        return self.holds("tripli why", self.lines("why", document))[0]

    def slip(self, number="1"):
        return self.holds("tripli slip", self.lines("slip", "show", number))[0]

    def check_seda(self, path):
        """Against the schemas, where they are; offline."""
        seda = os.path.join(os.environ.get("TRIPLI_CORPUS", "../shared/corpus"), "seda")
        if not os.path.isdir(seda) or not shutil.which("xmllint"):
            print("skipped: no SEDA schemas or no xmllint, nothing is validated")
            return
        catalog = os.path.join(seda, "w3c/xmlcatalog.xml")
        done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema",
                               os.path.join(seda, "seda-2.3/seda-2.3-main.xsd"), path], text=True,
                              env={**os.environ, "XML_CATALOG_FILES": catalog},
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])

    def terms_change(self, late, retagged):
        """An event moves one document to a later box, a corrected tag another."""
        self.assertEqual(self.why(late)["steps"][-1]["event"], "filed")
        self.assertIn("part de la réception, le 2018-02-01", self.tripli("why", late))
        self.assertIn("éliminable à partir du 2020-10-01", self.tripli("show", late))
        self.assertEqual(self.lines("retention", "check"), [])
        self.tripli("event", late, "2026-02-30", "--reason", "a letter", want=USAGE)
        self.tripli("event", late, "2190-01-01", "--reason", "a letter", want=REFUSED)
        event = self.holds("tripli event", self.lines("event", late, "2018-05-20", "--reason",
                                                      "a letter"))[0]
        self.assertEqual(event["expiry"], "2021-01-01")
        self.assertNotEqual(event["box"], event["box_before"])
        step = self.why(late)["steps"][-1]
        self.assertEqual((step["event"], step["expiry_to"], step["reason"]),
                         ("event_known", "2021-01-01", "a letter"))
        self.assertEqual(self.found("--expires-from", "2021-01-01", "--expires-to", "2021-01-01"),
                         [late])
        tag = self.holds("tripli tag", self.lines("tag", retagged, "cheque", "--reason",
                                                  "read wrongly"))[0]
        self.assertEqual((tag["tag"], tag["tag_before"]), ("cheque", "letter"))
        self.assertEqual(tag["expiry"], "2028-03-01")
        self.assertEqual(self.tripli("retention", "check"), "rien à changer\n")
        self.assertIn("la réception en tient lieu, plus 1 mois de marge, soit le 2018-03-01",
                      self.tripli("why", retagged))
        self.assertEqual(self.lines("retention", "check"), [])

    def copy_is_proven(self, document):
        """What makes the images faithful copies is kept with them."""
        for page in self.lines("show", document)[0]["pages"]:
            capture = page["capture"]
            self.assertRegex(capture["software"], r"^tripli \d")
            self.assertEqual(capture["operator"], getpass.getuser())
            self.assertRegex(capture["captured"], r"^20\d\d-")
            self.assertEqual(capture["steps"], [{"step": "kept", "before": capture["file_digest"],
                                                 "after": page["digest"]}])

    def pdf_is_searchable(self, document):
        """Words that are read of the pages are found in the PDF of the document."""
        path = self.path("document.pdf")
        self.tripli("show", document, "--pdf", path)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        found = subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True, text=True,
                               timeout=60).stdout
        pages = [one["text"] for one in self.lines("read", document)]
        words = [word for text in pages for word in re.findall(r"\w{4,}", text)]
        there = set(re.findall(r"\w+", found))
        self.assertGreaterEqual(len(words), 20)
        self.assertGreaterEqual(sum(word in there for word in words), 0.9 * len(words))
        self.tripli("show", document, "--pdf", self.path("none/document.pdf"), want=GONE)

    def paper_has_a_place(self, document):
        """The original of a document can be found."""
        self.assertIn("emplacement non indiqué", self.tripli("why", document))
        self.tripli("batch", "place", "1", want=USAGE)
        self.tripli("batch", "place", "99", "--carton", "C-7", want=GONE)
        self.tripli("batch", "place", "1", "--carton", "C-\n7", want=REFUSED)
        self.tripli("batch", "place", "1", "--carton", "C-7", "--place", "magasin 2")
        self.assertIn("carton C-7 (magasin 2), à conserver jusqu'au",
                      self.tripli("batch", "show", "1"))
        self.assertIn("du lot 1 : carton C-7 (magasin 2), à conserver jusqu'au",
                      self.tripli("why", document))
        batch = self.holds("tripli batch", self.lines("batch", "show", "1"))[0]
        paper = self.why(document)["paper"]
        self.assertEqual((paper["carton"], paper["rule"], paper["expiry"]),
                         ("C-7", "PAPER", batch["paper"]["expiry"]))
        self.assertGreaterEqual(paper["last_sheet"], paper["first_sheet"])

    def refused_once(self, tenant, held):
        """A held document leaves its box; the first visa is refused."""
        self.tripli("slip", "visa", "1", "--granted", "--number", "A1", want=GONE)
        self.hold("case-1", held)
        kept = self.holds("tripli slip candidates", self.lines("slip", "candidates"))
        self.assertIn("case-1", " ".join(one["kept_by"] for one in kept))
        self.tripli("slip", "draw", "--tenant", tenant)
        self.assertEqual(self.slip()["state"], "on_slip")
        self.assertEqual(self.found("--hold", "case-1"), [held])
        self.assertNotIn(held, self.found("--slip", "1"))
        self.tripli("slip", "submit", "1")
        self.tripli("slip", "visa", "1", "--refused", "--number", "A1")
        self.assertEqual(self.slip()["state"], "visa_refused")
        self.tripli("slip", "destroy", "1", want=REFUSED)
        self.tripli("hold", "lift", "case-1")

    def granted_then(self, tenant, held, spared):
        """What is held by then keeps its line from every step, until the slip is revised."""
        self.tripli("slip", "draw", "--tenant", tenant)
        self.assertIn(held, self.found("--slip", "2"))
        self.tripli("slip", "submit", "2")
        self.hold("case-2", spared)
        self.tripli("slip", "visa", "2", "--granted", "--number", "A2", want=REFUSED)
        self.assertIn("case-2", self.said)
        self.tripli("hold", "lift", "case-2")
        self.tripli("slip", "visa", "2", "--granted", "--number", "A2")
        self.tripli("slip", "visa", "2", "--granted", "--number", "A3", want=REFUSED)
        self.tripli("backup", self.path("older"))
        self.hold("case-3", spared)
        self.tripli("slip", "destroy", "2", want=REFUSED)
        self.assertIn("case-3", self.said)
        self.tripli("slip", "revise", "2")
        self.tripli("slip", "destroy", "2")
        self.tripli("slip", "shredded", "2", want=USAGE)
        self.tripli("slip", "shredded", "2", "--number", "BD-1", want=REFUSED)
        self.assertEqual(self.slip("2")["state"], "destroyed")

    def check_papers(self):
        self.tripli("slip", "export", "2", self.path("papers"))
        for name in ("bordereau-2.pdf", "certificat-2.pdf"):
            with open(self.path("papers/" + name), "rb") as file:
                self.assertEqual(file.read(5), b"%PDF-")
        with open(self.path("papers/bordereau-2.csv"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn("visa A2", text)
        self.assertIn('"2 ans 6 mois"', text)
        self.assertIn("1 boîte,", text)
        notification = self.path("papers/notification-2-1.xml")
        with open(notification, encoding="utf-8") as file:
            self.assertIn("<AuthorizationRequestReplyIdentifier>A2<", file.read())
        self.check_seda(notification)

    def check_transfer(self, tenant, documents):
        """What is handed over: every image under its digest, holds and rules beside it."""
        folder, archives = self.path("transfer"), "{fr:gouv:culture:archivesdefrance:seda:v2.3}"
        figures = self.holds("tripli export", self.lines("export", folder, "--tenant", tenant))[0]
        self.check_seda(os.path.join(folder, "manifest.xml"))
        root = ElementTree.parse(os.path.join(folder, "manifest.xml")).getroot()
        objects = root.findall(f".//{archives}BinaryDataObject")
        self.assertEqual(len(objects), figures["pages"])
        for one in objects:
            with open(os.path.join(folder, one.find(archives + "Uri").text), "rb") as file:
                content = file.read()
            self.assertEqual(one.find(archives + "MessageDigest").text,
                             hashlib.sha512(content).hexdigest())
            self.assertEqual(int(one.find(archives + "Size").text), len(content))
        units = [one for one in root.iter(archives + "ArchiveUnit") if one.get("id")[0] == "D"]
        self.assertEqual([one.get("id")[1:] for one in units], documents)
        copies = [one.text for one in root.iter(archives + "CustodialHistoryItem")]
        self.assertEqual(len(copies), figures["pages"])
        self.assertIn('"step":"kept"', copies[0])
        holds = root.findall(f".//{archives}HoldRule/{archives}Rule")
        self.assertEqual([one.text for one in holds], ["case-3"])
        rules = {one.text for one in root.findall(f".//{archives}AppraisalRule/{archives}Rule")}
        self.assertLessEqual({"LTR", "CHQ-IMG"}, rules)
        self.tripli("export", folder, "--tenant", tenant, want=REFUSED)
        self.check_pdfs(tenant, documents)
        self.tripli("export", self.path("none"), "--tenant", tenant, "--box", "999", want=GONE)

    def check_pdfs(self, tenant, documents):
        """A transfer with PDFs: one of each document, searchable, named by its unit."""
        folder, archives = self.path("pdfs"), "{fr:gouv:culture:archivesdefrance:seda:v2.3}"
        out = self.tripli("export", folder, "--tenant", tenant, "--pdf")
        self.assertRegex(out, rf": {len(documents)} documents?, \d+ faces?, \d+,\d Mo\n")
        self.check_seda(os.path.join(folder, "manifest.xml"))
        root = ElementTree.parse(os.path.join(folder, "manifest.xml")).getroot()
        masters = {one.find(archives + "Uri").text: one.find(archives + "MessageDigest").text
                   for one in root.findall(f".//{archives}BinaryDataObject")
                   if one.find(archives + "DataObjectVersion").text == "Dissemination_1"}
        self.assertEqual(sorted(masters), sorted(f"content/D{one}.pdf" for one in documents))
        for name, digest in masters.items():
            with open(os.path.join(folder, name), "rb") as file:
                self.assertEqual(hashlib.sha512(file.read()).hexdigest(), digest)
        found = subprocess.run(["pdftotext", os.path.join(folder, f"content/D{documents[0]}.pdf"),
                                "-"], check=True, capture_output=True, text=True, timeout=60).stdout
        self.assertGreaterEqual(len(re.findall(r"\w{4,}", found)), 20)

    def check_what_is_left(self, left, gone):
        self.assertEqual(self.found(), sorted(left, key=lambda one: int(one.split("-")[1])))
        self.assertEqual(self.lines("verify")[0]["discrepancies"], 0)
        for document in gone:
            for verb in ("show", "why", "receipt"):
                self.tripli(verb, document, want=GONE)
                self.assertIn(f"document {document}: destroyed on 20", self.said)
                self.assertIn(", slip 2, visa A2", self.said)
        for missing in (["-b", "99"], ["-B", "99"], ["-S", "99"], ["-H", "case-9"]):
            self.tripli("find", *missing, want=GONE)
            self.assertIn("there is none of that n", self.said)
        self.tripli("separators", "print", "-b", "999", "-o", "/dev/null", want=GONE)
        self.tripli("separators", "print", "-b", "abc", want=USAGE)
        self.assertTrue(self.tripli("separators", "print", "-o", "-", errors="replace")
                        .startswith("%PDF-"))
        self.tripli("find", "-F", "2020-01-02", "-U", "2020-01-01", want=USAGE)

    def check_looks(self, tenant, handed_over, shown):
        """Who looked at what is noted; where it cannot be, nothing is shown."""
        looks = self.holds("tripli access", self.lines("access"))
        seen = [(one["verb"], one.get("document")) for one in looks]
        self.assertEqual({one["user"] for one in looks}, {getpass.getuser()})
        self.assertEqual([one for verb, one in seen if verb == "export"], 2 * handed_over)
        self.assertIn(("show", shown), seen)
        self.assertIn(("why", shown), seen)
        self.tripli("find", "--tenant", tenant, "--insured", "269054958815780")
        self.assertEqual([(one["verb"], one["by"], one["tenant"])
                          for one in self.lines("access")[len(looks):]],
                         [("find", "insured", tenant)])
        self.tripli("read", handed_over[0])
        self.assertEqual([one["verb"] for one in self.lines("access", "-d", handed_over[0])][-1],
                         "read")
        self.assertEqual(self.lines("access", "--user", "nobody"), [])
        self.assertEqual(self.lines("access", "--to", "2020-01-01"), [])
        self.assertIn(f"document {shown}, caisse {tenant}", self.tripli("access"))
        folder = self.path("d/access")
        os.rename(folder, folder + ".away")
        with open(folder, "w", encoding="utf-8"):
            pass
        for verb in ("show", "read", "why"):
            self.assertEqual(self.tripli(verb, handed_over[0], want=74), "")
            self.assertIn("nothing is shown", self.said)
        self.tripli("export", self.path("unseen"), "--tenant", tenant, want=74)
        self.assertEqual(os.listdir(self.path("unseen/content"))
                         if os.path.isdir(self.path("unseen/content")) else [], [])
        os.remove(folder)
        os.rename(folder + ".away", folder)

    def test_the_life_of_documents_from_filing_to_destruction(self):
        letters, tenant = self.file_old_mail()
        held, late, retagged, spared = letters[:4]
        self.terms_change(late, retagged)
        self.paper_has_a_place(held)
        self.copy_is_proven(held)
        self.pdf_is_searchable(held)
        self.refused_once(tenant, held)
        everything = self.start("run", "--workers", "1")
        try:  # a hub does what was done without one before
            self.wait_for(self.status_is_there)
            self.granted_then(tenant, held, spared)
        finally:
            everything.terminate()
            everything.communicate(timeout=90)
        others = [one for one in self.found() if one not in (retagged, spared)]
        gone = [held, late] + letters[4:]
        self.check_papers()
        self.check_transfer(tenant, self.found())
        self.check_what_is_left([retagged, spared] + others, gone)
        self.check_looks(tenant, self.found("--tenant", tenant), late)

        shutil.rmtree(self.data)
        self.tripli("backup", "--restore", self.path("older"))
        self.check_what_is_left([retagged, spared] + others, gone)
        self.assertIn("moved_out", [step["event"] for step in self.why(spared)["steps"]])


# Of the schemas' tests, only their tables are used here.
for name in [name for name in dir(schemas.Schemas) if name.startswith("test_")]:
    setattr(ArchiveLife, name, None)

if __name__ == "__main__":
    mailroom.main()
