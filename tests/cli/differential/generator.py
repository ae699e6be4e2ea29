"""Cases made up from a seed: tables that grow and change, lists of them in every form, and mistakes.

Most lines make sense, for a refused line shows no more than its message; about one in six has
something that does not belong, twice, out of its range or misspelt.
"""

import random

from cases import Case

LINES = 24
SERVICES = {"-t": ("198.51.100.1:80", "198.51.100.1:http", "198.51.100.2:0", "203.0.113.1:443",
                   "10.0.0.1:80", "192.168.0.1:25", "[2001:db8::1]:80", "[2001:db8:ffff::1]:443",
                   "web.example:80"),
            "-u": ("198.51.100.1:53", "10.0.0.1:domain", "[2001:db8::1]:5060"),
            "--sctp-service": ("198.51.100.1:9", "[2001:db8::9]:9"),
            "-f": ("1", "7", "4294967295", "2147483648")}
SERVERS = ("10.1.0.11", "10.1.0.12:8080", "10.1.0.13:80", "172.16.0.1:http", "192.168.1.1",
           "[2001:db8:10::11]:80", "[2001:db8:10::12]", "[fd00::1]:8080", "rs1.example")
SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh",
              "twos", "none", "nosuch", "a-very-long-name-of-one")
FLAGS = ("sh-port", "sh-fallback", "sh-port,sh-fallback", "mh-port", "mh-fallback", "flag-1",
         "flag-2,flag-3", "nosuch")
NETMASKS = ("255.255.255.0", "255.255.0.0", "0.0.0.0", "64", "1", "128", "129", "0", "x")
NUMBERS = ("0", "1", "3", "100", "65535", "65536", "2147483647", "2147483648", "-1", "x", "010",
           "0x10", "1.5", "''")
TIMES = ("1", "50", "360", "2678400", "2678401", "0", "x")
FORMS = ("", "--stats", "--rate", "--thresholds", "--persistent-conn", "--tun-info", "--stats --rate",
         "--exact --stats", "--rate -X", "--nosort", "--sort", "--thresholds --tun-info")
STRAYS = ("-n", "-c", "-o", "-6", "-x 5", "-y 2", "-w 1", "-r 10.1.0.11", "-s rr", "-p", "-p 60",
          "-M 255.255.255.0", "--pe sip", "--pe nosuch", "-m", "-g", "-i", "-b sh-port", "--timeout",
          "--daemon", "--stats", "--syncid 1", "--mcast-ttl 1", "--tun-type gue", "--tun-port 99",
          "--tun-csum", "--tun-nocsum", "--tun-remcsum", "--set", "-A", "-L", "stray", "--nosuch",
          "-Q", "-t", "--sync-maxlen 100", "--mcast-interface d0", "-t 198.51.100.1:80", "-f 1")
COMMANDS = ("-A", "-E", "-D", "-C", "-L", "-a", "-e", "-d", "-Z", "-S", "-R", "--set", "--clear",
            "--start-daemon master", "--stop-daemon backup", "--start-daemon", "-n", "--daemon")
FLAG_WORDS = ("-n", "-c", "-m", "-g", "-i", "-o", "-6", "-X", "--stats", "--rate", "--timeout", "--sort",
              "--daemon", "--thresholds", "--persistent-conn", "--nosort", "--tun-info", "--tun-csum",
              "--tun-nocsum", "--tun-remcsum", "-p", "-Q", "stray", "5", "--")
TEXT_WORDS = ("-t", "-u", "-f", "-s", "-r", "-w", "-x", "-y", "-M", "-p", "-b", "--sctp-service",
              "--pe", "--syncid", "--mcast-interface", "--mcast-group", "--mcast-port",
              "--mcast-ttl", "--sync-maxlen", "--tun-type", "--tun-port")
VALUES = ("198.51.100.1:80", "198.51.100.1", "198.51.100.1:", ":80", "198.51.100.1:http", "10.1.0.11:0",
          "[2001:db8::1]:80", "[2001:db8::1]", "2001:db8::1", "[2001:db8::1", "web.example:80", "rs1.example",
          "1", "0", "7", "-1", "64", "128", "65536", "4294967295", "x", "''", "rr", "sh", "wlc", "sip",
          "sh-port", "mh-port", "flag-1", "255.255.255.0", "gue", "gre", "ipip", "d0", "224.0.0.81", "ff02::1")
LONG = {"-A": "--add-service", "-E": "--edit-service", "-D": "--delete-service", "-a": "--add-server",
        "-e": "--edit-server", "-d": "--delete-server", "-L": "--list", "-l": "--list", "-Z": "--zero",
        "-S": "--save", "-t": "--tcp-service", "-u": "--udp-service", "-f": "--fwmark-service",
        "-s": "--scheduler", "-p": "--persistent", "-M": "--netmask", "-r": "--real-server",
        "-m": "--masquerading", "-g": "--gatewaying", "-i": "--ipip", "-w": "--weight",
        "-x": "--u-threshold", "-y": "--l-threshold", "-n": "--numeric", "-c": "--connection",
        "-o": "--ops", "-6": "--ipv6", "-b": "--sched-flags", "-X": "--exact"}


def cases(seed, count):
    for number in range(count):
        one = f"{seed}.{number}"
        yield Case(f"random case {one}", tuple(Generator(one).lines()))


