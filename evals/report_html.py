"""What a report says -> one HTML file that needs no other, no script and no network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from evals import charts
from evals.failures import KINDS, Examined, Kind
from evals.figures import (
    HEADLINE,
    calibration,
    calibration_error,
    documents_of,
    grouped,
    seconds,
    seconds_by_step,
    within,
)
from evals.metrics import METRICS
from evals.metrics.abstention import risk_coverage, risk_coverage_area
from evals.report_cases import case_html
from evals.spans import Texts
from evals.types import Figure, Result, Run

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Was the reader served?": ("grounded", "correct", "length", "median_length"),
    "Citations": ("quote_exact", "citation_", "duplicate_citations"),
    "Retrieval": ("any@", "evidence@", "mrr", "ndcg"),
    "Knowing what it does not know": ("refusal_", "false_refusals", "risk_"),
    "Who said it, where and when": ("attribution_",),
    "Does the cited text carry the claim? (judged)": (
        "alce_", "liu_", "partial_support", "unsupported_", "uncited_", "cited_unsupported", "contradicted_",
    ),
    "Time and cost": ("seconds", "latency_", "tokens", "cost"),
}  # fmt: skip
"""How figures are grouped, by the beginnings of their names."""
OTHERS = "Other figures"
UNBOUNDED = ("length", "median_length", "seconds", "latency_p50", "latency_p95", "tokens", "cost")
STYLE_SHEET = Path(__file__).parent / "data" / "report.css"
SERVED_SHOWN = 500


def page(
    run: Run, found: Sequence[Figure], examined: Sequence[Examined], texts: Texts, agreement: str | None, by_case: str
) -> str:
    """The whole page. `examined` is the worst first; `agreement` is the judge's, in words, None: not calibrated."""
    style = STYLE_SHEET.read_text("utf-8")
    body = "".join(
        (
            _header(run, found, by_case),
            '<main id="main">',
            _reasons(examined),
            _plots(run.results),
            _breakdowns(run),
            _figures(found, agreement),
            _cases(examined, texts),
            "</main>",
            _footer(run.manifest),
        )
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Nothing may be fetched or run, whatever stands in an answer.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="color-scheme" content="light dark"><title>{escape(run.name)}: evaluation</title>'
        f"<style>{style}</style></head><body>"
        f'<a class="skip" href="#main">Skip to the results</a>{body}</body></html>\n'
    )


def percent(value: float) -> str:
    """A share as a person says it."""
    return f"{value:.1%}" if 0 < value < 0.005 or 0.995 < value < 1 else f"{value:.0%}"


def value_in_words(name: str, value: float) -> str:
    """A figure's value, as precise as its interval makes sensible."""
    if name in UNBOUNDED:
        return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{value:.3f}"


def group_of(name: str) -> str:
    """The heading that a figure stands under."""
    return next((group for group, starts in GROUPS.items() if name.startswith(starts)), OTHERS)


def judge_note(name: str, agreement: str | None) -> str:
    """What is said beside a figure that rests on a judge; empty beside others."""
    if name not in METRICS or not METRICS[name].judged:
        return ""
    return agreement or "judge not calibrated"


def _header(run: Run, found: Sequence[Figure], by_case: str) -> str:
    headline = next((figure for figure in found if figure.name == HEADLINE), None)
    states = Counter(result.record.status for result in run.results)
    strip = [("questions", len(run.results)), ("answered", states["answered"]), ("refused", states["refused"])]
    strip += [("errors", states["error"])]
    shown = "".join(f"<div><dt>{escape(name)}</dt><dd>{count:,}</dd></div>" for name, count in strip)
    number = '<p class="quiet">The headline was not scored.</p>'
    i = within(headline) if headline else None
    if i:
        number = (
            f'<p class="number">{i.mean * 100:.0f}<small>%</small></p><div class="meaning">'
            f"<p><b>grounded</b>, with 95% confidence between {percent(i.low)} and {percent(i.high)}. "
            f"{escape(by_case)}</p>{charts.interval_bar(i)}"
            '<div class="scale" aria-hidden="true"><span>0</span><span>50%</span><span>100%</span></div></div>'
        )
    return (
        f'<header><h1>Evaluation of {escape(run.name)}</h1><div class="headline">{number}</div>'
        f'<dl class="strip">{shown}</dl></header>'
    )


