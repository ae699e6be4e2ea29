"""A director's network namespace with one wire to the clients and one to the servers.

The far ends of both wires are packet sockets: nobody answers but the scenario.  Neighbours are
permanent entries, so the director never asks who has an address.  After each frame a marker goes
the way of plain routing; everything on this CPU happens in order, so what has not come out before
the marker does not come out at all, and no time is spent waiting for it.

A world belongs to the thread that made it: network namespaces are a thread's.
"""

import ctypes
import fcntl
import itertools
import os
import socket
import struct
import subprocess
from pathlib import Path

import headers
from frames import MULTICAST_IPV6, Packet, in_frame
from names import CLIENT_ROUTER, CLIENT_SIDE, DIRECTOR, FAMILIES, server_address, server_mac
from scenario import place

CLIENT_GATEWAY_MAC = bytes((2, 0, 0, 0, 0, 1))
CLIENT_SIDE_MAC = bytes((2, 0, 0, 0, 2, 1))
SERVER_SIDE_MAC = bytes((2, 0, 0, 0, 2, 2))
FENCE_ADDRESS = "10.1.255.1"
FENCE_MAC = bytes((2, 0, 0, 0, 3, 1))
FENCE_SOURCE = ("198.19.255.254", 9)

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, SIOCETHTOOL = 0x8914, 0x8946
ETHTOOL_STXCSUM = 0x17
IFF_UP, IFF_NOARP = 0x1, 0x80
ETH_P_ALL = 0x0003
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
PATIENCE = struct.pack("ll", 5, 0)

DEVICES = {"clients": "eth0", "servers": "eth1"}

# Refusals are not rationed, nothing but the scenario speaks, and any source is believed.  An IPv6
# address is there at once, and there is none that the scenario has not given.  Flow labels tell the
# scenario's packets apart: the host's own have none.
SYSCTLS = {
    "ipv6/conf/all/forwarding": 1,
    "ipv6/conf/default/forwarding": 1,
    "ipv6/conf/default/accept_dad": 0,
    "ipv6/conf/default/addr_gen_mode": 1,
    "ipv6/auto_flowlabels": 0,
    "ipv6/icmp/ratelimit": 0,
    "ipv6/icmp/ratemask": "3-127",
    "ipv4/ip_forward": 1,
    "ipv4/icmp_ratemask": 0,
    "ipv4/conf/all/rp_filter": 0,
    "ipv4/conf/default/rp_filter": 0,
    "ipv4/conf/all/send_redirects": 0,
    "ipv4/conf/default/send_redirects": 0,
}

PLUMBING = """
link set lo up
link add eth0 address {client_side} type veth peer name c{number} netns {outside}
link add eth1 address {server_side} type veth peer name s{number} netns {outside}
address add {client_side_address}/30 dev eth0
address add {server_side_address}/16 dev eth1
link set eth0 up
link set eth1 up
address add {client_side_address_ipv6}/64 dev eth0 nodad
address add {server_side_address_ipv6}/64 dev eth1 nodad
neighbour add {router} lladdr {gateway} dev eth0 nud permanent
neighbour add {fence_address} lladdr {fence} dev eth1 nud permanent
route add default via {router} dev eth0
route add local 198.18.0.0/16 dev lo
neighbour add {router_ipv6} lladdr {gateway} dev eth0 nud permanent
route add default via {router_ipv6} dev eth0
route add local 2001:db8:1800::/40 dev lo
"""

libc = ctypes.CDLL(None, use_errno=True)
numbers = itertools.count(1)


def system_call(function, *arguments):
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def leave_network():
    """Into a network namespace of one's own."""
    system_call(libc.unshare, CLONE_NEWNET)


def own_network():
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def tune(sysctls):
    for name, value in sysctls.items():
        path = Path("/proc/sys/net") / name
        if path.exists():
            path.write_text(str(value))


class Outside:
    """Where the far ends of the wires are: the namespace of the process itself."""

    def __init__(self):
        leave_network()
        tune({"ipv6/conf/default/disable_ipv6": 1})
        self.namespace = own_network()

    def wire(self, device, inside):
        """A packet socket on `device`; the calling thread stays where it was, `inside`."""
        system_call(libc.setns, self.namespace, CLONE_NEWNET)
        end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # deaf until it is bound
        system_call(libc.setns, inside, CLONE_NEWNET)
        request = struct.pack("16sh", device.encode(), IFF_UP | IFF_NOARP)
        fcntl.ioctl(end, SIOCSIFFLAGS, request)
        end.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, PATIENCE)
        end.bind((device, ETH_P_ALL))
        return end


