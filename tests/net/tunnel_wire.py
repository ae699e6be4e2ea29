"""A director and both its wires: between a client's and a server's TAP device, a tunnel.

    tunnel_wire.py CLIENT-NAMESPACE SERVER-NAMESPACE

What the client sends is encapsulated and handed to the server, what the server sends is handed to
the client.  Reads one command a line, answers each with one:

    case KIND [outer=6] [ecn=N] [odd=WHAT]     from now on (tunnels.py)
    offload on|off                             take super-packets and unfinished checksums, or not
    packets, super-packets                     how many the client has sent since the case began
    fate                                       what the server did with tunnel packets since then:
                                               "refused": its stack, having no use for them,
                                               answered by ICMP; "passed on" to another host;
                                               "silence" is all else, also that they were taken
"""

import ctypes
import fcntl
import os
import selectors
import socket
import struct
import sys

import tunnels

DEVICE = b"eth0"
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6 = 1, 2, 4
SIOCGIFHWADDR = 0x8927
NEEDS_CHECKSUM, NO_SUPER = 1, 0
VNET = struct.Struct("=BBHHHH")  # flags, kind of super-packet, header, segment, checksum's start, field
ETHERNET = 14
ICMP, ICMPV6 = 1, 58
CLONE_NEWNET = 0x40000000


def enter(namespace):
    with open(f"/run/netns/{namespace}", "rb") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"entering {namespace}")


class Tap:
    """The other end of a device in a namespace."""

    def __init__(self, namespace):
        enter(namespace)
        self.file = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.file, TUNSETIFF,
                    struct.pack("16sH", DEVICE, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as query:
            answer = fcntl.ioctl(query, SIOCGIFHWADDR, struct.pack("40s", DEVICE))
        self.address = answer[18:24]

    def fileno(self):
        return self.file

    def offload(self, flags):
        fcntl.ioctl(self.file, TUNSETOFFLOAD, flags)

    def read(self):
        frame = os.read(self.file, 70000)
        return VNET.unpack_from(frame), frame[VNET.size + ETHERNET:]

    def write(self, packet, vnet=(0, 0, 0, 0, 0, 0)):
        ethertype = tunnels.ETHERTYPE[tunnels.family_of(packet)]
        os.write(self.file, VNET.pack(*vnet) + self.address + bytes(6) +
                 struct.pack("!H", ethertype) + packet)


def is_refusal(packet):
    kind = packet[tunnels.header_length(packet)]
    return ((tunnels.protocol_of(packet) == ICMP and kind == 3) or
            (tunnels.protocol_of(packet) == ICMPV6 and kind in (1, 4)))


def is_for_elsewhere(packet):
    family = tunnels.family_of(packet)
    return packet[:tunnels.header_length(packet)].endswith(
        socket.inet_pton(family, tunnels.ELSEWHERE[family]))


class Wire:
    def __init__(self, client, server):
        self.client, self.server = Tap(client), Tap(server)
        self.case = tunnels.Case()
        self.packets, self.super_packets, self.fate = 0, 0, "silence"

    def to_server(self):
        vnet, packet = self.client.read()
        if len(packet) < 20 or tunnels.protocol_of(packet) not in (tunnels.TCP, tunnels.UDP):
            return  # neighbour discovery and the like
        is_super = vnet[1] != NO_SUPER
        self.packets += 1
        self.super_packets += is_super
        unfinished = vnet[0] & NEEDS_CHECKSUM
        remote = self.case.kind == "gue-remcsum" and unfinished and not is_super
        for carrier in tunnels.encapsulate(self.case, packet, left_to_card=bool(remote)):
            self.server.write(carrier, self.vnet_for(vnet, len(carrier) - len(packet), remote))

    def vnet_for(self, vnet, added, remote):
        """What the server's end is told about offloads, the tunnel's headers added.

        A long packet lies in pieces there; only as much as is said to be headers lies in one.
        """
        flags, kind, header, segment, start, field = vnet
        if not flags & NEEDS_CHECKSUM:
            return (0, 0, ETHERNET, 0, 0, 0)
        if remote:  # what is left to the card is now the outer checksum
            return flags, kind, ETHERNET, segment, ETHERNET + (
                20 if self.case.outer == tunnels.IPV4 else 40), tunnels.CHECKSUM_FIELD[tunnels.UDP]
        return flags, kind, header + added, segment, start + added, field

    def to_client(self):
        _, packet = self.server.read()
        if is_refusal(packet):
            self.fate = "refused"
        elif is_for_elsewhere(packet):
            self.fate = "passed on"
        self.client.write(packet)

    def obey(self):
        verb, *rest = sys.stdin.readline().split(maxsplit=1) or ["end"]
        if verb == "case":
            self.case = tunnels.Case.parse(rest[0])
            self.packets, self.super_packets, self.fate = 0, 0, "silence"
        elif verb == "offload":
            on = rest[0].strip() == "on"
            self.client.offload(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 if on else 0)
        elif verb not in ("packets", "super-packets", "fate"):
            sys.exit(0)
        print({"packets": self.packets, "super-packets": self.super_packets,
               "fate": self.fate}.get(verb, "ok"), flush=True)


def main():
    wire = Wire(*sys.argv[1:3])
    selector = selectors.DefaultSelector()
    selector.register(wire.client, selectors.EVENT_READ, wire.to_server)
    selector.register(wire.server, selectors.EVENT_READ, wire.to_client)
    selector.register(sys.stdin, selectors.EVENT_READ, wire.obey)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            key.data()


if __name__ == "__main__":
    main()
