"""Instructions of a packet: routing, the kernel's IPVS and Turnout, in one guest on the same veths.

    guest.py BIN [CASE…]      cases by pattern, as 'turnout-dr-*'; none: all, which takes minutes

The guest is Debian's stock kernel in qemu, which counts instructions (guest/boot): figures do not
depend on what else this machine does.  "all" is what a packet takes from where the driver has handed
it over to where it is dropped at the other end of the far veth; the generator and the delivery, which
a program that drops every frame tells, are taken off.  What becomes an skb costs something more here
that it would not on a network card: veth's frames come from a pool of pages, and leave it with the
skb, so that each takes a page to be allocated and cleared.  "fair" is without that.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from figures import goal, median, print_table, rounded

HERE = Path(__file__).parent
PAGE_OF_AN_SKB = 950  # allocated, cleared, given back: the guest with and without, see README
# Of IPVS: a packet of Turnout's fast lane takes at most so much of it.
GOALS = {"dr-udp": 1 / 7, "dr-tcp": 1 / 7, "tun-udp": 1 / 7, "nat-udp": 1 / 6, "nat-tcp": 1 / 6,
         "nat-reply": 1 / 6, "new-wlc-3": 1 / 4.5, "new-wlc-200": 1 / 6}
NAMES = {"dr-udp": "DR, UDP", "dr-tcp": "DR, TCP", "nat-udp": "NAT, UDP request",
         "nat-reply": "NAT, UDP reply", "nat-tcp": "NAT, TCP request", "tun-udp": "TUN, UDP",
         "new-wlc-3": "new, wlc of 3", "new-wlc-200": "new, wlc of 200"}


def boot(folder, cases):
    """{case: samples}"""
    subprocess.run([HERE / "guest/fetch"], check=True)
    with tempfile.TemporaryDirectory(prefix="turnout-guest-") as work:
        subprocess.run([HERE / "guest/boot", work, folder, HERE / "guest/scenario", *cases],
                       check=True)
        output = (Path(work) / "output").read_text(errors="replace")
    lines = [line.split() for line in output.splitlines()]
    figures = {name: [int(sample) for sample in samples] for name, *samples in filter(None, lines)
               if samples and all(sample.isdigit() for sample in samples)}
    if figures.pop("status", [1]) != [0]:
        sys.exit(f"the guest failed; it said:\n{output}")
    return figures


def net(figures, case):
    """Samples without the generator and the delivery."""
    floor = median(figures["floor-server" if case.endswith("reply") else "floor-client"])
    return [sample - floor for sample in figures[case]]


def fair(case, value):
    fast = case == "redirect" or case.startswith("turnout-")
    return value if fast else value - PAGE_OF_AN_SKB


def rows(figures):
    for case in figures:
        if case.startswith("floor-"):
            continue
        samples = net(figures, case)
        own = fair(case, median(samples))
        director, _, kind = case.partition("-")
        name = f"{director}: {NAMES[kind]}" if kind else case
        reference, wanted = "", ""
        if director in ("turnout", "tc") and f"ipvs-{kind}" in figures:
            share = own / fair(f"ipvs-{kind}", median(net(figures, f"ipvs-{kind}")))
            reference = f"1/{1 / share:.1f}"
            if director == "turnout":
                wanted = goal(share, most=GOALS[kind]).replace(
                    f"{GOALS[kind]:g}", f"1/{1 / GOALS[kind]:g}")
        yield (name, *map(rounded, (median(samples), min(samples), max(samples), own)), reference,
               wanted)


def main():
    figures = boot(sys.argv[1], sys.argv[2:])
    print_table("Instructions of a packet of 64 bytes, Linux 6.1 in a guest",
                ["what", "all", "min", "max", "fair", "of IPVS", "goal"], rows(figures))


if __name__ == "__main__":
    main()
