# The fetch part of bench/partners: pages of one tenant are submitted and filed, then tripli fetch
# brings them. A stand-in for the workers calls every page a letter at once: what is measured begins
# behind the reading. docs/bench-partners.md says how to read the figures.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import threading
import time

import zmq

import mailroom

CREDIT = 8       # pages that the stand-in holds
WAIT_MS = 200    # between two looks whether it should end
FILED_S = 600    # for everything to be filed


class Tagger(threading.Thread):
    """In the workers' place: answers each page that is lent with one verdict."""
    def __init__(self, endpoint, verdict):
        super().__init__()
        self.endpoint, self.verdict, self.stopping = endpoint, verdict, False

    def run(self):
        socket = zmq.Context.instance().socket(zmq.DEALER)
        socket.linger = 0
        socket.connect(self.endpoint)
        ready = {"worker": "stand-in", "software": "tripli", "config": "", "credit": CREDIT}
        socket.send_json({"kind": "ready", "v": 1, **ready})
        heard = time.monotonic()
        while not self.stopping:
            if time.monotonic() - heard > 1:  # the hub takes silence for death
                socket.send_json({"kind": "ready", "v": 1, **ready})
                heard = time.monotonic()
            if not socket.poll(WAIT_MS):
                continue
            lent = json.loads(socket.recv_multipart()[0])
            if lent["kind"] == "lend":
                socket.send_json({"kind": "verdict", "v": 1, "batch": lent["batch"],
                                  "page": lent["page"], "epoch": lent["epoch"], "cpu_ms": 1,
                                  "verdict": self.verdict})
                heard = time.monotonic()
        socket.close()


def tripli(*arguments):
    done = subprocess.run([mailroom.TRIPLI, *arguments, "--json"], capture_output=True, text=True)
    if done.returncode not in (0, 1, 2):  # status: something waits
        raise SystemExit(f"partners: tripli {arguments[0]} ended {done.returncode}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def a_verdict(pages):
    """What the reader says of a page that it is sure of, as a letter's."""
    for path in pages:
        page = tripli("page", path)[0]
        if page.get("accepted"):
            verdict = {name: page[name] for name in page if name not in ("file", "page")}
            return {**verdict, "tag": "letter", "fields": {}}
    raise SystemExit("partners: the reader is sure of no page")


def wait_until_filed(platform):
    until = time.monotonic() + FILED_S
    while True:
        status = tripli("status", "--data", platform.data)[0]
        if status["unread"] == 0 and status["envelopes_filed"] == status["envelopes"]:
            return
        if time.monotonic() > until:
            raise SystemExit("partners: not everything was filed")
        time.sleep(0.2)


def submit(platform, pages, repeats):
    name, tenant, _ = platform.clients[0]
    load = subprocess.run(
        [platform.load_program, "--gateway", platform.endpoint, "--gateway-key",
         platform.gateway_key, "--key", platform.path(name), "--tenant", tenant, "--repeats",
         str(repeats), *pages], input="go\n", stdout=subprocess.DEVNULL, text=True)
    if load.returncode != 0:
        raise SystemExit("partners: nothing could be submitted to be fetched")
    wait_until_filed(platform)


def fetch(platform, pages, *options):
    """Everything that is new, in seconds from the command to its last acknowledgement."""
    before = {name: platform.cpu_s(name) for name in ("tripli-gateway", "tripli-handover")}
    begun = time.monotonic()
    brought = tripli("fetch", "--data", platform.path("partner"), "--gateway", platform.endpoint,
                     "--gateway-key", platform.gateway_key, "--key",
                     platform.path(platform.clients[0][0]), "--public-key",
                     os.path.join(platform.data, "platform.pub"), "--to",
                     platform.path("fetched"), *options)
    seconds = time.monotonic() - begun
    megabytes = sum(one["bytes"] for one in brought) / 1e6
    return {"mb": megabytes, "pages": pages, "documents": sum(one["documents"] for one in brought),
            "mb_s": megabytes / seconds, "pages_s": pages / seconds,
            **{f"{name[len('tripli-'):]}_cpu_s": platform.cpu_s(name) - cpu
               for name, cpu in before.items()}}


def measure(platform, pages, repeats):
    """Images of `repeats` times the pages, then the pages once, with PDFs."""
    platform.open()
    platform.spawn("tripli-handover", "--allow", platform.path("partners"))
    tagger = Tagger("ipc://" + os.path.join(platform.data, "run", "work"), a_verdict(pages))
    tagger.start()
    try:
        submit(platform, pages, repeats)
        figures = {"images": fetch(platform, repeats * len(pages))}
        submit(platform, pages[:-1], 1)  # other contents, another batch
        figures["pdf"] = fetch(platform, len(pages) - 1, "--pdf")
    finally:
        tagger.stopping = True
        tagger.join()
    return figures
