"""IP headers of both families: built, and read again.

Addresses are text, as people write them; which family one is of tells itself.  What IPv4 calls
identification, IPv6 has no word for: there the flow label, which nobody on the way may change, tells
one packet from another.
"""

import socket
import struct
from dataclasses import dataclass

IP_IN_IP, TCP, UDP, IPV6_IN_IP, GRE, ICMP, ICMPV6, SCTP = 4, 6, 17, 41, 47, 1, 58, 132
DONT_FRAGMENT, MORE_FRAGMENTS = 0x4000, 0x2000
IPV6_LENGTH = 40
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS = 0, 43, 44, 60
EXTENSIONS = (HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS)


@dataclass(frozen=True)
class Header:
    source: str
    target: str
    protocol: int
    identification: int
    hops: int
    may_be_fragmented: bool = False  # IPv6 on its way never is
    tos: int = 0
    options: bytes = b""  # of IPv4; of IPv6, those for the destination: whole words of either
    offset: int = 0  # of a fragment, in bytes
    more: bool = False  # fragments follow

    def before(self, body):
        """The packet whose header this is."""
        build = ipv6_header if is_ipv6(self.target) else ipv4_header
        return build(self, len(body)) + body

    @property
    def is_part(self):
        return bool(self.offset or self.more)


def is_ipv6(address):
    return ":" in address


def address_bytes(address):
    return socket.inet_pton(socket.AF_INET6 if is_ipv6(address) else socket.AF_INET, address)


def address_text(data):
    return socket.inet_ntop(socket.AF_INET6 if len(data) == 16 else socket.AF_INET, data)


def internet_checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def pseudo_header(source, target, protocol, length):
    """What a transport checksum covers beside its segment: the sum is the same in both families."""
    return address_bytes(source) + address_bytes(target) + struct.pack("!2H", protocol, length)


def ipv4_header(header, length):
    words = 5 + len(header.options) // 4
    fragment = (header.offset // 8 | MORE_FRAGMENTS * header.more |
                DONT_FRAGMENT * (not header.may_be_fragmented))
    data = struct.pack("!2B3H2BH", 4 << 4 | words, header.tos, words * 4 + length,
                       header.identification, fragment, header.hops, header.protocol, 0)
    data += address_bytes(header.source) + address_bytes(header.target) + header.options
    return data[:10] + struct.pack("!H", internet_checksum(data)) + data[12:]


def ipv6_header(header, length):
    protocol, extensions = header.protocol, b""
    if header.options:
        extensions = bytes((protocol, len(header.options + b"..") // 8 - 1)) + header.options
        protocol = DESTINATION_OPTIONS
    if header.is_part:
        extensions = struct.pack("!2BHI", protocol, 0, header.offset | header.more,
                                 header.identification) + extensions
        protocol = FRAGMENT
    return (struct.pack("!IH2B", 6 << 28 | header.tos << 20 | header.identification,
                        len(extensions) + length, protocol, header.hops) +
            address_bytes(header.source) + address_bytes(header.target) + extensions)


def without_padding(data):
    """The packet that a frame carries: a short one is filled up."""
    length = (IPV6_LENGTH + int.from_bytes(data[4:6], "big") if data[0] >> 4 == 6
              else int.from_bytes(data[2:4], "big"))
    return data[:length]


def split(packet, into_fragments=True):
    """The first header of a packet, and what it heads.  Options behind IPv6's fragment header are
    part of what is divided, unless it is looked into."""
    return split_ipv6(packet, into_fragments) if packet[0] >> 4 == 6 else split_ipv4(packet)


def split_ipv4(packet):
    _, tos, _, identification, fragment, hops, protocol = struct.unpack("!2B3H2B", packet[:10])
    length = (packet[0] & 15) * 4
    header = Header(address_text(packet[12:16]), address_text(packet[16:20]), protocol,
                    identification, hops, not fragment & DONT_FRAGMENT, tos, packet[20:length],
                    (fragment & 0x1fff) * 8, bool(fragment & MORE_FRAGMENTS))
    return header, packet[length:]


def split_ipv6(packet, into_fragments):
    first, _, protocol, hops = struct.unpack("!IH2B", packet[:8])
    options, offset, more, body = b"", 0, False, packet[IPV6_LENGTH:]
    while protocol in EXTENSIONS and offset == 0 and (into_fragments or not more):
        length = 8 if protocol == FRAGMENT else (body[1] + 1) * 8
        if protocol == FRAGMENT:
            fragment, = struct.unpack("!H", body[2:4])
            offset, more = fragment & 0xfff8, bool(fragment & 1)
        else:
            options = body[2:length]
        protocol, body = body[0], body[length:]
    header = Header(address_text(packet[8:24]), address_text(packet[24:40]), protocol,
                    first & 0xfffff, hops, False, first >> 20 & 255, options, offset, more)
    return header, body
