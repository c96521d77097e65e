"""A run -> `report.html`, to be looked at, and `report.md`, to be pasted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from evals.agreement import Agreement, kept_agreement
from evals.failures import KINDS, Examined, examine, readable, severity
from evals.figures import HEADLINE, documents_of, grouped, told, within
from evals.report_html import GROUPS, OTHERS, group_of, judge_note, page, percent, value_in_words
from evals.types import Figure, Run

WORST_CASES = 15
"""Named in the Markdown summary; the HTML has all."""


def write_report(run: Run, documents: Callable[[str], str], folder: Path) -> tuple[Path, Path]:
    """Write both into `folder`, and say where: HTML, Markdown.

    `documents` gives a document's stored text by its name, and raises AssistantError or KeyError where there is none.
    The judge's agreement is the last that `evals agreement` measured beside the run.

    Raises:
        InputError: the file of agreements is damaged.
        OSError: the folder cannot be written to.
    """
    texts = readable(documents)
    examined = sorted((examine(result, texts) for result in run.results), key=severity)
    found = told(run.results)
    agreement = judge_in_words(run)
    folder.mkdir(parents=True, exist_ok=True)
    html, markdown = folder / "report.html", folder / "report.md"
    html.write_text(page(run, found, examined, texts, agreement, in_words(examined)), encoding="utf-8")
    markdown.write_text(markdown_summary(run, found, examined, agreement), encoding="utf-8")
    return html, markdown


def in_words(examined: Sequence[Examined]) -> str:
    """What the headline counts, as a sentence."""
    served = sum(e.failure is None for e in examined)
    return (
        f"Of {len(examined)} questions {served} were served: answered rightly with a citation on the evidence, or "
        "refused where the documents do not answer."
    )


def judge_in_words(run: Run) -> str | None:
    """How far the run's judge agrees with people; None where that was never measured.

    Raises:
        InputError: the file of agreements is damaged.
    """
    judge = run.manifest.get("judge")
    name = judge.get("name") if isinstance(judge, Mapping) else judge
    agreement = kept_agreement(str(name), run.folder.parent) if name else None
    return None if agreement is None else _agreement_in_words(agreement)


def markdown_summary(run: Run, found: Sequence[Figure], examined: Sequence[Examined], agreement: str | None) -> str:
    """Headline, figures, types, documents, reasons and the worst cases as GitHub-flavoured Markdown."""
    parts = [f"# Evaluation of {escaped(run.name)}", _headline(found, examined)]
    rows = []
    for group in [*GROUPS, OTHERS]:
        rows += [_figure_row(f, agreement) for f in found if group_of(f.name) == group]
    parts.append("## Figures\n\n" + _table(("figure", "value", "95% interval", "scored", "unscored", "note"), rows))
    for title, key in (("By type", lambda r: r.case.type), ("By document", documents_of)):
        groups = [_group_row(name, figure) for name, figure in grouped(run, key).items()]
        parts.append(f"## {title}\n\n" + _table(("group", "grounded", "95% interval", "cases"), groups))
    counts = Counter(e.failure.kind for e in examined if e.failure)
    if counts:
        reasons = [(kind, str(counts[kind])) for kind in KINDS if counts[kind]]
        parts.append("## Why cases failed\n\n" + _table(("reason", "cases"), reasons))
        worst = [
            f"- **{escaped(e.result.case.id)}** {escaped(e.result.case.question)}  \n  {escaped(e.failure.words)}"
            for e in examined[:WORST_CASES]
            if e.failure
        ]
        parts.append("## The worst cases\n\n" + "\n".join(worst))
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Text on one line that Markdown and HTML leave as it is."""
    line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{c}" if c in "\\`*_[]|#~$" else c for c in line)


def _headline(found: Sequence[Figure], examined: Sequence[Examined]) -> str:
    headline = next((within(f) for f in found if f.name == HEADLINE), None)
    if headline is None:
        return "The headline was not scored."
    between = f"95% interval {percent(headline.low)} to {percent(headline.high)}"
    return f"**{percent(headline.mean)} grounded** ({between}). {in_words(examined)}"


def _figure_row(figure: Figure, agreement: str | None) -> tuple[str, ...]:
    name, i = figure.name, within(figure)
    value = value_in_words(name, i.mean) if i else "unscored"
    between = f"{value_in_words(name, i.low)} to {value_in_words(name, i.high)}" if i and i.count > 1 else ""
    return f"`{name}`", value, between, str(figure.count), str(figure.unscored), escaped(judge_note(name, agreement))


def _group_row(name: str, figure: Figure) -> tuple[str, ...]:
    i = within(figure)
    between = f"{percent(i.low)} to {percent(i.high)}" if i else ""
    return escaped(name), percent(i.mean) if i else "unscored", between, str(figure.count)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _agreement_in_words(agreement: Agreement) -> str:
    parts = [f"judge {agreement.judge} on {agreement.count} labels of {agreement.labels}"]
    if agreement.balanced_accuracy is not None:
        parts.append(f"balanced accuracy {agreement.balanced_accuracy:.2f}")
    if agreement.kappa is not None and agreement.kappa_low is not None and agreement.kappa_high is not None:
        parts.append(f"kappa {agreement.kappa:.2f} ({agreement.kappa_low:.2f} to {agreement.kappa_high:.2f})")
    return ", ".join(parts)
