"""The names of scenarios, and the addresses they stand for.

vip1 … are services', rs1 … servers', c1 … clients', each in the scenario's own family or, as rs1v4
and rs1v6, in the one that is said.  Virtual and client addresses carry the scenario's slot, so that
several scenarios can follow each other on one director without meeting each other's connections.
"""

import functools
import re

FAMILIES = ("ipv4", "ipv6")
NAME = re.compile(r"(\[?)\b(?:(vip|rs|c)(\d+)|(director))(v[46])?\b(:?)")
SUFFIX_OF_NAME = re.compile(r"\b(?:vip|rs|c)(?:\d+|\{[^}]*\})(v[46])\b")
LITERAL_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+|\[[0-9a-f]*:[0-9a-f:]*\]")
SUFFIXES = {"v4": "ipv4", "v6": "ipv6"}
# The director's address on the servers' side, that on the clients', and routers of either.
DIRECTOR = {"ipv4": "10.1.0.1", "ipv6": "2001:db8:1::1"}
CLIENT_SIDE = {"ipv4": "198.19.255.253", "ipv6": "2001:db8:19ff::fd"}
CLIENT_ROUTER = {"ipv4": "198.19.255.254", "ipv6": "2001:db8:19ff::fe"}
SERVER_ROUTER = {"ipv4": "10.1.255.254", "ipv6": "2001:db8:1::ffff"}
ROUTERS = {"director": DIRECTOR, "director-front": CLIENT_SIDE, "front-router": CLIENT_ROUTER,
           "back-router": SERVER_ROUTER}


class Names:
    def __init__(self, slot, family):
        self.slot, self.family = slot, family

    def virtual(self, number, family=None):
        if (family or self.family) == "ipv4":
            return f"198.18.{self.slot}.{number}"
        return f"2001:db8:{0x1800 + self.slot:x}::{number:x}"

    def client(self, number, family=None):
        """Of IPv6, sixteen neighbours share a network of 64 bits."""
        if (family or self.family) == "ipv4":
            return f"198.19.{self.slot}.{number}"
        return f"2001:db8:{0x1900 + self.slot:x}:{number // 16:x}::{number:x}".replace(":0::", "::")

    def server(self, number, family=None):
        return server_address(number, family or self.family)

    def resolve(self, text):
        """Names to addresses; one of IPv6 before a port gets the brackets that belong there."""
        return NAME.sub(self.resolve_one, text)

    def resolve_one(self, found):
        bracket, kind, number, director, suffix, colon = found.groups()
        family = SUFFIXES.get(suffix)
        if director:
            address = DIRECTOR[family or self.family]
        else:
            place = {"vip": self.virtual, "c": self.client, "rs": self.server}[kind]
            address = place(int(number), family)
        if colon and ":" in address:
            address = f"[{address}]"
        return bracket + address + colon

    def of_server(self, address):
        """A server's name as the scenario would write it; None for an address of nobody."""
        name, family = SERVERS.get(address, (None, None))
        return name and name + self.suffix(family)

    def called(self, address):
        """The name of any address that has one; else the address."""
        return self.of_server(address) or self.others.get(address, address)

    @functools.cached_property
    def others(self):
        """Addresses that are no server's, and their names."""
        names = {place: f"{name}{self.suffix(family)}"
                 for name, places in ROUTERS.items() for family, place in places.items()}
        for family in FAMILIES:
            for number in range(1, 251):
                names[self.virtual(number, family)] = f"vip{number}{self.suffix(family)}"
                names[self.client(number, family)] = f"c{number}{self.suffix(family)}"
        return names

    def suffix(self, family):
        return "" if family == self.family else f"v{family[-1]}"

    def owns(self, text):
        """Whether a line of a list speaks of this scenario's addresses."""
        return any(place in text for place in (
            f"198.18.{self.slot}.", f"198.19.{self.slot}.",
            f"2001:db8:{0x1800 + self.slot:x}:", f"2001:db8:{0x1900 + self.slot:x}:"))

    def uses(self, family, text):
        return family == self.family or any(SUFFIXES[suffix] == family
                                            for suffix in SUFFIX_OF_NAME.findall(text))


def server_address(number, family):
    """The digits of IPv6 servers look like those of IPv4 ones: rs1 is 11."""
    return f"10.1.0.{10 + number}" if family == "ipv4" else f"2001:db8:1::{10 + number}"


def server_mac(number):
    return bytes((2, 0, 0, 0, 1, number))


SERVERS = {server_address(number, family): (f"rs{number}", family)
           for number in range(1, 201) for family in FAMILIES}
