"""The wanted differences, and nothing else: what a comparison overlooks.

Each stands in docs/differences-from-ipvs.md; here is how it shows in a transcript.  What cannot be
overlooked line by line is not done by the random scenarios at all: AVOIDED in generator.py.
"""

import re

# "`size=` in the head of lists": the capacity of our table, not the buckets of the kernel's.
SIZE = re.compile(r"\(size=\d+\)")

# The clocks of both sides are read at different moments, and IPVS looks at its own every second.
TIMER_TOLERANCE_S = 3


def plain_line(line):
    return SIZE.sub("", line)


def same_timer(kernel, turnout, apart):
    """`apart`: by how many seconds the sides' scenarios differed in age."""
    kernel_s, _, kernel_row = kernel.partition(" ")
    turnout_s, _, turnout_row = turnout.partition(" ")
    return (kernel_row == turnout_row and
            abs(int(kernel_s) - int(turnout_s)) <= TIMER_TOLERANCE_S + apart)
