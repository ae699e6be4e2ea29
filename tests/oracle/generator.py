"""Random scenarios: one seed, one scenario, as text in the language of README.md.

They are short, and wander over whatever the product offers (features.py): both families, schedulers
and their flags, forwarding methods, weights, servers that come, change, go and return, connections
that are opened, closed by either side, reset and opened again from the same port, stray segments.
"""

import random

from features import SCHEDULERS

# What random scenarios leave out, and why; everything else is fair.
AVOIDED = {
    "sleeping": "expiry is seen late by a second or two on either side: only written scenarios, "
                "which know what they wait for, let time pass",
    "replies of direct and tunnel servers through the director": "a listed difference; the player "
                "sends none",
    "errors about tunnels, and of IPv6 servers reached by NAT": "a listed difference",
    "TTLs that end, and packets beyond the MTU": "IPVS counts what it refuses, and it changes the "
                "states of connections: a listed difference",
    "counters after packets in fragments": "a listed difference",
    "damaged packets": "no host refuses them, tunnels with checksums keep them so: listed differences",
    "IPv6 options before TCP, and in fragments": "listed differences",
    "fragments with a firewall mark": "the kernel marks the first alone",
    "fragments of one-packet services, and of SCTP": "a listed difference",
    "another method for a known server": "a finding, see method-of-connection in features.py; and "
                "into direct routing, IPVS goes on with the route it remembered for the old method "
                "and asks the servers' network who has the virtual address",
    "twos": "random by nature",
    "SCTP's INIT1 and REJECTED": "over after four seconds, see sleeping: a second INIT follows the "
                "first",
    "weights above LARGEST_WEIGHT with thresholds": "wrr walks down from the largest weight step by "
                "step while its server is overloaded: in the kernel that can take minutes",
}

LARGE_WEIGHTS = (10, 100, 1000, 65535, 1_000_000)
LARGEST_WEIGHT = 9
STRAY_FLAGS = ("syn", "ack", "fin", "fin+ack", "rst", "rst+ack", "syn+ack", "data", "none", "syn+fin",
               "syn+rst")
LATER_FLAGS = tuple(flags for flags in STRAY_FLAGS if "syn" not in flags)
CHUNKS = ("data", "sack", "init", "init-ack", "cookie-echo", "cookie-ack", "shutdown",
          "shutdown-ack", "shutdown-complete", "error", "abort", "cookie-echo+abort")
# After an INIT of the server's own, or of an association's first INIT, states are short-lived.
SERVER_CHUNKS = tuple(chunk for chunk in CHUNKS if chunk != "init")
TUNNELS = ("", "", " --tun-type gre", " --tun-type gre --tun-csum",
           " --tun-type gue --tun-port 6080", " --tun-type gue --tun-port 6080 --tun-csum",
           " --tun-type gue --tun-port 6080 --tun-remcsum")
ERRORS = ("net", "host", "port", "admin", "hops", "reassembly", "parameter")
LARGEST_SIZE = 1400  # fits into every tunnel
TAKES_FLAGS = {"sh": ("sh-port", "sh-fallback"), "mh": ("mh-port", "mh-fallback")}
NETWORKS = {"ipv4": ("255.255.255.0", "255.255.255.252"), "ipv6": (64, 60, 48, 126)}
OPTIONS = {"tcp": "-t", "udp": "-u", "sctp": "--sctp-service"}
OTHER_FAMILY = {"ipv4": "v6", "ipv6": "v4"}
IPV6_SHARE = 0.4
SERVERS = 8
CLIENTS = 24


def scenario(seed, have):
    dice = random.Random(f"turnout {seed}")
    family = "ipv6" if "ipv6" in have and dice.random() < IPV6_SHARE else "ipv4"
    story = Story(dice, have, family)
    story.begin()
    for _ in range(story.dice.randint(5, 14)):
        story.go_on()
    story.end()
    return f"# seed {seed}\n" + "\n".join(story.lines) + "\n"


