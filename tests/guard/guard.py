"""Counts the data plane's instructions and compares them with what is recorded.

    guard.py BIN            fails when a count has grown by more than 5 %
    guard.py BIN --update   writes recorded.txt anew

A row of recorded.txt is what is counted, of what, and the count:

    native CASE             of the pipeline compiled for this machine, a packet, by callgrind
    object PROGRAM          BPF instructions as compiled
    verified-RELEASE, jited-RELEASE PROGRAM
                            by the verifier, and bytes made, of that kernel

The first two depend on the compilers alone, which Debian 12 fixes.  The others are compared only on
a kernel of a recorded release; --update keeps those of other releases.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MOST_GROWTH = 0.05
RECORDED = Path(__file__).parent / "recorded.txt"
SKIPPED = 77
OF_A_KERNEL = ("verified", "jited")


def release():
    """Of this kernel: "6.18"."""
    return ".".join(re.findall(r"\d+", os.uname().release)[:2])


def read(text):
    """{(what, of what): count} of rows as in recorded.txt."""
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {(what, name): int(count) for what, name, count in rows}


def count_programs(folder):
    output = subprocess.run([folder / "guard_programs"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    return {(f"{what}-{release()}" if what in OF_A_KERNEL else what, name): count
            for (what, name), count in read(output).items()}


def count_native(folder):
    """callgrind writes a file for every case, in their order; what comes last is of no case."""
    with tempfile.TemporaryDirectory() as made:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", "--dump-instr=no", "--zero-before=guard_begin",
             "--dump-before=guard_end", "--toggle-collect=*turnout::test::walk<*",
             f"--callgrind-out-file={made}/out", folder / "guard_trace"],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if run.returncode != 0:
            sys.exit(run.stderr)
        counts = {}
        for number, line in enumerate(run.stdout.splitlines(), 1):
            case, packets = line.split()
            total = re.search(r"^totals: (\d+)", Path(f"{made}/out.{number}").read_text(), re.M)
            counts["native", case] = round(int(total[1]) / int(packets))
        return counts


def complaints(recorded, counted, kernel):
    """What has grown, or is not recorded; a kernel without any row is let pass."""
    known_kernel = any(what.endswith("-" + kernel) for what, _ in recorded)
    for row, count in counted.items():
        if "-" in row[0] and not known_kernel:
            continue
        before = recorded.get(row)
        if before is None:
            yield f"{' '.join(row)}: {count}, not recorded"
        elif count > before * (1 + MOST_GROWTH):
            yield f"{' '.join(row)}: {count}, {count / before - 1:+.1%} from {before}"
    for row in recorded.keys() - counted.keys():
        if "-" not in row[0] or row[0].endswith("-" + kernel):
            yield f"{' '.join(row)}: recorded, but not counted any more"


def gains(recorded, counted):
    for row, count in counted.items():
        before = recorded.get(row, 0)
        if count < before * (1 - MOST_GROWTH):
            yield f"{' '.join(row)}: {count}, {count / before - 1:+.1%} from {before}"


def as_text(rows):
    lines = [f"{what} {name} {count}" for (what, name), count in rows.items()]
    return ("# Instructions of the data plane, as `./run guard` counts them: see guard.py.\n"
            + "\n".join(lines) + "\n")


def merged(recorded, counted, kernel):
    kept = {row: count for row, count in recorded.items()
            if "-" in row[0] and not row[0].endswith("-" + kernel)}
    return {**counted, **kept}


def main():
    folder = Path(sys.argv[1])
    if os.geteuid() != 0 or not shutil.which("valgrind"):
        print("SKIPPED: loading BPF programs takes root, and counting takes valgrind")
        return SKIPPED
    counted = {**count_programs(folder), **count_native(folder)}
    recorded = read(RECORDED.read_text()) if RECORDED.exists() else {}
    if sys.argv[2:] == ["--update"]:
        RECORDED.write_text(as_text(merged(recorded, counted, release())))
        return 0
    if not any(what.endswith("-" + release()) for what, _ in recorded):
        print(f"nothing is recorded of a kernel {release()}: what its verifier does is not compared")
    for gain in gains(recorded, counted):
        print(f"less than recorded, `./run guard` keeps it so: {gain}")
    found = list(complaints(recorded, counted, release()))
    print(*found, sep="\n")
    if found:
        print("If it has to be so, `./run guard` writes tests/guard/recorded.txt anew.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
