"""growth: how the cost of a packet grows with connections, services, servers and CPUs (XDP, DR, IPv4,
TCP), and what the curves say of larger machines."""

import re
from pathlib import Path

import cost
from figures import Table, median, ratio, rounded, spread
from plot import svg

PLOTS = Path("build/bench/plots")
SIZES = (1_000, 10_000, 100_000, 1_000_000, 4_000_000)

# What the shape says.
BEYOND = """**Connections.** What grows is the wait for memory: a bucket's header and a record are two lines
that no cache holds once the table is larger than it. "touch" is what the same two lines take by
themselves; a director can come near that and not below it.

**Services.** No packet of a known connection asks for its service: the connection names the server. What
grows is the servers. A packet counts in its server's counters of its CPU, and by NAT or a tunnel it reads
the server's row; by direct routing its connection knows the next hop. That is a line, or two, which caches
hold while there are thousands of servers and do not when there are 100,000 and as many connections. The
record must have come before either can be asked for.

**Servers.** rr, wrr and those that hash look at one server, whatever their number. wlc, lc, sed and nq look
through the sixteen of which one was chosen last, and compare what is remembered of each other sixteen. fo,
ovf and twos look at all.

**Cores.** An established packet writes its own connection's record and counters of its own CPU, and
nothing that another CPU writes: with flows spread by the card (RSS), and it is the card that keeps a flow
on one CPU, 16 or 64 cores do 16 or 64 times the packets, until the memory's bandwidth ends it: two lines a
packet, 128 bytes read and 64 written back, are 0.2 GB/s for a million packets a second.

A *new* connection does write what is shared: the server's load (one atomic addition when it opens, one
when it becomes inactive, one when it ends), for rr and wrr the service's cursor as well, and a
compare-and-swap in the home bucket, which hardly ever meets another. A line that every core writes is
handed from core to core, which takes 50 to 100 ns within a socket whatever the number of cores: so one
service's rr or wrr ends at 10 to 20 million new connections a second, and one server's load at 3 to 7
million, on 16 cores as on 64. Below that, the cost is the wait of a core for the line: at 64 cores with
10,000 new connections a second each, a line of 75 ns is busy 5 % of the time. What established packets
read of a server lies in a line that new connections do not write.

The rows of two CPUs above are measured; what is said of more is this model, not a measurement."""


def points(samples):
    return median(samples), min(samples), max(samples)


def plotted(name, title, what, curves):
    PLOTS.mkdir(parents=True, exist_ok=True)
    (PLOTS / f"{name}.svg").write_text(svg(title, what, "ns", curves))
    return f"![{title}](plots/{name}.svg)"


def connections(folder):
    table, curve = cost.connections(folder, SIZES)
    names = {"floor": "floor", "touch": "touch", "DR": "Turnout, DR"}
    table.notes = plotted("connections", "A packet, by the number of connections", "connections", {
        names[row]: {size: points(samples[row]) for size, samples in curve.items()}
        for row in names})
    return table


def services(folder):
    table, samples = cost.services(folder)
    curves = {}
    for name, values in samples.items():
        count, flows = re.match(r"(\d+) × \d+, (\d+) ", name).groups()
        curves.setdefault(f"{int(flows):,} connections", {})[int(count)] = points(values)
    table.notes = plotted("services", "A packet, by the number of services", "services", curves)
    return table


def servers(folder):
    table, samples = cost.schedulers(folder, "rr", "wrr", "mh", "wlc", "twos")
    names = dict.fromkeys(name.split()[0] for name in samples if " " in name)
    table.notes = plotted("servers", "A new connection, by the servers of its service", "servers", {
        name: {size: points(samples[f"{name} {size}"]) for size in cost.SERVERS} for name in names})
    return table


def cores(folder):
    samples = cost.samples_of(folder, "cores")
    table = Table("A packet on one CPU alone, and on two at once (16 servers)",
                  ["ns", "alone", "at once", "min", "max", "at once / alone"])
    for name in dict.fromkeys(row.rpartition(" ")[0] for row in samples):
        alone, both = samples[f"{name} 1"], samples[f"{name} 2"]
        table.add(name, rounded(median(alone)), *spread(both), f"{ratio(both, alone):.2f}")
    table.notes = BEYOND
    return table


def measure(folder, _options):
    for part in (connections, services, servers, cores):
        yield part(folder)
