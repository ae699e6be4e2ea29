"""The report: docs/benchmarks.md of what the parts have measured last."""

import importlib
import json
import os
import platform
import shutil
import subprocess
from datetime import date
from pathlib import Path

KEPT = Path("build/bench")
REPORT = Path("docs/benchmarks.md")

OPENING = """# Benchmarks

    ./run bench                  every part; `./run bench --help` tells them
    ./run bench cost             one part
    ./run bench --report         and write this page

Rounds are interleaved, figures are medians with the least and the most of the rounds, and ratios are of
medians in one run: what else the machine does meets all rows alike. Trust the ratios, and absolute
figures only of a machine that is idle. The figures of `guest` are counts, the same on every machine.
A goal that stands beside a figure is what this project wants to reach; not all are."""


def keep(part, tables):
    """For the report, whenever it is written; with what others had the machine do."""
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{part}.json").write_text(json.dumps(
        {"date": str(date.today()), "machine": machine(), "load": os.getloadavg()[1],
         "tables": [str(table) for table in tables]}))


def machine():
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} × {cpu}, Linux {'.'.join(platform.release().split('.')[:2])}"


def section(part):
    kept = KEPT / f"{part}.json"
    if not kept.exists():
        return f"## {part}\n\nNot measured: `./run bench {part}`."
    told = json.loads(kept.read_text())
    opening = importlib.import_module(part).__doc__.split(": ", 1)[1].strip()
    return "\n\n".join([f"## {part}", opening[0].upper() + opening[1:],
                        f"`./run bench {part}` on {told['machine']}, {told['date']}; the load on it was "
                        f"{told['load']:.1f}.", *told["tables"]])


def write(parts):
    if (KEPT / "plots").exists():
        shutil.copytree(KEPT / "plots", REPORT.parent / "plots", dirs_exist_ok=True)
    REPORT.write_text("\n\n".join([OPENING, *map(section, parts)]) + "\n")
    subprocess.run(["git", "diff", "--stat", "docs"], check=False)
