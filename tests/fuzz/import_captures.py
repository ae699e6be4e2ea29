"""Makes one capture of the corpus of what a director's interfaces have seen.

    import_captures.py TO FROM…

The packets of all captures in the order of their times, at most MOST of them, to the address that
the fuzzed director's interface has.
"""

import sys

from scapy.config import conf
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.utils import rdpcap, wrpcap

MOST = 24
LONGEST = 1514
DIRECTOR, OTHERS = "02:00:00:00:00:01", "02:00:00:00:00:02"
IP_TYPES = (0x0800, 0x86DD)
NEIGHBOURS = range(133, 138)  # ICMPv6 of the link


def is_neighbours_talk(frame):
    raw = bytes(frame)
    return frame.type == 0x86DD and raw[20] == 58 and raw[54] in NEIGHBOURS


def main(to, *captures):
    conf.verb = 0
    packets = sorted((packet for name in captures for packet in rdpcap(name)),
                     key=lambda packet: packet.time)
    kept = [packet for packet in packets
            if packet.type in IP_TYPES and not is_neighbours_talk(packet)
            and len(packet) <= LONGEST][:MOST]
    frames = []
    for packet in kept:
        frame = Ether(src=OTHERS, dst=DIRECTOR, type=packet.type) / Raw(bytes(packet)[14:])
        frame.time = int(packet.time - kept[0].time)
        frames.append(frame)
    if frames:
        wrpcap(to, frames)
    print(f"{to}: {len(frames)} packets")


main(*sys.argv[1:])
