#!/usr/bin/python3
# A partner's client, written from docs/partners.md alone: submits files as one batch and returns
# the receipt; fetches what was filed, checks it and acknowledges. One chunk or part is on its way
# at a time. Needs Debian's python3-zmq, and libsodium to open what is fetched.
# SPDX-License-Identifier: Apache-2.0
import ctypes
import hashlib
import json
import random
import sys
import time

import zmq
from zmq.utils import z85

CHUNK = 262144
SEAL = 48
ANSWER_S = 5
TRY_AGAIN = ("full", "io", "memory", "unavailable")


class Refused(Exception):
    def __init__(self, answer):
        super().__init__(f"{answer['what']}: {answer['code']}: {answer['reason']}")
        self.code = answer["code"]


def digest(data):
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def sodium():
    return ctypes.CDLL("libsodium.so.23")


def unseal(sealed, public, secret):
    """What was sealed for a key pair; ValueError for others."""
    plain = ctypes.create_string_buffer(max(len(sealed) - SEAL, 1))
    if len(sealed) < SEAL or sodium().crypto_box_seal_open(
            plain, sealed, ctypes.c_ulonglong(len(sealed)), public, secret) != 0:
        raise ValueError("not sealed for this key")
    return plain.raw[:len(sealed) - SEAL]


def read_signed(text, platform_key):
    """Statement and lines of a manifest, checked."""
    head, _, rest = text.partition(b"\n")
    head = json.loads(head)
    said = head["statement"].encode()
    if sodium().crypto_sign_verify_detached(bytes.fromhex(head["signature"]), said,
                                            ctypes.c_ulonglong(len(said)), platform_key) != 0:
        raise ValueError("the platform did not sign it")
    statement = json.loads(said)
    if digest(rest) != statement["lines"]:
        raise ValueError("its lines were changed")
    return statement, [json.loads(line) for line in rest.splitlines()]


def manifest_of(uuid, tenant, received, envelopes):
    """envelopes: lists of files as bytes. Returns the manifest and the files in order."""
    files = [(number, data) for number, envelope in enumerate(envelopes, 1) for data in envelope]
    rows = [{"tripli_manifest": 1, "uuid": uuid, "tenant": tenant, "received": received,
             "files": len(files), "sheets": 0}]
    rows += [{"envelope": number, "bytes": len(data), "digest": digest(data)}
             for number, data in files]
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    return text, [data for _, data in files]


class Client:
    def __init__(self, endpoint, gateway_key, public, secret):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.curve_serverkey = gateway_key.encode()
        self.socket.curve_publickey = public.encode()
        self.socket.curve_secretkey = secret.encode()
        self.keys = (z85.decode(public.encode()), z85.decode(secret.encode()))
        self.socket.linger = 0
        self.socket.connect(endpoint)

    def close(self):
        self.socket.close()

    def send(self, kind, payload=None, **fields):
        header = json.dumps({"kind": kind, "v": 1, **fields}).encode()
        self.socket.send_multipart([header] if payload is None else [header, payload])

    def hear(self, seconds=ANSWER_S):
        """The next answer and its payload; None when there is none in time."""
        if not self.socket.poll(seconds * 1000):
            return None, b""
        frames = self.socket.recv_multipart()
        return json.loads(frames[0]), frames[1] if len(frames) > 1 else b""

    def ask(self, kind, payload=None, **fields):
        """One message, one answer; asked again when there is no answer or time may cure it."""
        while True:
            self.send(kind, payload, **fields)
            answer, got = self.hear()
            if answer and answer["kind"] != "refused":
                return answer, got
            if answer and answer["code"] not in TRY_AGAIN:
                raise Refused(answer)
            time.sleep(1 if answer else 0)

    def submit(self, uuid, tenant, manifest, files):
        parts = [manifest, *files]
        announce = {"uuid": uuid, "tenant": tenant, "manifest": digest(manifest),
                    "bytes": len(manifest)}
        at, _ = self.ask("submit", **announce)
        while at["phase"] != "done":
            if at["phase"] == "queued":
                time.sleep(0.2)
                at, _ = self.ask("submit", **announce)
                continue
            part = parts[at["file"]][at["at"]:at["at"] + CHUNK]
            at, _ = self.ask("chunk", part, uuid=uuid, file=at["file"], at=at["at"])
        return self.receipt(uuid)

    def receipt(self, uuid):
        whole = b""
        while True:
            answer, part = self.ask("receipt", uuid=uuid, at=len(whole))
            whole += part
            if len(whole) >= answer["bytes"]:
                return whole


    def wait_for(self, kind, busy, **fields):
        while True:
            at, _ = self.ask(kind, **fields)
            if at["phase"] != busy:
                return at
            time.sleep(0.2)

    def file(self, number, which):
        """A file as it lies there, in its parts."""
        parts, length = [], None
        while length is None or sum(map(len, parts)) < length:
            answer, part = self.ask("part", number=number, file=which, at=len(parts) * CHUNK)
            parts.append(part)
            length = answer["bytes"]
        return parts

    def fetch(self, platform_key, again=0, pdf=False):
        """The statement and {name: bytes}, acknowledged; None when nothing is new."""
        uuid = random.randbytes(16).hex()
        at = self.wait_for("fetch", "preparing", uuid=uuid, again=again, pdf=pdf)
        if at["phase"] == "nothing":
            return None
        manifest = b"".join(self.file(at["number"], 0))
        statement, lines = read_signed(manifest, platform_key)
        files = {}
        for line in lines:
            parts = self.file(at["number"], line["file"])
            plain = b"".join(unseal(part, *self.keys) for part in parts)
            if digest(plain) != line["digest"]:
                raise ValueError(f"{line['name']}: not the digest of the manifest")
            files[line["name"]] = plain
        self.wait_for("acknowledge", "acknowledging", uuid=uuid, number=at["number"],
                      manifest=digest(manifest))
        return statement, files


def main():
    endpoint, gateway_key, public, secret, uuid, tenant, received, *paths = sys.argv[1:]
    envelopes = []
    for path in paths:
        with open(path, "rb") as file:
            envelopes.append([file.read()])
    manifest, files = manifest_of(uuid, tenant, received, envelopes)
    sys.stdout.buffer.write(
        Client(endpoint, gateway_key, public, secret).submit(uuid, tenant, manifest, files))


if __name__ == "__main__":
    main()
