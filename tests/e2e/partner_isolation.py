#!/usr/bin/python3
# Each of 28 keys (an administrative and a medical one for each of the 14 funds) tries every message
# kind on the batch of every other fund, by its true uuid, with its own manifest replayed, and on
# hand-overs that lie ready for another key, of another fund or of the same: nothing comes back,
# nothing of the other's changes, the log names each key that tried, and the access journal counts
# every try.
# SPDX-License-Identifier: Apache-2.0
import os
import random
import re
import sys
import time
from glob import glob

try:
    import zmq  # noqa: F401
except ImportError:
    print("skipped: python3-zmq is not installed")
    sys.exit(77)

import mailroom
from partner_client import Client, Refused, digest, manifest_of, read_signed, unseal
from partner_walk import Door, images_of

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOOR_KINDS = {"submit", "chunk", "receipt", "fetch", "part", "acknowledge"}
PIECE = 262144
FIRST_PART = PIECE  # bytes of a batch's only file that are durable before the others try
DAY = "2026-11-20"


def tenants():
    with open(os.path.join(TOP, "config", "tenants.conf"), encoding="utf-8") as file:
        return re.findall(r'code = "(\d{3})"', file.read())


def other_kinds():
    """Every kind of the hub's protocol and the door's answers: none may be asked here."""
    kinds = set()
    for name in ("wire.md", "partners.md"):
        with open(os.path.join(TOP, "docs", name), encoding="utf-8") as file:
            kinds |= set(re.findall(r"^### `(\w+)`", file.read(), re.MULTILINE))
    return sorted(kinds - DOOR_KINDS)


class Batch:
    """One file, of noise: the import refuses it in the receipt, which is a receipt all the same."""

    def __init__(self, tenant):
        self.tenant = tenant
        self.uuid = random.randbytes(16).hex()
        page = random.randbytes(FIRST_PART + 2000)
        self.manifest, self.files = manifest_of(self.uuid, tenant, DAY, [[page]])
        self.announce = {"uuid": self.uuid, "manifest": digest(self.manifest),
                         "bytes": len(self.manifest)}


class Counting(Client):
    """A client that counts what it was refused, by kind and code."""

    def __init__(self, *who):
        super().__init__(*who)
        self.refusals = {}

    def hear(self, *seconds):
        answer, got = super().hear(*seconds)
        if answer and answer["kind"] == "refused":
            what = answer["what"] if answer["what"] in DOOR_KINDS else "other"
            self.refusals[what, answer["code"]] = self.refusals.get((what, answer["code"]), 0) + 1
        return answer, got


