"""Packets that no ordinary client sends, and what comes of them.

    probe.py hop ADDRESS TTL           who says that a datagram to ECHO_PORT died after so many hops
    probe.py scrambled SOURCE ADDRESS LENGTH ORDER
                                       sends a datagram there in fragments of 1000 bytes, in an
                                       order such as 2,1,0, and prints what the echo service answers
"""

import ctypes
import os
import random
import socket
import struct
import sys

from tunnels import total

PORT = int(os.environ.get("ECHO_PORT", "80"))
PIECE = 1000
IP_RECVERR, IPV6_RECVERR, MSG_ERRQUEUE = 11, 25, 0x2000
FRAGMENT_HEADER = 44


class ExtendedError(ctypes.Structure):
    """struct sock_extended_err of Linux; behind it stands who sent the error."""
    _fields_ = [("errno", ctypes.c_uint32), ("origin", ctypes.c_uint8), ("type", ctypes.c_uint8),
                ("code", ctypes.c_uint8), ("pad", ctypes.c_uint8), ("info", ctypes.c_uint32),
                ("data", ctypes.c_uint32)]


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def hop(address, ttl):
    family = family_of(address)
    probe = socket.socket(family, socket.SOCK_DGRAM)
    probe.settimeout(3)
    if family == socket.AF_INET:
        probe.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, int(ttl))
        probe.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    else:
        probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, int(ttl))
        probe.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
    probe.connect((address, PORT))
    probe.send(b"probe")
    try:
        return f"answered: {probe.recv(2000).decode()}"
    except TimeoutError:
        return "nothing"
    except OSError:
        _, ancillary, _, _ = probe.recvmsg(2000, 512, MSG_ERRQUEUE)
    data = ancillary[0][2]
    error = ExtendedError.from_buffer_copy(data)
    offender = data[ctypes.sizeof(ExtendedError):]
    where = offender[4:8] if family == socket.AF_INET else offender[8:24]
    return f"type {error.type} code {error.code} from {socket.inet_ntop(family, where)}"


def datagram(family, source, target, payload):
    header = struct.pack("!3H", source[1], PORT, 8 + len(payload))
    addresses = socket.inet_pton(family, source[0]) + socket.inet_pton(family, target)
    pseudo = addresses + struct.pack("!2I", 8 + len(payload), socket.IPPROTO_UDP)
    checksum = ~total(pseudo + header + b"\0\0" + payload) & 0xffff or 0xffff
    return header + struct.pack("!H", checksum) + payload


def fragments(family, source, target, data):
    identification = random.randrange(1, 1 << 16)
    addresses = socket.inet_pton(family, source) + socket.inet_pton(family, target)
    for offset in range(0, len(data), PIECE):
        piece = data[offset:offset + PIECE]
        more = offset + PIECE < len(data)
        if family == socket.AF_INET:
            # The kernel fills in the checksum.
            yield struct.pack("!2B3H2BH", 0x45, 0, 20 + len(piece), identification,
                              more << 13 | offset // 8, 64, socket.IPPROTO_UDP, 0) + addresses + piece
        else:
            header = struct.pack("!BBHI", socket.IPPROTO_UDP, 0, offset | more, identification)
            yield struct.pack("!IHBB", 6 << 28, len(header) + len(piece), FRAGMENT_HEADER,
                              64) + addresses + header + piece


def scrambled(source, target, length, order):
    family = family_of(target)
    receiver = socket.socket(family, socket.SOCK_DGRAM)
    receiver.bind((source, 0))
    receiver.settimeout(3)
    raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    pieces = list(fragments(family, source, target,
                            datagram(family, receiver.getsockname(), target, b"x" * int(length))))
    for number in order.split(","):
        raw.sendto(pieces[int(number)], (target, 0))
    try:
        return receiver.recv(2000).decode()
    except TimeoutError:
        return "nothing"


if __name__ == "__main__":
    print({"hop": hop, "scrambled": scrambled}[sys.argv[1]](*sys.argv[2:]))
