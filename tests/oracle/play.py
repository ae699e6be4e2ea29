"""One side of the comparison: plays hands of scenarios on one kind of director.

    play.py kernel|turnout WORK HANDS-AT-ONCE [TURNOUTD-OPTION…]

WORK/hands.json holds lists of scenarios; those of one list follow each other on one director.
WORK/SIDE.json gets a transcript, or the reason there is none, for each.  Hands are played side by
side: most of a scenario's time is waiting.
"""

import json
import os
import re
import signal
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import scenario
from directors import Kernel, Turnout
from player import Player
from world import Outside, World

# Told to stop, a player plays no further scenario, and still leaves nothing behind.
stopping = threading.Event()


def most_servers(hand):
    numbers = re.findall(r"\brs(?:(\d+)|\{[^}]*?(\d+)\})", " ".join(text for _, text, _ in hand))
    return max((int(a or b) for a, b in numbers), default=0)


def play_hand(hand, outside, start):
    """{name: transcript}"""
    if stopping.is_set():
        return {}
    try:
        world = World(outside, most_servers(hand))
        director = start()
    except Exception:
        return {name: failure() for name, _, _ in hand}
    try:
        return {name: play_scenario(world, director, name, text, slot)
                for name, text, slot in hand if not stopping.is_set()}
    finally:
        director.stop()
        world.close()


def play_scenario(world, director, name, text, slot):
    player = Player(world, director, scenario.parse(name, text, slot))
    try:
        return player.play()
    except Exception:
        return failure()
    finally:
        director.change(["-C"])


def failure():
    return {"error": traceback.format_exc()}


def main():
    side, work = sys.argv[1], Path(sys.argv[2])
    side_by_side, options = int(sys.argv[3]), sys.argv[4:]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    # Order on the wires is order on one CPU.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    start = Kernel if side == "kernel" else lambda: Turnout(options)
    hands = json.loads((work / "hands.json").read_text())
    outside = Outside()
    began = time.monotonic()
    transcripts = {}
    with ThreadPoolExecutor(side_by_side) as pool:
        for played in pool.map(lambda hand: play_hand(hand, outside, start), hands):
            transcripts.update(played)
    (work / f"{side}.json").write_text(json.dumps(
        {"release": os.uname().release, "seconds": time.monotonic() - began,
         "transcripts": transcripts}))


if __name__ == "__main__":
    main()
