"""SCTP packets (RFC 9260): chunks that are little more than their headers, and the checksum."""

import struct

CHUNKS = {"data": 0, "init": 1, "init-ack": 2, "sack": 3, "heartbeat": 4, "heartbeat-ack": 5,
          "abort": 6, "shutdown": 7, "shutdown-ack": 8, "error": 9, "cookie-echo": 10,
          "cookie-ack": 11, "ecne": 12, "cwr": 13, "shutdown-complete": 14, "auth": 15}
INIT = CHUNKS["init"]
TAG = 0xcafe
# Something of odd length, so that what follows is padded to.
CONTENT = {CHUNKS[name]: b"wonderful" for name in ("data", "init", "init-ack", "cookie-echo")}
POLYNOMIAL = 0x82f63b78  # CRC32c, lowest bit first


def table_entry(byte):
    for _ in range(8):
        byte = byte >> 1 ^ POLYNOMIAL if byte & 1 else byte >> 1
    return byte


TABLE = [table_entry(byte) for byte in range(256)]


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 255]
    return crc ^ 0xffffffff


def chunk(kind):
    content = CONTENT.get(kind, b"")
    data = struct.pack("!2BH", kind, 0, 4 + len(content)) + content
    return data + bytes(-len(data) % 4)


def segment(source_port, target_port, chunks):
    """What stands behind the IP header: `chunks` are the types of its chunks."""
    ports = struct.pack("!2HI", source_port, target_port, TAG)
    body = b"".join(map(chunk, chunks))
    return ports + struct.pack("<I", crc32c(ports + bytes(4) + body)) + body
