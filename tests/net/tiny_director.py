"""A director of twenty lines, to test real servers without Turnout's own.

    tiny_director.py direct|tunnel VIP SERVER SERVER-MAC

Run in a lab's director: takes what the client sends to VIP and hands it to one server, by direct
routing on eth1 or inside an IP-in-IP packet (with OPTIONS in the outer header if told).
"""

import socket
import sys

ETH_P_IP = 0x0800
NOP_OPTIONS = b"\x01\x01\x01\x00"


def main():
    method, vip, server, mac = sys.argv[1:5]
    incoming = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    incoming.bind(("eth0", ETH_P_IP))
    direct = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    tunnel = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IPIP)
    if "--options" in sys.argv:
        tunnel.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, NOP_OPTIONS)
    print("READY", flush=True)
    while True:
        packet, origin = incoming.recvfrom(65535)
        if origin[2] == socket.PACKET_OUTGOING or packet[16:20] != socket.inet_aton(vip):
            continue
        if method == "tunnel":
            tunnel.sendto(packet, (server, 0))
        else:
            direct.sendto(packet, ("eth1", ETH_P_IP, 0, 0, bytes.fromhex(mac.replace(":", ""))))


if __name__ == "__main__":
    main()
