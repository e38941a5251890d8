#!/usr/bin/python3
# A worker that answers for pages it was not lent: another's, an old lending's, none at all. Only
# its own answer counts. Needs Debian's python3-zmq.
# SPDX-License-Identifier: Apache-2.0
import json
import os
import subprocess
import sys

import zmq

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mailroom  # noqa: E402

PATIENCE_MS = 20000
HUB = os.path.join(mailroom.BUILD, "workers", "tripli-hub")


class Worker:
    def __init__(self, room, name):
        self.room = room
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        room.addCleanup(self.socket.close, 0)
        self.socket.connect("ipc://" + os.path.join(room.data, "run", "work"))
        self.send(kind="ready", worker=name, software="tripli", config="", credit=1)

    def send(self, **fields):
        self.socket.send(json.dumps({"v": 1, **fields}).encode())

    def lent(self):
        """The next page that the hub lends."""
        self.room.assertTrue(self.socket.poll(PATIENCE_MS), "nothing was lent")
        said = json.loads(self.socket.recv_multipart()[0])
        self.room.assertEqual(said["kind"], "lend", said)
        return {name: said[name] for name in ("batch", "page", "epoch")}

    def answer(self, lending, verdict):
        self.send(kind="verdict", **lending, cpu_ms=1, verdict=verdict)


class FalseWorker(mailroom.Room):
    def setUp(self):
        super().setUp()
        mailroom.draw(self.path("in"), 2, "--kind=cheque", "--mode=bw", "--dpi=200")
        self.hub = subprocess.Popen([HUB, "--data", self.data], stderr=subprocess.PIPE, text=True)
        self.addCleanup(zmq.Context.instance().destroy, 0)
        self.addCleanup(self.stop)
        self.wait_for(lambda: os.path.exists(os.path.join(self.data, "run", "work")))
        self.tripli("scan", "--input", self.path("in"))

    def stop(self):
        if self.hub.poll() is None:
            self.hub.terminate()
            self.said = self.hub.communicate(timeout=mailroom.RUN_LIMIT_S)[1]

    def verdict(self):
        file = min(name for name in os.listdir(self.path("in")) if name.endswith(".tif"))
        page = self.lines("page", self.path("in/" + file))[0]
        return {name: page[name] for name in page if name not in ("file", "page")}

    def test_only_an_answer_for_a_page_that_it_holds_counts(self):
        verdict, before = self.verdict(), self.lines("batch", "list")[0]["unread"]
        honest, false = Worker(self, "honest"), Worker(self, "false")
        theirs, own = honest.lent(), false.lent()
        for wrong in (theirs, {**own, "epoch": own["epoch"] + 1}, {**own, "epoch": 0},
                      {**own, "page": before + 1}, {**own, "batch": 99}):
            false.answer(wrong, verdict)
        false.answer(own, verdict)
        false.lent()  # all of it was read
        self.assertEqual(self.lines("batch", "list")[0]["unread"], before - 1)
        honest.answer(theirs, verdict)
        honest.lent()
        self.assertEqual(self.lines("batch", "list")[0]["unread"], before - 2)
        self.stop()
        refused = [line for line in self.said.splitlines() if "not lent to this worker" in line]
        self.assertEqual(len(refused), 5, self.said)


if __name__ == "__main__":
    mailroom.main()