def anchor_of(kind: Kind) -> str:
    """The id of the first case that failed in this way."""
    return re.sub(r"[^a-z]+", "-", kind)


def _reasons(examined: Sequence[Examined]) -> str:
    counts = Counter(e.failure.kind for e in examined if e.failure)
    if not counts:
        return "<section><h2>Why cases failed</h2><p>None did.</p></section>"
    most = max(counts.values())
    rows = "".join(
        f'<tr><th scope="row"><a href="#{anchor_of(kind)}">{escape(kind)}</a></th><td class="plot" aria-hidden="true">'
        f'<div class="amount" style="width:{100 * counts[kind] / most:.1f}%"></div></td>'
        f'<td class="n"><span class="value">{counts[kind]}</span></td></tr>'
        for kind in KINDS
        if counts[kind]
    )
    return (
        '<section><h2>Why cases failed</h2><table class="reasons"><caption>'
        f"{sum(counts.values())} of {len(examined)} were not served; the worst for a reader first.</caption>"
        '<thead><tr><th scope="col">reason</th><td aria-hidden="true"></td><th scope="col" class="n">cases</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></section>"
    )


def _plots(results: Sequence[Result]) -> str:
    drawn = []
    curve = risk_coverage(results) if all(HEADLINE in r.scores for r in results) else ()
    if curve:
        area = risk_coverage_area(results)
        drawn.append(
            (
                "What if it answered less?",
                "Were only the surest answers given, how many of them would be wrong.",
                charts.risk_coverage_chart(curve, area),
                "" if area is None else f"Area under the curve {area:.3f}; lower is better.",
            )
        )
    bins = calibration(results)
    if bins:
        error = calibration_error(bins)
        drawn.append(
            (
                "Can its own doubt be believed?",
                "How likely it held an answer to be, and how often there was one.",
                charts.calibration_chart(bins, error),
                "" if error is None else f"Expected calibration error {error:.3f}; bars are 95% intervals.",
            )
        )
    times = seconds(results)
    if times:
        steps = ", ".join(f"{step} {_milliseconds(value)}" for step, value in seconds_by_step(results).items())
        drawn.append(
            ("How long does one wait?", "From question to answer.", charts.latency_chart(times), f"Mean: {steps}.")
        )
    plots = "".join(
        f'<figure><h3>{escape(title)}</h3><p class="quiet small">{escape(meaning)}</p>{svg}'
        f"<figcaption>{escape(note)}</figcaption></figure>"
        for title, meaning, svg, note in drawn
    )
    return f'<section><h2>In pictures</h2><div class="charts">{plots}</div></section>' if drawn else ""


def _milliseconds(value: float) -> str:
    return f"{value * 1_000:,.0f} ms" if value >= 0.0005 else "under 1 ms"


def _breakdowns(run: Run) -> str:
    tables = "".join(
        _breakdown(title, grouped(run, key))
        for title, key in (("By type of question", lambda r: r.case.type), ("By document", documents_of))
    )
    return f'<section><h2>Grounded, by type and by document</h2><div class="two">{tables}</div></section>'


