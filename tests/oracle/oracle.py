"""Asks the kernel's IPVS and Turnout the same questions and compares the answers.

    oracle.py [OPTION…] [FILE|FOLDER…]      scenarios (*.scenario), and --count random ones

README.md tells the language, and how to add a feature.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import features
import generator
from compare import first_difference, mistakes, render
from scenario import IPV6_TWIN, Mistake, in_each_family, parse

HERE = Path(__file__).resolve().parent
SLOTS = 250
SIDE_BY_SIDE = 16
SHORT_HAND = 6  # a director takes a second of a processor to start
LONG_HAND = 25  # lists of connections get long, those of earlier scenarios being among them
SPARE_S = 3  # more than that, beside what it waits for counters, and a scenario was late
COUNTERS_S = 2.6
TRIES = 3
SKIPPED = 77
BOTH = ("kernel", "turnout")


# --- what is played -------------------------------------------------------------------------------

def written(paths):
    files = []
    for path in map(Path, paths):
        files += sorted(path.glob("*.scenario")) if path.is_dir() else [path]
    for file in files:
        for name, text in in_each_family(file.stem, file.read_text()):
            yield parse(name, text, zlib.crc32(name.encode()) % SLOTS)


def invented(first_seed, count, have):
    for seed in range(first_seed, first_seed + count):
        yield parse(f"random-{seed}", generator.scenario(seed, have), seed % SLOTS)


def deal(scenarios):
    """Into hands, the slowest first: scenarios of one hand follow each other on one director, and
    no two of them have addresses in common."""
    own = [[scenario] for scenario in scenarios if scenario.wants_own_director]
    others = [scenario for scenario in scenarios if not scenario.wants_own_director]
    shared = [[] for _ in range(max(min(SIDE_BY_SIDE, 1 + len(others) // SHORT_HAND),
                                    len(others) // LONG_HAND))]
    for scenario in others:
        free = [hand for hand in shared if all(other.slot != scenario.slot for other in hand)]
        if not free:
            shared.append([])
            free = [shared[-1]]
        min(free, key=len).append(scenario)
    return sorted(filter(None, shared + own),
                  key=lambda hand: -sum(scenario.seconds_asleep for scenario in hand))


# --- both sides -----------------------------------------------------------------------------------

def skip_where_no_guest_runs(said):
    """User-mode Linux 6.1 has too little room for the registers of processors with AMX: it cannot start a
    program there. That says nothing about Turnout."""
    if "ptrace set fp regs failed" in said:
        print("SKIPPED: user-mode Linux does not run on this processor, which has too many registers "
              "for it: there is no kernel's IPVS to compare with")
        sys.exit(77)


class Side:
    """One player at work in the background."""

    def __init__(self, name, work, command):
        self.name, self.work = name, work
        self.log = work / f"{name}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    def transcripts(self):
        self.process.wait()
        try:
            answer = json.loads((self.work / f"{self.name}.json").read_text())
        except FileNotFoundError:
            skip_where_no_guest_runs(self.last_words())
            sys.exit(f"oracle: {self.name} gave no transcripts; it said:\n{self.last_words()}")
        print(f"{self.name}: Linux {answer['release']}, {answer['seconds']:.0f} s")
        return answer["transcripts"]

    def last_words(self):
        logs = [self.log, *(self.work / name for name in ("console", "guest.log")
                            if self.name == "kernel")]
        return "".join(log.read_text(errors="replace")[-3000:] for log in logs if log.exists())

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


def play(hands, sides, turnoutd, work):
    """{side: {scenario: transcript}}"""
    (work / "hands.json").write_text(json.dumps(
        [[(scenario.name, scenario.text, scenario.slot) for scenario in hand] for hand in hands]))
    play_py = str(HERE / "play.py")
    commands = {
        "kernel": [HERE / "guest/boot", work, play_py, "kernel", work, str(SIDE_BY_SIDE)],
        "turnout": [sys.executable, "-B", play_py, "turnout", work, str(SIDE_BY_SIDE), *turnoutd],
    }
    playing = [Side(name, work, commands[name]) for name in sides]
    try:
        return {side.name: side.transcripts() for side in playing}
    finally:
        for side in playing:
            side.stop()


# --- the verdict ----------------------------------------------------------------------------------

def judge(scenario, transcripts):
    """The difference as text; None if there is none."""
    errors = [f"{side}: {played[scenario.name]['error']}" for side, played in transcripts.items()
              if "error" in played[scenario.name]]
    if errors:
        return "\n".join(errors)
    if len(transcripts) < 2:
        return None
    kernel, turnout = (transcripts[side][scenario.name]["entries"] for side in BOTH)
    return mistakes(kernel) or first_difference(kernel, turnout)


def report(scenario, difference, again):
    print(f"\nDIFFERS: {scenario.name}")
    print("".join(f"    {line}\n" for line in scenario.text.splitlines()))
    print(difference)
    print(f"  again: ./run oracle {again}\n")


def record(folder, scenarios, transcripts):
    folder.mkdir(parents=True, exist_ok=True)
    for side, played in transcripts.items():
        for scenario in scenarios:
            (folder / f"{scenario.name}.{side}").write_text(
                render(scenario, played[scenario.name]))


def list_waiting(waiting):
    for need in sorted({need for _, needs in waiting for need in needs}):
        names = [scenario.name for scenario, needs in waiting if need in needs]
        print(f"waiting for {need}: {' '.join(names)}")


# --- the way in -----------------------------------------------------------------------------------

def arguments():
    parser = argparse.ArgumentParser(prog="./run oracle", description=__doc__.split("\n")[0])
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO",
                        help="files or folders; default: all of tests/oracle/scenarios")
    parser.add_argument("--count", type=int, help="how many random scenarios (100, or none when "
                                                  "scenarios are named)")
    parser.add_argument("--seed", type=int, help="of the first random scenario; the next have the "
                                                 "next numbers")
    parser.add_argument("--only", choices=BOTH,
                        help="play on one side, whatever the scenarios need, and print what it did")
    parser.add_argument("--have", default="", metavar="FEATURE,…",
                        help="take these for offered, beside those in features.py")
    parser.add_argument("--record", type=Path, metavar="DIR", help="keep both sides' transcripts")
    parser.add_argument("--turnoutd", default="--xdp off", metavar="OPTIONS",
                        help="options of turnoutd, as one word: '--xdp generic' (--xdp off, which "
                             "starts sooner)")
    parser.add_argument("--print", action="store_true",
                        help="print the random scenarios, play nothing")
    options = parser.parse_args()
    if options.count is None:
        options.count = 0 if options.scenarios else 100
        options.scenarios = options.scenarios or [HERE / "scenarios"]
    if options.seed is None:
        options.seed = random.randrange(1_000_000)
    return options


def require_root():
    if os.geteuid() != 0:
        print("SKIPPED: this makes network namespaces, which takes root")
        sys.exit(SKIPPED)


def require_kernel(sides):
    if "kernel" not in sides:
        return
    fetched = subprocess.run([HERE / "guest/fetch"], check=False)
    if fetched.returncode != 0 or not shutil.which("ipvsadm", path="/usr/sbin"):
        sys.exit("oracle: kernel IPVS cannot be run here: `./run oracle` installs what it takes")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("oracle: stopped"))
    options = arguments()
    have = features.HAVE | set(filter(None, options.have.split(",")))
    if options.print:
        for seed in range(options.seed, options.seed + max(options.count, 1)):
            print(generator.scenario(seed, have))
        return 0
    require_root()
    sides = [options.only] if options.only else BOTH
    try:
        named = list(written(options.scenarios))
    except (Mistake, OSError) as mistake:
        sys.exit(f"oracle: {mistake}")
    print(f"{len(named)} scenarios and {options.count} random ones from seed {options.seed}",
          flush=True)
    waiting = [] if options.only else [(scenario, features.missing(scenario, have))
                                       for scenario in named]
    waiting = [(scenario, needs) for scenario, needs in waiting if needs]
    idle = {scenario.name for scenario, _ in waiting}
    scenarios = [scenario for scenario in named if scenario.name not in idle]
    scenarios += invented(options.seed, options.count, have)
    require_kernel(sides)
    return compare(scenarios, waiting, sides, options)


def compare(scenarios, waiting, sides, options):
    transcripts = play_all(scenarios, sides, options)
    if options.record:
        record(options.record, scenarios, transcripts)
    if options.only:
        for scenario in scenarios:
            print(render(scenario, transcripts[options.only][scenario.name]))
        return 0
    differ = 0
    for scenario in scenarios:
        difference = judge(scenario, transcripts)
        if difference:
            differ += 1
            report(scenario, difference, again(scenario, options))
    list_waiting(waiting)
    print(f"{len(scenarios)} played: {len(scenarios) - differ} the same, {differ} differ; "
          f"{len(waiting)} wait")
    return 1 if differ else 0


def play_all(scenarios, sides, options):
    """Those that differ and may have been late, the machine being busy, are played again, alone."""
    transcripts = {side: {} for side in sides}
    hands = deal(scenarios)
    for _ in range(TRIES):
        with tempfile.TemporaryDirectory(prefix="turnout-oracle-", dir="/var/tmp") as work:
            for side, played in play(hands, sides, options.turnoutd.split(), Path(work)).items():
                transcripts[side].update(played)
        late = [scenario for scenario in scenarios
                if judge(scenario, transcripts) and was_late(scenario, transcripts)]
        if not late:
            break
        print("late, and played again:", *(scenario.name for scenario in late), flush=True)
        hands = [[scenario] for scenario in late]
    return transcripts


def was_late(scenario, transcripts):
    """One that lets time pass can be late by less than is told: a timer ends between two steps.  So
    can one with SCTP, whose associations of one INIT last for four seconds."""
    if scenario.seconds_asleep or "sctp" in scenario.needs:
        return True
    lists = sum(statement.verb == "list" for statement in scenario.statements)
    allowed = lists * COUNTERS_S + SPARE_S
    return any(played[scenario.name].get("seconds", 0) > allowed for played in transcripts.values())


def again(scenario, options):
    have = f" --have {options.have}" if options.have else ""
    if scenario.name.startswith("random-"):
        return f"--count 1 --seed {scenario.name.removeprefix('random-')}{have}"
    return f"tests/oracle/scenarios/{scenario.name.removesuffix(IPV6_TWIN)}.scenario{have}"


if __name__ == "__main__":
    sys.exit(main())
