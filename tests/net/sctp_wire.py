"""SCTP packets as frames, with what goes along with a checksum that hardware has yet to compute.

    sctp_wire.py send DEVICE MAC SOURCE TARGET PORT unfinished|zero
                         an INIT whose checksum is left to others, or is finished and happens to be 0
    sctp_wire.py watch DEVICE
                         prints of each SCTP packet its target's port, and whether its checksum
                         is right, wrong, or 0 and left to others

IPv4 alone: SCTP's checksum covers no addresses.
"""

import socket
import struct
import sys

from tunnels import total

SCTP = 132
ETH_P_IP = 0x0800
SOL_PACKET, PACKET_VNET_HDR = 263, 15
NEEDS_CHECKSUM = 1
VNET_HEADER = struct.Struct("<2B4H")  # flags, kind of GSO, three lengths and an offset
HEADERS = 14 + 20
CHECKSUM_AT = 8
INIT = b"\x01\x00\x00\x08\x00\x00\x00\x00"


def wire(device):
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
    end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    end.bind((device, ETH_P_IP))
    return end


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def tag_that_sums_to_zero(ports, chunk):
    """A verification tag with which the checksum is 0, by linear algebra over its 32 bits."""
    def checksum(tag):
        return crc32c(ports + tag.to_bytes(4, "big") + bytes(4) + chunk)
    wanted, rows = checksum(0), {}
    for bit in range(32):
        effect, tag = checksum(1 << bit) ^ wanted, 1 << bit
        while effect.bit_length() in rows:
            other, other_tag = rows[effect.bit_length()]
            effect, tag = effect ^ other, tag ^ other_tag
        if effect:
            rows[effect.bit_length()] = effect, tag
    rest, solution = wanted, 0
    while rest:
        effect, tag = rows[rest.bit_length()]
        rest, solution = rest ^ effect, solution ^ tag
    return solution


def ipv4_header(source, target, length):
    header = struct.pack("!2B3H2BH", 0x45, 0, 20 + length, 1, 0x4000, 64, SCTP, 0)
    header += socket.inet_aton(source) + socket.inet_aton(target)
    return header[:10] + struct.pack("!H", ~total(header) & 0xffff) + header[12:]


def send(device, mac, source, target, port, kind):
    ports = struct.pack("!2H", 4242, int(port))
    tag = tag_that_sums_to_zero(ports, INIT) if kind == "zero" else 1
    body = ports + struct.pack("!2I", tag, 0) + INIT
    frame = bytes.fromhex(mac.replace(":", "")) + bytes((2, 0, 0, 0, 0, 9)) + b"\x08\x00"
    frame += ipv4_header(source, target, len(body)) + body
    flags = NEEDS_CHECKSUM if kind == "unfinished" else 0
    wire(device).send(VNET_HEADER.pack(flags, 0, 0, 0, HEADERS, CHECKSUM_AT) + frame)


def verdict(body, flags):
    checksum = int.from_bytes(body[8:12], "little")
    if flags & NEEDS_CHECKSUM:
        return "left" if checksum == 0 else "left, but not 0"
    return "right" if checksum == crc32c(body[:8] + bytes(4) + body[12:]) else "wrong"


def watch(device):
    end = wire(device)
    print("ready", flush=True)
    while True:
        data = end.recv(65535)
        flags, frame = data[0], data[VNET_HEADER.size:]
        if frame[14 + 9] == SCTP:
            body = frame[HEADERS:HEADERS + 12 + len(INIT)]
            print(int.from_bytes(body[2:4], "big"), verdict(body, flags), flush=True)


{"send": send, "watch": watch}[sys.argv[1]](*sys.argv[2:])
