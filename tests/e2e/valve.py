# A valve in a TCP connection: lets so many bytes come back from the other side and then none, so
# that a transfer stands still where a test wants it.
# SPDX-License-Identifier: Apache-2.0
import socket
import threading

PIECE = 65536


class Valve:
    """Listens on a port of its own; `stuck` is set when the bytes are through."""

    def __init__(self, port, limit):
        self.target, self.left = port, limit
        self.stuck, self.lock, self.open = threading.Event(), threading.Lock(), []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:  # nobody listens there yet: who comes tries again
                near.close()
                continue
            self.open += [near, far]
            threading.Thread(target=self.pump, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self.pump, args=(far, near, True), daemon=True).start()

    def may_pass(self, count):
        with self.lock:
            now = min(count, self.left)
            self.left -= now
            return now

    def pump(self, come, go, counted):
        try:
            while data := come.recv(PIECE):
                now = self.may_pass(len(data)) if counted else len(data)
                go.sendall(data[:now])
                if now < len(data):
                    self.stuck.set()
                    return
        except OSError:
            pass

    def close(self):
        for one in [self.server, *self.open]:
            one.close()