class World:
    """Made by a thread, which from then on is inside the director's namespace."""

    def __init__(self, outside, servers):
        leave_network()
        inside = own_network()
        tune(SYSCTLS)
        number = next(numbers)
        lay_wires(number, servers)
        for device in DEVICES.values():
            finish_checksums(device)
        self.clients = outside.wire(f"c{number}", inside)
        self.servers = outside.wire(f"s{number}", inside)
        os.close(inside)
        self.markers = itertools.count()
        self.filters = itertools.count(1)

    def close(self):
        self.clients.close()
        self.servers.close()

    def mark(self, number, protocol, target):
        """Packets to `target`, ADDRESS[:PORT], get a firewall mark before the director sees them."""
        address, port = place(target)
        match = ["ip_proto", protocol, "dst_ip", address] + (["dst_port", port] if port else [])
        tell("tc", "qdisc", "add", "dev", "eth0", "clsact")  # it may be there
        return tell("tc", "filter", "add", "dev", "eth0", "ingress", "pref", next(self.filters),
                    "protocol", "ipv6" if headers.is_ipv6(address) else "ip", "flower", *match,
                    "action", "skbedit", "mark", number, "continue")

    def own(self, addresses):
        """Of IPv6 the host names an address of its own as an error's sender, not one that a route
        makes local."""
        batch("".join(f"address replace {address}/128 dev lo nodad\n" for address in addresses))

    def narrow(self, where, *mtu):
        """The way to an address, or that of all `clients` or `servers`, takes smaller packets."""
        if where in DEVICES:
            batch(" ".join(("link set", DEVICES[where], "mtu", *mtu)))
        else:
            batch(" ".join(("route add", where, "dev eth1 mtu", *mtu)))

    def from_client(self, *datagrams):
        """What came out, as two lists: at the clients' side, at the servers' side."""
        return self.exchange(self.clients, CLIENT_SIDE_MAC, datagrams)

    def from_server(self, *datagrams):
        return self.exchange(self.servers, SERVER_SIDE_MAC, datagrams)

    def exchange(self, wire, mac, datagrams):
        for datagram in datagrams:
            wire.send(in_frame(mac, CLIENT_GATEWAY_MAC, datagram))
        at_servers = self.fence()
        at_clients = []
        try:
            while True:
                at_clients.append(self.clients.recv(65535, socket.MSG_DONTWAIT))
        except BlockingIOError:
            return spoken(at_clients), spoken(at_servers)

    def fence(self):
        """Everything the servers' side got before the marker."""
        marker = Packet(headers.UDP, FENCE_SOURCE, (FENCE_ADDRESS, 9),
                        next(self.markers) & 0xffff)
        self.clients.send(in_frame(CLIENT_SIDE_MAC, CLIENT_GATEWAY_MAC, marker.to_bytes()))
        before = []
        while True:
            try:
                frame = self.servers.recv(65535)
            except BlockingIOError:
                raise RuntimeError("the marker did not come through the director") from None
            if frame[:6] == FENCE_MAC:
                return before
            before.append(frame)


def finish_checksums(device):
    """What leaves by the device has its checksums: no hardware comes that would compute them."""
    off = ctypes.create_string_buffer(struct.pack("2I", ETHTOOL_STXCSUM, 0))
    request = struct.pack("16sP", device.encode(), ctypes.addressof(off)).ljust(40, b"\0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, request)


def spoken(frames):
    """Without what a host tells its neighbourhood unasked: which groups it listens to."""
    return [frame for frame in frames if frame[:2] != MULTICAST_IPV6]


def server_side_address(target):
    """Where the director's tunnels to `target` begin."""
    return DIRECTOR["ipv6" if headers.is_ipv6(target) else "ipv4"]


def tell(*command):
    """What the command said, which is nothing when all is well."""
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout.splitlines()


def lay_wires(number, servers):
    def text(mac):
        return mac.hex(":")

    lines = PLUMBING.format(
        number=number, outside=os.getpid(), client_side=text(CLIENT_SIDE_MAC),
        server_side=text(SERVER_SIDE_MAC), gateway=text(CLIENT_GATEWAY_MAC),
        fence=text(FENCE_MAC), fence_address=FENCE_ADDRESS,
        server_side_address=DIRECTOR["ipv4"], server_side_address_ipv6=DIRECTOR["ipv6"],
        client_side_address=CLIENT_SIDE["ipv4"], client_side_address_ipv6=CLIENT_SIDE["ipv6"],
        router=CLIENT_ROUTER["ipv4"], router_ipv6=CLIENT_ROUTER["ipv6"])
    lines += "".join(
        f"neighbour add {server_address(server, family)} lladdr {text(server_mac(server))} "
        "dev eth1 nud permanent\n" for server in range(1, servers + 1) for family in FAMILIES)
    batch(lines)


def batch(lines):
    subprocess.run(["ip", "-batch", "-"], input=lines, text=True, check=True)
