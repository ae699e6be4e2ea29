"""Looks at the tunnel packets that reach a server, as they are on its wire.

    tunnel_watch.py

Says "ready".  For each line it reads it prints what has come since the line before, and forgets it:

    KIND: N packets, M with a checksum, at most L bytes, FAULTS

KIND is what has come: ipip, gre or gue, or several.  FAULTS is "no faults", or the first one: a wrong
checksum, outside or inside, or a header as no director of ours sends it.
"""

import selectors
import socket
import struct
import sys

import tunnels

DEVICE = "eth0"
ETHERNET, ALL = 14, 3
OUTGOING = 4  # PACKET_OUTGOING
FAMILY_OF = {kind: family for family, kind in tunnels.ETHERTYPE.items()}
FAMILY_CARRIED = {protocol: family for family, protocol in tunnels.PROTOCOL.items()}


class Fault(Exception):
    pass


def check(holds, what):
    if not holds:
        raise Fault(what)


def length_of(packet):
    if tunnels.family_of(packet) == tunnels.IPV4:
        return struct.unpack_from("!H", packet, 2)[0]
    return 40 + struct.unpack_from("!H", packet, 4)[0]


def payload_of(packet, where):
    """What an IP header carries, the header and its length found sound."""
    start = tunnels.header_length(packet)
    check(length_of(packet) == len(packet), f"length of the {where} header")
    if tunnels.family_of(packet) == tunnels.IPV4:
        check(tunnels.total(packet[:start]) == 0xFFFF, f"checksum of the {where} header")
    return packet[start:]


def has_right_sum(packet, payload):
    pseudo = tunnels.pseudo_header(packet, len(payload), tunnels.protocol_of(packet))
    return tunnels.total(pseudo + payload) == 0xFFFF


def check_inner(packet):
    payload = payload_of(packet, "inner")
    protocol = tunnels.protocol_of(packet)
    check(protocol in tunnels.CHECKSUM_FIELD, "what is inside")
    field = tunnels.CHECKSUM_FIELD[protocol]
    if protocol == tunnels.TCP or payload[field:field + 2] != b"\0\0":
        check(has_right_sum(packet, payload), "inner checksum")


def gre(_, payload):
    flags, kind = struct.unpack_from("!HH", payload)
    check(flags in (0, 0x8000), "GRE flags")
    check(not flags or tunnels.total(payload) == 0xFFFF, "GRE checksum")
    return FAMILY_OF.get(kind), payload[8 if flags else 4:], bool(flags)


def gue(outer, payload):
    source, _, length, checksum, first, carried, flags = struct.unpack_from("!HHHHBBH", payload)
    check(32768 <= source <= 60999, "GUE source port")
    check(length == len(payload), "GUE length")
    check(first == 0 and flags == 0, "GUE header")
    check(not checksum or has_right_sum(outer, payload), "GUE checksum")
    return FAMILY_CARRIED.get(carried), payload[12:], bool(checksum)


class Watch:
    def __init__(self):
        self.forget()

    def forget(self):
        self.kinds, self.packets, self.with_checksum, self.longest = set(), 0, 0, 0
        self.fault = "no faults"

    def look_into(self, packet):
        protocol = tunnels.protocol_of(packet)
        start = tunnels.header_length(packet)
        is_gue = (protocol == tunnels.UDP and
                  packet[start + 2:start + 4] == struct.pack("!H", tunnels.GUE_PORT))
        if protocol not in (*FAMILY_CARRIED, tunnels.GRE) and not is_gue:
            return
        self.packets += 1
        self.longest = max(self.longest, len(packet))
        payload = payload_of(packet, "outer")
        if protocol in FAMILY_CARRIED:
            self.kinds.add("ipip")
            family, inner, checksum = FAMILY_CARRIED[protocol], payload, False
        else:
            self.kinds.add("gue" if is_gue else "gre")
            family, inner, checksum = (gue if is_gue else gre)(packet, payload)
        self.with_checksum += checksum
        check(inner and tunnels.family_of(inner) == family, "family of the inner packet")
        check_inner(inner)

    def take(self, wire):
        frame, address = wire.recvfrom(70000)
        if address[2] == OUTGOING or address[1] not in FAMILY_OF:
            return
        packet = frame[ETHERNET:]
        packet = packet[:length_of(packet)]  # short frames are padded
        try:
            self.look_into(packet)
        except Fault as fault:
            self.fault = f"fault: {fault}, in {packet[:80].hex()}"

    def __str__(self):
        return (f"{' '.join(sorted(self.kinds)) or 'nothing'}: {self.packets} packets, "
                f"{self.with_checksum} with a checksum, at most {self.longest} bytes, {self.fault}")


def main():
    watch = Watch()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL)) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        wire.bind((DEVICE, 0))
        selector = selectors.DefaultSelector()
        selector.register(wire, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        print("ready", flush=True)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if wire in ready:
                watch.take(wire)
            elif sys.stdin in ready:
                if not sys.stdin.readline():
                    return
                print(watch, flush=True)
                watch.forget()


if __name__ == "__main__":
    main()
