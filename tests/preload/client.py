"""What a program does that speaks generic netlink by hand; imported by the snippets of preload_test."""

import ctypes
import errno
import os
import select
import socket
import struct

NETLINK_GENERIC = 16
LIBC = ctypes.CDLL(None, use_errno=True)


def netlink(flags=0):
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | flags, NETLINK_GENERIC)
    opened.bind((0, 0))
    return opened


def get_family(name=b"IPVS", sequence=7):
    name += b"\0"
    attribute = struct.pack("HH", 4 + len(name), 2) + name
    attribute += b"\0" * (-len(attribute) % 4)
    body = struct.pack("BBH", 3, 1, 0) + attribute
    return struct.pack("IHHII", 16 + len(body), 16, 5, sequence, 99) + body


def request(sequence=8):
    return struct.pack("IHHII", 20, 0x22, 5, sequence, 99) + struct.pack("BBH", 15, 1, 0)


def told(datagram):
    """The type, the sequence number, and of an error its code."""
    _, kind, _, sequence, _ = struct.unpack_from("IHHII", datagram)
    return (kind, sequence, *([-struct.unpack_from("i", datagram, 16)[0]] if kind == 2 else []))


def receive(opened, count=1):
    return [told(opened.recv(65536)) for _ in range(count)]


def ipvs(flags=0):
    """A socket on which the family has been asked for and told."""
    opened = netlink(flags)
    opened.send(get_family())
    select.select([opened], [], [], 5)
    receive(opened)
    select.select([opened], [], [], 5)
    receive(opened)
    return opened


def has_peer(opened):
    """Is it connected with a director?  Asked of the kernel itself, not of the C library."""
    address = ctypes.create_string_buffer(128)
    length = ctypes.c_uint(128)
    getpeername = 52  # x86-64
    LIBC.syscall(getpeername, opened.fileno(), address, ctypes.byref(length))
    return address.raw[2:].startswith(b"/run/turnout/")
