"""Figures -> small SVG drawings that need nothing else. Colours are the style sheet's, so that they follow the theme.

Every drawing has a title and a description for who does not see it. Lengths are in the drawing's own units; the
charts are drawn for about the width they are shown at, so that their words stay legible on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from evals.figures import Bin, quantile
from evals.metrics.abstention import RiskPoint
from evals.statistics import Interval

WIDTH, HEIGHT = 330, 260
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 16, 44
BAR_WIDTH, BAR_HEIGHT = 160, 20
HISTOGRAM_BARS = 20

Scale = Callable[[float], float]


def interval_bar(interval: Interval, highest: float = 1.0) -> str:
    """A mean as a dot on its 95 % interval, on a line from 0 to `highest`; for a table beside its numbers."""

    def x(value: float) -> float:
        return 6 + (BAR_WIDTH - 12) * min(1.0, max(0.0, value / highest if highest else 0.0))

    middle = BAR_HEIGHT / 2
    low, high, mean = x(interval.low), x(interval.high), x(interval.mean)
    return (
        f'<svg class="bar" viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" aria-hidden="true" focusable="false">'
        f'<line class="track" x1="6" x2="{BAR_WIDTH - 6}" y1="{middle}" y2="{middle}"/>'
        f'<line class="tick" x1="{x(highest / 2):.1f}" x2="{x(highest / 2):.1f}" y1="6" y2="{BAR_HEIGHT - 6}"/>'
        f'<line class="range" x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}"/>'
        f'<circle class="dot" cx="{mean:.1f}" cy="{middle}" r="4.5"/></svg>'
    )


def risk_coverage_chart(curve: Sequence[RiskPoint], area: float | None) -> str:
    """Risk against coverage, surest answers first; the end of the line is the run as it was."""
    x, y = _scale_x(1.0), _scale_y(1.0)
    end = curve[-1]
    line = " ".join(f"{x(p.coverage):.1f},{y(p.risk):.1f}" for p in curve)
    under = f"{x(curve[0].coverage):.1f},{y(0):.1f} {line} {x(end.coverage):.1f},{y(0):.1f}"
    anchor = "end" if end.coverage > 0.6 else "start"
    label = f"{end.risk:.0%} wrong of the {end.coverage:.0%} answered"
    height = y(end.risk) - 12 if end.risk < 0.85 else y(end.risk) + 20
    body = (
        f'<polygon class="area" points="{under}"/><polyline class="line" points="{line}"/>'
        f'<circle class="dot" cx="{x(end.coverage):.1f}" cy="{y(end.risk):.1f}" r="5"/>'
        + _words(x(end.coverage), height, label, "label", anchor)
    )
    described = f"{label}." + ("" if area is None else f" Area under the curve {area:.3f}; lower is better.")
    axes = _percent_axes("questions answered, surest first", "share of them not grounded")
    return _chart("Risk against coverage", described, axes + body)


def calibration_chart(bins: Sequence[Bin], error: float | None) -> str:
    """What the system said of its chances against what was so; on the diagonal its word can be taken."""
    x, y = _scale_x(1.0), _scale_y(1.0)
    marks = [
        f'<line class="diagonal" x1="{x(0):.1f}" y1="{y(0):.1f}" x2="{x(1):.1f}" y2="{y(1):.1f}"/>',
        _words(x(0.2) + 6, y(0.2) + 16, "as said", "faint", "start"),
    ]
    for b in bins:
        at = f"{x(b.said):.1f}"
        marks.append(
            f'<line class="range" x1="{at}" x2="{at}" y1="{y(b.observed.low):.1f}" y2="{y(b.observed.high):.1f}"/>'
        )
    marks.append(
        f'<polyline class="line thin" points="{" ".join(f"{x(b.said):.1f},{y(b.observed.mean):.1f}" for b in bins)}"/>'
    )
    marks += [
        f'<circle class="dot" cx="{x(b.said):.1f}" cy="{y(b.observed.mean):.1f}" r="4.5">'
        f"<title>said {b.said:.0%}, so in {b.observed.mean:.0%} of {b.observed.count}</title></circle>"
        for b in bins
    ]
    pairs = "; ".join(f"said {b.said:.0%}, was {b.observed.mean:.0%} of {b.observed.count}" for b in bins)
    described = f"{pairs}." + ("" if error is None else f" Expected calibration error {error:.3f}.")
    axes = _percent_axes("answerability, as the system said", "share that has an answer")
    return _chart("Calibration of the refusal score", described, axes + "".join(marks))


def latency_chart(ordered: Sequence[float]) -> str:
    """How many answers took how long, with the median and the time that nine of ten stayed below."""
    half, nine = quantile(ordered, 0.5), quantile(ordered, 0.9)
    slowest = ordered[-1]
    unit, factor = ("ms", 1_000.0) if slowest < 1 else ("s", 1.0)
    longest = _round_above(slowest * factor) / factor
    x = _scale_x(longest)
    counts = [0] * HISTOGRAM_BARS
    for value in ordered:
        counts[min(HISTOGRAM_BARS - 1, int(value / longest * HISTOGRAM_BARS))] += 1
    most = max(counts)
    y = _scale_y(most * 1.25)
    width = (WIDTH - LEFT - RIGHT) / HISTOGRAM_BARS
    bars = "".join(
        f'<rect class="column" x="{LEFT + i * width + 0.75:.1f}" y="{y(count):.1f}" width="{width - 1.5:.1f}" '
        f'height="{y(0) - y(count):.1f}" rx="1.5"/>'
        for i, count in enumerate(counts)
        if count
    )
    levels = (("half within", half, TOP + 20), ("9 of 10 within", nine, TOP))
    lines = "".join(
        f'<line class="diagonal" x1="{x(value):.1f}" x2="{x(value):.1f}" y1="{height}" y2="{y(0):.1f}"/>'
        for _, value, height in levels
    )
    marks = lines + "".join(
        _beside(x(value), height + 9, f"{name} {_number(value * factor)} {unit}") for name, value, height in levels
    )
    ticks = [longest * i / 4 for i in range(5)]
    axes = (
        _frame()
        + "".join(_words(x(t), HEIGHT - BOTTOM + 16, _number(t * factor), "axis", "middle") for t in ticks)
        + _words(LEFT - 7, y(most) + 4, f"{most}", "axis", "end")
        + _words(LEFT - 7, y(0) + 4, "0", "axis", "end")
        + _words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, f"time for one answer ({unit})", "axis", "middle")
        + _turned("answers")
    )
    times = [f"{_number(value * factor)} {unit}" for value in (half, nine, slowest)]
    described = (
        f"{len(ordered)} answers: half within {times[0]}, nine of ten within {times[1]}, the slowest {times[2]}."
    )
    return _chart("Time for one answer", described, axes + bars + marks)


def _chart(title: str, description: str, body: str) -> str:
    name = "".join(c if c.isalnum() else "-" for c in title.lower())
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>{body}</svg>'
    )


def _beside(x: float, y: float, words: str) -> str:
    """Words beside a line that stands at x, on the side that has room."""
    left = x > LEFT + (WIDTH - LEFT - RIGHT) * 0.5
    return _words(x - 5 if left else x + 5, y, words, "label", "end" if left else "start")


def _round_above(value: float) -> float:
    """The next number above that four equal steps reach at round values."""
    size = 10 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(size * step for step in (1, 2, 4, 6, 8, 10, 20) if size * step >= value)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _scale_x(highest: float) -> Scale:
    return lambda value: LEFT + (WIDTH - LEFT - RIGHT) * value / highest


def _scale_y(highest: float) -> Scale:
    return lambda value: HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / highest


def _frame() -> str:
    y = HEIGHT - BOTTOM
    return f'<line class="base" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'


def _percent_axes(below: str, beside: str) -> str:
    x, y = _scale_x(1.0), _scale_y(1.0)
    parts = []
    for i in range(5):
        share = i / 4
        if i:
            parts.append(
                f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(share):.1f}" y2="{y(share):.1f}"/>'
            )
        parts.append(_words(LEFT - 7, y(share) + 4, f"{share:.0%}", "axis", "end"))
        parts.append(_words(x(share), HEIGHT - BOTTOM + 16, f"{share:.0%}", "axis", "middle"))
    parts.append(_words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, below, "axis", "middle"))
    return "".join(parts) + _frame() + _turned(beside)


def _turned(words: str) -> str:
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return (
        f'<text class="axis" transform="translate(10 {middle}) rotate(-90)" text-anchor="middle">{escape(words)}</text>'
    )


def _words(x: float, y: float, words: str, style: str, anchor: str) -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
