#!/usr/bin/python3
# The partners' door against those who do not keep to the protocol: the gateway stays up, honest
# partners are served, the log says it once. The client is the one written from docs/partners.md.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import random
import socket
import struct
import sys
import threading
import time
import zlib
from glob import glob

try:
    import zmq
except ImportError:
    print("skipped: python3-zmq is not installed")
    sys.exit(77)

import mailroom
from partner_client import CHUNK, Client, Refused, digest, manifest_of
from partner_walk import Door

MEMORY_LIMIT_KB = 150 << 10
RAW_CONNECTIONS = 500
LINES = 10**7
CONNECTIONS_A_MINUTE = 60
BAD_MACHINE = os.path.join(mailroom.BUILD, "tests", "libbad_machine.so")


def png(width, height, data=b""):
    """A PNG of one bit a pixel that claims a size, and holds these bytes."""
    def chunk(name, body):
        return (len(body).to_bytes(4, "big") + name + body +
                zlib.crc32(name + body).to_bytes(4, "big"))
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\1\0\0\0\0"
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) +
            chunk(b"IEND", b""))


def tiff(width, height, bits, pages=1, loop=False):
    """A TIFF whose pages share one strip of deflated zeros."""
    strip = zlib.compress(bytes(1 << 20))
    tags = [(256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 8), (262, 3, 1),
            (273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, len(strip))]
    data = strip + bytes(len(strip) % 2)
    size = 2 + 12 * len(tags) + 4
    first = 8 + len(data)
    whole = b"II*\0" + struct.pack("<I", first) + data
    for page in range(1, pages + 1):
        after = first if loop else 0 if page == pages else first + page * size
        whole += struct.pack("<H", len(tags))
        whole += b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
        whole += struct.pack("<I", after)
    return whole


def bombs():
    """Small files that claim, or inflate to, far more; with the codes of their refusals."""
    pdf = zlib.compress(bytes(50 << 20))
    return [(png(60000, 60000), "limit"), (tiff(60000, 60000, 8), "limit"),
            (tiff(20000, 20000, 8), "limit"), (tiff(1000, 1000, 8, 65), "limit"),
            (tiff(1000, 1000, 8, 2, True), "limit"),
            (b"%PDF-1.4\n1 0 obj<</Filter/FlateDecode/Length " + str(len(pdf)).encode() +
             b">>stream\n" + pdf, "format")]


