"""One side of the comparison: a network namespace with a director in it, and an ipvsadm to drive it.

A side runs its commands in a thread of its own, which lives in the namespace.
"""

import ctypes
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

LONGEST_S = 30  # a command that takes longer hangs
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str


def enter(namespace):
    """Moves the calling thread."""
    with open(f"/run/netns/{namespace}") as file:
        if LIBC.setns(file.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")


class Side:
    def __init__(self, name, folder, binaries, tool, preload="", director=()):
        """`tool`: the program that is `ipvsadm` on this side; `folder`: for files of its own;
        `director`: its command, if it is not turnoutd."""
        self.namespace = f"{name}{os.getpid()}"
        self.binaries = binaries
        self.folder = Path(folder) / name
        self.folder.mkdir()
        (self.folder / "ipvsadm").symlink_to(tool)
        self.environment = {"PATH": f"{self.folder}:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                            "HOME": "/root", "OURS": str(binaries / "ipvsadm")}
        self.preload = preload
        self.command = director or (binaries / "turnoutd", "--state", "none")
        self.has_data_plane = not director
        self.director = None
        self.thread = None

    def start(self):
        self.make_namespace()
        self.thread = ThreadPoolExecutor(1, initializer=enter, initargs=(self.namespace,))
        self.thread.submit(self.start_director).result()

    def make_namespace(self):
        ip = ["ip", "-n", self.namespace]
        subprocess.run(["ip", "netns", "add", self.namespace], check=True)
        subprocess.run([*ip, "link", "set", "lo", "up"], check=True)
        subprocess.run([*ip, "link", "add", "d0", "type", "veth", "peer", "name", "d1"], check=True)
        for link in ("d0", "d1"):
            subprocess.run([*ip, "link", "set", link, "up"], check=True)

    def start_director(self):
        log = self.folder / "turnoutd.log"
        with open(log, "w") as file:
            # In a session of its own: an interrupt at the terminal is ours to handle.
            self.director = subprocess.Popen(self.command, stdout=file, stderr=file,
                                             start_new_session=True)
        deadline = time.monotonic() + LONGEST_S
        while "READY" not in log.read_text():
            if self.director.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the director does not run: {log.read_text()}")
            time.sleep(0.05)

    def stop(self):
        if self.director and self.director.poll() is None:
            self.director.send_signal(signal.SIGTERM)
            self.director.wait(LONGEST_S)
        if self.thread:
            if self.has_data_plane:
                self.thread.submit(self.execute, [self.binaries / "turnout", "down"]).result()
            self.thread.shutdown()
        subprocess.run(["ip", "netns", "del", self.namespace], check=False,
                       stderr=subprocess.DEVNULL)

    def execute(self, command, **environment):
        done = subprocess.run(command, env=self.environment | environment, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST_S)
        return Outcome(done.returncode, done.stdout.decode(errors="surrogateescape"),
                       done.stderr.decode(errors="surrogateescape"))

    def run(self, line):
        """A shell line, played in the side's thread: the future of its Outcome."""
        environment = {"LD_PRELOAD": self.preload} if self.preload else {}
        return self.thread.submit(self.execute, ["sh", "-c", line], **environment)

    def table(self):
        """What stands in the director, told the same way on both sides: by our own tool."""
        ours = str(self.binaries / "ipvsadm")
        line = f"{ours} -Sn; {ours} -L --timeout; {ours} -L --daemon"
        return self.thread.submit(self.execute, ["sh", "-c", line])

    def clear(self):
        ours = str(self.binaries / "ipvsadm")
        line = (f"{ours} -C; {ours} --set 900 120 300; {ours} --stop-daemon master; "
                f"{ours} --stop-daemon backup")
        return self.thread.submit(self.execute, ["sh", "-c", line])
