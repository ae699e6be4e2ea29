"""The ways from a client to servers that are compared live: a client, a director and a machine that is
three servers, as namespaces of their own for each way, so that rounds can be interleaved.

    client c0 ── d0 director d1 ── s0 servers

The director of each way does the same: TCP and UDP for the virtual address go to three servers in turn.
"""

import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

VIP = "198.51.100.1"
SERVERS = ("10.1.1.1", "10.1.1.2", "10.1.1.3")
MACS = {"c0": "02:00:00:00:00:02", "d0": "02:00:00:00:00:01", "d1": "02:00:00:00:00:01",
        "s0": "02:00:00:00:00:03"}
# bench_connect, iperf3, what takes no answers.
PORTS = (7000, 5201, 9)
TUNED = ("net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0",
         "net.ipv4.conf.default.rp_filter=0", "net.ipv4.conf.all.send_redirects=0")


class Way:
    """One: `up` makes it, `down` takes it and every program in it away."""
    target = VIP

    def __init__(self, name, folder, work):
        self.folder, self.work = folder, Path(work)
        self.name = f"way{os.getpid()}-{name}"
        self.programs = []

    def space(self, who):
        return f"{self.name}-{who}"

    def inside(self, who, *command):
        return ["nsenter", f"--net=/run/netns/{self.space(who)}", "--", *map(str, command)]

    def run(self, who, *command, **options):
        return subprocess.run(self.inside(who, *command), check=True, text=True,
                              stdout=subprocess.PIPE, **options).stdout

    def start(self, who, *command):
        self.programs.append(subprocess.Popen(self.inside(who, *command), text=True,
                                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        return self.programs[-1]

    def up(self):
        for who in ("client", "director", "server"):
            subprocess.run(["ip", "netns", "add", self.space(who)], check=True)
            self.run(who, "ip", "link", "set", "lo", "up")
        self.wire("client", "c0", "d0")
        self.wire("server", "s0", "d1")
        self.run("director", "sysctl", "-qw", *TUNED)
        for who, address, device, gateway in (("client", "203.0.113.1/16", "c0", "203.0.250.1"),
                                              ("server", "10.1.1.1/16", "s0", "10.1.0.1")):
            self.run(who, "ip", "address", "add", address, "dev", device)
            self.run(who, "ip", "neigh", "add", gateway, "lladdr", MACS["d0"], "dev", device)
            self.run(who, "ip", "route", "add", "default", "via", gateway)
        for address in SERVERS[1:]:
            self.run("server", "ip", "address", "add", f"{address}/16", "dev", "s0")
        for address, device in (("203.0.250.1/16", "d0"), (f"{VIP}/32", "d0"), ("10.1.0.1/16", "d1")):
            self.run("director", "ip", "address", "add", address, "dev", device)
        self.know_neighbours()
        self.start("server", self.folder / "bench_connect", "serve", PORTS[0])
        self.start("server", "iperf3", "-s")
        self.direct()

    def wire(self, who, device, other):
        subprocess.run(["ip", "link", "add", device, "netns", self.space(who), "address",
                        MACS[device], "type", "veth", "peer", "name", other, "netns",
                        self.space("director"), "address", MACS[other]], check=True)
        for machine, end in ((who, device), ("director", other)):
            self.run(machine, "ip", "link", "set", end, "up")
            # So that it takes what is redirected to its peer; Linux minds only when it is up.
            self.run(machine, "ethtool", "-K", end, "gro", "on")

    def know_neighbours(self):
        clients = [f"203.0.113.{i}" for i in range(4)]
        for addresses, device, far in ((SERVERS, "d1", "s0"), (clients, "d0", "c0")):
            lines = "".join(f"neigh add {address} lladdr {MACS[far]} dev {device}\n"
                            for address in addresses)
            self.run("director", "ip", "-batch", "-", input=lines)

    def put(self, who, device, what, *more):
        self.run(who, self.folder / "bench_traffic", "put", what, "--device", device, *more,
                 stderr=subprocess.DEVNULL)

    def end_at_server(self, what):
        """Frames that are sent come no further: "drop" by XDP, "drop-tc", or "nothing"."""
        self.put("server", "s0", what)

    def direct(self):
        """What makes the director of this way one."""

    def down(self):
        for program in self.programs:
            program.terminate()  # nginx ends its worker then
        for program in self.programs:
            try:
                program.wait(timeout=5)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        self.forget()
        for who in ("client", "director", "server"):
            subprocess.run(["ip", "netns", "del", self.space(who)], check=False)

    def forget(self):
        """What would outlive the namespaces."""

    last = ("server", "s0")  # where what is sent has arrived

    def arrived(self):
        who, device = self.last
        text = self.run(who, "ip", "-s", "-j", "link", "show", device)
        return json.loads(text)[0]["stats64"]["rx"]["packets"]

    def nanoseconds(self, count):
        """Of a frame that arrives, the generator's part included."""
        before = self.arrived()
        each = float(self.run("client", self.folder / "bench_traffic", "send", "--device", "c0",
                              "--to", f"{self.target}:{PORTS[2]}", "--count", count, "--samples", 1,
                              stderr=subprocess.DEVNULL))
        return each * count / max(self.arrived() - before, 1)

    def throughput(self, seconds):
        """Gbit/s of one stream."""
        output = self.run("client", "iperf3", "-c", self.target, "-t", seconds, "-f", "m")
        return float(re.search(r"([\d.]+) Mbits/sec\s+receiver", output)[1]) / 1000

    def connections(self, seconds):
        """New ones a second."""
        return float(self.run("client", self.folder / "bench_connect", "begin", self.target,
                              PORTS[0], seconds))

    def latencies(self, count):
        """Microseconds of an exchange: of half, of 99 %, of 99.9 % at most."""
        return [float(word) for word in self.run("client", self.folder / "bench_connect", "ask",
                                                 self.target, PORTS[0], count).split()]


class Routing(Way):
    target = SERVERS[0]


class Drop(Way):
    last = ("director", "d0")

    def direct(self):
        self.put("director", "d0", "drop")


class Redirect(Way):
    what = "redirect"

    def direct(self):
        self.put("director", "d0", self.what, "--out", "d1")


class RedirectTc(Redirect):
    what = "redirect-tc"


class Turnout(Way):
    options = ("--xdp", "off")

    def direct(self):
        daemon = self.start("director", self.folder / "turnoutd", "--state", "none", *self.options)
        if not daemon.stdout.readline().startswith("READY"):
            raise RuntimeError("turnoutd did not start")
        rules = "".join(f"-A -{letter} {VIP}:{port} -s rr\n" + "".join(
            f"-a -{letter} {VIP}:{port} -r {server}:{port} -m\n" for server in SERVERS)
            for letter, port in (("t", PORTS[0]), ("t", PORTS[1]), ("u", PORTS[2])))
        self.run("director", self.folder / "ipvsadm", "-R", input=rules)

    def forget(self):
        subprocess.run(self.inside("director", self.folder / "turnout", "down"), check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class TurnoutXdp(Turnout):
    """XDP on veth takes no checksums that are left to hardware: the ends make them themselves."""
    options = ("--xdp", "native")

    def direct(self):
        super().direct()
        for who, device in (("client", "c0"), ("server", "s0")):
            self.run(who, "ethtool", "-K", device, "tx", "off")
            self.put(who, device, "pass")


class Nftables(Way):
    def direct(self):
        servers = ", ".join(f"{i} : {server}" for i, server in enumerate(SERVERS))
        self.run("director", "nft", "-f", "-", input=f"""table ip nat {{
            chain prerouting {{
                type nat hook prerouting priority dstnat;
                ip daddr {VIP} dnat to numgen inc mod 3 map {{ {servers} }}
            }}
        }}""")


class Haproxy(Way):
    def direct(self):
        servers = {port: "".join(f"  server s{i} {server}:{port}\n" for i, server in
                                 enumerate(SERVERS)) for port in PORTS[:2]}
        text = "global\n  maxconn 4000\ndefaults\n  mode tcp\n" + "".join(
            f"  timeout {what} 60s\n" for what in ("connect", "client", "server")) + "".join(
            f"listen l{port}\n  bind {VIP}:{port}\n{servers[port]}" for port in PORTS[:2])
        (self.work / "haproxy.cfg").write_text(text)
        self.start("director", "haproxy", "-db", "-f", self.work / "haproxy.cfg")
        time.sleep(0.5)


class Nginx(Way):
    def direct(self):
        streams = "".join(
            f"upstream u{port} {{ " + "".join(f"server {server}:{port}; " for server in SERVERS)
            + f"}} server {{ listen {VIP}:{port}; proxy_pass u{port}; tcp_nodelay on; }}\n"
            for port in PORTS[:2])
        (self.work / "nginx.conf").write_text(
            "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\nuser root;\n"
            f"worker_processes 1;\ndaemon off;\npid {self.work}/nginx.pid;\n"
            f"events {{ worker_connections 4096; }}\nstream {{ {streams} }}\n")
        self.start("director", "nginx", "-e", self.work / "nginx.log", "-c",
                   self.work / "nginx.conf")
        time.sleep(0.5)


class Ways(dict):
    """Several by name, up within `with`."""

    def __init__(self, folder, kinds):
        super().__init__()
        self.folder, self.kinds = folder, kinds
        self.work = tempfile.TemporaryDirectory(prefix="turnout-live-")

    def __enter__(self):
        try:
            for number, (name, kind) in enumerate(self.kinds.items()):
                self[name] = kind(number, self.folder, self.work.name)
                self[name].up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for way in self.values():
            way.down()
        self.work.cleanup()
