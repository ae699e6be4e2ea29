"""Two transcripts of one scenario, compared entry by entry; and one, as people read it."""

from itertools import zip_longest

from differences import SAME

ABSENT = "(nothing)"


def first_difference(kernel, turnout):
    """The first statement that did not come to the same, told; None if there is none."""
    for ours, theirs in zip(turnout, kernel):
        same = SAME[theirs["kind"]]
        pairs = list(zip_longest(theirs["result"], ours["result"]))
        unlike = [place for place, (left, right) in enumerate(pairs)
                  if left is None or right is None or not same(left, right)]
        if unlike:
            return tell(theirs, pairs, unlike)
    return None


def tell(entry, pairs, unlike):
    head = f"  line {entry['line']}: {entry['text']}\n"
    if entry["kind"] == "fates":
        return head + "\n".join(
            f"    {side:8} " + " ".join(mark(pair[index], place in unlike)
                                        for place, pair in enumerate(pairs))
            for index, side in ((0, "IPVS"), (1, "Turnout")))
    return head + "\n".join(
        f"    {side:8} {pairs[place][index] if pairs[place][index] is not None else ABSENT}"
        for place in unlike[:5] for index, side in ((0, "IPVS"), (1, "Turnout")))


def mark(fate, unlike):
    return f"[{fate}]" if unlike else fate


def render(scenario, transcript):
    """A transcript to read: every statement and what came of it."""
    lines = [f"=== {scenario.name}: vip1 is {scenario.virtual(1)}, c1 {scenario.client(1)}, "
             "rs1 10.1.0.11"]
    if "error" in transcript:
        return "\n".join([*lines, transcript["error"]])
    for entry in transcript["entries"]:
        lines.append(f"{entry['line']:3} {entry['text']}")
        if entry["kind"] == "fates":
            lines.append("      " + " ".join(entry["result"]))
        else:
            lines += [f"      | {line}" for line in entry["result"]]
    return "\n".join(lines) + "\n"
