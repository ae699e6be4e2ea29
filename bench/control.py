"""control: what configuring, listing and starting take with 10,000 services of 10 servers each, and with
1,000,000 connections; and memory. Lists are thrown away; "asking meanwhile" is what `ipvsadm -Ln` of one
service takes, again and again, while another lists all connections."""

import os
import re
import resource
import subprocess
from pathlib import Path

from figures import Table, judged, median, run, spread
from lab import VIP, Lab, server, timed

SERVICES, SERVERS = 10_000, 10
CONNECTIONS = 1_000_000
SIZES = ("--conn-table-bits", 20, "--max-services", 16384, "--max-servers", 131072)
GOALS = {"ipvsadm -R": 2, "ipvsadm -Ln": 1}


def service(number):
    return f"198.18.{number // 256}.{number % 256}:80"


def rules():
    lines = []
    for number in range(SERVICES):
        lines.append(f"-A -t {service(number)} -s wlc")
        for i in range(SERVERS):
            host = number * SERVERS + i
            lines.append(f"-a -t {service(number)} -r 10.{64 + (host >> 16)}."
                         f"{host >> 8 & 255}.{host & 255}:80 -m -w 1")
    return "\n".join(lines) + "\n"


def cpu_of(lab):
    """Seconds of CPU that turnoutd has had, and programs that ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = Path(f"/proc/{lab.director.pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(own[11]) + int(own[12])
    return ended.ru_utime + ended.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


class Samples(dict):
    """Milliseconds by row."""

    def note(self, row, seconds):
        self.setdefault(row, []).append(1000 * seconds)


def clear(lab):
    """ipvsadm waits for an answer only so long: asks until nothing is left."""
    ipvsadm = lab.folder / "ipvsadm"
    left = True
    subprocess.run(lab.inside("director", ipvsadm, "-C"), check=False, stderr=subprocess.DEVNULL)
    while left:
        asked = subprocess.run(lab.inside("director", ipvsadm, "-Sn"), check=False,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        left = asked.returncode != 0 or asked.stdout


def load(lab, samples, text):
    before = cpu_of(lab)
    samples.note("ipvsadm -R", timed(lab.ipvsadm, "-R", input=text))
    samples.note("of it CPU, of ipvsadm and turnoutd", cpu_of(lab) - before)
    assert lab.ipvsadm("-Ln").count("->") == SERVICES * SERVERS + 1


def configure(lab, rounds):
    """Each round on a new data plane, of which the last stays."""
    samples, text = Samples(), rules()
    for left in reversed(range(rounds)):
        samples.note("start, new data plane", lab.start(*SIZES))
        load(lab, samples, text)
        samples.note("ipvsadm -Ln", timed(lab.ipvsadm, "-Ln"))
        samples.note("ipvsadm -Sn", timed(lab.ipvsadm, "-Sn"))
        for weight in range(2, 7):
            samples.note("one weight", timed(lab.ipvsadm, "-e", "-t", service(5000), "-r",
                                             "10.64.195.80:80", "-m", "-w", weight))
        if left:
            lab.remove()
    return samples


def adopt(lab, rounds, samples):
    for _ in range(rounds):
        lab.end()
        samples.note("start, adopting all that", lab.start())


def fill(lab, count, first=0):
    """So many connections, or as many as the table has room for; how many it was."""
    return int(lab.run("director", lab.folder / "bench_fill", f"{VIP}:80", count, first))


def list_connections(lab, rounds):
    lab.ipvsadm("-A", "-t", f"{VIP}:80", "-s", "rr")
    for number in range(1, 5):
        lab.ipvsadm("-a", "-t", f"{VIP}:80", "-r", server(number), "-m")
    assert fill(lab, CONNECTIONS) == CONNECTIONS
    samples, turnout = Samples(), lab.folder / "turnout"
    for _ in range(rounds):
        samples.note("ipvsadm -Lnc", timed(lab.ipvsadm, "-Lnc"))
        for options in ([], ["--json"], ["--count"], ["--client", "203.0.113.7:40000"]):
            samples.note(" ".join(["turnout connections", *options]),
                         timed(lab.run, "director", turnout, "connections", *options))
        lister = subprocess.Popen(lab.inside("director", lab.folder / "ipvsadm", "-Lnc"),
                                  stdout=subprocess.DEVNULL)
        while lister.poll() is None:
            samples.note("asking meanwhile",
                         timed(lab.ipvsadm, "-Ln", "-t", f"{VIP}:80"))
    return samples


def tables_of_daemon(lab):
    """What the kernel charges for each table, the size of a row, and how many there are."""
    tables = {}
    for file in Path(f"/proc/{lab.director.pid}/fdinfo").iterdir():
        found = dict(re.findall(r"^(\w+):\s*(\d+)$", file.read_text(), re.M))
        if "map_id" in found:
            tables[found["map_id"]] = tuple(int(found[name]) for name in
                                            ("memlock", "value_size", "max_entries"))
    return list(tables.values())


def memory(lab):
    tables, room = tables_of_daemon(lab), 1 << 20
    connections, buckets = next((bytes_, rows) for bytes_, size, rows in tables if size == 1024)
    # Beside it: a row for every line of a bucket.
    beside = sum(bytes_ for bytes_, _, rows in tables if rows == 16 * buckets)
    status = Path(f"/proc/{lab.director.pid}/status").read_text()
    own = int(re.search(r"RssAnon:\s+(\d+)", status)[1]) / 1024
    table = Table("Memory, with room for 2^20 connections, 16,384 services, 131,072 servers",
                  ["of what", "size", "goal"])
    table.add("the connection table, a connection", f"{connections / room:.0f} bytes")
    table.add("with what is kept of it beside", f"{(connections + beside) / room:.0f} bytes")
    table.add("all tables", f"{sum(bytes_ for bytes_, _, _ in tables) / 2 ** 20:,.0f} MiB")
    table.add("turnoutd itself", f"{own:,.0f} MiB")
    return table, connections + beside


def add_full_size(table, bytes_, connections):
    """The table has more lines than it is asked to have room for, so that look-ups stay short."""
    each = bytes_ / connections
    table.add(f"a connection, when there is no room for the next: {connections:,} of them",
              f"{each:.0f} bytes", judged(each, most=128, write=lambda most: f"{most} bytes"))


def tabled(title, samples, goals):
    table = Table(title, ["ms", "median", "min", "max", "goal"])
    for row, values in samples.items():
        table.add(row, *spread(values), judged(median(values) / 1000, most=goals.get(row),
                                               write=lambda most: f"{most} s"))
    return table


def sweeper(folder):
    output = run("env", f"TURNOUT_BIN={folder}", "lab/sweep", "--seconds", 5)
    table = Table("The sweeper, which ends connections, by the kernel's trace of its timer",
                  ["a table for 2^20", "of one CPU"])
    for line in output.splitlines():
        what, share = re.match(r"(.*?)\s+([\d.]+) %", line).groups()
        table.add(what, f"{share} %")
    return table


def measure(folder, options):
    with Lab(folder, "--servers", "4") as lab:
        samples = configure(lab, options.rounds)
        adopt(lab, options.rounds, samples)
        room, bytes_ = memory(lab)
        samples.note("ipvsadm -C", timed(clear, lab))
        lists = list_connections(lab, options.rounds)
        add_full_size(room, bytes_, CONNECTIONS + fill(lab, 16 * CONNECTIONS, CONNECTIONS))
        yield room
        yield tabled(f"{SERVICES:,} services of {SERVERS} servers each", samples, GOALS)
        yield tabled(f"{CONNECTIONS:,} connections", lists, {})
    yield sweeper(folder)
