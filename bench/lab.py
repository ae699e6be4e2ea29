"""A lab of namespaces, and a director in it: taken down when its part of the bench ends."""

import atexit
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

VIP = "198.51.100.1"
ROOT = Path(__file__).parent.parent


class Lab:
    def __init__(self, folder, *options):
        self.folder, self.name, self.director = folder, f"bench{os.getpid()}", None
        self.environment = {**os.environ, "LAB_NAME": self.name, "TURNOUT_BIN": str(folder)}
        atexit.register(self.down)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.lab("up", "--no-dns", *options)

    def lab(self, *words):
        subprocess.run([ROOT / "lab/lab", *words], check=True, env=self.environment,
                       stdout=subprocess.DEVNULL)

    def down(self):
        if self.name:
            self.lab("down")
            self.name = None

    def inside(self, who, *command):
        return ["nsenter", f"--net=/run/netns/{self.name}-{who}", "--", *map(str, command)]

    def run(self, who, *command, **options):
        return subprocess.run(self.inside(who, *command), check=True, text=True,
                              stdout=subprocess.PIPE, **options).stdout

    def start(self, *options):
        """Seconds from the command to READY."""
        begin = time.monotonic()
        self.director = subprocess.Popen(
            self.inside("director", self.folder / "turnoutd", "--state", "none", *options),
            text=True, stdout=subprocess.PIPE)
        line = self.director.stdout.readline()
        if not line.startswith("READY"):
            raise RuntimeError("turnoutd did not start")
        return time.monotonic() - begin

    def end(self):
        """The daemon goes; the data plane stays."""
        self.director.terminate()
        self.director.wait()

    def remove(self):
        """Both go."""
        self.end()
        self.run("director", self.folder / "turnout", "down")

    def ipvsadm(self, *words, **options):
        return self.run("director", self.folder / "ipvsadm", *words, **options)


def server(number):
    return f"10.1.0.{10 + number}"


def timed(action, *arguments, **options):
    """Seconds that a call takes."""
    begin = time.monotonic()
    action(*arguments, **options)
    return time.monotonic() - begin
