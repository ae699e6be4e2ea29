"""Turnout's benchmarks.  `./run bench` is the way to call it.

    bench.py BIN [PART…] [--report]

    cost      what a packet costs by BPF_PROG_TEST_RUN, next to programs that do the least   3 min
    guest     instructions of a packet: routing, the kernel's IPVS, Turnout, in one guest    4 min
    control   loading and listing 10,000 services, 1,000,000 connections; start; memory      2 min
    live      through namespaces: packets, connections, latency, throughput, next to others  2 min
    growth    the curves of cost over connections, services, servers, CPUs; what they say    3 min

Without a part: all.  --report writes docs/benchmarks.md and its plots; parts that are not run then
keep what the last report said of them (build/bench/*.json).  Figures are medians of interleaved
rounds, with the least and the most; ratios are of medians in one run.
"""

import argparse
import importlib
import os
import signal
import sys
from pathlib import Path

import report

PARTS = ("cost", "guest", "control", "live", "growth")


def main():
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="BIN", help=argparse.SUPPRESS)
    parser.add_argument("parts", metavar="PART", nargs="*", help=" ".join(PARTS))
    parser.add_argument("--report", action="store_true", help="write docs/benchmarks.md and plots")
    parser.add_argument("--rounds", type=int, default=5, help="of what is measured live (5)")
    parser.add_argument("--seconds", type=int, default=1, help="of a stream (1)")
    parser.add_argument("--case", action="append", default=[], dest="cases",
                        help="guest: only cases of this pattern, as 'turnout-dr-*' (repeatable)")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}: {' '.join(PARTS)}")
    folder = Path(options.folder).resolve()
    os.chdir(Path(__file__).parent.parent)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what is up comes down
    for part in options.parts or PARTS:
        tables = []
        for table in importlib.import_module(part).measure(folder, options):
            print(f"\n{table}", flush=True)
            tables.append(table)
        report.keep(part, tables)
    if options.report:
        report.write(PARTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
