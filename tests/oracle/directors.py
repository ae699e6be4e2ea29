"""The two directors a scenario can be played on: the kernel's IPVS, and Turnout.

Both belong to the network namespace of the calling thread and are driven by their own ipvsadm.
change() takes lines as `ipvsadm -R` does and gives back what was said; attempt() runs one command
and also tells how it ended; show() lists.
"""

import os
import subprocess
import time
from pathlib import Path

from scenario import place

BINARIES = Path(os.environ.get("TURNOUT_BIN",
                               Path(__file__).resolve().parents[2] / "build/release/bin"))
IPVS_SYSCTLS = Path("/proc/sys/net/ipv4/vs")
PROC = Path("/proc/thread-self/net")


def run(command, text=""):
    """Exit status, and what was said on both outputs."""
    done = subprocess.run(command, input=text, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, plain(done.stdout)


def plain(text):
    return [line.rstrip() for line in text.splitlines()]


class Kernel:
    # Debian's, not ours: both may be installed.
    ipvsadm = "/usr/sbin/ipvsadm"

    # An ended connection that makes way for a new one is counted until the next tick of the clock
    # (CONFIG_HZ=100), and the estimator copies the counters every two seconds.
    tick = 0.03
    between_copies = 2.2

    def __init__(self):
        self.restore = Restore(self.ipvsadm)
        self.some_removed = False
        self.revived = 0

    def stop(self):
        self.restore.stop()

    def change(self, lines):
        self.some_removed |= any(line.startswith("-d") for line in lines)
        if self.some_removed and any(line.startswith("-a") for line in lines):
            self.revived = time.monotonic()
        return self.restore.feed(lines)

    def show(self, *options):
        """The kernel numbers the services of all namespaces to tell those of one: while others come
        and go, a service can be missed or told twice."""
        told, again = None, self.list(*options)
        while told != again:
            told, again = again, self.list(*options)
        return told

    def list(self, *options):
        return self.restore.feed([" ".join(("-Ln", *options))])

    def attempt(self, arguments):
        return run([self.ipvsadm, *arguments])

    def connections(self, *options):
        """The rows of -Lnc.  The kernel's table is one for all namespaces and is told a page at a
        time: while others' connections come and go, a row can be missed, and another told twice."""
        while True:
            before = told_connections()
            rows = self.list("-c", *options)[2:]
            different = {(row.split()[0], *row.split()[3:]) for row in rows}
            if (before == told_connections() and len(rows) == len(before) and
                    len(different) == len(set(before))):
                return rows

    def mark(self, world, number, protocol, target):
        return world.mark(number, protocol, target)

    def sysctl(self, name, value):
        try:
            (IPVS_SYSCTLS / name).write_text(value)
        except OSError:
            return ["refused"]
        return []

    def settle_counters(self):
        """Returns when the counters that lists show include all that has happened.

        The totals tell, but for a server that was removed and came back: it missed copies.
        """
        deadline = time.monotonic() + self.between_copies
        while time.monotonic() < deadline and (
                time.monotonic() < self.revived + self.between_copies or
                live_totals() != shown_totals()):
            time.sleep(0.05)


class Restore:
    """An `ipvsadm -R` that stays: starting a program is what costs most in the guest.

    It says nothing when a line went well, so each portion ends with a question whose answer is
    known.  A line it cannot parse ends it, as it would end any -R.
    """

    question = "-L --timeout"
    answer = "Timeout (tcp tcpfin udp):"

    def __init__(self, ipvsadm):
        self.command = ["stdbuf", "-oL", ipvsadm, "-R"]
        self.process = None

    def feed(self, lines):
        if self.process is None or self.process.poll() is not None:
            self.start()
        self.process.stdin.write("\n".join([*lines, self.question]) + "\n")
        self.process.stdin.flush()
        said = []
        for line in self.process.stdout:
            if line.startswith(self.answer):
                return plain("".join(said))
            said.append(line)
        self.process.wait()
        return plain("".join(said))

    def start(self):
        self.stop()
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def stop(self):
        if self.process is None:
            return
        self.process.communicate()
        self.process = None


def shown_totals():
    """connections, packets in and out, bytes in and out; all in hexadecimal."""
    return hexadecimals((PROC / "ip_vs_stats").read_text().splitlines()[2])


def live_totals():
    """The sum of the processors' rows, which come after two lines of headings and before "~"."""
    rows = (PROC / "ip_vs_stats_percpu").read_text().split("~")[0].splitlines()[2:]
    counts = [hexadecimals(row)[1:6] for row in rows if row.strip()]
    return [sum(column) for column in zip(*counts)]


def told_connections():
    """Without state and timer, which may change at any time."""
    rows = (PROC / "ip_vs_conn").read_text().splitlines()[1:]
    return sorted((*row.split()[:7], *row.split()[9:]) for row in rows)


def hexadecimals(line):
    return [int(word, 16) for word in line.split()]


class Turnout:
    ipvsadm = BINARIES / "ipvsadm"
    tick = 0.03

    def __init__(self, options=()):
        self.daemon = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", BINARIES / "turnoutd", "--interface", "eth0",
             "--interface", "eth1", "--interface", "lo", "--conn-table-bits", "14", "--state", "none", *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = []
        for line in self.daemon.stdout:
            if line.startswith("READY"):
                return
            said.append(line)
        raise RuntimeError("turnoutd did not become ready; it said:\n" + "".join(said))

    def stop(self):
        run([BINARIES / "turnout", "down"])
        self.daemon.stdout.close()
        self.daemon.wait()

    def change(self, lines):
        return run([self.ipvsadm, "-R"], "\n".join(lines) + "\n")[1]

    def show(self, *options):
        status, said = run([self.ipvsadm, "-Ln", *options])
        return said if status == 0 else [*said, f"exit {status}"]

    def attempt(self, arguments):
        return run([self.ipvsadm, *arguments])

    def connections(self, *options):
        return self.show("-c", *options)[2:]

    def mark(self, world, number, protocol, target):
        """By a rule of our own: not every host has the tc action that marks packets."""
        address, port = place(target)
        status, said = run([BINARIES / "turnout", "mark", "add", "--proto", protocol,
                            "--to", address, *(["--ports", str(port)] if port else []),
                            "--mark", number])
        return said if status != 0 else []

    def sysctl(self, name, value):
        status, _ = run([BINARIES / "turnout", "set", name, value])
        return ["refused"] if status != 0 else []

    def settle_counters(self):
        """They are never behind."""
