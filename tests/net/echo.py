"""A service that says what reached it, and its client.

    echo.py serve ADDRESS…                       on port ECHO_PORT, or else 80, TCP and UDP
    echo.py udp ADDRESS LENGTH ECN SECONDS       prints "LENGTH bytes, ECN N" as the server saw it
    echo.py whole ADDRESS LENGTH SECONDS         likewise, IPv4: of a packet that may be fragmented
    echo.py answer ADDRESS LENGTH SECONDS        prints "LENGTH bytes" of a datagram asked for
    echo.py tcp ADDRESS LENGTH SECONDS           prints "LENGTH bytes" if all came through unharmed
    echo.py segment ADDRESS SECONDS              prints "LENGTH bytes" of data in a segment to it

The client says "nothing" when no answer comes within that time.
"""

import hashlib
import os
import selectors
import socket
import struct
import sys

PORT = int(os.environ.get("ECHO_PORT", "80"))
IP_MTU_DISCOVER, IP_PMTUDISC_DONT = 10, 0
TRAFFIC_CLASS = {socket.AF_INET: (socket.IPPROTO_IP, socket.IP_TOS, socket.IP_RECVTOS),
                 socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_TCLASS,
                                   socket.IPV6_RECVTCLASS)}


def open_socket(address, kind):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.socket(family, kind)


def traffic_class(ancillary):
    return next(data[0] for _, _, data in ancillary)


def answer_datagram(service):
    data, ancillary, _, client = service.recvmsg(70000, 100)
    if data.startswith(b"give "):
        service.sendto(b"x" * int(data.split()[1]), client)
        return
    service.sendto(f"{len(data)} bytes, ECN {traffic_class(ancillary) & 3}".encode(), client)


def answer_connection(service):
    connection, _ = service.accept()
    with connection:
        connection.settimeout(10)
        digest, length = hashlib.sha256(), 0
        while data := connection.recv(1 << 16):
            digest.update(data)
            length += len(data)
        connection.sendall(f"{length} {digest.hexdigest()}".encode())


def serve(*addresses):
    selector = selectors.DefaultSelector()
    for address in addresses:
        datagrams = open_socket(address, socket.SOCK_DGRAM)
        level, _, receive = TRAFFIC_CLASS[datagrams.family]
        datagrams.setsockopt(level, receive, 1)
        datagrams.bind((address, PORT))
        selector.register(datagrams, selectors.EVENT_READ, answer_datagram)
        connections = open_socket(address, socket.SOCK_STREAM)
        connections.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connections.bind((address, PORT))
        connections.listen()
        selector.register(connections, selectors.EVENT_READ, answer_connection)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            key.data(key.fileobj)


def udp(address, length, ecn, seconds):
    with open_socket(address, socket.SOCK_DGRAM) as client:
        level, send, _ = TRAFFIC_CLASS[client.family]
        client.setsockopt(level, send, struct.pack("i", int(ecn)))
        client.settimeout(float(seconds))
        client.connect((address, PORT))
        client.send(os.urandom(int(length)))
        return client.recv(1000).decode()


def whole(address, length, seconds):
    with open_socket(address, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
        client.settimeout(float(seconds))
        client.connect((address, PORT))
        client.send(os.urandom(int(length)))
        return client.recv(1000).decode()


def answer(address, length, seconds):
    with open_socket(address, socket.SOCK_DGRAM) as client:
        client.settimeout(float(seconds))
        client.connect((address, PORT))
        client.send(b"give " + length.encode())
        try:
            return f"{len(client.recv(70000))} bytes"
        except TimeoutError:
            return "nothing"


def tcp(address, length, seconds):
    data = os.urandom(int(length))
    with open_socket(address, socket.SOCK_STREAM) as client:
        client.settimeout(float(seconds))
        client.connect((address, PORT))
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        received, digest = client.recv(1000).decode().split()
    return f"{received} bytes" if digest == hashlib.sha256(data).hexdigest() else "another digest"


def segment(address, seconds):
    with open_socket(address, socket.SOCK_STREAM) as client:
        client.settimeout(float(seconds))
        client.connect((address, PORT))
        return f"{client.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)} bytes"


def main():
    verb, *arguments = sys.argv[1:]
    verbs = {"serve": serve, "udp": udp, "whole": whole, "answer": answer, "tcp": tcp, "segment": segment}
    try:
        print(verbs[verb](*arguments))
    except (TimeoutError, ConnectionError):
        print("nothing")


if __name__ == "__main__":
    main()
