"""Plays one scenario on one director and writes down what came of every statement.

An entry of the transcript is {line, text, kind, result}.  Kinds: "fates" (what became of each
packet or connection), "change" and "text" (lines that commands printed), "timer" (rows of
connections that begin with the seconds they have left).
"""

import itertools
import time

import frames
import headers
from kinds import ECHO, PROTOCOLS, chunk_types, flag_bits
from own_programs import OwnPrograms
from scenario import EVERY_LIST, LISTS, endpoint, expand
from telling_player import NOTHING, PAST, TellingPlayer, receiver
from world import server_side_address

TUNNELS = {headers.GRE: "gre", headers.UDP: "gue"}

UNREACHABLE_PORT = {(headers.ICMP, 0x0303), (headers.ICMPV6, 0x0104)}
# How a host that has no SCTP refuses it.
UNKNOWN_PROTOCOL = {(headers.ICMP, 0x0302), (headers.ICMPV6, 0x0401)}
TO_CLIENT = "client"

SIP = ("REGISTER sip:lab.test SIP/2.0\r\nVia: SIP/2.0/UDP client\r\n"
       "Call-ID: {}\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n")


class Flow:
    """A client's side of a connection, and the server that was last seen to get it."""

    def __init__(self, protocol, client, target):
        self.protocol, self.client, self.target = protocol, client, target
        self.known = False
        self.server = None  # address and port, where it is reached by NAT
        self.seen_by_server = self.seen_by_client = None  # the last packet that came to either
        self.identification = None  # of the last packet that was told in full


