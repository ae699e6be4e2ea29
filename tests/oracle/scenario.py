"""The language of scenarios: text in, statements out.  README.md teaches it, names.py the names."""

import re
import shlex
from dataclasses import dataclass

import errors
import features
import shapes
from names import FAMILIES, LITERAL_ADDRESS, Names

BRACES = re.compile(r"\{([^{}]*)\}")
RANGE = re.compile(r"(\d+)\.\.(\d+)$")
ENDPOINT = re.compile(r"(?:\[([^]]*)\]|([^:]*)):(\d+)$")
BOTH_FAMILIES = re.compile(r"^family both$", re.MULTILINE)

LISTS = {
    "services": (),
    "stats": ("--stats",),
    "thresholds": ("--thresholds",),
    "persistent": ("--persistent-conn",),
    "connections": ("-c",),
    "engines": ("-c", "--persistent-conn"),
}
# After these every packet that comes out is told in full.
TELLS_PACKETS = ("send", "error", "dial", "hear")
VIRTUAL = re.compile(r"\bvip(\d+)\b")
# What may follow an error.
OF_ERRORS = {"udp", "tcp", "sctp", "router", "damaged", "mtu", "quote", "ttl", "tos"}
# What the twin of a scenario for both families is called after it.
IPV6_TWIN = ".ipv6"

EVERY_LIST = ("services", "thresholds", "persistent", "connections", "stats")

# What acts on a whole director, not on the scenario's own services alone.
AFFECTS_OTHERS = re.compile(
    r"^\s*(sysctl|mark|narrow|listen|dial|error too-big)\b|"
    r"^[^#]*ipvsadm\b.*(\s--set\b|\s-f\b|\s-[CZ]\s*$)|" + LITERAL_ADDRESS.pattern, re.MULTILINE)


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
    names: Names
    needs: tuple
    statements: tuple

    @property
    def slot(self):
        return self.names.slot

    @property
    def wants_own_director(self):
        return bool(AFFECTS_OTHERS.search(self.text))

    @property
    def tells_packets(self):
        return any(statement.verb in TELLS_PACKETS for statement in self.statements)

    @property
    def virtual_addresses(self):
        numbers = {int(number) for statement in self.statements
                   for line in expand(statement.text) for number in VIRTUAL.findall(line)}
        return [self.names.virtual(number) for number in sorted(numbers)]

    @property
    def seconds_asleep(self):
        return sum(float(statement.words[0]) for statement in self.statements
                   if statement.verb == "sleep")


def in_each_family(name, text):
    """`family both` stands for two scenarios: (name, text) of each."""
    if not BOTH_FAMILIES.search(text):
        return [(name, text)]
    return [(name, BOTH_FAMILIES.sub("family ipv4", text)),
            (f"{name}{IPV6_TWIN}", BOTH_FAMILIES.sub("family ipv6", text))]


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
    """ADDRESS:PORT, or [ADDRESS]:PORT"""
    found = ENDPOINT.match(text)
    if not found:
        raise Mistake(f"'{text}' is no ADDRESS:PORT")
    return found[1] or found[2], int(found[3])


def place(text):
    """An endpoint, or an address alone, the port of which is None."""
    return endpoint(text) if ENDPOINT.match(text) else (text, None)


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


def check_chunks(words):
    check_by(words[1:])


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


def check_family(words):
    if len(words) != 1 or words[0] not in FAMILIES:
        raise Mistake(f"it takes one of {' '.join(FAMILIES)}, or both")


def check_send(words):
    check_told(words, lambda rest: shapes.known(word for word in rest if word != "joined"))


def check_error(words):
    check_told(words, lambda rest: {word.partition("=")[0] for word in rest} <= OF_ERRORS)
    for kind in expand(words[0]):
        if kind not in errors.KINDS:
            raise Mistake(f"there is no error '{kind}': {' '.join(sorted(errors.KINDS))}")


def check_told(words, known):
    check_flow(words[1:])
    rest = words[5:] if words[3:5] == ("by", "server") else words[3:]
    if not known(expanded for word in rest for expanded in expand(word)):
        raise Mistake(f"it cannot be shaped so: {' '.join(rest)}")


VERBS = {
    "needs": check_needs,
    "family": check_family,
    "ipvsadm": lambda words: None,
    "try": lambda words: None,
    "sysctl": count(2, "a name and a value"),
    "mark": count(3, "a number, tcp, udp or sctp, and a target"),
    "open": check_flow,
    "visit": check_flow,
    "close": check_by,
    "reset": check_by,
    "segment": check_flags,
    "associate": check_flow,
    "shutdown": check_by,
    "chunk": check_chunks,
    "udp": check_flow,
    "answer": check_flags,
    "call": check_flags,
    "send": check_send,
    "error": check_error,
    "narrow": lambda words: None,
    "listen": count(2, "tcp or udp, and a place"),
    "hear": count(0, "nothing"),
    "dial": lambda words: None,
    "list": check_list,
    "timer": count(0, "nothing"),
    "sleep": count(1, "seconds"),
}


def parse(name, text, slot):
    statements = [statement for number, line in enumerate(text.splitlines(), 1)
                  for statement in read_line(name, number, line)]
    said = {verb: [word for statement in statements if statement.verb == verb
                   for word in statement.words] for verb in ("family", "needs")}
    names = Names(slot, *said["family"][:1] or FAMILIES[:1])
    needs = said["needs"] + ["ipv6"] * names.uses("ipv6", text)
    return Scenario(name, text, names, tuple(needs), tuple(
        statement for statement in statements if statement.verb not in said))


def read_line(name, number, line):
    """The statement, if there is one."""
    try:
        verb, *words = shlex.split(line, comments=True) or [None]
        if verb is None:
            return []
        if verb not in VERBS:
            raise Mistake(f"there is no '{verb}': {' '.join(VERBS)}")
        VERBS[verb](tuple(words))
    except (Mistake, ValueError) as mistake:
        raise Mistake(f"{name}, line {number}: {mistake}\n    {line}") from None
    return [Statement(number, line.strip(), verb, tuple(words))]
