"""What every bench shares: figures of several rounds, and tables of them."""

import statistics


def median(values):
    return statistics.median(values)


def ratio(values, reference):
    """Of medians in one run."""
    return median(values) / median(reference)


def rounded(value):
    """Three digits where there are not more before the point."""
    if value == 0:
        return "0"
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f}"


def row(name, values, *rest):
    """Of a table whose columns are what is measured, median, least, most, and what `rest` is."""
    return (name, *map(rounded, (median(values), min(values), max(values))), *rest)


def print_table(title, columns, rows):
    """As Markdown, which is a table to the eye as well: the first column to the left."""
    rows = [columns, *([str(cell) for cell in cells] for cells in rows)]
    widths = [max(len(cells[i]) for cells in rows) for i in range(len(columns))]

    def line(cells):
        return "| " + " | ".join(cell.rjust(width) if i else cell.ljust(width)
                                 for i, (cell, width) in enumerate(zip(cells, widths))) + " |"

    rule = "|" + "|".join("-" * (width + 1) + (":" if i else "-")
                          for i, width in enumerate(widths)) + "|"
    print(f"\n{title}\n", line(rows[0]), rule, *map(line, rows[1:]), sep="\n", flush=True)


def goal(value, most=None, least=None):
    """A figure against what it should be at most, or at least."""
    if most is None and least is None:
        return ""
    met = value <= most if most is not None else value >= least
    wanted = f"≤ {most:g}" if most is not None else f"≥ {least:g}"
    return f"{wanted}: {'met' if met else 'NOT met'}"
