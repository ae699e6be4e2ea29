"""What the product offers, by the names that scenarios `needs`.

A feature that is switched on here lets its scenarios run and the random ones use it; `--have` of
./run oracle switches one on for a single run.
"""

# What both sides can do today: move names up here from WAITED_FOR.
HAVE = frozenset({"rr", "wrr", "lc", "wlc"})

WAITED_FOR = {
    "sed": "shortest expected delay",
    "nq": "never queue",
    "dh": "destination hashing",
    "sh": "source hashing and its flags",
    "mh": "Maglev hashing and its flags",
    "lblc": "locality-based least connection",
    "lblcr": "the same with replication",
    "fo": "weighted failover",
    "ovf": "weighted overflow",
    "twos": "power of two choices",
    "none": "a service without a scheduler",
    "persistence": "-p and -M, templates, port 0, the port-21 rule",
    "sip": "--pe sip",
    "thresholds": "-x and -y",
    "one-packet": "-o",
    "marks": "-f, with marks that a tc filter sets",
    "sysctl": "`turnout set NAME VALUE` for net.ipv4.vs.NAME",
    # Found by scenarios; each is a difference that nobody wants.
    "reopening": "a SYN that makes an ended connection start anew is scheduled while the old one "
                 "still counts, as in IPVS",
    "method-of-connection": "a connection keeps the method it was made with when its server gets "
                            "another",
    "last-service": "without any service packets of connections are the host's",
    "newest-answers": "of connections that look alike to a server, the newest gets the answers",
    "removed-counters": "answers of a removed server are not counted, as in IPVS",
}

# What the oracle itself cannot tell: Debian's user-mode Linux is built without it.
KERNEL_LACKS = frozenset({"twos"})

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "sed", "nq", "dh", "sh", "mh", "lblc", "lblcr", "fo", "ovf")


def known(name):
    return name in HAVE or name in WAITED_FOR


def missing(scenario, have):
    """What a scenario still waits for."""
    return [need for need in scenario.needs if need not in have or need in KERNEL_LACKS]
