"""The two directors a scenario can be played on: the kernel's IPVS, and Turnout.

Both are started inside the network namespace of the calling thread and driven by their ipvsadm.
"""

import os
import subprocess
import time
from pathlib import Path

BINARIES = Path(os.environ.get("TURNOUT_BIN",
                               Path(__file__).resolve().parents[2] / "build/release/bin"))
IPVS_SYSCTLS = Path("/proc/sys/net/ipv4/vs")
PROC = Path("/proc/thread-self/net")


class Answer:
    """How a command ended and what it said."""

    def __init__(self, status, output):
        self.status = status
        self.lines = [line.rstrip() for line in output.splitlines()]


def run(command, text=""):
    done = subprocess.run(command, input=text, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return Answer(done.returncode, done.stdout)


class Kernel:
    # Debian's, not ours: both may be installed.
    ipvsadm_path = "/usr/sbin/ipvsadm"

    # An ended connection that makes way for a new one is counted until the next tick of the clock
    # (CONFIG_HZ=100), and the estimator copies the counters every two seconds.
    tick = 0.03
    longest_copy = 2.6

    def stop(self):
        pass

    def ipvsadm(self, arguments, text=""):
        return run([self.ipvsadm_path, *arguments], text)

    def sysctl(self, name, value):
        try:
            (IPVS_SYSCTLS / name).write_text(value)
        except OSError as error:
            return [error.strerror]
        return []

    def settle_counters(self):
        """Returns when the counters that lists show include all that has happened."""
        deadline = time.monotonic() + self.longest_copy
        while live_totals() != shown_totals() and time.monotonic() < deadline:
            time.sleep(0.05)


def shown_totals():
    """connections, packets in and out, bytes in and out; all in hexadecimal."""
    return hexadecimals((PROC / "ip_vs_stats").read_text().splitlines()[2])


def live_totals():
    """The sum of the processors' rows, which come after two lines of headings and before "~"."""
    rows = (PROC / "ip_vs_stats_percpu").read_text().split("~")[0].splitlines()[2:]
    counts = [hexadecimals(row)[1:6] for row in rows if row.strip()]
    return [sum(column) for column in zip(*counts)]


def hexadecimals(line):
    return [int(word, 16) for word in line.split()]


class Turnout:
    ipvsadm_path = BINARIES / "ipvsadm"
    tick = 0.03

    def __init__(self, options=()):
        self.daemon = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", BINARIES / "turnoutd", "--interface", "eth0",
             "--interface", "eth1", "--conn-table-bits", "14", *options],
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

    def ipvsadm(self, arguments, text=""):
        return run([self.ipvsadm_path, *arguments], text)

    def sysctl(self, name, value):
        answer = run([BINARIES / "turnout", "set", name, value])
        return answer.lines if answer.status != 0 else []

    def settle_counters(self):
        """They are never behind."""