class Player(TellingPlayer, OwnPrograms):
    def __init__(self, world, director, scenario):
        super().__init__()
        self.world, self.director, self.scenario = world, director, scenario
        self.names = scenario.names
        self.identifications = itertools.cycle(range(1, 0x10000))
        self.flows = {}
        self.entries = []
        self.began = time.monotonic()
        self.alone = scenario.wants_own_director

    def play(self):
        self.began = time.monotonic()
        if self.scenario.tells_packets and self.names.family == "ipv6":
            self.world.own(self.scenario.virtual_addresses)
        for (verb, _), statements in itertools.groupby(self.scenario.statements, batches()):
            statements = list(statements)
            if verb == "ipvsadm":
                self.change(statements)
                continue
            for statement in statements:
                self.play_one(statement)
        return {"entries": self.entries, "seconds": round(self.age(), 2)}

    def age(self):
        return time.monotonic() - self.began

    def play_one(self, statement):
        kind, result = getattr(self, "on_" + statement.verb)(*statement.words)
        self.note(statement, kind, result)

    def note(self, statement, kind, result):
        self.entries.append({"line": statement.line, "text": statement.text, "kind": kind,
                             "result": result})

    # --- commands ---------------------------------------------------------------------------------

    def change(self, statements):
        """Lines that follow each other, as one portion of `ipvsadm -R`."""
        lines = [self.names.resolve(line) for statement in statements
                 for line in expand(" ".join(statement.words))]
        if any("-Z" in line or "--zero" in line for line in lines):
            self.director.settle_counters()
        self.note(statements[-1], "change", self.director.change(lines))

    def on_try(self, *words):
        result = []
        for line in expand(" ".join(words)):
            status, said = self.director.attempt(self.names.resolve(line).split()[1:])
            result += said + [f"exit {status}"]
        return "text", result

    def on_sysctl(self, name, value):
        return "text", self.director.sysctl(name, value)

    def on_mark(self, number, protocol, target):
        said = []
        for each in expand(target):
            said += self.director.mark(self.world, number, protocol, self.names.resolve(each))
        return "text", said

    def on_sleep(self, seconds):
        time.sleep(float(seconds))
        return "text", []

    def on_narrow(self, where, *words):
        for each in expand(where):
            self.world.narrow(self.names.resolve(each), *words)
        return "text", []

    # --- lists ------------------------------------------------------------------------------------

    def on_list(self, *names):
        result = []
        for name in sorted(names or EVERY_LIST, key=lambda name: name == "stats"):
            if "-c" in LISTS[name]:
                result += sorted(f"{row[0]} {row[2]}" for row in self.connections(*LISTS[name][1:]))
                continue
            if name == "stats":
                self.director.settle_counters()
            result += self.director.show(*LISTS[name])
        return "text", result

    def on_timer(self):
        rows = sorted((f"{row[0]} {row[2]}", row[1]) for row in self.connections())
        return "timer", [f"{self.age():.0f} seconds old",
                         *(f"{seconds(expire)} {rest}" for rest, expire in rows)]

    def connections(self, *options):
        """Rows as protocol, time left and the rest, of this scenario alone."""
        for line in self.director.connections(*options):
            if self.alone or self.names.owns(line):
                yield line.split(None, 2)

    # --- traffic ----------------------------------------------------------------------------------

    def on_open(self, *words):
        return self.each(self.open, "tcp", *words)

    def on_visit(self, *words):
        return self.each(self.visit, "tcp", *words)

    def on_close(self, clients, targets, *by):
        closing = self.close_by_server if by else self.close
        return self.each(closing, "tcp", clients, targets)

    def on_reset(self, clients, targets, *by):
        if by:
            return self.each(lambda flow: self.answer(flow, frames.RST), "tcp", clients, targets)
        return self.each(lambda flow: self.send(flow, frames.RST), "tcp", clients, targets)

    def on_segment(self, flags, clients, targets):
        bits = flag_bits(flags)
        return self.each(lambda flow: self.send(flow, bits), "tcp", clients, targets)

    def on_associate(self, *words):
        return self.each(self.associate, "sctp", *words)

    def on_shutdown(self, clients, targets, *by):
        asks, agrees = (self.answer, self.send) if by else (self.send, self.answer)
        return self.each(lambda flow: brief([
            asks(flow, chunks=chunk_types("shutdown")),
            agrees(flow, chunks=chunk_types("shutdown-ack")),
            asks(flow, chunks=chunk_types("shutdown-complete"))]), "sctp", clients, targets)

    def on_chunk(self, names, clients, targets, *by):
        types = chunk_types(names)
        act = self.answer if by else self.send
        return self.each(lambda flow: act(flow, chunks=types), "sctp", clients, targets)

    def on_udp(self, clients, targets, *payload):
        data = payload_bytes(payload)
        return self.each(lambda flow: self.send(flow, 0, data), "udp", clients, targets)

    def on_call(self, server, clients, targets, *payload):
        """Datagrams that a server sends on its own account."""
        sender = endpoint(self.names.resolve(server))
        data = payload_bytes(payload)

        def call(flow):
            flow.server = sender
            return self.answer(flow, 0, data)
        return self.each(call, "udp", clients, targets)

    def on_answer(self, what, clients, targets):
        if what == "udp":
            return self.each(lambda flow: self.answer(flow, 0), "udp", clients, targets)
        bits = flag_bits(what)
        return self.each(lambda flow: self.answer(flow, bits), "tcp", clients, targets)

    def each(self, action, protocol, clients, targets):
        fates = []
        for pair in expand(f"{clients} {targets}"):
            client, target = map(endpoint, self.names.resolve(pair).split())
            fates.append(action(self.flow(protocol, client, target)))
        return "fates", fates

    def flow(self, protocol, client, target):
        number = PROTOCOLS.get(protocol) or ECHO[self.names.family]
        return self.flows.setdefault((protocol, client, target), Flow(number, client, target))

    def visit(self, flow):
        opened = self.open(flow)
        return brief([opened, self.close(flow)]) if is_server(opened) else opened

    def open(self, flow):
        first = self.send(flow, frames.SYN)
        if not is_server(first):
            return first
        return brief([first, self.answer(flow, frames.SYN | frames.ACK),
                      self.send(flow, frames.ACK)])

    def associate(self, flow):
        first = self.send(flow, chunks=chunk_types("init"))
        if not is_server(first):
            return first
        return brief([first, self.answer(flow, chunks=chunk_types("init-ack")),
                      self.send(flow, chunks=chunk_types("cookie-echo+data")),
                      self.answer(flow, chunks=chunk_types("cookie-ack"))])

    def close(self, flow):
        return brief([self.send(flow, frames.FIN | frames.ACK),
                      self.answer(flow, frames.FIN | frames.ACK),
                      self.send(flow, frames.ACK)])

    def close_by_server(self, flow):
        return brief([self.answer(flow, frames.FIN | frames.ACK),
                      self.send(flow, frames.FIN | frames.ACK),
                      self.answer(flow, frames.ACK)])

    def send(self, flow, flags=0, payload=b"", chunks=()):
        """One packet of the client's; its fate."""
        packet = frames.Packet(flow.protocol, flow.client, flow.target,
                               next(self.identifications), flags, chunks, payload)
        again = packet.opens and flow.known
        at_clients, at_servers = self.world.from_client(*packet.datagrams())
        if again:
            time.sleep(self.director.tick)
        fates = [self.fate_at_server(flow, packet, frame) for frame in at_servers]
        fates += [fate_at_client(packet, frame) for frame in at_clients]
        return "+".join(fates) or NOTHING

    def answer(self, flow, flags=0, payload=b"", chunks=()):
        """One packet of the server's.  Only NAT servers answer through the director."""
        if not flow.server:
            return PAST
        packet = frames.Packet(flow.protocol, flow.server, flow.client,
                               next(self.identifications), flags, chunks, payload)
        at_clients, at_servers = self.world.from_server(*packet.datagrams())
        fates = [answer_at_client(flow, packet, frame) for frame in at_clients]
        fates += [describe(frame) for frame in at_servers]
        return "+".join(fates) or NOTHING

    def fate_at_server(self, flow, packet, frame):
        """Which server got it, how; "!" where more was changed than should be."""
        seen = frames.read(frame)
        if not seen or seen.identification != packet.identification:
            return describe(frame)
        flow.known, flow.server = True, None
        if seen.tunnel:
            fate, expected = self.fate_in_tunnel(packet.after_a_hop(), seen)
        elif self.names.of_server(seen.target[0]):
            flow.server = seen.target
            fate = f"{self.names.of_server(seen.target[0])}:{seen.target[1]}"
            expected = packet.after_a_hop(target=seen.target).to_bytes()
        else:
            fate = receiver(seen.mac)
            expected = packet.after_a_hop().to_bytes()
        return fate + unless_equal(expected, seen.data)

    def fate_in_tunnel(self, inner, seen):
        target = seen.tunnel.target
        name = self.names.of_server(target) or target
        kind = TUNNELS.get(seen.tunnel.protocol, "ipip")
        return f"{name}/{kind}", frames.tunnelled(
            inner, seen.tunnel, server_side_address(target), seen.between)


