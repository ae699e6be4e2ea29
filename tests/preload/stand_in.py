"""A stand-in for a director: listens where one would, and answers as a test wants it to.

What it speaks is in src/ipvs/protocol.hpp.
"""

import os
import socket
import struct
import threading
from pathlib import Path

FOLDER = Path("/run/turnout")
SO_NETNS_COOKIE = 71
ERROR, DONE, MULTI = 2, 3, 2
FAMILY, TEXT, SOCKOPT = 0x22, 0x7f00, 0x7f01


def cookie():
    with socket.socket(socket.AF_UNIX) as any_socket:
        return struct.unpack("Q", any_socket.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8))[0]


def message(kind, flags, sequence, port, payload=b""):
    return struct.pack("IHHII", 16 + len(payload), kind, flags, sequence, port) + payload


def header(datagram):
    """Length, type, flags, sequence, port."""
    return struct.unpack_from("IHHII", datagram)


def error(request, code):
    _, _, _, sequence, port = header(request)
    return message(ERROR, 0, sequence, port, struct.pack("i", -code) + request)


def data(request, payload, kind=FAMILY):
    _, _, _, sequence, port = header(request)
    return message(kind, MULTI, sequence, port, payload)


def done(request):
    _, _, _, sequence, port = header(request)
    return message(DONE, MULTI, sequence, port, struct.pack("i", 0))


def obliging(request):
    """Acknowledges everything."""
    return [data(request, b"\1\1\0\0"), error(request, 0)]


class StandIn:
    """`answer` gives the datagrams for a request; None among them closes the connection."""

    def __init__(self, answer=obliging):
        self.answer = answer
        self.requests = []
        FOLDER.mkdir(exist_ok=True)
        self.path = FOLDER / f"{cookie()}.sock"
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        os.fchmod(self.listener.fileno(), 0o600)
        self.listener.bind(str(self.path))
        self.listener.listen()
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.path.unlink(missing_ok=True)
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            connection.close()

    def accept(self):
        try:
            while True:
                connection, _ = self.listener.accept()
                self.connections.append(connection)
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()
        except OSError:
            pass  # it is over

    def serve(self, connection):
        try:
            while request := connection.recv(65536):
                self.requests.append(request)
                for datagram in self.answer(request):
                    if datagram is None:
                        connection.close()
                        return
                    connection.send(datagram)
        except OSError:
            pass
