#!/usr/bin/python3
# A partner's client, written from docs/partners.md alone: submits files as one batch and returns
# the receipt. One chunk is on its way at a time. Needs Debian's python3-zmq.
# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import sys
import time

import zmq

CHUNK = 262144
ANSWER_S = 5
TRY_AGAIN = ("full", "io", "memory", "unavailable")


class Refused(Exception):
    def __init__(self, answer):
        super().__init__(f"{answer['what']}: {answer['code']}: {answer['reason']}")
        self.code = answer["code"]


def digest(data):
    return hashlib.blake2b(data, digest_size=32).hexdigest()


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