def batches():
    """A key for groupby: changes that follow each other belong together."""
    alone = itertools.count()
    return lambda statement: (statement.verb, statement.verb == "ipvsadm" or next(alone))


def fate_at_client(packet, frame):
    """How the director refused."""
    seen = frames.read(frame)
    if not seen:
        return describe(frame)
    if seen.protocol == headers.TCP and seen.detail & frames.RST and seen.source == packet.target:
        return "reset"
    if (seen.protocol, seen.detail) in UNREACHABLE_PORT:
        return "unreachable"
    if (seen.protocol, seen.detail) in UNKNOWN_PROTOCOL:
        return "no-protocol"
    return describe(frame)


def answer_at_client(flow, packet, frame):
    seen = frames.read(frame)
    if not seen or seen.identification != packet.identification or seen.source != flow.target:
        return describe(frame)
    return TO_CLIENT + unless_equal(packet.after_a_hop(source=flow.target).to_bytes(), seen.data)


def unless_equal(expected, data):
    return "" if expected == data else f"!{data.hex()}"


def describe(frame):
    """A frame nobody expected."""
    seen = frames.read(frame)
    if not seen:
        return f"frame({frame[12:42].hex()})"
    if seen.protocol in (headers.ICMP, headers.ICMPV6):
        return f"icmp({seen.detail >> 8}/{seen.detail & 255}:{seen.source[0]}>{seen.target[0]})"
    source, target = (f"[{address}]:{port}" if headers.is_ipv6(address) else f"{address}:{port}"
                      for address, port in (seen.source, seen.target))
    return f"packet({source}>{target},flags={seen.detail & 63:02x})"


def is_server(fate):
    return fate.startswith("rs")


def brief(fates):
    """One word where every packet went the expected way, else the fate of each."""
    told = {fate for fate in fates if fate not in (TO_CLIENT, PAST)}
    return told.pop() if len(told) == 1 else ",".join(fates)


def payload_bytes(words):
    if len(words) == 2 and words[0] == "sip":
        return SIP.format(words[1]).encode()
    return " ".join(words).encode().decode("unicode_escape").encode("latin1")


def seconds(expire):
    minutes, _, rest = expire.partition(":")
    return int(minutes) * 60 + int(rest)
