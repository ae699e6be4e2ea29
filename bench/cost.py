"""cost: what a packet costs, in ns of BPF_PROG_TEST_RUN, next to programs that do the least."""

import subprocess

from figures import Table, compared, judged, median, ratio, rounded, spread

# Of a table; growth looks at more of them.
SIZES = (1_000, 100_000, 1_000_000, 4_000_000)
SERVERS = (3, 16, 200, 1000)
# New connections by wlc, against established ones.
WLC_GOALS = {3: 4, 200: 7, 1000: 12}

NOTES = """All rows have the wrapper in them that writes another flow's frame each time ("nothing" is that alone).
"floor" parses, swaps the MAC addresses and transmits; "ipip" puts a fixed outer header in front; "touch"
looks the connection up in the director's table and notes the time. Flows are chosen at random."""


def samples_of(folder, *arguments):
    """{row: samples} as bench_cost prints them."""
    output = subprocess.run([f"{folder}/bench_cost", *map(str, arguments)], check=True, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    lines = (line.split("\t") for line in output.splitlines())
    return {name: [float(sample) for sample in samples.split()] for name, samples in lines}


def methods(folder):
    samples = samples_of(folder, "methods")
    goals = {"xdp DR, IPv4": 4, "xdp NAT, request, IPv4": 4.2, "xdp NAT, reply, IPv4": 4.2}
    table = compared("An established packet, 1,000 connections, by method and lane", samples, "floor",
                     "× floor", goals, notes=NOTES)
    share = ratio(samples["xdp TUN, IPIP, IPv4"], samples["ipip"])
    table.notes += f"\nTUN (IPIP, IPv4, XDP) is {share:.2f} × bare IPIP ({judged(share, most=3)})."
    return table


def connections(folder, sizes=SIZES):
    """The table, and {size: samples} for the curve."""
    table = Table("An established packet by the number of connections, all equally likely (XDP, DR)",
                  ["connections", "DR ns", "min", "max", "floor", "touch", "DR / floor",
                   "DR / touch", "goal"])
    curve = {}
    for size in sizes:
        samples = curve[size] = samples_of(folder, "connections", size)
        share = ratio(samples["DR"], samples["touch"])
        table.add(f"{size:,}", *spread(samples["DR"]), rounded(median(samples["floor"])),
                  rounded(median(samples["touch"])),
                  f"{ratio(samples['DR'], samples['floor']):.2f}", f"{share:.2f}",
                  judged(share, most=1.3) if size == 1_000_000 else "")
    return table, curve


def services(folder):
    samples = samples_of(folder, "services")
    table = Table("An established packet by the number of services (XDP, DR)",
                  ["services × servers, connections", "median", "min", "max", "× one service",
                   "goal"])
    for name, values in samples.items():
        share = ratio(values, samples["1 × 3," + name.split(",")[-1]])
        table.add(name, *spread(values), f"{share:.2f}",
                  judged(share, most=1.15) if name.startswith("10000") else "")
    return table, samples


def schedulers(folder, *names):
    samples = samples_of(folder, "schedulers", *names)
    table = Table("A new TCP connection, by scheduler and number of servers (XDP, DR)",
                  ["ns", *map(str, SERVERS), "× established, goal"])
    names = dict.fromkeys(name.split()[0] for name in samples if " " in name)
    for name in names:
        of = {servers: samples[f"{name} {servers}"] for servers in SERVERS}
        shares = [f"{servers}: {ratio(of[servers], samples['established']):.1f}"
                  + (f" ({judged(ratio(of[servers], samples['established']), most=most)})"
                     if name == "wlc" else "") for servers, most in WLC_GOALS.items()]
        table.add(name, *(rounded(median(of[servers])) for servers in SERVERS), ", ".join(shares))
    table.notes = (f"An established packet of the same table, of 16,384 connections, takes "
                   f"{rounded(median(samples['established']))} ns in the same run.")
    return table, samples


def measure(folder, _options):
    yield methods(folder)
    yield connections(folder)[0]
    yield services(folder)[0]
    yield schedulers(folder)[0]
