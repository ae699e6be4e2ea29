"""IPv4 packets with an option that nobody on the way changes, to the service of echo.py.

    options.py ask udp|tcp ADDRESS    prints the answer to two bytes, all of whose packets have it
    options.py watch                  on a server: a line "udp OPTIONS" or "tcp OPTIONS" for each packet
                                      that comes to the service, tunnels taken off; "ready" before
"""

import os
import socket
import struct
import sys

PORT = int(os.environ.get("ECHO_PORT", "80"))
STREAM_IDENTIFIER = b"\x88\x04\x12\x34"
ETH_P_IP = 0x0800
NAMES = {socket.IPPROTO_UDP: "udp", socket.IPPROTO_TCP: "tcp"}


def ask(kind, address):
    kinds = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}
    with socket.socket(socket.AF_INET, kinds[kind]) as client:
        client.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, STREAM_IDENTIFIER)
        client.settimeout(3)
        client.connect((address, PORT))
        client.send(b"hi")
        if kind == "tcp":
            client.shutdown(socket.SHUT_WR)
        print(client.recv(1000).decode())


def watch():
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    print("ready", flush=True)
    while True:
        packet, origin = wire.recvfrom(2000)
        length = (packet[0] & 15) * 4
        if origin[2] == socket.PACKET_OUTGOING or packet[9] not in NAMES:
            continue
        if struct.unpack_from("!H", packet, length + 2)[0] == PORT:
            print(NAMES[packet[9]], packet[20:length].hex() or "none", flush=True)


if __name__ == "__main__":
    {"ask": ask, "watch": watch}[sys.argv[1]](*sys.argv[2:])
