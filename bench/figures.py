"""What every part of the bench shares: samples, tables of them, goals."""

import statistics
import subprocess
from dataclasses import dataclass, field


def median(samples):
    return statistics.median(samples)


def ratio(samples, reference):
    """Of medians in one run."""
    return median(samples) / median(reference)


def rounded(value):
    """Three digits where there are not more before the point."""
    digits = 0 if value == 0 or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def spread(samples):
    """The cells median, least, most."""
    return tuple(map(rounded, (median(samples), min(samples), max(samples))))


def judged(value, most=None, least=None, write=rounded):
    """A figure's goal, and whether it is reached."""
    if most is None and least is None:
        return ""
    reached = value <= most if most is not None else value >= least
    return f"{'≤' if most is not None else '≥'} {write(most or least)}: {'met' if reached else 'NOT met'}"


@dataclass
class Table:
    title: str
    columns: list
    rows: list = field(default_factory=list)
    notes: str = ""

    def add(self, *cells):
        empty = [""] * (len(self.columns) - len(cells))
        self.rows.append([str(cell) for cell in cells] + empty)

    def __str__(self):
        """As Markdown, which is a table to the eye as well."""
        lines = [self.columns, *self.rows]
        widths = [max(len(cells[i]) for cells in lines) for i in range(len(self.columns))]

        def line(cells):
            padded = [cell.rjust(width) if i else cell.ljust(width)
                      for i, (cell, width) in enumerate(zip(cells, widths))]
            return f"| {' | '.join(padded)} |"

        rule = "|".join("-" * (width + 1) + (":" if i else "-") for i, width in enumerate(widths))
        text = [f"### {self.title}", "", line(lines[0]), f"|{rule}|", *map(line, lines[1:])]
        return "\n".join(text + (["", self.notes] if self.notes else []))


def compared(title, samples, reference, what="× reference", goals=None, unit="ns", notes=""):
    """A table of {row: samples}, each against the row `reference`; goals: {row: most}."""
    table = Table(title, [unit, "median", "min", "max", what, "goal"], notes=notes)
    for name, values in samples.items():
        share = ratio(values, samples[reference])
        table.add(name, *spread(values), f"{share:.2f}",
                  judged(share, (goals or {}).get(name), write=lambda most: f"{most:g}"))
    return table


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
