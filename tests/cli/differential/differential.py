#!/usr/bin/python3
"""Plays command lines with Debian's ipvsadm and with ours, and compares all that can be seen.

README.md tells how; `--help` the options.
"""

import argparse
import ctypes
import os
import shutil
import sys
import tempfile
from pathlib import Path

import generator
import wanted
from cases import Case, all_cases, lists, of_options
from side import LIBC, Side

ROOT = Path(__file__).resolve().parents[3]
BINARIES = Path(os.environ.get("TURNOUT_BIN", ROOT / "build/release/bin"))
PRELOAD = Path(os.environ.get("TURNOUT_PRELOAD", BINARIES.parent / "lib/libturnout-ipvs.so"))
NO_NETLINK = PRELOAD.with_name("no_netlink.so")
ORIGINAL = Path("/usr/sbin/ipvsadm")

TELLING_DIRECTORS = 8
CLONE_NEWNS, MS_REC, MS_PRIVATE, MS_BIND = 0x20000, 0x4000, 1 << 18, 4096
HOSTS = """127.0.0.1 localhost
198.51.100.1 web.example
10.1.0.11 rs1.example
10.1.0.12 a-real-server-with-a-very-long-name.of.an.equally.long.domain.example
2001:db8::1 web6.example
2001:db8:10::99 a-real-server-with-a-very-long-name.of.an.equally.long.domain6.example
"""


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def name_hosts(folder):
    """Names are looked up in a file of ours, and nobody is asked: in this process's mounts alone."""
    def call(done):
        if done != 0:
            raise OSError(ctypes.get_errno(), "cannot mount")
    call(LIBC.unshare(CLONE_NEWNS))
    call(LIBC.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    for name, text in (("hosts", HOSTS), ("resolv.conf", "nameserver 127.0.0.1\n")):
        file = Path(folder) / name
        file.write_text(text)
        if (Path("/etc") / name).exists():
            call(LIBC.mount(str(file).encode(), f"/etc/{name}".encode(), None, MS_BIND, None))


class Comparison:
    """Of what both sides say, case by case; adds up over directors."""

    def __init__(self):
        self.theirs = self.ours = None
        self.cases = self.lines = 0
        self.met = set()
        self.complaints = []

    def with_directors(self, folder, cases, director=(), preload=(PRELOAD,)):
        with tempfile.TemporaryDirectory(dir=folder) as own:
            self.theirs = Side("theirs", own, BINARIES, ORIGINAL, " ".join(map(str, preload)),
                               director)
            self.ours = Side("ours", own, BINARIES, BINARIES / "ipvsadm", director=director)
            try:
                self.theirs.start()
                self.ours.start()
                for case in cases:
                    self.cases += 1
                    self.play(case)
            finally:
                self.theirs.stop()
                self.ours.stop()

    def play(self, case):
        for cleared in (self.theirs.clear(), self.ours.clear()):
            cleared.result()
        for line in case.lines:
            self.lines += 1
            if not self.compare(case, line):
                return  # what follows would only tell the same again

    def compare(self, case, line):
        futures = self.theirs.run(line), self.ours.run(line)
        theirs, ours = (future.result() for future in futures)
        names = wanted.settle(line, theirs, ours)
        if names is None:
            return self.complain(case, line, theirs, ours)
        self.met.update(names)
        if theirs.status != ours.status or wanted.stands_before(line):
            return False  # one of them did nothing: their tables differ from here on
        if theirs.status != 0 and ours.status != 0:
            return True
        tables = [future.result() for future in (self.theirs.table(), self.ours.table())]
        return tables[0] == tables[1] or self.complain(case, f"the table after {line}", *tables)

    def complain(self, case, line, theirs, ours):
        self.complaints.append(case.name)
        print(f"{case.name}\n  {line}")
        for what, one, other in (("status", theirs.status, ours.status),
                                 ("output", theirs.out, ours.out), ("errors", theirs.err, ours.err)):
            if one != other:
                print(f"    {what}: theirs {one!r}\n    {what}: ours   {other!r}")
        return False


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="of the random cases")
    parser.add_argument("--count", type=int, default=60, help="of random cases")
    parser.add_argument("--line", action="append", help="play these lines alone")
    return parser.parse_args()


def compare(given, folder):
    comparison = Comparison()
    if given.line:
        comparison.with_directors(folder, [Case("the lines given", tuple(given.line))])
    else:
        comparison.with_directors(folder, [*all_cases(), *generator.cases(given.seed, given.count)])
        comparison.with_directors(folder, of_options(), preload=(NO_NETLINK, PRELOAD))
        for number in range(TELLING_DIRECTORS):
            large = number % 4 == 3
            comparison.with_directors(folder, [lists(large)],
                                      (BINARIES / "telling_director", str(given.seed + number),
                                       *(["--large"] if large else [])))
    unmet = [each.name for each in wanted.WANTED
             if each.name not in comparison.met and not given.line]
    for name in unmet:
        print(f"no case met the wanted difference '{name}'")
    print(f"{comparison.cases} cases, {comparison.lines} lines, {len(comparison.complaints)} cases "
          f"differ; seed {given.seed}")
    return 1 if comparison.complaints or unmet else 0


def main():
    given = options()
    if os.geteuid() != 0:
        skip("this test makes network namespaces, which takes root")
    if not ORIGINAL.exists():
        skip("ipvsadm is not installed (apt-get install ipvsadm)")
    for program in (*map(BINARIES.joinpath, ("turnoutd", "ipvsadm", "telling_director")),
                    PRELOAD, NO_NETLINK):
        if not program.exists():
            sys.exit(f"{program} is not built")
    folder = tempfile.mkdtemp(prefix="turnout-differential-")
    try:
        name_hosts(folder)
        return compare(given, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
