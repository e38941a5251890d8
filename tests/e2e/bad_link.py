#!/usr/bin/env python3
# A worker on another machine behind a bad link: a small TCP relay between it and the hub delays,
# stalls, cuts the connection and hands bytes on in crumbs. Nothing but time may change: every page
# lies in one place with the paper's digest, has the tag that it has without a relay, and no try was
# counted against any.
# SPDX-License-Identifier: Apache-2.0
import os
import socket
import subprocess
import sys
import threading
import time
import uuid

import mailroom

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../crash"))
import pages  # noqa: E402

SETTLE_S = 120
DELAY_S = 0.15
STALL_S = 4            # longer than the 3 s after which a silent peer counts as gone (wire/link.c)
STALL_EACH_BYTES = 20000
CUT_EACH_BYTES = 30000  # a bilevel page is smaller: some come through between two cuts
CRUMB_BYTES = 5
CHUNK_BYTES = 4096


class Relay:
    """Takes connections on a port of its own and hands bytes on to another, both ways."""

    def __init__(self, port):
        self.to, self.mode, self.done = port, "plain", dict.fromkeys(MODES, 0)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                return
            for pair in ((near, far), (far, near)):
                pair[1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.hand_on, args=pair, daemon=True).start()

    def hand_on(self, source, sink):
        handed = 0
        try:
            while chunk := source.recv(CHUNK_BYTES):
                before, handed = handed, handed + len(chunk)
                MODES[self.mode](self, sink, chunk, (before, handed))
        except OSError:
            pass  # cut, here or there
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # was cut already
        source.close()

    def plain(self, sink, chunk, _):
        sink.sendall(chunk)

    def delay(self, sink, chunk, _):
        time.sleep(DELAY_S)
        self.done["delay"] += 1
        sink.sendall(chunk)

    def stall(self, sink, chunk, handed):
        if handed[0] // STALL_EACH_BYTES != handed[1] // STALL_EACH_BYTES:
            self.done["stall"] += 1
            time.sleep(STALL_S)
        sink.sendall(chunk)

    def cut(self, sink, chunk, handed):
        if handed[0] // CUT_EACH_BYTES != handed[1] // CUT_EACH_BYTES:
            self.done["cut"] += 1
            sink.sendall(chunk[:len(chunk) // 2])
            raise OSError("cut")
        sink.sendall(chunk)

    def crumble(self, sink, chunk, _):
        self.done["crumble"] += 1
        for at in range(0, len(chunk), CRUMB_BYTES):
            sink.sendall(chunk[at:at + CRUMB_BYTES])


MODES = {"plain": Relay.plain, "delay": Relay.delay, "stall": Relay.stall, "cut": Relay.cut,
         "crumble": Relay.crumble}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class BadLink(mailroom.Room):
    def spawn(self, name, *arguments):
        process = subprocess.Popen([os.path.join(mailroom.BUILD, "workers", name), *arguments],
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def key(self, name):
        return self.lines("keygen", self.path(name))[0]["public"]

    def start(self):
        hub, worker, port = self.key("hub.key"), self.key("worker.key"), free_port()
        with open(self.path("allow"), "w", encoding="utf-8") as file:
            file.write(f"{worker} a worker\n")
        self.spawn("tripli-hub", "--data", self.data, "--listen", f"tcp://127.0.0.1:{port}",
                   "--key", self.path("hub.key"), "--allow", self.path("allow"))
        self.wait_for(lambda: os.path.exists(os.path.join(self.data, "run", "front")))
        self.relay = Relay(port)
        self.addCleanup(self.relay.listener.close)
        self.spawn("tripli-worker", "--data", self.path("elsewhere"), "--hub",
                   f"tcp://127.0.0.1:{self.relay.port}", "--key", self.path("worker.key"),
                   "--hub-key", hub)

    def is_settled(self):
        status = self.lines("status", want=None)[0]
        return "lanes" in status and status["unread"] == 0 and not status["filing"]

    def feed(self, hopper):
        scan = self.spawn("tripli-scan", "--data", self.data, "--hopper", hopper, "--resume",
                          uuid.uuid4().hex)
        self.assertEqual(scan.wait(SETTLE_S), 0)
        self.wait_for(self.is_settled, SETTLE_S)

    def test_a_bad_link_costs_time_and_nothing_else(self):
        hopper = self.path("hopper")
        mailroom.draw(hopper, 2, "--kind=cheque", "--mode=bw", "--dpi=200")
        paper = pages.of_paper(hopper)
        self.start()
        for mode in MODES:
            self.relay.mode = mode
            self.feed(hopper)
        for mode, count in self.relay.done.items():
            self.assertTrue(mode == "plain" or count > 0, f"the relay never did '{mode}'")
        lines = pages.of_archive(self.data)
        batches = [row["batch"] for row in self.lines("batch", "list")]
        self.assertEqual(len(batches), len(MODES))
        self.assertEqual(pages.compare(lines, batches, paper), (0, 0))
        self.assertEqual(len({tuple(line.split()[1:4:2]) for line in lines}), len(paper),
                         "a page has another tag behind another link")
        self.assertEqual(self.lines("status", want=None)[0]["quarantined"], 0)
        self.assertEqual(self.lines("verify")[0]["discrepancies"], 0)


if __name__ == "__main__":
    mailroom.main()
