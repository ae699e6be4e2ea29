"""Two transcripts of one scenario, compared entry by entry; and one, as people read it."""

import difflib
from itertools import zip_longest

from differences import plain_line, same_timer

MOST_LINES = 12


def first_difference(kernel, turnout):
    """The first statement that did not come to the same, told; None if there is none."""
    for expected, seen in zip(kernel, turnout):
        told = TELL[expected["kind"]](expected["result"], seen["result"])
        if told:
            return f"  line {expected['line']}: {expected['text']}\n{told}"
    return None


def tell_fates(kernel, turnout):
    unlike = [expected != seen for expected, seen in zip(kernel, turnout)]
    if not any(unlike):
        return None
    return "\n".join(
        f"    {side:8} " + " ".join(f"[{fate}]" if differs else fate
                                    for fate, differs in zip(fates, unlike))
        for side, fates in (("IPVS", kernel), ("Turnout", turnout)))


def tell_text(kernel, turnout):
    sides = {"- ": "IPVS", "+ ": "Turnout"}
    lines = [f"    {sides[line[:2]]:8} {line[2:]}"
             for line in difflib.ndiff(list(map(plain_line, kernel)), list(map(plain_line, turnout)))
             if line[:2] in sides]
    return "\n".join(lines[:MOST_LINES])


def tell_timer(kernel, turnout):
    """The first row of each side tells how old its scenario was: one may have been slower."""
    apart = abs(int(kernel[0].split()[0]) - int(turnout[0].split()[0]))
    pairs = zip_longest(kernel[1:], turnout[1:], fillvalue="(none)")
    return "\n".join(f"    IPVS     {left}\n    Turnout  {right}"
                     for left, right in pairs if not same_timer(left, right, apart))


TELL = {"fates": tell_fates, "change": tell_text, "text": tell_text, "timer": tell_timer}


def mistakes(kernel):
    """What IPVS refused without the scenario having asked for it by `try`."""
    return "\n".join(f"  line {entry['line']} or before it, `try` is missing: {said}"
                     for entry in kernel if entry["kind"] == "change" for said in entry["result"])


def render(scenario, transcript):
    """A transcript to read: every statement and what came of it."""
    names = scenario.names
    lines = [f"=== {scenario.name}: vip1 is {names.virtual(1)}, c1 {names.client(1)}, "
             f"rs1 {names.server(1)}"]
    if "error" in transcript:
        return "\n".join([*lines, transcript["error"]])
    results = {entry["line"]: entry for entry in transcript["entries"]}
    for statement in scenario.statements:
        lines.append(f"{statement.line:3} {statement.text}")
        if statement.line in results:
            lines += render_result(**results[statement.line])
    return "\n".join(lines) + "\n"


def render_result(kind, result, **_):
    if kind == "fates":
        return ["      " + " ".join(result)]
    return [f"      | {line}" for line in result]
