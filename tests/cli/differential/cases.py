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


def all_cases():
    for path in sorted((HERE.parent / "ipvs").glob("*.cases")):
        yield from recorded(path)
    for path in sorted((HERE / "cases").glob("*.lines")):
        yield from written(path)
