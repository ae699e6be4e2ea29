"""Clients of the director's IPVS socket that nobody wishes for.

    ipvs_clients.py deaf COUNT      so many ask for lists and read nothing; until ended
    ipvs_clients.py slow COUNT      so many ask for a list and read a datagram a second; until ended
    ipvs_clients.py garbage SEED    bytes that mean nothing, and messages cut and changed; then ends
"""

import random
import socket
import struct
import sys
import time

SO_NETNS_COOKIE = 71
FAMILY, REQUEST_ACK, REQUEST_DUMP = 0x22, 5, 0x305
GET_SERVICE, GET_INFO = 4, 15


def connect():
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    cookie, = struct.unpack("Q", client.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8))
    client.connect(f"/run/turnout/{cookie}.sock")
    return client


def request(command, flags=REQUEST_ACK):
    return struct.pack("IHHIIBBH", 20, FAMILY, flags, 1, 1, command, 1, 0)


def askers(count):
    clients = [connect() for _ in range(count)]
    for client in clients:
        client.setblocking(False)
        try:
            while True:
                client.send(request(GET_SERVICE, REQUEST_DUMP))
        except OSError:
            pass  # its queue is full
    print("ASKED", flush=True)
    return clients


def deaf(count):
    clients = askers(count)
    while clients:
        time.sleep(1)


def slow(count):
    clients = askers(count)
    while clients:
        for client in clients:
            try:
                client.recv(65536)
            except OSError:
                pass  # gone, or nothing yet
        time.sleep(1)


def garbage(seed):
    dice = random.Random(seed)
    for _ in range(2000):
        with connect() as client:
            client.settimeout(5)
            for _ in range(dice.randrange(1, 4)):
                sent = bytearray(request(dice.choice((GET_INFO, dice.randrange(256))),
                                         dice.choice((REQUEST_ACK, REQUEST_DUMP))))
                sent += dice.randbytes(dice.choice((0, 4, 60, 5000)))
                struct.pack_into("I", sent, 0, len(sent))
                for _ in range(dice.randrange(3)):
                    sent[dice.randrange(min(len(sent), 40))] = dice.randrange(256)
                # Nothing that could clear the table: FLUSH and ZERO.
                if sent[16] in (16, 17):
                    continue
                try:
                    client.send(sent)
                    client.recv(65536)
                except OSError:
                    break


if __name__ == "__main__":
    {"deaf": deaf, "slow": slow, "garbage": garbage}[sys.argv[1]](int(sys.argv[2]))
