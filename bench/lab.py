"""A lab of namespaces, and a director in it: up within `with`."""

import os
import subprocess
import time
from pathlib import Path

VIP = "198.51.100.1"
ROOT = Path(__file__).parent.parent


class Lab:
    def __init__(self, folder, *options):
        self.folder, self.options = folder, options
        self.name, self.director = f"bench{os.getpid()}", None
        self.environment = {**os.environ, "LAB_NAME": self.name, "TURNOUT_BIN": str(folder)}

    def __enter__(self):
        self.lab("up", "--no-dns", *self.options)
        return self

    def __exit__(self, *_):
        self.lab("down")

    def lab(self, *words):
        subprocess.run([ROOT / "lab/lab", *words], check=True, env=self.environment,
                       stdout=subprocess.DEVNULL)

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
