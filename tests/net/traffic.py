"""Clients whose every port is chosen, for tests that care which connection went where.

    traffic.py tcp ADDRESS PORT FIRST-LAST [--hold]   HTTP requests, one connection a source port
    traffic.py udp ADDRESS PORT FIRST-LAST            DNS queries, one flow a source port

Prints, in one line, who answered each: a server's name, or why nobody did (-refused, -timeout,
-reset).  With --hold the connections stay open until this program is ended.
"""

import argparse
import signal
import socket
import struct

REQUEST = b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n"
DNS_HEADER_LENGTH = 12


def connect(kind, arguments, port):
    family = socket.AF_INET6 if ":" in arguments.address else socket.AF_INET
    client = socket.socket(family, kind)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.settimeout(arguments.timeout)
    client.bind((arguments.source, port))
    client.connect((arguments.address, arguments.port))
    return client


def ask_web(client):
    """The body of an HTTP answer, as far as the server's own name is short."""
    client.sendall(REQUEST)
    answer = b""
    while b"\r\n\r\nrs" not in answer or not answer.endswith(b"\n"):
        piece = client.recv(4096)
        if not piece:
            raise ConnectionResetError
        answer += piece
    return answer.split(b"\r\n\r\n")[1].decode().strip()


def close_politely(client):
    """Returns when both ends have said FIN, so that the director has seen the connection end."""
    client.shutdown(socket.SHUT_WR)
    while client.recv(4096):
        pass
    client.close()


def ask_names(client):
    """The TXT record of who.lab.test."""
    name = b"".join(bytes([len(label)]) + label for label in (b"who", b"lab", b"test")) + b"\0"
    client.send(struct.pack("!6H", 1, 0, 1, 0, 0, 0) + name + struct.pack("!2H", 16, 1))
    record = client.recv(4096)[DNS_HEADER_LENGTH + len(name) + 4:]
    text_at = 12  # after compressed name, type, class, time to live and length
    return record[text_at + 1:text_at + 1 + record[text_at]].decode()


def visit(arguments, port, held):
    try:
        if arguments.protocol == "udp":
            with connect(socket.SOCK_DGRAM, arguments, port) as client:
                return ask_names(client)
        client = connect(socket.SOCK_STREAM, arguments, port)
        name = ask_web(client)
    except ConnectionRefusedError:
        return "-refused"
    except ConnectionResetError:
        return "-reset"
    except TimeoutError:
        return "-timeout"
    if arguments.hold:
        held.append(client)
    else:
        close_politely(client)
    return name


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("protocol", choices=("tcp", "udp"))
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("ports", metavar="FIRST-LAST")
    parser.add_argument("--source", default="", help="the client's address")
    parser.add_argument("--hold", action="store_true", help="keep connections open")
    parser.add_argument("--timeout", type=float, default=3.0, help="seconds to wait (3)")
    return parser.parse_args()


def main():
    arguments = parse()
    first, _, last = arguments.ports.partition("-")
    held = []
    names = [visit(arguments, port, held) for port in range(int(first), int(last or first) + 1)]
    print(*names, flush=True)
    if arguments.hold:
        signal.pause()


if __name__ == "__main__":
    main()