class Generator:
    def __init__(self, seed):
        self.dice = random.Random(f"differential {seed}")
        self.services = self.dice.sample([(kind, address) for kind, addresses in SERVICES.items()
                                          for address in addresses], 4)
        self.servers = self.dice.sample(SERVERS, 5)

    def lines(self):
        for _ in range(LINES):
            yield self.dice.choices(
                (self.add_service, self.edit_service, self.delete_service, self.add_server,
                 self.edit_server, self.delete_server, self.list, self.save, self.others,
                 self.restore, self.soup),
                (5, 2, 1, 8, 3, 1, 5, 2, 2, 1, 4))[0]()

    def chance(self, of):
        return self.dice.random() < of

    def pick(self, *choices):
        return self.dice.choice(choices)

    def number(self, *sensible):
        return self.dice.choice(NUMBERS) if self.chance(0.15) else self.pick(*sensible)

    def service(self):
        kind, address = self.dice.choice(self.services)
        six = " -6" if kind == "-f" and self.chance(0.3) else ""
        return f"{kind} {address}{six}"

    def service_options(self):
        options = []
        if self.chance(0.8):
            options.append(f"-s {self.dice.choice(SCHEDULERS)}")
        if self.chance(0.3):
            options.append(f"-p {self.dice.choice(TIMES)}" if self.chance(0.7) else "-p")
            if self.chance(0.5):
                options.append(f"-M {self.dice.choice(NETMASKS)}")
        if self.chance(0.15):
            options.append("-o")
        if self.chance(0.15):
            options.append(f"-b {self.dice.choice(FLAGS)}")
        if self.chance(0.1):
            options.append(self.pick("--pe sip", "--pe nosuch"))
        return options

    def server_options(self):
        options = []
        if self.chance(0.8):
            options.append(self.pick("-m", "-g", "-i", "-i", *self.tunnels()))
        if self.chance(0.6):
            options.append(f"-w {self.number('0', '1', '5', '100')}")
        if self.chance(0.3):
            options.append(f"-x {self.number('10', '100')}")
        if self.chance(0.3):
            options.append(f"-y {self.number('0', '5', '50')}")
        return options

    def tunnels(self):
        checksum = self.pick("", " --tun-nocsum", " --tun-csum", " --tun-remcsum")
        port = self.number("6080", "1")
        return (f"-i --tun-type gue --tun-port {port}{checksum}", f"-i --tun-type gre{checksum}",
                "-i --tun-type ipip", "-i --tun-type gue", "-m --tun-type gre", "-i --tun-type x")

    def line(self, command, *parts):
        words = [part for part in parts if part]
        if self.chance(0.17):
            words.insert(self.dice.randint(0, len(words)), self.dice.choice(STRAYS))
        return " ".join(["ipvsadm", *map(self.spelt, [command, *words])])

    def spelt(self, word):
        """An option in one of the ways that it can be written."""
        option, space, value = word.partition(" ")
        if option not in LONG or self.chance(0.75):
            return word
        if self.chance(0.5):
            return LONG[option] + space + value
        if not value:
            return option
        return option + value if self.chance(0.5) else f"{LONG[option]}={value}"

    def add_service(self):
        return self.line("-A", self.service(), *self.service_options())

    def edit_service(self):
        return self.line("-E", self.service(), *self.service_options())

    def delete_service(self):
        return self.line("-D", self.service())

    def add_server(self):
        return self.line("-a", self.service(), f"-r {self.dice.choice(self.servers)}",
                         *self.server_options())

    def edit_server(self):
        return self.line("-e", self.service(), f"-r {self.dice.choice(self.servers)}",
                         *self.server_options())

    def delete_server(self):
        return self.line("-d", self.service(), f"-r {self.dice.choice(self.servers)}")

    def list(self):
        which = self.service() if self.chance(0.2) else ""
        numeric = "-n" if self.chance(0.7) else ""
        return self.line(self.pick("-L", "-l", "-L"), which, numeric, self.dice.choice(FORMS))

    def save(self):
        return self.line("-S", "-n" if self.chance(0.8) else "")

    def others(self):
        times = " ".join(self.number("0", "60", "900") for _ in range(3))
        role = self.pick("master", "backup", "nosuch")
        return self.line(self.pick(
            "-Z", f"-Z {self.service()}", "-L --timeout", "-L --daemon", "-L -c", "-L -c -n",
            f"--set {times}", f"--stop-daemon {role}",
            f"--start-daemon {role} --mcast-interface d0 --syncid {self.number('0', '7', '255')}",
            f"--start-daemon {role} --mcast-interface {self.pick('d0', 'nosuch')} "
            f"--mcast-group {self.pick('224.0.0.82', 'ff05::81', '10.0.0.1', 'x')} "
            f"--mcast-ttl {self.number('1', '9')} --sync-maxlen {self.number('1000', '1')}"))

    def soup(self):
        """Words in any order: which of its faults is told?"""
        words = [self.dice.choice(COMMANDS)]
        for _ in range(self.dice.randrange(7)):
            text = f"{self.dice.choice(TEXT_WORDS)} {self.dice.choice(VALUES)}"
            words.append(self.pick(text, text, self.dice.choice(FLAG_WORDS)))
        return " ".join(["ipvsadm", *map(self.spelt, words), "< /dev/null"])

    def restore(self):
        """Rules as people write them, and the table through the text that ours makes of it."""
        if self.chance(0.4):
            return "rules=$($OURS -Sn); ipvsadm -C; echo \"$rules\" | ipvsadm -R"
        rules = [self.add_service(), self.add_server(), self.add_server(), self.list(),
                 self.edit_server()]
        if self.chance(0.3):
            rules.insert(2, self.pick("", "# a comment", "-A", "  ", "-C -n", "-R", "-S -n"))
        text = "\\n".join(rule if self.chance(0.3) else rule.removeprefix("ipvsadm ")
                          for rule in rules)
        return f"printf '{text}\\n' | ipvsadm -R".replace("''", "")
