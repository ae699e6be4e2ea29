"""Clients that keep a service busy and miss nothing, until they are told to stop by SIGTERM.

    load.py ADDRESS HASH

Over TCP port 80: connections that carry request after request, connections for one request each,
and slow downloads of /slow, whose SHA-256 is HASH.  Over UDP port 53: flows that ask again and again,
and flows for one question each.  An answer that does not come within ten seconds, or is not what it
should be, is a failure; so is a connection that is refused or reset.

Prints "READY" when all have had an answer, and at the end one line: "requests N failed M", before
it every failure.
"""

import hashlib
import signal
import socket
import struct
import sys
import threading
import time

from traffic import ask_names

PATIENCE = 10
# nginx ends a connection after a thousand.
REQUESTS_A_CONNECTION = 200
DOWNLOAD = 8 << 20


class Load:
    def __init__(self, address, wanted_hash):
        self.address = address
        self.wanted_hash = wanted_hash
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.done = 0
        self.failures = []
        self.begun = set()

    def connect(self, kind, port):
        client = socket.socket(self.family, kind)
        client.settimeout(PATIENCE)
        if kind == socket.SOCK_STREAM:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("2i", 1, 0))
        client.connect((self.address, port))
        return client

    def request(self, client, path):
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: lab\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(65536)
            if not piece:
                raise ConnectionResetError("closed before an answer")
            head += piece
        head, _, body = head.partition(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                      if line.lower().startswith(b"content-length"))
        return body, length

    def read_all(self, client, body, length):
        digest, got = hashlib.sha256(body), len(body)
        while got < length:
            piece = client.recv(65536)
            if not piece:
                raise ConnectionResetError(f"closed after {got} of {length} bytes")
            digest.update(piece)
            got += len(piece)
        return digest.hexdigest()

    def web(self, client):
        body, length = self.request(client, "/")
        while len(body) < length:
            body += client.recv(4096)
        if not body.startswith(b"rs"):
            raise ValueError(f"answer {body[:40]}")

    def keep_alive(self):
        with self.connect(socket.SOCK_STREAM, 80) as client:
            for _ in range(REQUESTS_A_CONNECTION):
                self.web(client)
                self.count()
                if self.stopping.is_set():
                    return
                time.sleep(0.01)

    def one_request(self):
        with self.connect(socket.SOCK_STREAM, 80) as client:
            self.web(client)
        self.count()

    def download(self):
        with self.connect(socket.SOCK_STREAM, 80) as client:
            body, length = self.request(client, "/slow")
            if length != DOWNLOAD or self.read_all(client, body, length) != self.wanted_hash:
                raise ValueError("another file")
        self.count()

    def one_flow(self):
        with self.connect(socket.SOCK_DGRAM, 53) as client:
            for _ in range(100):
                ask_names(client)
                self.count()
                if self.stopping.is_set():
                    return
                time.sleep(0.01)

    def one_question(self):
        with self.connect(socket.SOCK_DGRAM, 53) as client:
            ask_names(client)
        self.count()

    def count(self):
        with self.lock:
            self.done += 1
            self.begun.add(threading.current_thread().name)

    def repeat(self, work):
        while not self.stopping.is_set():
            try:
                work()
            except (OSError, ValueError) as error:
                with self.lock:
                    self.failures.append(f"{time.monotonic():.3f} {work.__name__}: {error!r}")
            time.sleep(0.005)

    def run(self):
        works = [self.keep_alive] * 6 + [self.one_request] * 2 + [self.download] * 4 + \
            [self.one_flow] * 4 + [self.one_question] * 2
        threads = [threading.Thread(target=self.repeat, args=(work,)) for work in works]
        # A download's first answer takes eight seconds.
        quick = sum(work != self.download for work in works)
        for thread in threads:
            thread.start()
        while len(self.begun) < quick and not self.stopping.is_set():
            time.sleep(0.05)
        print("READY", flush=True)
        for thread in threads:
            thread.join()
        print(*self.failures[:20], sep="\n")
        print(f"requests {self.done} failed {len(self.failures)}", flush=True)


def main():
    load = Load(*sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: load.stopping.set())
    load.run()


if __name__ == "__main__":
    main()
