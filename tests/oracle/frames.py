"""Ethernet frames as the wires of the oracle carry them: built, and read again.

A packet is a plain value; its identification tells, when it comes out, which one went in.
"""

import socket
import struct
from dataclasses import dataclass, replace

ETHERNET_IPV4 = b"\x08\x00"
ETHERNET_ARP = b"\x08\x06"
ETHERNET_LENGTH = 14
IPIP, TCP, UDP, ICMP = 4, 6, 17, 1
DONT_FRAGMENT = 0x4000
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


@dataclass(frozen=True)
class Packet:
    """An IPv4 packet of TCP or UDP."""

    protocol: int
    source: tuple  # address, port
    target: tuple
    identification: int
    flags: int = 0
    payload: bytes = b""
    ttl: int = 64

    def after_a_hop(self, **changes):
        return replace(self, ttl=self.ttl - 1, **changes)

    def to_bytes(self):
        addresses = address_bytes(self.source) + address_bytes(self.target)
        ports = struct.pack("!2H", self.source[1], self.target[1])
        if self.protocol == TCP:
            segment = ports + struct.pack("!2I2B3H", 1, 1, 5 << 4, self.flags, 65535, 0, 0)
            checksum_at = 16
        else:
            segment = ports + struct.pack("!2H", 8 + len(self.payload), 0)
            checksum_at = 6
        segment += self.payload
        pseudo = addresses + struct.pack("!2H", self.protocol, len(segment))
        checksum = struct.pack("!H", internet_checksum(pseudo + segment) or 0xffff)
        segment = segment[:checksum_at] + checksum + segment[checksum_at + 2:]
        return ipv4_header(addresses, self.protocol, self.identification, self.ttl,
                           len(segment)) + segment


def address_bytes(endpoint):
    return socket.inet_aton(endpoint[0])


def internet_checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def ipv4_header(addresses, protocol, identification, ttl, length):
    header = struct.pack("!2B3H2BH", 0x45, 0, 20 + length, identification, DONT_FRAGMENT, ttl,
                         protocol, 0) + addresses
    return header[:10] + struct.pack("!H", internet_checksum(header)) + header[12:]


def tunnelled(inner, ttl, source, target):
    """IP-in-IP as IPVS builds it: no identification, may not be fragmented, the inner TTL."""
    addresses = socket.inet_aton(source) + socket.inet_aton(target)
    return ipv4_header(addresses, IPIP, 0, ttl, len(inner)) + inner


@dataclass(frozen=True)
class Seen:
    """What matters of a frame that came out, whatever it is."""

    mac: bytes
    data: bytes  # the IP packet
    outer_target: str  # of a tunnel, or None
    protocol: int
    identification: int
    source: tuple
    target: tuple
    detail: int  # TCP flags; ICMP type and code


def read(frame):
    """None for what is not IPv4."""
    if frame[12:14] != ETHERNET_IPV4:
        return None
    data = packet = frame[ETHERNET_LENGTH:ETHERNET_LENGTH + int.from_bytes(frame[16:18], "big")]
    outer_target = None
    if packet[9] == IPIP:
        outer_target = socket.inet_ntoa(packet[16:20])
        packet = packet[(packet[0] & 15) * 4:]
    body = packet[(packet[0] & 15) * 4:]
    protocol = packet[9]
    ports = struct.unpack("!2H", body[:4]) if protocol in (TCP, UDP) else (0, 0)
    if protocol == TCP:
        detail = body[13]
    else:
        detail = int.from_bytes(body[:2], "big")
    return Seen(mac=frame[:6], data=data, outer_target=outer_target, protocol=protocol,
                identification=int.from_bytes(packet[4:6], "big"),
                source=(socket.inet_ntoa(packet[12:16]), ports[0]),
                target=(socket.inet_ntoa(packet[16:20]), ports[1]), detail=detail)
