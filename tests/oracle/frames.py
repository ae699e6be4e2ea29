"""Ethernet frames as the wires of the oracle carry them: built, and read again.

A packet is a plain value; its identification tells, when it comes out, which one went in.
"""

import struct
from dataclasses import dataclass, replace

import sctp
from headers import (ICMP, ICMPV6, IP_IN_IP, IPV6_IN_IP, IPV6_LENGTH, SCTP, TCP, UDP, Header,
                     internet_checksum, is_ipv6, pseudo_header, split, without_padding)
from pieces import inside

ETHERNET_IPV4, ETHERNET_IPV6 = b"\x08\x00", b"\x86\xdd"
ETHERNET_LENGTH = 14
MULTICAST_IPV6 = b"\x33\x33"
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
ECHO_REQUEST = {ICMP: 8, ICMPV6: 128}
# Where a transport's header has its checksum.
CHECKSUM_AT = {TCP: 16, UDP: 6, ICMP: 2, ICMPV6: 2}


@dataclass(frozen=True)
class Packet:
    """A packet of TCP, UDP or SCTP, or an echo request; its addresses tell the family."""

    protocol: int
    source: tuple  # address, port
    target: tuple
    identification: int
    flags: int = 0  # TCP
    chunks: tuple = ()  # SCTP: their types
    payload: bytes = b""
    ttl: int = 64
    tos: int = 0
    may_be_fragmented: bool = False
    options: bytes = b""
    damaged: bool = False  # its transport's checksum is wrong
    unsummed: bool = False  # UDP without a checksum
    parts: int = 1  # fragments that it is sent in
    backwards: bool = False  # the last of them first

    def after_a_hop(self, **changes):
        return replace(self, ttl=self.ttl - 1, **changes)

    @property
    def opens(self):
        """Whether it asks for a new connection."""
        return bool(self.flags & SYN) or self.chunks[:1] == (sctp.INIT,)

    @property
    def header(self):
        return Header(self.source[0], self.target[0], self.protocol, self.identification, self.ttl,
                      self.may_be_fragmented, self.tos, self.options)

    def to_bytes(self):
        return self.header.before(self.body())

    def datagrams(self):
        """What is sent: the packet, or its fragments."""
        if self.parts == 1:
            return [self.to_bytes()]
        header, body = self.header, self.body()
        if header.options and is_ipv6(header.target):  # for the destination: divided with the rest
            whole = header.before(body)
            header, body = replace(header, protocol=whole[6], options=b""), whole[IPV6_LENGTH:]
        step = (len(body) // self.parts + 8) // 8 * 8
        fragments = [replace(header, offset=at, more=at + step < len(body)).before(
            body[at:at + step]) for at in range(0, len(body), step)]
        return fragments[::-1] if self.backwards else fragments

    def body(self):
        if self.protocol == SCTP:
            body = sctp.segment(self.source[1], self.target[1], self.chunks)
        else:
            body = self.with_checksum(self.segment())
        return body[:-1] + bytes((body[-1] ^ 1,)) if self.damaged else body

    def with_checksum(self, segment):
        pseudo = b"" if self.protocol == ICMP else pseudo_header(
            self.source[0], self.target[0], self.protocol, len(segment))
        checksum = struct.pack("!H", internet_checksum(pseudo + segment) or 0xffff)
        at = CHECKSUM_AT[self.protocol]
        if self.unsummed:
            checksum = bytes(2)
        return segment[:at] + checksum + segment[at + 2:]

    def segment(self):
        """What is behind the IP header, but for SCTP; the checksum is 0."""
        ports = struct.pack("!2H", self.source[1], self.target[1])
        if self.protocol == TCP:
            return ports + struct.pack("!2I2B3H", 1, 1, 5 << 4, self.flags, 65535, 0,
                                       0) + self.payload
        if self.protocol == UDP:
            return ports + struct.pack("!2H", 8 + len(self.payload), 0) + self.payload
        return struct.pack("!2BH", ECHO_REQUEST[self.protocol], 0, 0) + ports + self.payload

    def filled_to(self, size):
        """With a payload that makes it `size` bytes long."""
        room = size - len(replace(self, payload=b"").to_bytes())
        return replace(self, payload=bytes(at * 7 & 255 for at in range(room)))


def in_frame(target_mac, source_mac, datagram):
    kind = ETHERNET_IPV6 if datagram[0] >> 4 == 6 else ETHERNET_IPV4
    return target_mac + source_mac + kind + datagram


def tunnelled(inner, outer, source, between=b""):
    """`inner` as IPVS puts it into a tunnel, the header `outer` being what came out.

    The inner hop limit; no identification, and no fragmentation, but where IPv6 is carried through
    IPv4: that may be cut on its way, and its identification is anybody's guess.  What stands
    `between` the headers of GRE and GUE is taken as it came: `send` tells it.
    """
    is_inner_ipv6 = is_ipv6(inner.target[0])
    cut = is_inner_ipv6 and not is_ipv6(outer.target)
    protocol = outer.protocol if between else IPV6_IN_IP if is_inner_ipv6 else IP_IN_IP
    return Header(source, outer.target, protocol, outer.identification if cut else 0, inner.ttl,
                  cut).before(between + inner.to_bytes())


@dataclass(frozen=True)
class Seen:
    """What matters of a frame that came out, whatever it is."""

    mac: bytes
    data: bytes  # the IP packet
    tunnel: Header  # the outer one, or None
    between: bytes  # a GRE header, or those of UDP and GUE
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
    tunnel, between = None, b""
    if inside(data):
        tunnel, between = header, body[:inside(data) - len(data) + len(body)]
        header, body = split(body[len(between):])
    has_ports = header.protocol in (TCP, UDP, SCTP)
    ports = struct.unpack("!2H", body[:4]) if has_ports else (0, 0)
    at = {TCP: slice(13, 14), SCTP: slice(12, 13)}.get(header.protocol, slice(2))
    detail = int.from_bytes(body[at], "big")
    return Seen(mac=frame[:6], data=data, tunnel=tunnel, between=between,
                protocol=header.protocol, identification=header.identification,
                source=(header.source, ports[0]), target=(header.target, ports[1]), detail=detail)
