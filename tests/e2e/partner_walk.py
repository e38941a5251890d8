#!/usr/bin/env python3
# A partner's way: a key pair, the key listed under a tenant, a folder of pages submitted while both
# sides are killed, the receipt, checked without the archive; the pages sorted, filed and fetched
# while both sides are killed, each with its digest; what comes twice has one receipt.
# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import os
import shutil
import subprocess
import time
from glob import glob

import mailroom
from machines import free_port
from valve import Valve

CORPUS = os.path.join(os.environ.get("TRIPLI_CORPUS", "../shared/corpus"), "filled")


def program(name):
    return os.path.join(mailroom.BUILD, "workers", name)


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.blake2b(file.read(), digest_size=32).hexdigest()


def images_of(folder):
    return [path for path in glob(os.path.join(folder, "**"), recursive=True)
            if path.endswith((".tif", ".tiff", ".jpg", ".jpeg", ".png"))]


def digests_of(paths):
    return sorted(map(digest_of, paths))


class Door(mailroom.Room):
    """A platform with its door open, and a partner with a key."""

    def setUp(self):
        super().setUp()
        self.running = {}
        self.machine = {}  # variables of its programs
        self.log = open(self.path("log"), "w+", encoding="utf-8")
        self.addCleanup(self.log.close)
        self.addCleanup(self.stop_all)
        self.gateway_key = self.keygen("gateway.key")
        self.listed = {self.keygen("partner.key"): "041"}
        self.write_list()
        self.endpoint = f"tcp://127.0.0.1:{free_port()}"

    def keygen(self, name):
        return self.lines("keygen", self.path(name))[0]["public"]

    def write_list(self):
        text = "".join(f"{key} {tenant}\n" for key, tenant in self.listed.items())
        with open(self.path("partners.new"), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(self.path("partners.new"), self.path("partners"))

    def spawn(self, name, *arguments):
        self.running[name] = subprocess.Popen(
            [program(name), "--data", self.data, *arguments], stderr=self.log,
            env={**os.environ, **self.machine})

    def spawn_gateway(self):
        self.spawn("tripli-gateway", "--listen", self.endpoint, "--key", self.path("gateway.key"),
                   "--allow", self.path("partners"))

    def open_platform(self):
        self.spawn("tripli-hub")
        self.wait_for(lambda: os.path.exists(os.path.join(self.data, "run", "front")))
        self.spawn("tripli-import")
        self.wait_for(lambda: os.path.exists(os.path.join(self.data, "partners", "hub.pub")))
        self.spawn_gateway()

    def kill(self, name):
        self.running[name].kill()
        self.running.pop(name).wait()

    def stop_all(self):
        for name in list(self.running):
            self.kill(name)

    def said_by_all(self):
        self.log.flush()
        with open(self.path("log"), encoding="utf-8") as file:
            return file.read()

    def submit_command(self, folder, *options, key="partner.key", tenant="041"):
        return [mailroom.TRIPLI, "submit", "--data", self.path("elsewhere"), "--gateway",
                self.endpoint, "--gateway-key", self.gateway_key, "--key", self.path(key),
                "--tenant", tenant, "--received", "2026-11-20", *options, folder]

    def submit(self, folder, *options, want=0, **who):
        done = subprocess.run(self.submit_command(folder, "--json", *options, **who),
                              capture_output=True, text=True, timeout=mailroom.RUN_LIMIT_S)
        self.assertEqual(done.returncode, want, done.stderr[-2000:] + self.said_by_all()[-2000:])
        self.said = done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def receipt(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def spawn_handover(self):
        self.spawn("tripli-handover", "--allow", self.path("partners"))

    def fetch_command(self, to, *options, key="partner.key", endpoint=None):
        return [mailroom.TRIPLI, "fetch", "--data", self.path("elsewhere"), "--gateway",
                endpoint or self.endpoint, "--gateway-key", self.gateway_key, "--key",
                self.path(key), "--public-key", os.path.join(self.data, "platform.pub"), "--to",
                self.path(to), *options]

    def fetch(self, to, *options, want=0, **who):
        """Objects, one per hand-over."""
        done = subprocess.run(self.fetch_command(to, "--json", *options, **who), text=True,
                              capture_output=True, timeout=mailroom.RUN_LIMIT_S)
        self.assertEqual(done.returncode, want, done.stderr[-2000:] + self.said_by_all()[-3000:])
        self.said = done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def file_all(self):
        """Waits until everything is read, coded where a person is wanted, and filed."""
        def is_read():
            return self.lines("status", want=None)[0]["unread"] == 0

        def is_filed():
            status = self.lines("status", want=None)[0]
            return status["envelopes_filed"] == status["envelopes"]
        self.wait_for(is_read, 200)
        to_code = self.lines("code", "--list")
        self.coded = len(to_code)
        for page in to_code:
            tag = page["tag"] if page["tag"] != "none" else "letter"
            self.tripli("code", "--page", page["page"], "--tag", tag)
        self.wait_for(is_filed)

    def stuck_fetch(self, to, limit, **who):
        """A fetch that stands still after so many bytes; with what was there when it stood."""
        valve = Valve(int(self.endpoint.rsplit(":", 1)[1]), limit)
        partner = subprocess.Popen(self.fetch_command(to, endpoint=valve.endpoint, **who),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(partner.kill)
        self.assertTrue(valve.stuck.wait(60), self.said_by_all()[-3000:])
        return partner, valve


class Walk(Door):
    def pages(self):
        """Pages as partners have them: filled forms where there is a corpus, else drawn mail."""
        folder = self.path("mail")
        if not images_of(CORPUS):
            mailroom.draw(folder, 12, "--no-separators")
        for number, path in enumerate(sorted(images_of(CORPUS))):
            os.makedirs(folder, exist_ok=True)
            shutil.copyfile(path, os.path.join(folder, f"{number}{os.path.splitext(path)[1]}"))
        with open(os.path.join(folder, "notes.txt"), "w", encoding="utf-8") as file:
            file.write("no image")
        return folder

    def durable(self):
        """Bytes of the spool, as far as it is written."""
        return sum(os.path.getsize(path) for path in
                   glob(os.path.join(self.data, "partners", "041", "*", "files")))

    def test_a_batch_and_what_became_of_it_survive_kills_of_both_sides(self):
        folder = self.pages()
        self.listed[self.keygen("medical.key")] = "041 medical"
        self.write_list()
        facts = self.submit_with_kills(folder)
        self.check_facts(facts, folder)
        self.spawn("tripli-worker", "--name", "poste-1")
        self.spawn_handover()
        self.file_all()
        first = self.fetch_with_kills("fetched")
        self.assertEqual([one["handover"] for one in first], [1])
        medical = self.fetch("fetched", key="medical.key")
        self.assertEqual({one["compartment"] for one in medical}, {"medical"} if medical else set())
        self.assertEqual(digests_of(images_of(self.path("fetched"))), digests_of(images_of(folder)))
        self.assertEqual(self.fetch("fetched") + self.fetch("fetched", key="medical.key"), [])
        self.assertEqual(self.lines("verify")[0]["discrepancies"], 0)
        self.check_statement(facts, folder)
        self.check_again(facts, folder)
        for one in first + medical:
            self.assertIn("prouvé", self.tripli(
                "verify", "--receipt", os.path.join(one["folder"], "manifest"), "--public-key",
                self.path("platform.pub")))

    def check_statement(self, facts, folder):
        """The account of the month: all that was sent."""
        about = ["statement", "--tenant", "041", "--month", time.strftime("%Y-%m", time.gmtime())]
        said = self.lines(*about)[0]
        self.assertEqual((said["received"], said["archived"], said["under_way"]),
                         (facts["pages"], facts["pages"], 0))
        self.assertEqual(said["by_machine"] + said["by_people"], said["archived"])
        self.assertGreaterEqual(said["by_people"], self.coded)
        self.assertEqual((said["batches"], said["refused"], said["reasons"]),
                         (1, 0, {}))
        self.assertEqual((said["documents"], said["handed_over"], said["kept"]),
                         (len(self.lines("find", "--tenant", "041")), said["documents"], 0))
        self.assertLessEqual(0, said["p50_ms"])
        self.assertLessEqual(said["max_ms"], mailroom.RUN_LIMIT_S * 1000)
        self.assertIn(f'"Faces reçues";{facts["pages"]}\n', self.tripli(*about, "--csv"))
        self.assertIn("0 refus = 0\n", self.tripli(*about))
        self.tripli(*about, "--pdf", self.path("statement.pdf"))
        self.assertEqual(self.receipt("statement.pdf")[:5], b"%PDF-")

    def submit_with_kills(self, folder):
        """Each time with more on the disk."""
        self.spawn("tripli-import")  # makes the key; its hub is not there yet
        self.wait_for(lambda: os.path.exists(os.path.join(self.data, "partners", "hub.pub")))
        self.spawn_gateway()
        for seen in (1 << 19, 3 << 19):
            partner = subprocess.Popen(self.submit_command(folder), stderr=subprocess.DEVNULL)
            self.wait_for(lambda: self.durable() > seen)
            self.kill("tripli-gateway")
            partner.kill()
            partner.wait()
            self.spawn_gateway()
        partner = subprocess.Popen(
            self.submit_command(folder, "--json", "--out", self.path("one")), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.kill("tripli-import")
        self.open_hub_side()
        out, said = partner.communicate(timeout=mailroom.RUN_LIMIT_S)
        self.assertEqual(partner.returncode, 0, said + self.said_by_all())
        return json.loads(out)

    def fetch_with_kills(self, to):
        """Both sides are killed twice while it comes; what had come is not fetched again."""
        kept = {}
        for limit in (1 << 20, 3 << 20):
            partner, valve = self.stuck_fetch(to, limit)
            # what passed the valve is written by the partner a moment later
            self.wait_for(lambda: len(images_of(self.path(to) + "/.041*")) > len(kept))
            self.kill("tripli-gateway")
            self.kill("tripli-handover")
            partner.kill()
            partner.wait()
            valve.close()
            came = {path: os.stat(path).st_ino for path in images_of(self.path(to) + "/.041*")}
            self.assertGreater(len(came), len(kept))
            self.assertLessEqual(kept.items(), came.items())
            kept = came
            self.spawn_handover()
            self.spawn_gateway()
        brought = self.fetch(to)
        is_there = {os.stat(path).st_ino for path in images_of(brought[0]["folder"])}
        self.assertLessEqual(set(kept.values()), is_there)
        return brought

    def open_hub_side(self):
        self.spawn("tripli-hub")
        self.wait_for(lambda: os.path.exists(os.path.join(self.data, "run", "front")))
        self.spawn("tripli-import")

    def check_facts(self, facts, folder):
        self.assertEqual(facts["tenant"], "041")
        self.assertEqual(facts["received"], "2026-11-20")
        self.assertEqual(facts["files"], len(images_of(folder)))
        self.assertEqual(facts["refused"], 0)
        status = self.lines("status", "--batch", str(facts["number"]), want=None)[0]
        self.assertEqual(status["pages_accepted"], facts["pages"])
        self.assertEqual(status["sheets_fed"], facts["pages"])

    def check_again(self, facts, folder):
        again = self.submit(folder, "--out", self.path("two"))
        self.assertEqual(again, facts)
        self.assertEqual(self.receipt("one"), self.receipt("two"))
        self.assertEqual(self.durable(), 0)  # what is in the archive has left the inbox
        public = shutil.copy(os.path.join(self.data, "platform.pub"), self.path("platform.pub"))
        self.stop_all()
        check = ["verify", "--receipt", self.path("one"), "--public-key", public]
        self.assertIn("prouvé", self.tripli(*check))
        with open(self.path("one"), "r+b") as file:
            text = file.read().replace(b'\\"tenant\\":\\"041\\"', b'\\"tenant\\":\\"061\\"')
            self.assertNotEqual(text, self.receipt("two"))
            file.seek(0)
            file.write(text)
        self.tripli(*check, want=65)

    def test_the_pages_of_a_pdf_are_sent_and_a_bad_one_is_said(self):
        folder = self.path("pdf")
        os.makedirs(folder)
        self.tripli("separators", "print", "--copies", "2", "--out", f"{folder}/good.pdf")
        with open(f"{folder}/good.pdf", "rb") as file:
            half = file.read()[:2000]
        with open(f"{folder}/half.pdf", "wb") as file:
            file.write(half)
        self.open_platform()
        os.makedirs(self.path("tmp/tripli-pages-KiLLed"))  # of a process that is no more
        done = subprocess.run(self.submit_command(folder, "--json", "--out", self.path("receipt")),
                              text=True, timeout=60, capture_output=True,
                              env={**os.environ, "TMPDIR": self.path("tmp")})
        self.assertEqual(done.returncode, 65, done.stderr)
        self.assertEqual(done.stderr.strip(),
                         f"refusé : {folder}/half.pdf : un PDF dont la fin manque")
        facts = json.loads(done.stdout)
        self.assertEqual((facts["files"], facts["pages"], facts["refused"]), (2, 2, 0))
        self.assertEqual(os.listdir(self.path("tmp")), [])

    def test_tripli_run_opens_the_door_and_stops_it(self):
        config = shutil.copytree(os.environ["TRIPLI_CONFIG"], self.path("config"))
        shutil.copy(self.path("partners"), os.path.join(config, "partners.list"))
        os.makedirs(os.path.join(self.data, "partners"), mode=0o700)
        shutil.copy(self.path("gateway.key"), os.path.join(self.data, "partners"))
        platform = self.start("run", "--partners", self.endpoint, "--workers", "1", "--config",
                              config)
        self.addCleanup(platform.kill)
        mailroom.draw(self.path("mail"), 2, "--no-separators")
        facts = self.submit(self.path("mail"), "--out", self.path("one"))
        self.assertEqual(facts["refused"], 0)
        with open(os.path.join(self.data, "partners", "gateway.pub"), encoding="utf-8") as file:
            self.assertEqual(file.read(), self.gateway_key + "\n")
        self.wait_for(lambda: self.lines("status", want=None)[0]["unread"] == 0)
        platform.terminate()
        _, said = platform.communicate(timeout=60)
        self.assertEqual(platform.returncode, 0, said)

    def test_a_drop_folder_is_submitted_file_by_done_file(self):
        self.open_platform()
        drop, drawn = self.path("drop"), self.path("mail")
        os.mkdir(drop)
        mailroom.draw(drawn, 2, "--no-separators")
        pages = sorted(path for path in glob(os.path.join(drawn, "**"), recursive=True)
                       if path.endswith((".tif", ".jpg")))[:2]
        for path in pages:
            shutil.copy(path, drop)
        name = os.path.join(drop, os.path.basename(pages[0]))
        self.done(name)
        watcher = subprocess.Popen(self.submit_command(drop, "--watch", "--json"), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(watcher.kill)
        sent = os.path.join(drop, ".sent")
        self.wait_for(lambda: glob(os.path.join(sent, "*", os.path.basename(name))))
        self.assertFalse(os.path.exists(name) or os.path.exists(name + ".done"))
        self.assertEqual(len(glob(os.path.join(sent, "*.receipt"))), 1)
        self.wait_for(lambda: len(glob(os.path.join(sent, "*.receipt"))) == 2)  # grown calm
        watcher.terminate()
        out, said = watcher.communicate(timeout=30)
        self.assertEqual(watcher.returncode, 0, said)
        self.assertEqual([json.loads(line)["files"] for line in out.splitlines()], [1, 1])
        self.check_dropped_again(drop, pages[0])

    def check_dropped_again(self, drop, page):
        """Files that were sent as something else are put away, and the folder goes on; what is not
        taken of a batch stands beside its receipt; nothing is removed."""
        name, sent = os.path.join(drop, os.path.basename(page)), os.path.join(drop, ".sent")
        watcher = subprocess.Popen(self.submit_command(drop, "--watch", "--kind", "cheque"),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(watcher.kill)
        shutil.copy(page, name)
        self.done(name)
        self.wait_for(lambda: glob(os.path.join(sent, "skipped-*", os.path.basename(page))))
        os.mkdir(os.path.join(self.path("more")))
        mailroom.draw(self.path("more"), 1, "--no-separators", seed=11)
        os.mkdir(os.path.join(drop, ".new"))  # a claim takes what is ready at one moment
        shutil.copy(images_of(self.path("more"))[0], os.path.join(drop, ".new", "new.img"))
        with open(os.path.join(drop, ".new", "bad.img"), "w", encoding="utf-8") as file:
            file.write("no image")
        os.rename(os.path.join(drop, ".new"), os.path.join(drop, ".sending-2026-11-21"))
        refused, = self.wait_for(lambda: glob(os.path.join(sent, "*.refused")))
        with open(refused, encoding="utf-8") as file:
            self.assertRegex(file.read(), r"^ignoré : .*/bad.img : pas une image")
        self.wait_for(lambda: os.path.isdir(refused[:-len(".refused")]))
        self.assertTrue(os.path.exists(refused[:-len("refused")] + "receipt"))
        watcher.terminate()
        _, said = watcher.communicate(timeout=30)
        self.assertEqual(watcher.returncode, 0, said)
        self.assertIn("déjà été envoyés", said)

    def done(self, name):
        with open(name + ".done", "w", encoding="utf-8"):
            pass

    def test_the_same_id_with_other_contents_and_a_foreign_tenant_are_refused(self):
        folder = self.path("mail")
        mailroom.draw(folder, 2, "--no-separators")
        self.open_platform()
        name = "00112233445566778899aabbccddeeff"
        self.submit(folder, "--batch", name, "--out", self.path("one"))
        mailroom.draw(self.path("other"), 2, "--no-separators", seed=8)
        self.submit(self.path("other"), "--batch", name, want=65)
        self.assertIn("other contents", self.said)
        self.submit(folder, tenant="061", want=77)
        self.listed = {key: "061" for key in self.listed}
        self.write_list()
        self.wait_for(lambda: "read again" in self.said_by_all())
        self.submit(folder, "--batch", name, want=77)
        mine = self.submit(folder, "--batch", name, "--out", self.path("mine"), tenant="061")
        self.assertEqual(mine["tenant"], "061")  # a batch of its own, not the one of 041


if __name__ == "__main__":
    mailroom.main()
