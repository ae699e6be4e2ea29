"""Curves as SVG: a logarithmic axis of how many, a linear one of what it takes."""

import math
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 60, 150, 40, 50
COLOURS = ("#0b62a4", "#c0392b", "#2e8b57", "#8e44ad", "#b9770e", "#555555")


def nice_step(most):
    """Of about five marks from 0."""
    rough = most / 5
    power = 10 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def label(count):
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:g}{letter}"
    return f"{count:g}"


class Plane:
    """Where a point of the curves lies in the picture."""

    def __init__(self, counts, most):
        self.low, self.high = math.log10(min(counts)), math.log10(max(counts))
        self.most = most

    def x(self, count):
        share = (math.log10(count) - self.low) / (self.high - self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        return HEIGHT - BOTTOM - value / self.most * (HEIGHT - TOP - BOTTOM)


def text(x, y, words, anchor="middle", colour="#222222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
            f"{escape(words)}</text>")


def axes(plane, counts, what, unit):
    step = nice_step(plane.most)
    for i in range(int(plane.most / step) + 1):
        y = plane.y(i * step)
        yield (f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" '
               'stroke="#dddddd"/>')
        yield text(LEFT - 8, y + 4, f"{i * step:g}", "end")
    for count in counts:
        yield text(plane.x(count), HEIGHT - BOTTOM + 18, label(count))
    yield text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, what)
    yield text(LEFT - 8, TOP - 12, unit, "end")


def curve(plane, points, colour):
    """points: {count: (median, least, most)}"""
    line = " ".join(f"{plane.x(count):.1f},{plane.y(middle):.1f}"
                    for count, (middle, _, _) in points.items())
    yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for count, (middle, least, most) in points.items():
        x = plane.x(count)
        yield (f'<line x1="{x:.1f}" y1="{plane.y(least):.1f}" x2="{x:.1f}" '
               f'y2="{plane.y(min(most, plane.most)):.1f}" stroke="{colour}" opacity="0.35"/>')
        yield f'<circle cx="{x:.1f}" cy="{plane.y(middle):.1f}" r="3" fill="{colour}"/>'


def names(plane, curves):
    """Beside the last points, from the top down, none over another."""
    ends = [(plane.y(points[max(points)][0]), name, colour)
            for (name, points), colour in zip(curves.items(), COLOURS)]
    floor = HEIGHT - BOTTOM + 4
    for y, name, colour in sorted(ends, reverse=True):
        floor = min(y + 4, floor)
        yield text(WIDTH - RIGHT + 8, floor, name, "start", colour)
        floor -= 13


def svg(title, what, unit, curves):
    """curves: {name: points}; the whiskers are the least and the most of the rounds."""
    counts = sorted({count for points in curves.values() for count in points})
    plane = Plane(counts, 1.15 * max(middle for points in curves.values()
                                     for middle, _, _ in points.values()))
    parts = [text(WIDTH / 2 - RIGHT / 2 + LEFT / 2, 16, title), *axes(plane, counts, what, unit)]
    for (name, points), colour in zip(curves.items(), COLOURS):
        parts += curve(plane, points, colour)
    parts += names(plane, curves)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', *parts, "</svg>\n"])
