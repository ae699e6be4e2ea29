"""The statements after which every packet that came out is told in full."""

import errors
import frames
import headers
from kinds import ECHO, PROTOCOLS, chunk_types, flag_bits
from names import CLIENT_ROUTER, SERVER_ROUTER, server_mac
from pieces import inside
from scenario import endpoint, expand
from shapes import numbers, shape
from telling import Teller
from world import CLIENT_GATEWAY_MAC

NOTHING = "-"
PAST = "past"  # the answer of a server reached by direct routing or a tunnel: not through here
RECEIVERS = {CLIENT_GATEWAY_MAC: "clients",
             **{server_mac(number): f"rs{number}" for number in range(1, 201)}}


class TellingPlayer:
    """A part of the player: it has its world, names, flows and identifications."""

    def on_send(self, *words):
        """Packets of the client's or the server's, as they are asked for."""
        return self.tell_each(self.send_shaped, words)

    def on_error(self, *words):
        """ICMP errors about the flow's last packet that came to that side."""
        return self.tell_each(self.send_error, words)

    def tell_each(self, act, words):
        told = []
        for line in expand(" ".join(words)):
            kind, client, target, *rest = self.names.resolve(line).split()
            by_server = rest[:2] == ["by", "server"]
            rest = rest[2 * by_server:]
            protocol = rest.pop(0) if rest[:1] and rest[0] in PROTOCOLS else kind.split(":")[0]
            flow = self.flow(protocol, endpoint(client), endpoint(target))
            told += act(flow, kind, by_server, rest) or [NOTHING]
        return "text", told

    def send_shaped(self, flow, kind, by_server, words):
        if by_server and not flow.server:
            return [PAST]
        ends = (flow.server, flow.client) if by_server else (flow.client, flow.target)
        packet = shape(self.packet(flow.protocol, ends, kind.partition(":")[2]),
                       self.names.family, words)
        flow.identification = packet.identification
        return self.tell(flow, by_server, packet.datagrams(), packet.identification,
                         joined=packet.parts > 1 or "joined" in words)

    def packet(self, protocol, ends, what):
        chunks = chunk_types(what or "init") if protocol == headers.SCTP else ()
        flags = flag_bits(what or "data") if protocol == headers.TCP else 0
        return frames.Packet(protocol, *ends, next(self.identifications), flags, chunks)

    def send_error(self, flow, kind, by_server, words):
        quoted = flow.seen_by_server if by_server else flow.seen_by_client
        if not quoted:
            ends = (flow.client, flow.target) if by_server else (flow.target, flow.client)
            quoted = self.packet(flow.protocol, ends, "").to_bytes()
        header, _ = headers.split(quoted)
        named, others = numbers(words)
        source = header.target
        if "router" in others:
            routers = SERVER_ROUTER if by_server else CLIENT_ROUTER
            source = routers["ipv6" if headers.is_ipv6(source) else "ipv4"]
        identification = next(self.identifications)
        datagram = errors.error(kind, quoted, source, identification, **named)
        if "damaged" in others:
            datagram = datagram[:-1] + bytes((datagram[-1] ^ 1,))
        about_tunnel = kind == errors.TOO_BIG and bool(inside(quoted))
        return self.tell(flow, by_server, [datagram], identification, header.identification,
                         hide_mtu=about_tunnel)

    def tell(self, flow, by_server, datagrams, *sent, **how):
        teller = Teller(self.names, (*sent, flow.identification), **how)
        way = self.world.from_server if by_server else self.world.from_client
        at_clients, at_servers = way(*datagrams)
        self.remember(flow, at_clients, at_servers)
        return teller.frames(at_servers + at_clients, receiver)

    def remember(self, flow, at_clients, at_servers):
        """What an error can be about, and where answers come from."""
        for frame in filter(is_no_error, at_servers[:1]):
            seen = frames.read(frame)
            flow.seen_by_server = seen.data
            flow.server = seen.target if self.names.of_server(seen.target[0]) else None
        for frame in filter(is_no_error, at_clients[:1]):
            flow.seen_by_client = frames.read(frame).data


def is_no_error(frame):
    seen = frames.read(frame)
    return seen and seen.protocol not in ECHO.values()


def receiver(mac):
    return RECEIVERS.get(mac, mac.hex(":"))
