"""Whether what the packet cases sent is right by another's judgement: that of scapy, which takes every
packet apart, computes lengths and checksums itself, and must come to the same bytes.

    checksums.py FOLDER       of captures, as recording.hpp writes them

Of each kind of checksum one is then made wrong, to see that this is noticed.
"""

import sys
from collections import Counter
from pathlib import Path

from scapy.fields import BitField, ByteEnumField, ShortField
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, _ICMPv6
from scapy.layers.l2 import GRE
from scapy.layers.sctp import SCTP
from scapy.packet import NoPayload, Packet, Raw, bind_layers
from scapy.utils import RawPcapReader

GUE_PORT = 6080


class Gue(Packet):
    """draft-ietf-intarea-gue-09, without options."""

    name = "GUE"
    fields_desc = [BitField("version", 0, 2), BitField("control", 0, 1),
                   BitField("option_words", 0, 5), ByteEnumField("protocol", 4, {}),
                   ShortField("flags", 0)]


bind_layers(UDP, Gue, dport=GUE_PORT)
bind_layers(Gue, IP, protocol=4)
bind_layers(Gue, IPv6, protocol=41)

LENGTHS = {IP: "len", IPv6: "plen", UDP: "len"}
CHECKSUMS = {IP: "chksum", TCP: "chksum", UDP: "chksum", ICMP: "chksum", GRE: "chksum",
             SCTP: "chksum"}


def checksum_of(layer):
    """The name of its field; None if it has none."""
    if isinstance(layer, _ICMPv6):
        return "cksum"
    if isinstance(layer, UDP) and layer.chksum == 0:
        return None
    if isinstance(layer, GRE) and not layer.chksum_present:
        return None
    return CHECKSUMS.get(type(layer))


def layers_of(packet):
    """Those whose lengths and checksums are the packet's own: none of what an ICMP error quotes, and
    no transport of a fragment."""
    layer = packet
    while not isinstance(layer, NoPayload):
        yield layer
        fragment = isinstance(layer, IP) and (layer.frag or layer.flags.MF)
        if fragment or isinstance(layer, (IPv6ExtHdrFragment, ICMP, _ICMPv6, SCTP)):
            return
        layer = layer.payload


def dissect(raw):
    """The packet, but for SCTP's chunks, which are only as long as a case needs."""
    packet = IPv6(raw) if raw[0] >> 4 == 6 else IP(raw)
    if SCTP in packet:
        chunks = packet[SCTP].payload.original
        packet[SCTP].remove_payload()
        packet[SCTP].add_payload(Raw(chunks))
    return packet


def is_right(raw):
    packet = dissect(raw)
    for layer in layers_of(packet):
        for name in (LENGTHS.get(type(layer)), checksum_of(layer)):
            if name:
                layer.delfieldval(name)
    return bytes(packet) == raw


def damage(raw, kind):
    """The packet with one bit of its first checksum of that kind turned over."""
    packet = dissect(raw)
    layer = next(layer for layer in layers_of(packet) if type(layer) is kind)
    name = checksum_of(layer)
    setattr(layer, name, getattr(layer, name) ^ 1)
    return bytes(packet)


def check(capture, examples, faults):
    """Counts the checksums by kind, with an example of each."""
    steps = capture.with_suffix(".txt").read_text().splitlines()
    packets = [raw for raw, _ in RawPcapReader(str(capture))]
    assert len(steps) == len(packets), capture
    seen = Counter()
    for step, raw in zip(steps, packets):
        if not is_right(raw):
            faults.append(f"{step}: {dissect(raw).summary()}")
            continue
        for layer in layers_of(dissect(raw)):
            if checksum_of(layer):
                seen[type(layer).__name__] += 1
                examples[type(layer)] = raw
    told = ", ".join(f"{count} of {kind}" for kind, count in seen.most_common())
    print(f"{capture.stem}: {len(packets)} packets; checksums: {told}")


def main(folder):
    examples, faults = {}, []
    captures = sorted(Path(folder).glob("*.pcap"))
    for capture in captures:
        check(capture, examples, faults)
    for kind, raw in examples.items():
        if is_right(damage(raw, kind)):
            faults.append(f"a wrong checksum of {kind.__name__} was not noticed")
    print(*faults, sep="\n")
    return 1 if faults or not examples else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
