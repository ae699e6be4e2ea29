"""The command lines that people wrote: those of ../ipvs/*.cases, recorded long ago, and of cases/."""

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Case:
    name: str
    lines: tuple


def recorded(path):
    """A case there is a NAME, then RUN lines with the answers of the original, which we ask anew."""
    name, lines = "", []
    for text in path.read_text().splitlines():
        if text.startswith("NAME "):
            if lines:
                yield Case(f"{path.stem}: {name}", tuple(lines))
            name, lines = text.removeprefix("NAME "), []
        elif text.startswith("RUN "):
            lines.append(text.removeprefix("RUN "))
    if lines:
        yield Case(f"{path.stem}: {name}", tuple(lines))


def written(path):
    """Lines, with blank lines between cases; # opens a comment, and names the case below it."""
    name, lines = path.stem, []
    for text in [*path.read_text().splitlines(), ""]:
        if text.startswith("# "):
            name = f"{path.stem}: {text.removeprefix('# ')}"
        elif text:
            lines.append(text)
        elif lines:
            yield Case(name, tuple(lines))
            lines = []


def lists(large):
    """What a director with numbers and connections to tell of is asked: every list in every form.
    Where it has large numbers, the lines say so."""
    table = ("ipvsadm -A -t 198.51.100.1:80 -s rr", "ipvsadm -a -t 198.51.100.1:80 -r 10.1.0.11 -m",
             "ipvsadm -a -t 198.51.100.1:80 -r [2001:db8:10::99]:80 -i --tun-type gre",
             "ipvsadm -A -f 4294967295 -6 -p", "ipvsadm -a -f 4294967295 -6 -r [fd00::1]:80 -g",
             "ipvsadm -A -u [2001:db8::1]:53 -o")
    forms = ("", "--stats", "--rate", "--stats -X", "--rate --exact", "--thresholds",
             "--persistent-conn", "--tun-info", "--thresholds -X", "--stats --nosort", "--nosort")
    asked = [f"ipvsadm -L {form} {numeric}" for form in forms for numeric in ("-n", "")]
    asked += [f"ipvsadm -L -c {form}" for form in ("-n", "", "--persistent-conn", "-n --persistent-conn")]
    asked += ["ipvsadm -Z", "ipvsadm -Ln --stats", "ipvsadm -Ln -t 198.51.100.1:80 --stats"]
    mark = "  # large" if large else ""
    return Case("lists of numbers", (*table, *(line + mark for line in asked)))


def all_cases():
    for path in sorted((HERE.parent / "ipvs").glob("*.cases")):
        yield from recorded(path)
    for path in sorted((HERE / "cases").glob("*.lines")):
        yield from written(path)


def of_options():
    """What the original can say by socket options, where there is no netlink."""
    return list(written(HERE / "cases/options/ipv4.lines"))
