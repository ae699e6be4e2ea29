"""ICMP errors of both families, by the names that scenarios give them."""

import struct

from headers import ICMP, ICMPV6, Header, internet_checksum, is_ipv6, pseudo_header, split

TOO_BIG = "too-big"
# Type and code.
IPV4 = {"net": (3, 0), "host": (3, 1), "protocol": (3, 2), "port": (3, 3), TOO_BIG: (3, 4),
        "admin": (3, 13), "quench": (4, 0), "redirect": (5, 1), "hops": (11, 0),
        "reassembly": (11, 1), "parameter": (12, 0)}
IPV6 = {"net": (1, 0), "admin": (1, 1), "host": (1, 3), "port": (1, 4), TOO_BIG: (2, 0),
        "hops": (3, 0), "reassembly": (3, 1), "parameter": (4, 0)}
KINDS = IPV4.keys() | IPV6.keys()

# The most that Linux quotes.
MOST_QUOTED = {4: 548, 6: 1232}
HEADER_LENGTH = 8


def error(kind, quoted, source, identification, mtu=0, quote=0, ttl=64, tos=0):
    """The packet in which `source` tells the sender of `quoted`."""
    header, _ = split(quoted)
    ipv6 = is_ipv6(header.source)
    number, code = (IPV6 if ipv6 else IPV4)[kind]
    body = struct.pack("!2BHI", number, code, 0, mtu)
    body += quoted[:quote or MOST_QUOTED[6 if ipv6 else 4]]
    protocol = ICMPV6 if ipv6 else ICMP
    covered = pseudo_header(source, header.source, protocol, len(body)) if ipv6 else b""
    body = body[:2] + struct.pack("!H", internet_checksum(covered + body)) + body[4:]
    return Header(source, header.source, protocol, identification, ttl, True,
                  tos).before(body)
