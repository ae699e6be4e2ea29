"""The statements of programs on the director itself: servers that send datagrams back, clients."""

import errno
import itertools
import socket

import headers
from scenario import endpoint, expand
from telling_player import NOTHING

FIRST_PORT = 50000  # of clients
SOCKETS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


class OwnPrograms:
    """A part of the player."""

    def __init__(self):
        self.ears = []
        self.own_ports = itertools.count(FIRST_PORT)

    def on_listen(self, protocol, place):
        """A program of the director's own, which sends datagrams back."""
        address, port = endpoint(self.names.resolve(place))
        ear = own_socket(protocol, address)
        ear.bind((address, port))
        if protocol == "tcp":
            ear.listen()
        self.ears.append(ear)
        return "text", []

    def on_hear(self):
        """What came to those programs, and to those that dialled; their answers to datagrams."""
        told = []
        for ear in self.ears:
            for data, sender in datagrams_of(ear, told):
                told.append(f"director: udp {self.names.called(sender[0])}:{sender[1]} "
                            f"{len(data)} bytes")
                if ear.getsockname()[1] < FIRST_PORT:
                    ear.sendto(data, sender)
                told += self.tell(self.flow("udp", sender[:2], sender[:2]), False, [])
        return "text", told

    def on_dial(self, protocol, targets, *words):
        """A client on the director itself."""
        told = []
        for target in expand(targets):
            address, port = endpoint(self.names.resolve(target))
            mouth = own_socket(protocol, address)
            mouth.bind((self.names.resolve(words[0]) if words else address, next(self.own_ports)))
            if protocol == "udp":
                self.ears.append(mouth)
            told += attempt(mouth.connect, (address, port))
            if protocol == "udp":
                told += attempt(mouth.send, b"hello")
            local = mouth.getsockname()[:2]
            told += self.tell(self.flow(protocol, local, (address, port)), False, []) or [NOTHING]
            if protocol == "tcp":
                mouth.close()  # else it asks again in a second
        return "text", told


def datagrams_of(ear, told):
    """(data, sender) of each that waits; of a stream there are none."""
    while ear.type == socket.SOCK_DGRAM:
        try:
            yield ear.recvfrom(65535)
        except BlockingIOError:
            return
        except ConnectionRefusedError:
            told.append("director: refused")


def attempt(act, argument):
    try:
        act(argument)
    except BlockingIOError:
        pass
    except OSError as error:
        return [f"director: {errno.errorcode[error.errno]}"]
    return []


def own_socket(protocol, address):
    family = socket.AF_INET6 if headers.is_ipv6(address) else socket.AF_INET
    made = socket.socket(family, SOCKETS[protocol])
    made.setblocking(False)
    return made
