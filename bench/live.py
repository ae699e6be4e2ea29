"""live: packets, new connections, latency and throughput through namespaces on this machine's own cores:
Turnout in both lanes next to plain routing, bare redirects by XDP and tc, DNAT of nftables (numgen, conntrack),
HAProxy in TCP mode and nginx's stream module. All by NAT to three servers in turn, over the same wires,
from the same generators."""

from figures import Table, judged, median, ratio, spread
from ways import (Drop, Haproxy, Nftables, Nginx, Redirect, RedirectTc, Routing, Turnout, TurnoutXdp, Ways)

KINDS = {"dropped by XDP": Drop, "XDP redirect": Redirect, "Turnout, XDP": TurnoutXdp,
         "tc redirect": RedirectTc, "routing": Routing, "Turnout, tc": Turnout, "nftables DNAT": Nftables,
         "HAProxy": Haproxy, "nginx stream": Nginx}
BY_XDP = ("dropped by XDP", "XDP redirect", "Turnout, XDP")
OF_TCP = ("routing", "Turnout, tc", "Turnout, XDP", "nftables DNAT", "HAProxy", "nginx stream")
FRAMES, EXCHANGES = 300_000, 2_000


def rounds(names, count, sample):
    """{name: samples}, interleaved."""
    samples = {name: [] for name in names}
    for _ in range(count):
        for name in names:
            samples[name].append(sample(name))
    return samples


def packets(ways, count):
    names = [name for name in KINDS if name not in ("HAProxy", "nginx stream")]
    for name in names:
        ways[name].end_at_server("drop" if name in BY_XDP else "drop-tc")
    samples = rounds(names, count, lambda name: 1000 / ways[name].nanoseconds(FRAMES))
    table = Table("UDP packets of 64 bytes, 1,000 flows: millions a second, generator included",
                  ["through", "median", "min", "max", "ns more than dropped", "× XDP redirect",
                   "× nftables", "goal"])
    for name, values in samples.items():
        redirect, nft = (ratio(values, samples[other]) for other in ("XDP redirect", "nftables DNAT"))
        wanted = {"Turnout, XDP": judged(redirect, least=0.85),
                  "Turnout, tc": judged(nft, least=1.8)}.get(name, "")
        more = 1000 / median(values) - 1000 / median(samples["dropped by XDP"])
        table.add(name, *spread(values), f"{more:.0f}", f"{redirect:.2f}", f"{nft:.2f}", wanted)
    table.notes = ("One CPU makes the frames, directs them and drops them behind the far veth: by XDP in "
                   "the first three rows, else by tc.")
    return table


def compared(title, samples, other, goals, least=True):
    table = Table(title, ["through", "median", "min", "max", f"× {other}", "goal"])
    for name, values in samples.items():
        share = ratio(values, samples[other])
        bound = {"least" if least else "most": goals.get(name)}
        table.add(name, *spread(values), f"{share:.2f}", judged(share, **bound))
    return table


def latency(ways, count):
    samples = rounds(OF_TCP, count, lambda name: ways[name].latencies(EXCHANGES))
    table = Table("Latency of an exchange of one byte over a TCP connection, in µs",
                  ["through", "p50", "p99", "p99.9", "p99 × routing", "goal"])
    reference = [sample[1] for sample in samples["routing"]]
    for name, values in samples.items():
        share = ratio([sample[1] for sample in values], reference)
        table.add(name, *(f"{median([sample[i] for sample in values]):.1f}" for i in range(3)),
                  f"{share:.2f}",
                  judged(share, most=1.1) if name.startswith("Turnout") else "")
    table.notes = "Medians of the rounds."
    return table


def measure(folder, options):
    with Ways(folder, KINDS) as ways:
        yield compared(f"TCP throughput of one stream of {options.seconds} s, in Gbit/s",
                       rounds(OF_TCP, options.rounds,
                              lambda name: ways[name].throughput(options.seconds)),
                       "routing", {"Turnout, tc": 0.95})
        begun = rounds(OF_TCP, options.rounds,
                       lambda name: ways[name].connections(options.seconds))
        yield compared("New TCP connections a second, 16 clients at a time", begun, "HAProxy",
                       {"Turnout, tc": 3, "Turnout, XDP": 3})
        yield latency(ways, 4 * options.rounds)  # a second's disturbance spoils a whole one
        yield packets(ways, options.rounds)
