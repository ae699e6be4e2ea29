"""Packets inside tunnel packets, as IPVS sends them, and with every fault a receiver may meet.

A `Case` says which kind of tunnel, which outer family, and what is odd about it.
"""

import dataclasses
import itertools
import socket
import struct

IPV4, IPV6 = socket.AF_INET, socket.AF_INET6
OUTER = {IPV4: ("10.1.0.1", "10.1.0.11"), IPV6: ("2001:db8:1::1", "2001:db8:1::11")}
ELSEWHERE = {IPV4: "10.1.0.99", IPV6: "2001:db8:1::99"}
PROTOCOL = {IPV4: 4, IPV6: 41}  # of a packet of that family inside another
ETHERTYPE = {IPV4: 0x0800, IPV6: 0x86DD}
UDP, GRE, TCP = 17, 47, 6
GUE_PORT = 6080
identifications = itertools.count(7)
CHECKSUM_FIELD = {TCP: 16, UDP: 6}  # within a transport header


@dataclasses.dataclass
class Case:
    """Kind: ipip, gre, gre-csum, gue, gue-csum, gue-remcsum, gue-options or gue1."""

    kind: str = "ipip"
    outer: int = IPV4
    ecn: int = 0
    odd: str = ""

    @classmethod
    def parse(cls, words):
        """From "gue outer=6 ecn=3 odd=udp-length"."""
        kind, *rest = words.split()
        options = dict(word.split("=") for word in rest)
        return cls(kind, IPV6 if options.get("outer") == "6" else IPV4,
                   int(options.get("ecn", 0)), options.get("odd", ""))


def total(data):
    """The Internet checksum's sum, folded."""
    data += b"\0" * (len(data) % 2)
    value = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return value


def family_of(packet):
    return IPV4 if packet[0] >> 4 == 4 else IPV6


def header_length(packet):
    return (packet[0] & 15) * 4 if family_of(packet) == IPV4 else 40


def protocol_of(packet):
    return packet[9] if family_of(packet) == IPV4 else packet[6]


def addresses_of(packet):
    return packet[12:20] if family_of(packet) == IPV4 else packet[8:40]


def pseudo_header(packet, length, protocol):
    return addresses_of(packet) + struct.pack("!II", length, protocol)


def ip_header(case, protocol, length):
    """The outer header for so many bytes."""
    length += 100 if case.odd == "ip-length" else 0
    source, destination = OUTER[case.outer]
    if case.odd == "elsewhere":
        destination = ELSEWHERE[case.outer]
    addresses = b"".join(socket.inet_pton(case.outer, name) for name in (source, destination))
    if case.outer == IPV6:
        return struct.pack("!IHBB", 6 << 28 | case.ecn << 20, length, protocol, 64) + addresses
    options = b"\x01\x01\x01\x00" if case.odd == "ip-options" else b""
    words = 5 + len(options) // 4
    header = struct.pack("!BBHHHBBH", 4 << 4 | words, case.ecn, 4 * words + length, 7, 0, 64,
                         protocol, 0) + addresses + options
    checksum = ~total(header) & 0xFFFF ^ (case.odd == "ip-checksum")
    return header[:10] + struct.pack("!H", checksum) + header[12:]


def gre(case, inner):
    flags = {"gre-key": 0x2000, "gre-version": 1}.get(case.odd, 0)
    if case.kind == "gre":
        return struct.pack("!HH", flags, ETHERTYPE[family_of(inner)]) + inner
    header = struct.pack("!HHHH", 0x8000 | flags, ETHERTYPE[family_of(inner)], 0, 0)
    checksum = ~total(header + inner) & 0xFFFF
    return header[:4] + struct.pack("!HH", checksum, 0) + inner


def without_checksum(inner):
    """The packet as a sender leaves it that counts on the receiver, and where start and field are."""
    start = header_length(inner)
    field = start + CHECKSUM_FIELD[protocol_of(inner)]
    pseudo = total(pseudo_header(inner, len(inner) - start, protocol_of(inner)))
    return inner[:field] + struct.pack("!H", pseudo) + inner[field + 2:], start, field


def gue_header(case, inner, options=b"", flags=0):
    first = len(options) // 4
    first |= {"gue-control": 0x20, "gue-version": 0x80}.get(case.odd, 0)
    first = 31 if case.odd == "gue-length" else first
    flags |= 0x8000 if case.odd == "gue-flags" else 0
    return struct.pack("!BBH", first, PROTOCOL[family_of(inner)], flags) + options


