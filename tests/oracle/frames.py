"""Ethernet frames as the wires of the oracle carry them: built, and read again.

A packet is a plain value; its identification tells, when it comes out, which one went in.
"""

import struct
from dataclasses import dataclass, replace

import sctp
from headers import (IP_IN_IP, IPV6_IN_IP, SCTP, TCP, UDP, Header, internet_checksum, is_ipv6,
                     pseudo_header, split, without_padding)

ETHERNET_IPV4, ETHERNET_IPV6 = b"\x08\x00", b"\x86\xdd"
ETHERNET_LENGTH = 14
MULTICAST_IPV6 = b"\x33\x33"
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


@dataclass(frozen=True)
class Packet:
    """A packet of TCP, UDP or SCTP; its addresses tell the family."""

    protocol: int
    source: tuple  # address, port
    target: tuple
    identification: int
    flags: int = 0  # TCP
    chunks: tuple = ()  # SCTP: their types
    payload: bytes = b""
    ttl: int = 64

    def after_a_hop(self, **changes):
        return replace(self, ttl=self.ttl - 1, **changes)

    @property
    def opens(self):
        """Whether it asks for a new connection."""
        return bool(self.flags & SYN) or self.chunks[:1] == (sctp.INIT,)

    def to_bytes(self):
        if self.protocol == SCTP:
            body = sctp.segment(self.source[1], self.target[1], self.chunks)
        else:
            body = self.with_checksum(self.segment())
        return Header(self.source[0], self.target[0], self.protocol, self.identification,
                      self.ttl).before(body)

    def with_checksum(self, segment):
        pseudo = pseudo_header(self.source[0], self.target[0], self.protocol, len(segment))
        checksum = struct.pack("!H", internet_checksum(pseudo + segment) or 0xffff)
        at = 16 if self.protocol == TCP else 6
        return segment[:at] + checksum + segment[at + 2:]

    def segment(self):
        """Of TCP or UDP; its checksum is 0."""
        ports = struct.pack("!2H", self.source[1], self.target[1])
        if self.protocol == TCP:
            return ports + struct.pack("!2I2B3H", 1, 1, 5 << 4, self.flags, 65535, 0,
                                       0) + self.payload
        return ports + struct.pack("!2H", 8 + len(self.payload), 0) + self.payload

    def in_frame(self, target_mac, source_mac):
        kind = ETHERNET_IPV6 if is_ipv6(self.target[0]) else ETHERNET_IPV4
        return target_mac + source_mac + kind + self.to_bytes()


def tunnelled(inner, outer, source):
    """`inner` as IPVS puts it into a tunnel, the header `outer` being what came out.

    The inner hop limit; no identification, and no fragmentation, but where IPv6 is carried through
    IPv4: that may be cut on its way, and its identification is anybody's guess.
    """
    cut = is_ipv6(inner.target[0]) and not is_ipv6(outer.target)
    return Header(source, outer.target, IPV6_IN_IP if is_ipv6(inner.target[0]) else IP_IN_IP,
                  outer.identification if cut else 0, inner.ttl, cut).before(inner.to_bytes())


@dataclass(frozen=True)
class Seen:
    """What matters of a frame that came out, whatever it is."""

    mac: bytes
    data: bytes  # the IP packet
    tunnel: Header  # the outer one, or None
    protocol: int
    identification: int
    source: tuple
    target: tuple
    detail: int  # TCP flags; SCTP's first chunk; ICMP type and code


def read(frame):
    """None for what is not IP."""
    if frame[12:14] not in (ETHERNET_IPV4, ETHERNET_IPV6):
        return None
    data = without_padding(frame[ETHERNET_LENGTH:])
    header, body = split(data)
    tunnel = None
    if header.protocol in (IP_IN_IP, IPV6_IN_IP):
        tunnel = header
        header, body = split(body)
    has_ports = header.protocol in (TCP, UDP, SCTP)
    ports = struct.unpack("!2H", body[:4]) if has_ports else (0, 0)
    at = {TCP: slice(13, 14), SCTP: slice(12, 13)}.get(header.protocol, slice(2))
    detail = int.from_bytes(body[at], "big")
    return Seen(mac=frame[:6], data=data, tunnel=tunnel, protocol=header.protocol,
                identification=header.identification, source=(header.source, ports[0]),
                target=(header.target, ports[1]), detail=detail)