class Hostile(Door):
    def setUp(self):
        super().setUp()
        self.clients = []
        self.listed[self.keygen("other.key")] = "061"
        self.write_list()
        self.keygen("stranger.key")
        mailroom.draw(self.path("mail"), 2, "--no-separators")
        paths = [path for path in sorted(glob(self.path("mail/**"), recursive=True))
                 if path.endswith((".tif", ".jpg"))]
        self.pages = []
        for path in paths:
            with open(path, "rb") as file:
                self.pages.append(file.read())
        self.open_platform()
        self.wait_for(lambda: "partners may come" in self.said_by_all())

    def tearDown(self):
        for client in self.clients:
            client.close()
        self.assertIsNone(self.running["tripli-gateway"].poll(), "the gateway has died")

    def client(self, name="partner.key"):
        with open(self.path(name), encoding="utf-8") as file:
            words = file.read().split()
        self.clients.append(Client(self.endpoint, self.gateway_key, words[1], words[3]))
        return self.clients[-1]

    def submit_as(self, client, tenant, envelopes, uuid=None):
        uuid = uuid or random.randbytes(16).hex()
        manifest, files = manifest_of(uuid, tenant, "2026-11-20", envelopes)
        lines = client.submit(uuid, tenant, manifest, files).decode().splitlines()
        statement = json.loads(json.loads(lines[0])["statement"])
        self.assertEqual(statement["manifest"], digest(manifest))
        return statement, [json.loads(line) for line in lines[1:]]

    def honest(self):
        """Somebody honest gets a receipt."""
        statement, refused = self.submit_as(self.client(), "041", [self.pages])
        self.assertEqual((statement["refused"], refused), (0, []))
        self.assertEqual(statement["pages"], len(self.pages))

    def refused(self, client, kind, payload=None, **fields):
        with self.assertRaises(Refused) as caught:
            client.ask(kind, payload, **fields)
        return caught.exception.code

    def code_of(self, client, kind, **fields):
        """Of the first refusal, also of one that time may cure."""
        client.send(kind, **fields)
        return client.hear()[0].get("code")

    def warnings(self, text):
        return [line for line in self.said_by_all().splitlines() if text in line]

    def test_bad_files_are_refused_with_a_reason_and_the_rest_goes_on(self):
        bad = [b"no image at all", png(60000, 60000), self.pages[0][:200]]
        uuid = random.randbytes(16).hex()
        envelopes = [[self.pages[0]], bad, [self.pages[-1]]]
        manifest, files = manifest_of(uuid, "041", "2026-11-20", envelopes)
        files[-1] = bytes(len(files[-1]))  # other bytes than the manifest says
        lines = self.client().submit(uuid, "041", manifest, files).decode().splitlines()
        statement = json.loads(json.loads(lines[0])["statement"])
        rows = {row["file"]: row["code"] for row in map(json.loads, lines[1:])}
        self.assertEqual((statement["files"], statement["refused"], statement["pages"]), (5, 4, 1))
        self.assertEqual(rows, {2: "format", 3: "limit", 4: "format", 5: "integrity"})
        statement, rows = self.submit_as(self.client(), "041", [[b"nothing"]])
        self.assertEqual((statement["number"], statement["pages"], len(rows)), (0, 0, 1))
        files, codes = zip(*bombs())
        statement, rows = self.submit_as(self.client(), "041", [[self.pages[0], *files]])
        self.assertEqual([row["code"] for row in rows], list(codes), rows)
        self.assertEqual(statement["pages"], 1)

    def test_an_image_cut_in_half_or_damaged_is_refused_before_it_is_stored(self):
        whole = {page[:2]: page for page in self.pages}
        tif, jpg = whole[b"II"], whole[b"\xff\xd8"]
        noise = png(400, 400, zlib.compress(b"".join(b"\0" + os.urandom(50) for _ in range(400))))
        bad = [file[:len(file) // 2] for file in (tif, jpg, noise)]
        for file in (tif, noise):
            middle = len(file) // 2
            bad.append(file[:middle] + bytes(40) + file[middle + 40:])
        statement, refused = self.submit_as(self.client(), "041", [[*bad, tif, jpg, noise]])
        self.assertEqual((statement["refused"], statement["pages"]), (5, 3), refused)
        self.assertEqual([(row["file"], row["code"]) for row in refused],
                         [(number, "format") for number in range(1, 6)])
        for row, reason in zip(refused, ("cut", "Premature end", "cut", "damaged strip",
                                         "damaged PNG")):
            self.assertIn(reason, row["reason"])

    def test_a_key_that_is_not_listed_gets_no_answer_and_is_said_once(self):
        stranger = self.client("stranger.key")
        stranger.send("receipt", uuid="0" * 32, at=0)
        self.honest()
        self.assertEqual(stranger.hear(2), (None, b""))
        self.assertEqual(len(self.warnings("key not listed")), 1)

    def test_noise_half_open_connections_and_large_frames_disturb_nobody(self):
        port = int(self.endpoint.rsplit(":", 1)[1])
        open_ones = []
        for i in range(RAW_CONNECTIONS):
            raw = socket.create_connection(("127.0.0.1", port))
            if i % 2:
                raw.sendall(random.randbytes(300))
            open_ones.append(raw)
            self.addCleanup(raw.close)
        self.honest()
        loud = self.client()
        for _ in range(3):
            loud.send("chunk", bytes(5 << 20), uuid="0" * 32, file=1, at=0)
            self.assertEqual(loud.hear(0.3), (None, b""))
        self.assertEqual(self.refused(loud, "receipt", uuid="0" * 32, at=0), "not_found")
        self.honest()
        said = "peer=127.0.0.1 a connection did not finish its handshake"
        self.wait_for(lambda: self.warnings(said))
        self.assertEqual(len(self.warnings(said)), 1)

    def test_a_key_whose_connections_are_cut_again_and_again_is_said_once(self):
        for _ in range(CONNECTIONS_A_MINUTE + 1):
            self.client().send("chunk", bytes(600000), uuid="0" * 32, file=1, at=0)
        self.wait_for(lambda: self.warnings("connections in a minute"))
        self.honest()
        self.assertEqual(len(self.warnings("peer=")), 1)

    def test_messages_that_make_no_sense_are_refused_and_said_once(self):
        client = self.client()
        rows = [("bye", {}), ("nonsense", {}), ("submit", {}), ("batch_end", {}),
                ("receipt", {"uuid": "../../../../../../etc/passwd0000", "at": 0}),
                ("chunk", {"uuid": "0" * 32, "file": -1, "at": 0}),
                ("fetch", {"uuid": "/" * 32, "again": 0, "pdf": False}),
                ("fetch", {"uuid": "0" * 32}),
                ("part", {"number": 1, "file": -1, "at": 0}), ("handover", {}),
                ("acknowledge", {"uuid": "0" * 32, "number": 1, "manifest": "g" * 64})]
        for kind, fields in rows:
            self.assertEqual(self.refused(client, kind, **fields), "protocol", kind)
        for junk in (b"", b"{", b"[" * 100000, b"\xff" * 1000):
            client.socket.send(junk)
            self.assertEqual(client.hear()[0]["code"], "protocol")
        self.assertEqual(len(self.warnings("peer=")), 1)
        self.honest()

    def test_manifests_over_the_limits_are_refused(self):
        client = self.client()
        announce = {"uuid": "1" * 32, "tenant": "041", "manifest": "0" * 64}
        self.assertEqual(self.refused(client, "submit", bytes=130 * LINES, **announce), "limit")
        lines = b"\n" * (4 << 20)  # as many lines as a manifest's bytes can make
        announce.update(manifest=digest(lines), bytes=len(lines))
        client.ask("submit", **announce)
        for at in range(0, len(lines) - CHUNK, CHUNK):
            client.ask("chunk", lines[at:at + CHUNK], uuid="1" * 32, file=0, at=at)
        self.assertEqual(self.refused(client, "chunk", lines[:CHUNK], uuid="1" * 32, file=0,
                                      at=len(lines) - CHUNK), "format")
        head = (json.dumps({"tripli_manifest": 1, "uuid": "1" * 32, "tenant": "041",
                            "received": "2026-11-20", "files": LINES, "sheets": 0}) + "\n").encode()
        announce.update(manifest=digest(head), bytes=len(head))
        client.ask("submit", **announce)
        self.assertEqual(self.refused(client, "chunk", head, uuid="1" * 32, file=0, at=0), "limit")
        self.assertEqual(self.refused(client, "chunk", head, uuid="1" * 32, file=0, at=0),
                         "not_found")

    def test_a_tenant_finds_nothing_of_another(self):
        uuid = random.randbytes(16).hex()
        mine, _ = self.submit_as(self.client(), "041", [self.pages], uuid)
        other = self.client("other.key")
        manifest, files = manifest_of(uuid, "041", "2026-11-20", [self.pages])
        announce = {"uuid": uuid, "manifest": digest(manifest), "bytes": len(manifest)}
        self.assertEqual(self.refused(other, "submit", tenant="041", **announce), "denied")
        self.assertEqual(self.refused(other, "receipt", uuid=uuid, at=0), "not_found")
        self.assertEqual(self.refused(other, "chunk", files[0], uuid=uuid, file=1, at=0),
                         "not_found")
        theirs, _ = self.submit_as(other, "061", [self.pages], uuid)  # a batch of its own
        self.assertNotEqual(theirs["number"], mine["number"])
        self.assertEqual(theirs["tenant"], "061")

    def test_a_key_taken_off_the_list_loses_its_open_connection(self):
        client = self.client()
        self.assertEqual(self.refused(client, "receipt", uuid="0" * 32, at=0), "not_found")
        self.listed = {key: tenant for key, tenant in self.listed.items() if tenant == "061"}
        self.write_list()
        self.wait_for(lambda: self.refused(client, "receipt", uuid="0" * 32, at=0) == "denied", 5)

    def test_a_full_disk_costs_time_only(self):
        self.kill("tripli-gateway")
        self.machine = {"LD_PRELOAD": BAD_MACHINE, "BAD_PROGRAM": "tripli-gateway",
                        "BAD_MACHINE": self.data}
        full = os.path.join(self.data, "full")
        open(full, "w", encoding="utf-8").close()
        self.spawn_gateway()
        client, codes = self.client(), []
        served = threading.Thread(target=self.honest)
        served.start()
        uuid, (text, _) = "3" * 32, manifest_of("3" * 32, "041", "2026-11-20", [self.pages])
        codes.append(self.code_of(client, "submit", uuid=uuid, tenant="041", manifest=digest(text),
                                  bytes=len(text)))
        self.assertEqual(codes, ["full"])
        self.wait_for(lambda: self.warnings("No space left on device"))
        self.assertTrue(served.is_alive())
        os.remove(full)
        served.join(30)
        self.assertFalse(served.is_alive())
        self.assertIn("is whole", self.said_by_all())

    def test_a_flood_costs_bounded_memory(self):
        flooders = [self.client() for _ in range(8)]
        for client in flooders:
            client.socket.setsockopt(zmq.SNDTIMEO, 1)
        until = time.monotonic() + 3
        while time.monotonic() < until:  # nobody reads the answers
            for client in flooders:
                try:
                    client.send("chunk", bytes(262144), uuid="2" * 32, file=1, at=0)
                except zmq.Again:
                    pass
        self.honest()
        pid = self.running["tripli-gateway"].pid
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
        self.assertLess(peak, MEMORY_LIMIT_KB)
        print(f"gateway: {peak >> 10} MB at its peak", file=sys.stderr)


if __name__ == "__main__":
    mailroom.main()
