"""What the product offers, by the names that scenarios `needs`.

A feature that is switched on here lets its scenarios run and the random ones use it; `--have` of
./run oracle switches one on for a single run.
"""

# What both sides can do today: move names up here from WAITED_FOR.
HAVE = frozenset({"rr", "wrr", "lc", "wlc", "sed", "nq", "dh", "sh", "mh", "lblc", "lblcr", "fo",
                  "ovf", "none", "persistence", "sip", "thresholds", "one-packet",
                  "marks", "expire-quiescent", "ipv6", "sctp", "localnode",
                  "local-clients", "pmtu-disc", "schedule-icmp", "tunnel-pieces",
                  "nat-icmp-send", "sysctl"})

WAITED_FOR = {
    "twos": "power of two choices",
}

# What the oracle itself cannot tell: Debian's user-mode Linux is built without it.
KERNEL_LACKS = frozenset({"twos"})

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "sed", "nq", "dh", "sh", "mh", "lblc", "lblcr", "fo", "ovf")


def known(name):
    return name in HAVE or name in WAITED_FOR


def missing(scenario, have):
    """What a scenario still waits for."""
    return [need for need in scenario.needs if need not in have or need in KERNEL_LACKS]
