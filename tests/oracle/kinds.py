"""Kinds of packets, by the names that scenarios give them."""

import frames
import headers
import sctp
from scenario import Mistake

PROTOCOLS = {"tcp": headers.TCP, "udp": headers.UDP, "sctp": headers.SCTP}
ECHO = {"ipv4": headers.ICMP, "ipv6": headers.ICMPV6}
FLAGS = {"fin": frames.FIN, "syn": frames.SYN, "rst": frames.RST, "psh": frames.PSH,
         "ack": frames.ACK, "urg": frames.URG, "none": 0, "data": frames.PSH | frames.ACK}


def flag_bits(names):
    try:
        return sum(FLAGS[name] for name in names.split("+"))
    except KeyError as name:
        raise Mistake(f"there is no flag {name}: {' '.join(FLAGS)}") from None


def chunk_types(names):
    try:
        return tuple(sctp.CHUNKS[name] for name in names.split("+"))
    except KeyError as name:
        raise Mistake(f"there is no chunk {name}: {' '.join(sctp.CHUNKS)}") from None
