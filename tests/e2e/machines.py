#!/usr/bin/env python3
# A worker on another machine: a hub that listens on tcp with CURVE, a worker with a listed key gets
# pages, one with another key gets none.
# SPDX-License-Identifier: Apache-2.0
import os
import socket
import subprocess
import time

import mailroom

HUB = os.path.join(mailroom.BUILD, "workers", "tripli-hub")
WORKER = os.path.join(mailroom.BUILD, "workers", "tripli-worker")
SCAN = os.path.join(mailroom.BUILD, "workers", "tripli-scan")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Machines(mailroom.Room):
    def keygen(self, name):
        return self.lines("keygen", self.path(name))[0]["public"]

    def spawn(self, program, *arguments):
        process = subprocess.Popen([program, *arguments], stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def start_hub(self, *listed):
        hub = self.keygen("hub.key")
        with open(self.path("allow"), "w", encoding="utf-8") as file:
            for key in listed:
                file.write(f"{key} a worker\n")
        self.endpoint = f"tcp://127.0.0.1:{free_port()}"
        self.spawn(HUB, "--data", self.data, "--listen", self.endpoint, "--key",
                   self.path("hub.key"), "--allow", self.path("allow"))
        self.wait_for(lambda: os.path.exists(os.path.join(self.data, "run", "front")))
        return hub

    def start_worker(self, hub_key, key_file):
        elsewhere = self.path("elsewhere")
        return self.spawn(WORKER, "--data", elsewhere, "--hub", self.endpoint, "--key", key_file,
                          "--hub-key", hub_key)

    def unread(self):
        return self.lines("status", want=self.status)[0]["unread"]

    def test_an_unlisted_key_gets_no_page_and_a_listed_one_does(self):
        mailroom.draw(self.path("mail"), 2, "--no-separators")
        listed, unlisted = self.keygen("good.key"), self.keygen("bad.key")
        hub_key = self.start_hub(listed)
        self.assertNotEqual(listed, unlisted)
        subprocess.run([SCAN, "--data", self.data, "--input", self.path("mail")], check=True,
                       stderr=subprocess.DEVNULL)
        self.status = 2  # nobody reads: it stands still
        waiting = self.unread()
        self.assertGreater(waiting, 0)
        self.start_worker(hub_key, self.path("bad.key"))
        time.sleep(2.5)
        self.assertEqual(self.lines("status", want=2)[0]["lanes"], [])
        self.assertEqual(self.unread(), waiting)
        self.start_worker(hub_key, self.path("good.key"))

        def all_read():
            done = subprocess.run([mailroom.TRIPLI, "status", "--json", "--data", self.data],
                                  capture_output=True, text=True, timeout=30)
            return '"unread":0,' in done.stdout
        self.wait_for(all_read)


if __name__ == "__main__":
    mailroom.main()
