"""The differences that we want, and nothing else.

Each stands in docs/differences-from-ipvs.md with its reason.  A difference that no case meets any more
is a complaint of its own: nothing would show that it is still wanted.
"""

import re
from dataclasses import dataclass, replace
from typing import Callable

THRESHOLDS = re.compile(r"(?<= -w )(\d+)(?: -x \d+)?(?: -y \d+)?")
LONG_NAME = re.compile(r"^(-[aA] .*?(?:-r|-t|-u|--sctp-service) \S{59})(?= -)")
SERVICE = re.compile(r"(?<!\S)(?:-[tuf]|--(?:tcp|udp|sctp|fwmark)-service)[ =]?\S")
IPV6 = re.compile(r"(?<!\S)(?:(?:-[tu]|--(?:tcp|udp|sctp)-service)[ =]?\[|(?:-6|--ipv6)(?!\S))")
SERVER = re.compile(r"(?<!\S)(?:-r|--real-server)[ =]?\S")
NETMASK = re.compile(r"(?<!\S)(?:-M|--netmask)[ =]?\S")
HIGH_MARK = re.compile(r"(?<=-f )-(\d+)")


@dataclass(frozen=True)
class Wanted:
    name: str
    # Makes of the original's outcome and ours what is equal but for other differences; None: they do
    # not show this one.
    settle: Callable


def saved_alike(line, theirs, ours):
    """-S tells thresholds, and marks from 2**31 on as they are written."""
    if not ours.out.startswith("-"):
        return None
    settled = (replace(theirs, out=HIGH_MARK.sub(lambda m: str(2**32 - int(m[1])), theirs.out)),
               replace(ours, out=THRESHOLDS.sub(r"\1", ours.out)))
    return settled if settled != (theirs, ours) else None


def saved_whole(line, theirs, ours):
    """-S tells names that are longer than the original's buffer of 59 characters."""
    cut = list(map(cut_alike, theirs.out.splitlines(), ours.out.splitlines()))
    settled = replace(ours, out="".join(rule + "\n" for rule in cut))
    return (theirs, settled) if ours.out.startswith("-") and settled != ours else None


def cut_alike(theirs, ours):
    long = LONG_NAME.match(theirs)
    if not long or not ours.startswith(long[1]):
        return ours
    return long[1] + re.sub(r"^\S*", "", ours[len(long[1]):])


def all_bits(line, theirs, ours):
    """A server's connections, packets and rates, which the original shows modulo 2**32."""
    if not line.endswith("# large") or not re.search("--stats|--rate", line):
        return None

    def of_services(outcome):
        return replace(outcome, out="".join(text for text in outcome.out.splitlines(keepends=True)
                                            if not text.startswith("  ->")))
    return of_services(theirs), of_services(ours)


def refused_guess(line, theirs, ours):
    """What is no number or address is not guessed at."""
    guess = re.search(r"-M \d+\D|\[\d+\.\d+\.\d+\.\d+\]", line)
    if guess and ours.status == 2 and ours.err.startswith("illegal "):
        return ours, ours
    return None


def crash(line, theirs, ours):
    """An empty scheduler flag."""
    return (ours, ours) if theirs.status in (139, -11) and ours.status >= 0 else None


def help_text(line, theirs, ours):
    """Ours is a text of its own."""
    if "Usage:" in theirs.out and "for Turnout:" in ours.out and theirs.status == ours.status:
        return ours, ours
    return None


def another_order(line, theirs, ours):
    """A real server before its service gets the service's port, a netmask before it the family's."""
    return (ours, ours) if stands_before(line) else None


def stands_before(line):
    """Then the tables may differ, too."""
    return any(map(is_in_another_order, re.split(r"\\n|[|;]", line)))


def is_in_another_order(rule):
    """What makes a service one of IPv6 is its address, or -6 behind its mark."""
    service, server, netmask, six = (each.search(rule)
                                     for each in (SERVICE, SERVER, NETMASK, IPV6))
    return (service and server and server.start() < service.start() or
            six and netmask and netmask.start() < six.start())


WANTED = (
    Wanted("-S tells thresholds, and great marks unsigned", saved_alike),
    Wanted("-S tells long names whole", saved_whole),
    Wanted("all bits of a server's numbers", all_bits),
    Wanted("a guess at a typing error is refused", refused_guess),
    Wanted("empty scheduler flags are skipped", crash),
    Wanted("the order of options has no meaning", another_order),
    Wanted("the help is our own", help_text),
)


def settle(line, theirs, ours):
    """The names of the wanted differences that the outcomes show; None: they differ otherwise."""
    names = []
    if theirs == ours and not stands_before(line):
        return names
    for wanted in WANTED:
        settled = wanted.settle(line, theirs, ours)
        if settled:
            theirs, ours = settled
            names.append(wanted.name)
            if theirs == ours:
                return names
    return None