def gue(case, inner):
    if case.kind == "gue1":
        return inner
    if case.kind == "gue-options":
        return gue_header(case, inner, b"none of our business") + inner
    if case.kind != "gue-remcsum":
        return gue_header(case, inner) + inner
    inner, start, field = without_checksum(inner)
    start += 60000 if case.odd == "remcsum-start" else 0
    field = {"remcsum-field": 60000, "remcsum-before": 2}.get(case.odd, field)
    private = 0x80000001 if case.odd == "remcsum-flags" else 0x80000000
    return gue_header(case, inner, struct.pack("!IHH", private, start, field), 1) + inner


def udp(case, payload, left_to_card):
    """`left_to_card`: the checksum holds only the pseudo-header's sum."""
    length = 8 + len(payload)
    stated = length + (100 if case.odd == "udp-length" else 0)
    port = GUE_PORT + (case.odd == "udp-port")
    header = struct.pack("!HHHH", 50000, port, stated, 0)
    if case.kind not in ("gue-csum", "gue-remcsum"):
        return header + payload
    pseudo = pseudo_header(ip_header(case, UDP, length), length, UDP)
    checksum = total(pseudo) if left_to_card else ~total(pseudo + header + payload) & 0xFFFF
    checksum ^= case.odd == "udp-checksum"
    return header[:6] + struct.pack("!H", checksum) + payload


def payload_of(case, inner, left_to_card):
    """The outer header's protocol, and what it carries."""
    if case.odd == "inner-length":
        at = 2 if family_of(inner) == IPV4 else 4
        longer = struct.unpack_from("!H", inner, at)[0] + 100
        inner = inner[:at] + struct.pack("!H", longer) + inner[at + 2:]
    if case.kind == "ipip":
        return PROTOCOL[family_of(inner)], inner
    if case.kind.startswith("gre"):
        return GRE, gre(case, inner)
    return UDP, udp(case, gue(case, inner), left_to_card)


# The first has room for every header, of the tunnel and inside it.
FIRST_FRAGMENT, FRAGMENT = 144, 1200


def fragments(packet, protocol, identification, size=FRAGMENT):
    """The packet in fragments, of which the last may be small."""
    length, payload = header_length(packet), packet[header_length(packet):]
    begins = [0, *range(FIRST_FRAGMENT, len(payload), size)]
    for offset, end in zip(begins, [*begins[1:], len(payload)]):
        more, part = int(end < len(payload)), payload[offset:end]
        if family_of(packet) == IPV6:
            header = struct.pack("!BBHI", protocol, 0, offset | more, identification)
            yield (packet[:4] + struct.pack("!HB", 8 + len(part), 44) + packet[7:length] + header +
                   part)
            continue
        header = (packet[:2] + struct.pack("!HHH", length + len(part), identification,
                                           more << 13 | offset // 8) + packet[8:10] + b"\0\0" + packet[12:length])
        yield header[:10] + struct.pack("!H", ~total(header) & 0xFFFF) + header[12:] + part


def encapsulate(case, inner, left_to_card=False):
    """The packets that carry `inner`: one, or its fragments."""
    protocol, payload = payload_of(case, inner, left_to_card)
    if case.odd == "cut":
        payload = payload[:len(payload) - len(inner) + 10]
    packet = ip_header(case, protocol, len(payload)) + payload
    if not case.odd.startswith("fragments"):
        return [packet]
    return disturbed(case.odd.removeprefix("fragments").lstrip("-"), packet, protocol)


def disturbed(how, packet, protocol):
    """The packet's fragments, as they come in."""
    number = next(identifications) & 0xFFFF
    parts = list(fragments(packet, protocol, number, 8 if how == "many" else FRAGMENT))
    if how == "backwards":
        parts.reverse()
    elif how == "first-last":
        parts.append(parts.pop(0))
    elif how == "twice":
        parts.insert(1, parts[0])
    elif how == "overlapping":
        parts[1:1] = list(fragments(packet, protocol, number, 1192))[1:2]
    elif how == "missing":
        parts.pop()
    elif how == "congested":  # one of them alone
        parts[-1] = with_congestion(parts[-1])
    return parts


def with_congestion(packet):
    if family_of(packet) == IPV6:
        return packet[:1] + bytes((packet[1] | 0x30,)) + packet[2:]
    header = packet[:1] + bytes((packet[1] | 3,)) + packet[2:10] + b"\0\0" + packet[12:20]
    return header[:10] + struct.pack("!H", ~total(header) & 0xFFFF) + header[12:] + packet[20:]