class Isolation(Door):
    def setUp(self):
        super().setUp()
        self.clients = []  # (tenant, client, its public key)
        self.listed = {}
        for tenant in tenants():
            for kind in ("", " medical"):
                name = f"{tenant}{kind.strip()}.key"
                self.listed[self.keygen(name)] = tenant + kind
                with open(self.path(name), encoding="utf-8") as file:
                    words = file.read().split()
                self.clients.append((tenant, words[1], words[3]))
        self.write_list()
        self.open_platform()
        self.wait_for(lambda: "partners may come" in self.said_by_all())
        self.clients = [(tenant, Counting(self.endpoint, self.gateway_key, public, secret), public)
                        for tenant, public, secret in self.clients]

    def tearDown(self):
        for _, client, _ in self.clients:
            client.close()
        self.assertIsNone(self.running["tripli-gateway"].poll(), "the gateway has died")

    def noted(self):
        """{user: {(kind, code): count}} of the refused tries in the access journal."""
        found = {}
        for record in self.lines("access"):
            if record.get("event") == "refused":
                tries = found.setdefault(record["user"], {})
                what = record["verb"], record["code"]
                tries[what] = tries.get(what, 0) + record["count"]
        return found

    def check_access_journal(self):
        """Every refusal that a client heard is in the access journal, under its key."""
        stranger = self.path("stranger.key")
        public = self.keygen("stranger.key")
        with open(stranger, encoding="utf-8") as file:
            secret = file.read().split()[3]
        knocking = Client(self.endpoint, self.gateway_key, public, secret)
        knocking.send("receipt", uuid="0" * 32, at=0)
        self.wait_for(lambda: f"peer={public[:21]}" in self.said_by_all())
        knocking.close()
        gateway = self.running.pop("tripli-gateway")
        gateway.terminate()  # what it has counted is handed over
        self.assertEqual(gateway.wait(20), 0)
        want = {f"partner {public}": client.refusals for _, client, public in self.clients}
        self.wait_for(lambda: f"partner {public}" in self.noted())
        noted = self.noted()
        self.assertEqual({code for code in noted.pop(f"partner {public}")},
                         {("handshake", "denied")})
        self.assertEqual(noted, {user: tries for user, tries in want.items() if tries})
        self.assertEqual(self.lines("verify")[0]["discrepancies"], 0)
        print(sum(sum(tries.values()) for tries in noted.values()),
              "refused tries are in the access journal", file=sys.stderr)
        self.spawn_gateway()

    def refused(self, want, client, kind, payload=None, **fields):
        with self.assertRaises(Refused, msg=kind) as caught:
            client.ask(kind, payload, **fields)
        self.assertEqual(caught.exception.code, want, kind)

    def client_of(self, tenant):
        return next(client for whose, client, _ in self.clients if whose == tenant)

    def begin(self, batch):
        """Announced, manifest and a part of its file durable."""
        client = self.client_of(batch.tenant)
        client.ask("submit", tenant=batch.tenant, **batch.announce)
        client.ask("chunk", batch.manifest, uuid=batch.uuid, file=0, at=0)
        client.ask("chunk", batch.files[0][:FIRST_PART], uuid=batch.uuid, file=1, at=0)

    def submit(self, batch):
        return self.client_of(batch.tenant).submit(batch.uuid, batch.tenant, batch.manifest,
                                                   batch.files)

    def attack(self, client, tenant, batch):
        """Returns how many messages were refused."""
        uuid = batch.uuid
        self.refused("denied", client, "submit", tenant=batch.tenant, **batch.announce)
        self.refused("not_found", client, "receipt", uuid=uuid, at=0)
        self.refused("not_found", client, "chunk", batch.manifest, uuid=uuid, file=0, at=0)
        self.refused("not_found", client, "chunk", batch.files[0][FIRST_PART:], uuid=uuid, file=1,
                     at=FIRST_PART)
        # The other's manifest replayed as one's own: announced, but it does not hold.
        client.ask("submit", tenant=tenant, **batch.announce)
        self.refused("not_found", client, "receipt", uuid=uuid, at=0)
        self.refused("denied", client, "chunk", batch.manifest, uuid=uuid, file=0, at=0)
        return 6

    # ---- hand-overs ----

    def file_one_page_each(self, funds):
        """{tenant: digest of its page, which is filed}"""
        mailroom.draw(self.path("mail"), 12, "--no-separators")
        pages = sorted(images_of(self.path("mail")), key=os.path.getsize)[-len(funds):]
        self.spawn("tripli-worker", "--name", "poste-1")
        self.spawn_handover()
        sent = {}
        for tenant, path in zip(funds, pages):
            with open(path, "rb") as file:
                data = file.read()
            uuid = random.randbytes(16).hex()
            manifest, files = manifest_of(uuid, tenant, DAY, [[data]])
            self.client_of(tenant).submit(uuid, tenant, manifest, files)
            sent[tenant] = digest(data)
        self.file_all()
        return sent

    def make_ready(self, funds):
        """{(tenant, place of its key): (uuid, number, manifest)} of what lies ready."""
        ready = {}
        for place, (tenant, client, _) in enumerate(self.clients):
            if tenant in funds:
                uuid = random.randbytes(16).hex()
                at = client.wait_for("fetch", "preparing", uuid=uuid, again=0, pdf=True)
                if at["phase"] == "ready":
                    manifest = b"".join(client.file(at["number"], 0))
                    ready[tenant, place] = (uuid, at["number"], manifest)
        return ready

    def attack_handover(self, place, victim, lies_ready):
        """By another key; returns how many messages brought nothing of the victim's."""
        _, client, _ = self.clients[place]
        uuid, number, manifest = victim
        tries = [("acknowledge", {"uuid": uuid, "number": number, "manifest": digest(manifest)})]
        tries += [("part", {"number": number, "file": file, "at": at})
                  for file in (0, 1, 3, 4294967295) for at in (0, PIECE)]
        if lies_ready:  # the number is that of its own, too
            self.assertNotIn(manifest[:200], b"".join(client.file(number, 0)))
            tries = tries[:1]
        else:
            for kind, fields in tries:
                self.refused("not_found", client, kind, **fields)
        self.refused("protocol", client, "fetch", uuid="../" + uuid[3:], again=0,
                     pdf=False)
        self.refused("protocol", client, "part", number=number, file=-1, at=0)
        return len(tries) + 2

    def test_hand_overs_come_to_the_key_that_they_were_sealed_for(self):
        funds = tenants()[::5]
        sent = self.file_one_page_each(funds)
        ready = self.make_ready(funds)
        self.assertEqual({tenant for tenant, _ in ready}, set(funds))
        tries = 0
        for (_, owner), victim in ready.items():
            for place in range(len(self.clients)):
                if place != owner:
                    mine = any(place == one for _, one in ready)
                    tries += self.attack_handover(place, victim, mine)
        self.check_stolen_files(ready)
        with open(os.path.join(self.data, "platform.pub"), encoding="utf-8") as file:
            platform_key = bytes.fromhex(file.read().strip())
        for (tenant, place), (_, _, manifest) in ready.items():  # as it was, and it is given
            statement, files = self.clients[place][1].fetch(platform_key, pdf=True)
            self.assertEqual(statement, read_signed(manifest, platform_key)[0])
            self.assertEqual(statement["tenant"], tenant)
            self.assertEqual([digest(data) for name, data in files.items()
                              if not name.startswith("index") and not name.endswith(".pdf")],
                             [sent[tenant]])
            self.assertEqual(len(files), 4)  # of the index, an image, its PDF
            self.assertIsNone(self.clients[place][1].fetch(platform_key))
        for place, (tenant, client, _) in enumerate(self.clients):  # nor is it had again by others
            if (tenant, place) not in ready:
                self.refused("not_found", client, "fetch", uuid=self.answered(client), again=1,
                             pdf=False)
                tries += 1
        print(f"{tries} messages of 28 keys brought nothing of another's hand-over",
              file=sys.stderr)
        self.check_revoked_fetch(ready)
        self.check_access_journal()

    @staticmethod
    def answered(client):
        """The id of a call for hand-over 1 once more, after its answer is there."""
        uuid = random.randbytes(16).hex()
        try:
            client.wait_for("fetch", "preparing", uuid=uuid, again=1, pdf=False)
        except Refused:
            pass
        return uuid

    def check_stolen_files(self, ready):
        """Whoever has the sealed files themselves opens none with another key."""
        stolen = glob(os.path.join(self.data, "partners", "outbox", "*", "0*"))
        self.assertEqual(len(stolen), 4 * len(ready))
        for path in stolen:
            with open(path, "rb") as file:
                piece = file.read()[:PIECE + 48]
            opened = 0
            for _, client, _ in self.clients:
                try:
                    unseal(piece, *client.keys)
                    opened += 1
                except ValueError:
                    pass
            self.assertEqual(opened, 1, path)

    def check_revoked_fetch(self, ready):
        """Keys taken off the list in open sessions."""
        self.listed = {}
        self.write_list()
        self.wait_for(lambda: self.is_denied(self.clients[0][1]), 5)
        for (_, place), (uuid, number, manifest) in ready.items():
            client = self.clients[place][1]
            self.refused("denied", client, "fetch", uuid=uuid, again=1, pdf=False)
            self.refused("denied", client, "part", number=number, file=0, at=0)
            self.refused("denied", client, "acknowledge", uuid=uuid, number=number,
                         manifest=digest(manifest))

    def test_28_keys_find_nothing_of_the_other_funds(self):
        self.assertEqual(len(self.clients), 28)
        begun = [Batch(tenant) for tenant in tenants()]
        done = [Batch(tenant) for tenant in tenants()[::5]]
        for batch in begun:
            self.begin(batch)
        receipts = [self.submit(batch) for batch in done]
        said = self.lines("statement", "--tenant", done[0].tenant, "--month",
                          time.strftime("%Y-%m", time.gmtime()))[0]
        self.assertEqual((said["batches"], said["refused"], said["reasons"]),
                         (1, 1, {"format": 1}))
        tries = 0
        for tenant, client, _ in self.clients:
            for kind in other_kinds():
                self.refused("protocol", client, kind, uuid=begun[0].uuid)
                tries += 1
            for batch in begun + done:
                if batch.tenant != tenant:
                    tries += self.attack(client, tenant, batch)
        for batch in begun:  # as it was before, and it goes on
            at, _ = self.client_of(batch.tenant).ask("submit", tenant=batch.tenant,
                                                     **batch.announce)
            self.assertEqual((at["phase"], at["file"], at["at"]), ("files", 1, FIRST_PART))
            self.assertIn(batch.uuid, self.submit(batch).decode())
        self.assertEqual([self.submit(batch) for batch in done], receipts)
        said = self.said_by_all()
        for _, _, public in self.clients:
            self.assertIn(f"peer={public[:21]}", said)
        print(f"{tries} messages of 28 keys refused", file=sys.stderr)
        self.check_revoked(begun + done)
        self.spawn_handover()
        self.check_access_journal()

    def check_revoked(self, batches):
        """Keys taken off the list in open sessions: not even their own comes back."""
        self.listed = {}
        self.write_list()
        probe = self.clients[0][1]
        self.wait_for(lambda: self.is_denied(probe), 5)
        for tenant, client, _ in self.clients:
            for batch in batches:
                if batch.tenant == tenant:
                    self.refused("denied", client, "submit", tenant=tenant, **batch.announce)
                    self.refused("denied", client, "receipt", uuid=batch.uuid, at=0)
                    self.refused("denied", client, "chunk", b"x", uuid=batch.uuid, file=1, at=0)

    @staticmethod
    def is_denied(client):
        try:
            client.ask("receipt", uuid="0" * 32, at=0)
        except Refused as refused:
            return refused.code == "denied"
        return False


if __name__ == "__main__":
    mailroom.main()
