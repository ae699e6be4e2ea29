"""guest: instructions of a packet in routing, in the kernel's IPVS and in Turnout, on the same veths of
one guest, which is Debian's stock kernel in qemu that counts instructions (bench/guest/boot).

"all" is what a packet takes from where the driver has handed it over to where it is dropped at the other
end of the far veth; the generator and the delivery, which a program that drops every frame tells, are
taken off. "redirect in ipip" puts a fixed outer header in front, as the least that a tunnel takes.
What becomes an skb costs more here than behind a network card: veth's frames come from a pool
of pages and leave it with the skb, so that each takes a page to be allocated and cleared (520 of it is
the clearing, as a kernel with init_on_alloc=0 tells). "fair" is without those 950."""

import sys
import tempfile
from pathlib import Path

from figures import Table, judged, median, rounded, run, spread

HERE = Path(__file__).parent
PAGE_OF_AN_SKB = 950
# What a packet of the fast lane may take at most: one in so many of IPVS's.
GOALS = {"dr-udp": 7, "dr-tcp": 7, "tun-udp": 7, "nat-udp": 6, "nat-tcp": 6, "nat-reply": 6,
         "new-wlc-3": 4.5, "new-wlc-200": 6}
SIZES = {"object": "BPF instructions", "verified": "gone through by the verifier",
         "jited": "bytes of machine code"}
NAMES = {"dr-udp": "DR, UDP", "dr-tcp": "DR, TCP", "nat-udp": "NAT, UDP request",
         "nat-reply": "NAT, UDP reply", "nat-tcp": "NAT, TCP request", "tun-udp": "TUN, UDP",
         "new-wlc-3": "new, wlc of 3", "new-wlc-200": "new, wlc of 200"}


def boot(folder, cases):
    """{case: samples}, and {(what is counted, program): count}"""
    run(HERE / "guest/fetch")
    with tempfile.TemporaryDirectory(prefix="turnout-guest-") as work:
        run(HERE / "guest/boot", work, folder, HERE / "guest/scenario", *cases)
        output = (Path(work) / "output").read_text(errors="replace")
    lines = [line.split() for line in output.splitlines()]
    figures = {name: [int(sample) for sample in samples] for name, *samples in filter(None, lines)
               if samples and all(sample.isdigit() for sample in samples)}
    if figures.pop("status", [1]) != [0]:
        sys.exit(f"the guest failed; it said:\n{output}")
    sizes = {(line[0], line[1]): int(line[2]) for line in lines
             if len(line) == 3 and line[0] in SIZES}
    return figures, sizes


def net(figures, case):
    """Samples without the generator and the delivery."""
    floor = median(figures["floor-server" if case.endswith("reply") else "floor-client"])
    return [sample - floor for sample in figures[case]]


def fair(figures, case):
    is_skb = case not in ("redirect", "redirect_in_ipip") and not case.startswith("turnout-")
    return median(net(figures, case)) - PAGE_OF_AN_SKB * is_skb


def of_ipvs(figures, director, kind):
    """The cells that compare a case with IPVS's."""
    if director not in ("turnout", "tc") or f"ipvs-{kind}" not in figures:
        return "", ""
    times = fair(figures, f"ipvs-{kind}") / fair(figures, f"{director}-{kind}")
    share = f"1/{times:.1f}" if times > 1 else f"{1 / times:.1f} ×"
    return share, judged(times, least=GOALS[kind], write=lambda goal: f"{goal:g} times less"
                                    ) if director == "turnout" else ""


def programs(sizes):
    table = Table("The programs on Linux 6.1", ["program", *SIZES.values()])
    for program in dict.fromkeys(program for _, program in sizes):
        table.add(program, *(f"{sizes[what, program]:,}" for what in SIZES))
    table.notes = "Its verifier goes through 1,000,000 instructions of a program at most."
    return table


def measure(folder, options):
    figures, sizes = boot(folder, options.cases)
    table = Table("Instructions of a packet of 64 bytes, Linux 6.1",
                  ["what", "all", "min", "max", "fair", "of IPVS", "goal"])
    titles = {"ipvs": "IPVS", "turnout": "Turnout, XDP", "tc": "Turnout, tc"}
    for case in figures:
        director, _, kind = case.partition("-")
        if director != "floor":
            table.add(f"{titles[director]}: {NAMES[kind]}" if kind else case.replace("_", " "),
                      *spread(net(figures, case)), rounded(fair(figures, case)),
                      *of_ipvs(figures, director, kind))
    yield table
    yield programs(sizes)
