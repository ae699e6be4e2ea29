"""Fragments put together again, be they of a packet or of what a tunnel carries."""

from dataclasses import replace

from headers import GRE, IP_IN_IP, IPV6_IN_IP, UDP, is_ipv6, split

GUE_PORT = 6080  # what scenarios use for it


def put_together(datagrams):
    """[(place of its first fragment, the datagram)]; what lacks a fragment stays as it is."""
    wholes = join(list(enumerate(datagrams)), lambda _: 0)
    return join(wholes, inside)


def join(datagrams, begins):
    """`begins` tells at which byte the header is whose fragments are meant."""
    done, waiting = [], {}
    for place, data in datagrams:
        at = begins(data)
        header, body = split(data[at:], into_fragments=False)
        if not header.is_part:
            done.append((place, data))
            continue
        key = (header.source, header.target, header.protocol, header.identification)
        parts = waiting.setdefault(key, [])
        parts.append((header.offset, header.more, body, place, data, at))
        whole = payload(parts)
        if whole is not None:
            del waiting[key]
            _, _, _, place, data, at = min(parts, key=lambda part: part[0])
            header, _ = split(data[at:], into_fragments=False)
            done.append((place, data[:at] + replace(header, offset=0, more=False).before(whole)))
    lost = [(place, data) for parts in waiting.values() for _, _, _, place, data, _ in parts]
    return done + lost


def payload(parts):
    """What the fragments carry together; None while one is missing."""
    whole = b""
    for offset, more, body, *_ in sorted(parts):
        if offset != len(whole):
            return None
        whole += body
        if not more:
            return whole
    return None


def inside(data):
    """Where in a tunnel's packet the inner one begins; 0 if it is no tunnel's."""
    header, body = split(data)
    at = len(data) - len(body)
    if header.protocol in (IP_IN_IP, IPV6_IN_IP):
        return at
    if header.protocol == GRE and body:
        return at + (8 if body[0] & 0x80 else 4)
    if is_gue(header, body):
        return at + 12 + (body[8] & 31) * 4
    return 0


def is_gue(header, body):
    ports_and_more = 12
    return (header.protocol == UDP and len(body) >= ports_and_more and
            int.from_bytes(body[2:4], "big") == GUE_PORT)
