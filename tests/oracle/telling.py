"""Packets as text, header by header, that those of two directors can be compared word by word.

    rs1: director>rs1 ttl=63 tos=00 df id=0 len=68 | c1>vip1 ttl=63 tos=00 df id=same len=48 |
    udp 1>80 sum=right data=20:3f2a91c0
"""

import struct
import zlib

import headers
import sctp
from frames import CHECKSUM_AT, ETHERNET_IPV4, ETHERNET_IPV6, ETHERNET_LENGTH
from headers import ICMP, ICMPV6, SCTP, TCP, UDP, internet_checksum, is_ipv6, pseudo_header, split
from pieces import GUE_PORT, inside, is_gue, put_together

GUE_SOURCE_PORTS = range(32768, 61000)
TOO_BIG = {ICMP: (3, 4), ICMPV6: (2, 0)}
ICMP_HEADER = 8


class Teller:
    """`names` are the scenario's; `sent` the identifications that its packets have.

    What is `joined` came in fragments that need not be the same: it is put together first, and of a
    tunnel around it, or an error about it, only told what does not depend on how it was divided.
    """

    def __init__(self, names, sent, joined=False, hide_mtu=False):
        self.names, self.sent, self.joined, self.hide_mtu = names, sent, joined, hide_mtu

    def frames(self, frames, receiver):
        """A line each.  `receiver` tells whose MAC address that is."""
        others = [frame for frame in frames if frame[12:14] not in (ETHERNET_IPV4, ETHERNET_IPV6)]
        frames = [frame for frame in frames if frame not in others]
        datagrams = [headers.without_padding(frame[ETHERNET_LENGTH:]) for frame in frames]
        told = put_together(datagrams) if self.joined else enumerate(datagrams)
        return ([f"{receiver(frames[at][:6])}: {self.packet(data)}" for at, data in told] +
                [f"{receiver(frame[:6])}: frame {frame[12:42].hex()}" for frame in others])

    def packet(self, data):
        header, body = split(data)
        brief = self.joined and bool(inside(data) or is_error(header, body))
        return " | ".join([self.header(header, data, brief),
                           *self.body(header, body, declared(data) <= len(data))])

    # --- IP ---------------------------------------------------------------------------------------

    def header(self, header, data, brief):
        words = [f"{self.names.called(header.source)}>{self.names.called(header.target)}",
                 f"ttl={header.hops}", f"tos={header.tos:02x}"]
        if brief:
            return " ".join(words)
        if not is_ipv6(header.source):
            words += ["df"] * (not header.may_be_fragmented)
            if internet_checksum(data[:(data[0] & 15) * 4]):
                words.append("ipsum=wrong")
        words += [f"id={self.identification(header)}", f"len={declared(data)}"]
        if header.is_part:
            words.append(f"part={header.offset}{'+' * header.more}")
        if header.options:
            words.append(f"options={header.options.hex()}")
        return " ".join(words)

    def identification(self, header):
        # Where one is needed it is any number, once in a while this one.
        if header.identification == 0 and not header.may_be_fragmented:
            return "0"
        return "same" if header.identification in self.sent else "set"

    # --- what is inside ---------------------------------------------------------------------------

    def body(self, header, body, whole):
        if header.offset:
            return [f"{len(body)} bytes {digest(body)}"]
        if header.protocol in (headers.IP_IN_IP, headers.IPV6_IN_IP):
            return [self.packet(body)]
        if header.protocol == headers.GRE:
            return self.gre(body)
        if header.protocol in (ICMP, ICMPV6):
            return self.icmp(header, body, whole)
        if len(body) < 8:
            return [f"protocol {header.protocol} {body.hex()}"]
        return self.transport(header, body, whole and not header.more)

    def transport(self, header, body, whole):
        source, target = struct.unpack("!2H", body[:4])
        if is_gue(header, body):
            return self.gue(header, body, source)
        name = {TCP: "tcp", UDP: "udp", SCTP: "sctp"}.get(header.protocol)
        if not name:
            return [f"protocol {header.protocol} {digest(body)}"]
        words = [f"{name} {source}>{target}"]
        if header.protocol == TCP and len(body) >= 20:
            words += [f"flags={body[13] & 63:02x}", f"header={(body[12] >> 4) * 4}"]
        if header.protocol == SCTP and len(body) > 12:
            words.append(f"chunk={body[12]}")
        words.append(f"sum={self.sum_of(header, body, whole)}")
        at = {TCP: (body[12:13] or b"\0")[0] >> 4 << 2, UDP: 8, SCTP: 12}[header.protocol]
        return [" ".join([*words, f"data={digest(body[at:])}"])]

    def sum_of(self, header, body, whole):
        """right, wrong or none; of what is cut, the field itself."""
        if header.protocol == SCTP:
            field = body[8:12]
            if not whole:
                return field.hex()
            right = struct.pack("<I", sctp.crc32c(body[:8] + bytes(4) + body[12:]))
            return "right" if field == right else "wrong"
        at = CHECKSUM_AT[header.protocol]
        field = body[at:at + 2]
        if len(field) < 2:
            return "cut"
        if header.protocol == UDP and field == bytes(2):
            return "none"
        if not whole:
            return field.hex()
        pseudo = b"" if header.protocol == ICMP else pseudo_header(
            header.source, header.target, header.protocol, len(body))
        return "wrong" if internet_checksum(pseudo + body) else "right"

    def gue(self, header, body, source):
        flow = "flow" if source in GUE_SOURCE_PORTS else source
        control, protocol, flags = struct.unpack("!2BH", body[8:12])
        length = 4 + (control & 31) * 4
        if self.joined:
            return [f"gue {flow}>{GUE_PORT}", self.packet(body[8 + length:])]
        words = [f"gue {flow}>{GUE_PORT}", f"sum={self.sum_of(header, body, True)}",
                 f"len={int.from_bytes(body[4:6], 'big')}", f"control={control:02x}",
                 f"protocol={protocol}", f"flags={flags:04x}"]
        words += [f"private={body[12:8 + length].hex()}"] * (length > 4)
        return [" ".join(words), self.packet(body[8 + length:])]

    def gre(self, body):
        flags, protocol = struct.unpack("!2H", body[:4])
        words = [f"gre flags={flags:04x} protocol={protocol:04x}"]
        length = 4
        if flags & 0x8000:
            length += 4
        if length > 4 and not self.joined:
            words.append("sum=wrong" if internet_checksum(body) else "sum=right")
        return [" ".join(words), self.packet(body[length:])]

    def icmp(self, header, body, whole):
        number, code = body[:2]
        words = [f"icmp {number}/{code}"]
        words.append(f"sum={self.sum_of(header, body, whole and not header.more)}")
        rest = int.from_bytes(body[4:8], "big")
        if not is_error(header, body):
            return [" ".join([*words, f"{rest >> 16}>{rest & 0xffff}",
                              f"data={digest(body[ICMP_HEADER:])}"])]
        if (number, code) == TOO_BIG[header.protocol]:
            words.append("mtu" if self.hide_mtu else f"mtu={rest}")
        elif rest:
            words.append(f"rest={rest:08x}")
        quoted = body[ICMP_HEADER:]
        if self.joined:
            return [" ".join(words), f"[{self.header(split(quoted)[0], quoted, True)}]"]
        words.append(f"quote={len(quoted)}")
        return [" ".join(words), f"[{self.packet(quoted)}]"]


def is_error(header, body):
    if header.protocol == ICMP:
        return body[0] in (3, 4, 5, 11, 12)
    return header.protocol == ICMPV6 and body[0] < 128


def declared(data):
    """How long the packet says it is."""
    if data[0] >> 4 == 6:
        return headers.IPV6_LENGTH + int.from_bytes(data[4:6], "big")
    return int.from_bytes(data[2:4], "big")


def digest(data):
    return f"{len(data)}:{zlib.crc32(data):08x}"