class Service:
    def __init__(self, name, places, protocol, scheduler, port):
        self.name = name  # "-t vip1:80"
        self.places = places  # where its clients go
        self.protocol, self.scheduler, self.port = protocol, scheduler, port
        self.servers = {}  # "rs1:8080": "-m"
        self.gone = {}
        self.one_packet = False
        self.marked = name.startswith("-f")


class Burst:
    """Connections of neighbouring clients, made together."""

    def __init__(self, service, first, last, port, target):
        self.service = service
        self.first, self.last, self.port, self.target = first, last, port, target

    def text(self):
        clients = f"c{self.first}" if self.first == self.last else f"c{{{self.first}..{self.last}}}"
        return f"{clients}:{self.port} {self.target}"

    def part(self, dice):
        first, last = sorted((dice.randint(self.first, self.last),
                              dice.randint(self.first, self.last)))
        return Burst(self.service, first, last, self.port, self.target).text()


class Story:
    def __init__(self, dice, have, family):
        self.dice, self.have, self.family = dice, have, family
        self.lines = [f"family {family}"]
        self.services = []
        self.some_gone = False
        self.countable = True
        self.bursts = []
        self.next_port = 20000

    def say(self, line):
        self.lines.append(line)

    def chance(self, probability):
        return self.dice.random() < probability

    # --- services and servers ---------------------------------------------------------------------

    def begin(self):
        if self.chance(0.1):
            self.say("sysctl nat_icmp_send 1")
        self.add_service(1)
        if self.chance(0.2):
            self.add_service(2)

    def add_service(self, number):
        scheduler = self.any_scheduler()
        make = self.marked if "marks" in self.have and self.chance(0.1) else self.addressed
        service = make(number, scheduler)
        self.services.append(service)
        self.say(f"ipvsadm -A {service.name} -s {scheduler}{self.service_options(service)}")
        for _ in range(self.dice.randint(1, SERVERS)):
            self.add_server(service)

    def any_scheduler(self):
        return self.dice.choice([name for name in SCHEDULERS if name in self.have])

    def any_protocol(self):
        if "sctp" in self.have and self.chance(0.2):
            return "sctp"
        return "udp" if self.chance(0.3) else "tcp"

    def addressed(self, number, scheduler):
        protocol = self.any_protocol()
        any_port = "persistence" in self.have and self.chance(0.1)
        port = 0 if any_port else self.dice.choice((80, 80, 443, 5060))
        places = [f"vip{number}:{place}" for place in ((80, 443, 8080) if any_port else (port,))]
        option = OPTIONS[protocol]
        return Service(f"{option} vip{number}:{port}", places, protocol, scheduler, port)

    def marked(self, number, scheduler):
        """A service of a firewall mark, which two ports of one address and one of another get."""
        protocol = self.any_protocol()
        places = [f"vip{number}:80", f"vip{number}:443", f"vip{number + 10}:80"]
        for place in places:
            self.say(f"mark {number} {protocol} {place}")
        name = f"-f {number} -6" if self.family == "ipv6" else f"-f {number}"
        return Service(name, places, protocol, scheduler, 0)

    def service_options(self, service):
        options = ""
        flags = TAKES_FLAGS.get(service.scheduler)
        if flags and self.chance(0.6):
            options += " -b " + ",".join(self.dice.sample(flags, self.dice.randint(1, 2)))
        if "persistence" in self.have and (service.name.endswith(":0") or self.chance(0.25)):
            options += f" -p {self.dice.choice((60, 300, 3600))}"
            if self.chance(0.4):
                options += f" -M {self.dice.choice(NETWORKS[self.family])}"
        elif service.protocol == "udp" and "one-packet" in self.have and self.chance(0.3):
            options += " -o"
        service.one_packet |= options.endswith(" -o")
        return options

    def server_options(self):
        options = f" -w {self.weight()}"
        if "thresholds" in self.have and self.chance(0.3):
            upper = self.dice.randint(1, 6)
            options += f" -x {upper}"
            if self.chance(0.5):
                options += f" -y {self.dice.randint(0, upper)}"
        return options

    def weight(self):
        if "thresholds" not in self.have and self.chance(0.06):
            return self.dice.choice(LARGE_WEIGHTS)
        return self.dice.choice((0, 1, 1, 1, 2, 3, self.dice.randint(0, LARGEST_WEIGHT)))

    def add_server(self, service):
        method = self.dice.choice(("-m", "-m", "-g", "-i"))
        tunnel = self.dice.choice(TUNNELS) if method == "-i" else ""
        own_port = method == "-m" and not service.name.endswith(":0") and self.chance(0.5)
        server = (f"rs{self.dice.randint(1, SERVERS)}{self.server_family(method)}:"
                  f"{8080 if own_port else service.port}")
        if server in service.servers or server in service.gone:
            return
        service.servers[server] = method + tunnel
        self.say(f"ipvsadm -a {service.name} -r {server} {method}{tunnel}{self.server_options()}")

    def server_family(self, method):
        """Tunnels alone may be of the other one."""
        others = method == "-i" and "ipv6" in self.have and self.chance(0.3)
        return OTHER_FAMILY[self.family] if others else ""

    def return_server(self, service):
        if not service.gone:
            return
        server, method = self.dice.choice(sorted(service.gone.items()))
        del service.gone[server]
        service.servers[server] = method
        self.say(f"ipvsadm -a {service.name} -r {server} {method}{self.server_options()}")

    def edit_server(self, service):
        if not service.servers:
            return
        server, method = self.dice.choice(sorted(service.servers.items()))
        self.say(f"ipvsadm -e {service.name} -r {server} {method}{self.server_options()}")

    def remove_server(self, service):
        if not service.servers:
            return
        server = self.dice.choice(sorted(service.servers))
        service.gone[server] = service.servers.pop(server)
        self.some_gone = True
        self.say(f"ipvsadm -d {service.name} -r {server}")

    def edit_service(self, service):
        if service.name.endswith(":0"):
            return
        service.scheduler = self.any_scheduler()
        self.say(f"ipvsadm -E {service.name} -s {service.scheduler}{self.service_options(service)}")

    # --- traffic ----------------------------------------------------------------------------------

    def new_burst(self, service):
        first = self.dice.randint(1, CLIENTS)
        burst = Burst(service, first, min(CLIENTS, first + self.dice.randint(0, 9)),
                      self.next_port, self.dice.choice(service.places))
        self.next_port += 1
        self.bursts.append(burst)
        return burst

    def arrive(self, service):
        burst = self.new_burst(service)
        verbs = {"udp": ("udp",), "sctp": ("associate",)}.get(service.protocol,
                                                              ("open", "open", "visit"))
        self.say(f"{self.dice.choice(verbs)} {burst.text()}")

    def meet_again(self, service):
        """Something on connections that were made before."""
        known = [burst for burst in self.bursts if burst.service is service]
        if not known:
            self.arrive(service)
            return
        some = self.dice.choice(known).part(self.dice)
        reopens = "reopening" in self.have
        if service.protocol == "udp":
            self.say(self.dice.choice((f"udp {some}", f"answer udp {some}")))
            return
        if service.protocol == "sctp":
            self.say(self.dice.choice((
                f"shutdown {some}", f"shutdown {some} by server", f"chunk abort {some}",
                *(f"{verb} {some}" for verb in ("associate", "chunk init") if reopens),
                f"chunk {self.dice.choice(CHUNKS[:2] + CHUNKS[3:])} {some}",
                f"chunk {self.dice.choice(SERVER_CHUNKS)} {some} by server")))
            return
        self.say(self.dice.choice((
            f"close {some}", f"close {some}", f"close {some} by server", f"reset {some}",
            f"reset {some} by server", f"answer {self.dice.choice(STRAY_FLAGS)} {some}",
            *(f"{verb} {some}" for verb in ("open", "open", "visit") if reopens),
            f"segment {self.dice.choice(STRAY_FLAGS if reopens else LATER_FLAGS)} {some}")))

    def stray(self, service):
        """A segment of no connection."""
        if service.protocol == "udp":
            self.arrive(service)
            return
        if service.protocol == "sctp":
            chunk, place = self.dice.choice(CHUNKS), self.new_burst(service).text()
            for _ in range(2 if chunk == "init" else 1):
                self.say(f"chunk {chunk} {place}")
            return
        self.say(f"segment {self.dice.choice(STRAY_FLAGS)} {self.new_burst(service).text()}")

    # --- packets told in full ---------------------------------------------------------------------

    def shape(self, service):
        """Packets of any look, of connections old and new."""
        if service.protocol == "sctp":
            self.arrive(service)
            return
        some = self.known_or_new(service)
        kind = "udp" if service.protocol == "udp" else f"tcp:{self.dice.choice(LATER_FLAGS)}"
        answered = " by server" * self.chance(0.3)
        self.say(f"send {kind} {some}{answered} {self.looks(service)}")

    def known_or_new(self, service):
        known = [burst for burst in self.bursts if burst.service is service]
        if known and self.chance(0.7):
            return self.dice.choice(known).part(self.dice)
        return self.new_burst(service).text()

    def looks(self, service):
        words = ["tos={tos}", "ttl={ttl}", "size={size}", "nodf"]
        if service.protocol == "udp" or self.family == "ipv4":
            words.append("options")
        words = self.dice.sample(words, self.dice.randint(0, len(words)))
        if self.may_come_in_pieces(service) and "options" not in words and self.chance(0.4):
            self.countable = False
            words += ["nodf", "size={size}", "pieces={pieces}", *["backwards"] * self.chance(0.3)]
        return " ".join(dict.fromkeys(words)).format(
            tos=self.dice.randrange(256), ttl=self.dice.randint(2, 255),
            size=self.dice.randint(200, LARGEST_SIZE), pieces=self.dice.randint(2, 4))

    @staticmethod
    def may_come_in_pieces(service):
        return service.protocol == "udp" and not service.one_packet and not service.marked

    def call(self, service):
        """What a NAT server sends on its own account."""
        if service.protocol != "udp" or "-m" not in service.servers.values():
            self.arrive(service)
            return
        servers = sorted(name for name, method in service.servers.items() if method == "-m")
        burst = self.new_burst(service)
        self.say(f"call {self.dice.choice(servers)} {burst.text()}")
        self.say(f"send udp {burst.text()} by server {self.looks(service)}")

    def complain(self, service):
        """A client's ICMP error about an answer."""
        known = [burst for burst in self.bursts if burst.service is service]
        if not known:
            self.arrive(service)
            return
        router = " router" * self.chance(0.3)
        self.say(f"error {self.dice.choice(ERRORS)} {self.dice.choice(known).part(self.dice)} "
                 f"{service.protocol}{router}")

    # --- the course of things ---------------------------------------------------------------------

    def go_on(self):
        service = self.dice.choice(self.services)
        step, = self.dice.choices(
            (self.arrive, self.meet_again, self.stray, self.edit_server, self.remove_server,
             self.return_server, self.add_server, self.edit_service, self.look, self.shape,
             self.complain, self.call),
            (8, 8, 1, 3, 2, 3, 2, 1, 1, 4, 1, 1))
        step(service)

    def look(self, _):
        self.say("list services connections")

    def end(self):
        extra = [name for name, feature in (("thresholds", "thresholds"),
                                            ("persistent", "persistence")) if feature in self.have]
        # Answers of removed servers: see "removed-counters" in features.py.
        countable = self.countable and (not self.some_gone or "removed-counters" in self.have)
        self.say(" ".join(["list services", *extra, "connections", *["stats"] * countable]))
