"""The language of scenarios: text in, statements out.  README.md teaches it.

Names stand for addresses: vip1 … are services', rs1 … servers', c1 … clients'.  Virtual and client
addresses carry the scenario's slot, so that several scenarios can follow each other on one director
without meeting each other's connections.
"""

import re
import shlex
from dataclasses import dataclass

import features

BRACES = re.compile(r"\{([^{}]*)\}")
RANGE = re.compile(r"(\d+)\.\.(\d+)$")
NAME = re.compile(r"\b(vip|rs|c)(\d+)\b")
LITERAL_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")

LISTS = {
    "services": (),
    "stats": ("--stats",),
    "thresholds": ("--thresholds",),
    "persistent": ("--persistent-conn",),
    "connections": ("-c",),
    "engines": ("-c", "--persistent-conn"),
}
EVERY_LIST = ("services", "thresholds", "persistent", "connections", "stats")

# What acts on a whole director, not on the scenario's own services alone.
AFFECTS_OTHERS = re.compile(r"^\s*(sysctl|mark)\b|^[^#]*ipvsadm\b.*(\s--set\b|\s-f\b|\s-[CZ]\s*$)|"
                            + LITERAL_ADDRESS.pattern, re.MULTILINE)


class Mistake(Exception):
    """A scenario that cannot be read."""


@dataclass(frozen=True)
class Statement:
    line: int
    text: str
    verb: str
    words: tuple


@dataclass(frozen=True)
class Scenario:
    name: str
    text: str
    slot: int
    needs: tuple
    statements: tuple

    @property
    def wants_own_director(self):
        return bool(AFFECTS_OTHERS.search(self.text))

    @property
    def seconds_asleep(self):
        return sum(float(statement.words[0]) for statement in self.statements
                   if statement.verb == "sleep")

    def virtual(self, number):
        return f"198.18.{self.slot}.{number}"

    def client(self, number):
        return f"198.19.{self.slot}.{number}"

    def resolve(self, text):
        """Names to addresses."""
        places = {"vip": self.virtual, "c": self.client, "rs": server_address}
        return NAME.sub(lambda found: places[found[1]](int(found[2])), text)

    def owns(self, text):
        """Whether a line of a list speaks of this scenario's addresses."""
        return self.virtual("") in text or self.client("") in text


def server_address(number):
    return f"10.1.0.{10 + int(number)}"


def server_mac(number):
    return bytes((2, 0, 0, 0, 1, number))


def expand(text):
    """As a shell does: "a{1,3..4}" is a1 a3 a4."""
    found = BRACES.search(text)
    if not found:
        return [text]
    before, after = text[:found.start()], text[found.end():]
    return [done for choice in choices(found[1]) for done in expand(before + choice + after)]


def choices(text):
    for part in text.split(","):
        numbers = RANGE.match(part)
        if not numbers:
            yield part
            continue
        first, last = int(numbers[1]), int(numbers[2])
        step = 1 if first <= last else -1
        yield from map(str, range(first, last + step, step))


def endpoint(text):
    address, colon, port = text.partition(":")
    if not colon or not port.isdigit():
        raise Mistake(f"'{text}' is no ADDRESS:PORT")
    return address, int(port)


# --- reading --------------------------------------------------------------------------------------

def check_flow(words):
    if len(words) < 2:
        raise Mistake("it takes clients and targets")


def check_by(words):
    check_flow(words)
    if words[2:] not in ((), ("by", "server")):
        raise Mistake("after the targets only 'by server' can follow")


def check_flags(words):
    check_flow(words[1:])


def check_list(words):
    for word in words:
        if word not in LISTS:
            raise Mistake(f"there is no list '{word}': {' '.join(LISTS)}")


def count(number, what):
    def check(words):
        if len(words) != number:
            raise Mistake(f"it takes {what}")
    return check


def check_needs(words):
    for word in words:
        if not features.known(word):
            raise Mistake(f"features.py knows no '{word}'")


VERBS = {
    "needs": check_needs,
    "ipvsadm": lambda words: None,
    "try": lambda words: None,
    "sysctl": count(2, "a name and a value"),
    "mark": count(3, "a number, tcp or udp, and a target"),
    "open": check_flow,
    "visit": check_flow,
    "close": check_by,
    "reset": check_by,
    "segment": check_flags,
    "udp": check_flow,
    "answer": check_flags,
    "call": check_flags,
    "list": check_list,
    "timer": count(0, "nothing"),
    "sleep": count(1, "seconds"),
}


def parse(name, text, slot):
    statements, needs = [], []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            words = shlex.split(line, comments=True)
            if not words:
                continue
            verb, words = words[0], tuple(words[1:])
            if verb not in VERBS:
                raise Mistake(f"there is no '{verb}': {' '.join(VERBS)}")
            VERBS[verb](words)
        except (Mistake, ValueError) as mistake:
            raise Mistake(f"{name}, line {number}: {mistake}\n    {line}") from None
        if verb == "needs":
            needs.extend(words)
        else:
            statements.append(Statement(number, line.strip(), verb, words))
    return Scenario(name, text, slot, tuple(needs), tuple(statements))
