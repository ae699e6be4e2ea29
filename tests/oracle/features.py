"""What the product offers, by the names that scenarios `needs`.

A feature that is switched on here lets its scenarios run and the random ones use it.  `--have`
of ./run oracle switches one on for a single run.
"""

# What both sides can do today.
HAVE = frozenset({"rr", "wrr", "lc", "wlc"})

# What the oracle cannot tell: Debian's user-mode Linux is built without it.
KERNEL_LACKS = frozenset({"twos"})

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "sed", "nq", "dh", "sh", "mh", "lblc", "lblcr", "fo", "ovf")

# And beside the schedulers: none (a service without a scheduler), persistence, sip, thresholds,
# one-packet, marks, sysctl.


def missing(scenario, have):
    """What a scenario still waits for."""
    return [need for need in scenario.needs if need not in have or need in KERNEL_LACKS]