def _breakdown(title: str, groups: Mapping[str, Figure]) -> str:
    rows = []
    for name, figure in groups.items():
        i = within(figure)
        bar = charts.interval_bar(i) if i else ""
        value = f'<span class="value">{percent(i.mean)}</span>' if i else "unscored"
        between = f"{percent(i.low)} to {percent(i.high)}" if i else ""
        rows.append(
            f'<tr><th scope="row">{escape(name)}</th><td class="plot" aria-hidden="true">{bar}</td>'
            f'<td class="n value-cell">{value}</td><td class="n" data-label="95%">{between}</td>'
            f'<td class="n" data-label="cases">{figure.count}</td></tr>'
        )
    return (
        f'<table class="groups"><caption>{escape(title)}, the lowest first</caption><thead><tr>'
        '<th scope="col">group</th><td aria-hidden="true"></td><th scope="col" class="n">grounded</th>'
        '<th scope="col" class="n">95% interval</th>'
        f'<th scope="col" class="n">cases</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )


def _figures(found: Sequence[Figure], agreement: str | None) -> str:
    bodies = []
    for group in [*GROUPS, OTHERS]:
        rows = "".join(_figure_row(f, agreement) for f in found if group_of(f.name) == group)
        if rows:
            bodies.append(
                f'<tbody class="group"><tr><th colspan="6" scope="rowgroup">{escape(group)}</th></tr>{rows}</tbody>'
            )
    return (
        '<section><h2>All figures</h2><table class="figures"><caption>Means over the cases that a figure applies to; '
        "the others are unscored, and never count as a number. The line under a dot is its 95% interval.</caption>"
        '<thead><tr><th scope="col">figure</th><td aria-hidden="true"></td><th scope="col" class="n">value</th>'
        '<th scope="col" class="n">95% interval</th><th scope="col" class="n">scored</th>'
        f'<th scope="col" class="n">unscored</th></tr></thead>{"".join(bodies)}</table></section>'
    )


def _figure_row(figure: Figure, agreement: str | None) -> str:
    name, i = figure.name, within(figure)
    about = METRICS[name].about if name in METRICS else ""
    if name in METRICS and METRICS[name].higher_is_better is False:
        about += "; lower is better"
    note = judge_note(name, agreement)
    style = "judge" if agreement else "judge uncalibrated"
    judged = f'<span class="{style}">{escape(note)}</span>' if note else ""
    bar = charts.interval_bar(i) if i and name not in UNBOUNDED else ""
    value = f'<span class="value">{value_in_words(name, i.mean)}</span>' if i else "unscored"
    between = f"{value_in_words(name, i.low)} to {value_in_words(name, i.high)}" if i and i.count > 1 else ""
    return (
        f'<tr><th scope="row">{escape(name)}<span class="what">{escape(about)}</span>{judged}</th>'
        f'<td class="plot" aria-hidden="true">{bar}</td><td class="n value-cell">{value}</td>'
        f'<td class="n" data-label="95%">{between}</td><td class="n" data-label="scored">{figure.count}</td>'
        f'<td class="n" data-label="unscored">{figure.unscored}</td></tr>'
    )


def _cases(examined: Sequence[Examined], texts: Texts) -> str:
    parts, seen = [], set()
    failed = [e for e in examined if e.failure]
    served = [e for e in examined if not e.failure]
    for e in failed:
        kind = e.failure.kind if e.failure else KINDS[0]
        parts.append(case_html(e, texts, "" if kind in seen else anchor_of(kind)))
        seen.add(kind)
    well = "".join(case_html(e, texts) for e in served[:SERVED_SHOWN])
    more = f"<p>{len(served) - SERVED_SHOWN} more are left out.</p>" if len(served) > SERVED_SHOWN else ""
    note = "Open one to see the answer, its citations inside their sources, and what a right answer rests on."
    return (
        f"<section><h2>Cases, the worst first</h2><p>{note}</p>{''.join(parts) or '<p>No case failed.</p>'}"
        f'<details class="more"><summary>{len(served)} cases that were served</summary>{well}{more}</details></section>'
    )


def _footer(manifest: Mapping[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in flat(manifest)
    )
    if not rows:
        return "<footer></footer>"
    return (
        '<footer><details class="more"><summary>How this run was made</summary><table><caption>Settings, versions and '
        'checksums</caption><thead><tr><th scope="col">what</th><th scope="col">value</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></details></footer>"
    )


def flat(manifest: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested mappings as "a.b" and a value, in their order."""
    rows: list[tuple[str, str]] = []
    for name, value in manifest.items():
        path = f"{prefix}{name}"
        rows += flat(value, f"{path}.") if isinstance(value, Mapping) else [(path, str(value))]
    return rows
