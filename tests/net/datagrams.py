"""Datagrams as only some programs send them, to the service of echo.py.

    datagrams.py super ADDRESS COUNT LENGTH    as one super-packet, which is cut up on its way
    datagrams.py bare ADDRESS COUNT LENGTH     without a checksum (IPv4 only)

Prints how many came whole, as the service says.
"""

import socket
import sys

import echo

UDP_SEGMENT = 103
SO_NO_CHECK = 11


def send_super(client, count, data):
    client.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, len(data))
    client.send(data * count)


def send_bare(client, count, data):
    client.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    for _ in range(count):
        client.send(data)


def whole_ones(client, count, length):
    whole = 0
    try:
        for _ in range(count):
            whole += client.recv(1000).startswith(f"{length} bytes".encode())
    except TimeoutError:
        pass
    return whole


def main():
    send = {"super": send_super, "bare": send_bare}[sys.argv[1]]
    address, count, length = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    with echo.open_socket(address, socket.SOCK_DGRAM) as client:
        client.settimeout(3)
        client.connect((address, echo.PORT))
        send(client, count, bytes(i % 251 for i in range(length)))
        print(whole_ones(client, count, length), "of", count)


if __name__ == "__main__":
    main()
