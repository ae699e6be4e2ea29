"""IP headers of both families: built, and read again.

Addresses are text, as people write them; which family one is of tells itself.  What IPv4 calls
identification, IPv6 has no word for: there the flow label, which nobody on the way may change, tells
one packet from another.
"""

import socket
import struct
from dataclasses import dataclass

IP_IN_IP, TCP, UDP, IPV6_IN_IP, ICMP, ICMPV6, SCTP = 4, 6, 17, 41, 1, 58, 132
DONT_FRAGMENT = 0x4000
IPV6_LENGTH = 40


@dataclass(frozen=True)
class Header:
    source: str
    target: str
    protocol: int
    identification: int
    hops: int
    may_be_fragmented: bool = False  # IPv6 on its way never is

    def before(self, body):
        """The packet whose header this is."""
        build = ipv6_header if is_ipv6(self.target) else ipv4_header
        return build(self, len(body)) + body


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
    fragment = 0 if header.may_be_fragmented else DONT_FRAGMENT
    data = struct.pack("!2B3H2BH", 0x45, 0, 20 + length, header.identification, fragment,
                       header.hops, header.protocol, 0)
    data += address_bytes(header.source) + address_bytes(header.target)
    return data[:10] + struct.pack("!H", internet_checksum(data)) + data[12:]


def ipv6_header(header, length):
    return (struct.pack("!IH2B", 6 << 28 | header.identification, length, header.protocol,
                        header.hops) +
            address_bytes(header.source) + address_bytes(header.target))


def without_padding(data):
    """The packet that a frame carries: a short one is filled up."""
    length = (IPV6_LENGTH + int.from_bytes(data[4:6], "big") if data[0] >> 4 == 6
              else int.from_bytes(data[2:4], "big"))
    return data[:length]


def split(packet):
    """The first header of a packet, and what it heads."""
    return split_ipv6(packet) if packet[0] >> 4 == 6 else split_ipv4(packet)


def split_ipv4(packet):
    _, _, _, identification, fragment, hops, protocol = struct.unpack("!2B3H2B", packet[:10])
    header = Header(address_text(packet[12:16]), address_text(packet[16:20]), protocol,
                    identification, hops, not fragment & DONT_FRAGMENT)
    return header, packet[(packet[0] & 15) * 4:]


def split_ipv6(packet):
    first, _, protocol, hops = struct.unpack("!IH2B", packet[:8])
    header = Header(address_text(packet[8:24]), address_text(packet[24:40]), protocol,
                    first & 0xfffff, hops)
    return header, packet[IPV6_LENGTH:]
