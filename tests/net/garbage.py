"""Speaks nonsense to a director's socket, as root may.

    garbage.py noise       random bytes of every length up to a page
    garbage.py truncated   a list request and a change, cut short at every length
    garbage.py lying       the same, with lengths that are not true
    garbage.py long        one datagram of 100 KiB
    garbage.py silent      connections that say nothing, or do not read their answers, until ended
    garbage.py cookie      sends nothing, prints the namespace's number

Prints how many datagrams were sent.  Run in the director's network namespace.
"""

import random
import signal
import socket
import struct
import sys

SO_NETNS_COOKIE = 71
FAMILY, GET_SERVICE, DELETE_SERVICE = 0x22, 4, 3
REQUEST_ACK, REQUEST_DUMP = 0x5, 0x301
PATIENCE = 0.2
SEED = 20


def cookie():
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    return struct.unpack("Q", probe.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8))[0]


def director():
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.settimeout(PATIENCE)
    client.connect(f"/run/turnout/{cookie()}.sock")
    return client


def attribute(kind, payload):
    return struct.pack("HH", 4 + len(payload), kind) + payload + b"\0" * (-len(payload) % 4)


def message(command, flags, attributes=b""):
    body = struct.pack("BBH", command, 1, 0) + attributes
    return struct.pack("IHHII", 16 + len(body), FAMILY, flags, 1, 0) + body


# The service 198.51.100.1:80; a cut request must not delete it.
SERVICE = attribute(1 | 0x8000, attribute(1, struct.pack("H", socket.AF_INET)) +
                    attribute(2, struct.pack("H", 6)) +
                    attribute(3, socket.inet_aton("198.51.100.1") + b"\0" * 12) +
                    attribute(4, struct.pack("!H", 80)))
VALID = (message(GET_SERVICE, REQUEST_DUMP), message(DELETE_SERVICE, REQUEST_ACK, SERVICE))


def noise(chance):
    return [chance.randbytes(length) for length in range(1, 4097, 7)]


def truncated(_):
    return [request[:length] for request in VALID for length in range(1, len(request))]


def lying(chance):
    """One of the lengths, of the message or of an attribute, is larger than what there is."""
    lies = []
    for request in VALID:
        for _ in range(50):
            lies.append(struct.pack("I", len(request) + chance.randint(1, 1 << 31)) + request[4:])
    whole = VALID[1]
    for at in (20, 24):
        lies += [whole[:at] + struct.pack("H", chance.randint(len(whole), 0xffff)) + whole[at + 2:]
                 for _ in range(50)]
    return lies


def long(_):
    return [b"\xff" * 102400]


def send_each(datagrams):
    for datagram in datagrams:
        with director() as client:
            client.send(datagram)
            try:
                client.recv(65536)
            except (TimeoutError, ConnectionResetError):
                pass


def silent():
    clients = [director() for _ in range(40)]
    for client in clients[:20]:
        try:
            for _ in range(1000):
                client.send(VALID[0], socket.MSG_DONTWAIT)
        except (BlockingIOError, TimeoutError):
            pass
    print(len(clients), flush=True)
    signal.pause()


def main():
    kind = sys.argv[1]
    if kind == "cookie":
        return print(cookie())
    if kind == "silent":
        return silent()
    chance = random.Random(SEED)
    datagrams = {"noise": noise, "truncated": truncated, "lying": lying, "long": long}[kind](chance)
    send_each(datagrams)
    return print(len(datagrams))


if __name__ == "__main__":
    main()
