#!/usr/bin/env python3
# What a partner fetches: everything that was filed for it, once, with its index; medical pages only
# for a medical key; kills of every side lose nothing; an acknowledged hand-over can be had again;
# documents come as searchable PDFs, too, when asked for.
# SPDX-License-Identifier: Apache-2.0
import csv
import json
import os
import re
import shutil
import subprocess
from glob import glob

import mailroom
from coding import grey_page
from partner_walk import Door, digest_of, digests_of, images_of
from schemas import rows_of, tables, wrong


class Fetching(Door):
    """A platform that also sorts and hands over; a fund with a key for each compartment."""

    def setUp(self):
        super().setUp()
        self.listed[self.keygen("medical.key")] = "041 medical"
        self.listed[self.keygen("other.key")] = "061"
        self.write_list()

    def open_platform(self):
        super().open_platform()
        self.spawn_handover()
        self.spawn("tripli-worker", "--name", "poste-1")

    def submit_drawn(self, envelopes, seed=7):
        """Digests of what was sent and is filed."""
        folder = self.path(f"mail-{seed}")
        mailroom.draw(folder, envelopes, "--no-separators", seed=seed)
        self.submit(folder, "--out", self.path(f"receipt-{seed}"))
        self.file_all()
        return digests_of(images_of(folder))

    def rows_of(self, folder):
        """The index, checked against CSV, manifest and files."""
        with open(os.path.join(folder, "index.jsonl"), encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        with open(os.path.join(folder, "index.csv"), encoding="utf-8", newline="") as file:
            table = list(csv.DictReader(file))
        with open(os.path.join(folder, "manifest"), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file][1:]
        self.assertEqual({line["name"] for line in lines} | {"manifest"}, set(os.listdir(folder)))
        for line in lines:
            self.assertEqual(digest_of(os.path.join(folder, line["name"])), line["digest"])
        for row, cells in zip(rows, table, strict=True):
            self.assertEqual(digest_of(os.path.join(folder, row["file"])), row["digest"])
            for name in ("page", "document", "tag", "received", "expiry", "rule", "digest", "pdf"):
                self.assertEqual(row[name], cells[name])
            self.assertEqual(row["cmc7"] or "", cells["cmc7"])
            self.check_fields(row)
        return rows

    def check_fields(self, row):
        line = row["fields"].get("cmc7", {"state": "absent"})
        self.assertEqual(row["cmc7"], line["value"] if line["state"] == "proven" else None)
        self.assertNotIn("absent", [field["state"] for field in row["fields"].values()])
        self.assertEqual(row["received"], "2026-11-20")

    def rows_in(self, to):
        rows = []
        for folder in sorted(glob(os.path.join(self.path(to), "*-*"))):
            rows += self.rows_of(folder)
        return rows


class Fetch(Fetching):
    def test_everything_comes_once_and_medical_pages_to_the_medical_key_alone(self):
        self.open_platform()
        sent = self.submit_drawn(12)
        brought = self.fetch("admin") + self.fetch("medical", key="medical.key")
        self.assertEqual([one["handover"] for one in brought], [1, 1])
        for one in brought:
            self.assertEqual(list(wrong(one, rows_of("tripli fetch", tables()))), [])
        admin, medical = self.rows_in("admin"), self.rows_in("medical")
        self.assertEqual(sorted(row["digest"] for row in admin + medical), sent)
        self.assertEqual({row["compartment"] for row in admin}, {"admin"})
        self.assertEqual({row["compartment"] for row in medical}, {"medical"})
        tags = {row["document_tag"] for row in medical}
        self.assertIn("sick_note", tags)
        self.assertLessEqual(tags, {"sick_note", "letter", "other"})  # to the médecin-conseil
        self.assertEqual(self.fetch("admin"), [])
        self.assertEqual(self.fetch("other", key="other.key"), [])
        self.check_next_and_again(admin)

    def check_next_and_again(self, before):
        """Only what is new; then what came before once more, and nothing is new for that."""
        sent = self.submit_drawn(2, seed=8)
        self.assertEqual([one["handover"] for one in self.fetch("next")], [2])
        rows = self.rows_in("next")
        self.assertLessEqual(set(row["digest"] for row in rows), set(sent))
        again = self.fetch("next", "--again", "1")
        self.assertEqual([(one["handover"], one["again"]) for one in again], [(1, True)])
        self.assertEqual(self.rows_of(again[0]["folder"]), before)
        self.assertEqual(self.fetch("next"), [])
        self.fetch("next", "--again", "3", want=66)
        self.fetch("other", "--again", "1", key="other.key", want=66)
        again = self.fetch("next", "--again", "1")  # beside the one that is there
        self.assertTrue(again[0]["folder"].endswith("-2"))
        seen = [(one["verb"], one["user"][:8]) for one in self.lines("access")]
        self.assertIn(("fetch", "partner "), seen)

    def test_a_document_that_becomes_medical_does_not_lie_ready_for_the_other_key(self):
        self.open_platform()
        self.submit_drawn(2)
        partner, valve = self.stuck_fetch("admin", 20000)  # it is ready, and partly there
        partner.kill()
        partner.wait()
        valve.close()
        document = next(one["document"] for one in self.lines("find", "--tenant", "041")
                        if one["tag"] not in ("blank", "sick_note"))
        pages = {page["digest"] for page in self.lines("show", document)[0]["pages"]}
        self.tripli("tag", document, "sick_note", "--reason", "a sick note after all")
        self.assertEqual([one["handover"] for one in self.fetch("admin")], [1])
        admin = {row["digest"] for row in self.rows_in("admin")}
        self.assertFalse(pages & admin)
        self.fetch("medical", key="medical.key")
        self.assertLessEqual(pages, {row["digest"] for row in self.rows_in("medical")})

    def test_the_maker_killed_at_work_begins_again_and_leaves_nothing(self):
        self.open_platform()
        sent = self.submit_drawn(4)
        sealed = os.path.join(self.data, "partners", "outbox", "041-admin-*", "0*")
        partner, valve = self.stuck_fetch("admin", 1000)
        for _ in range(3):
            self.kill("tripli-handover")
            self.spawn_handover()
        partner.kill()
        valve.close()
        self.assertTrue(glob(sealed))
        self.assertFalse(set(map(digest_of, glob(sealed))) & set(sent))
        self.fetch("admin")
        self.fetch("admin", key="medical.key")
        self.assertEqual(digests_of(images_of(self.path("admin"))), sent)
        self.assertEqual(glob(sealed), [])
        self.check_other_fund()

    def check_other_fund(self):
        """A key that is listed for another fund gets that one's alone."""
        folder = self.path("mail-9")
        mailroom.draw(folder, 1, "--no-separators", seed=9)
        self.submit(folder, "--out", self.path("receipt-9"), key="other.key", tenant="061")
        self.file_all()
        self.assertEqual({one["tenant"] for one in self.fetch("other", key="other.key")}, {"061"})


class Pdf(Fetching):
    def test_a_hand_over_ends_when_its_time_is_over_and_the_rest_comes_with_the_next(self):
        config = shutil.copytree(os.environ["TRIPLI_CONFIG"], self.path("config"))
        with open(os.path.join(config, "tripli.conf"), "r+", encoding="utf-8") as file:
            text = file.read().replace("making_ms = 20000;", "making_ms = 1;")
            file.seek(0)
            file.truncate()
            file.write(text)
        self.machine = {"TRIPLI_CONFIG": config}
        self.open_platform()
        sent = self.submit_drawn(4)
        brought = self.fetch("admin", "--pdf")
        # To read a page takes longer than its time, and one document always fits.
        self.assertGreater(len(brought), 1)
        self.assertEqual([one["documents"] for one in brought], [1] * len(brought))
        self.assertEqual([one["handover"] for one in brought],
                         list(range(1, len(brought) + 1)))
        self.fetch("medical", key="medical.key")
        rows = self.rows_in("admin") + self.rows_in("medical")
        self.assertEqual(sorted(row["digest"] for row in rows), sent)

    def feed_a_page_that_cannot_be_read(self):
        os.mkdir(self.path("in"))
        grey_page(self.path("in/a.png"))
        with open(self.path("in/a.png"), "r+b") as file:
            file.seek(60)
            file.write(b"damaged damaged damaged")
        self.tripli("scan", "--input", self.path("in"), "--tenant", "041", "--received",
                    "2026-11-20")
        self.wait_for(lambda: self.lines("quarantine", "list"))
        page = self.lines("quarantine", "list")[0]["page"]
        self.tripli("quarantine", "tag", page, "other")
        self.file_all()
        return page

    def check_pdf(self, folder, rows):
        """One of a document, of as many pages; for each word read of them, whether it is found."""
        path = os.path.join(folder, rows[0]["pdf"])
        self.assertEqual({row["pdf"] for row in rows}, {rows[0]["document"] + ".pdf"})
        info = subprocess.run(["pdfinfo", path], check=True, capture_output=True, text=True).stdout
        self.assertIn(len(rows), map(int, re.findall(r"^Pages: +(\d+)$", info, re.M)))
        there = set(re.findall(r"\w+", subprocess.run(
            ["pdftotext", path, "-"], check=True, capture_output=True, text=True).stdout))
        words = [word for one in self.lines("read", rows[0]["document"])
                 for word in re.findall(r"\w{4,}", one["text"])]
        return [word in there for word in words]

    def documents_of(self, folder):
        documents = {}
        for row in self.rows_of(folder):
            documents.setdefault(row["document"], []).append(row)
        return documents

    def test_documents_come_as_searchable_pdfs_when_asked_for(self):
        self.open_platform()
        self.submit_drawn(5)
        bad = self.feed_a_page_that_cannot_be_read()
        found, words = 0, []
        for key, to in (("partner.key", "admin"), ("medical.key", "medical")):
            for one in self.fetch(to, "--pdf", key=key):
                self.assertEqual(list(wrong(one, rows_of("tripli fetch", tables()))), [])
                self.assertTrue(one["pdf"])
                documents = self.documents_of(one["folder"])
                files = [name for name in os.listdir(one["folder"]) if name.endswith(".pdf")]
                readable = [rows for rows in documents.values() if rows[0]["page"] != bad]
                self.assertEqual(sorted(files), sorted(rows[0]["pdf"] for rows in readable))
                found += len(documents) - len(readable)
                words += sum((self.check_pdf(one["folder"], rows) for rows in readable), [])
        self.assertEqual(found, 1)  # the one that cannot be read comes as an image
        self.assertGreaterEqual(len(words), 200)
        # two looks at the scrawl on a form differ, and nearly nothing else does
        self.assertGreaterEqual(sum(words), 0.85 * len(words))
        self.assertIn("is handed over without a PDF", self.said_by_all())
        self.check_again_and_apart()

    def check_again_and_apart(self):
        """What came with PDFs is had again without; what lies ready without is made anew with."""
        again = self.fetch("again", "--again", "1")
        self.assertEqual([name for name in os.listdir(again[0]["folder"]) if ".pdf" in name], [])
        self.submit_drawn(2, seed=8)
        partner, valve = self.stuck_fetch("next", 20000)
        partner.kill()
        partner.wait()
        valve.close()
        one, = self.fetch("next", "--pdf")
        rows = self.rows_of(one["folder"])
        self.assertEqual({row["document"] + ".pdf" for row in rows}, {row["pdf"] for row in rows})


if __name__ == "__main__":
    mailroom.main()
