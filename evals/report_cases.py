"""A case that was examined -> its part of the HTML report: question, answer, and every citation inside its source."""

from __future__ import annotations

import re
from html import escape

from assistant.types import Citation, Span
from evals.failures import Examined
from evals.metrics.citation_overlap import OVERLAP
from evals.metrics.retrieval import COVERED, found_at
from evals.spans import PLAIN, Folded, GoldPlaces, Place, Texts, coverage, overlap

WINDOW_CHARACTERS = 280
"""Shown before and after a marked sentence."""
EVIDENCE_SHOWN = 5
EVIDENCE_CHARACTERS = 220
LONGEST_MARK = 1_500
_EDGE = re.compile(r"\s")


def case_html(examined: Examined, texts: Texts, anchor: str = "") -> str:
    """One case, folded; its summary says what was asked and what went wrong."""
    case, failure = examined.result.case, examined.failure
    verdict = (
        f'<span class="why">{escape(failure.words)}</span>'
        if failure
        else '<span class="well">Served: right and cited, or rightly refused.</span>'
    )
    identity = f' id="{anchor}"' if anchor else ""
    asked_again = f" · asking {examined.result.record.repeat + 1}" if examined.result.record.repeat else ""
    return (
        f'<details class="case"{identity}><summary><div>'
        f"<h3>{escape(case.question)}</h3>{verdict}"
        f'<span class="tag">{escape(case.id)} · {escape(case.type)}{asked_again}</span></div></summary>'
        f'<div class="body">{_history(examined)}{_answer(examined)}{_citations(examined, texts)}'
        f"{_gold(examined, texts)}{_evidence(examined)}{_scores(examined)}</div></details>"
    )


def window(text: str, span: Span, characters: int = WINDOW_CHARACTERS) -> str:
    """The span marked, with so many characters around it, cut between words; everything escaped."""
    start, end = max(0, min(span.start, len(text))), max(0, min(span.end, len(text)))
    first, last = max(0, start - characters), min(len(text), end + characters)
    if first > 0:
        edge = _EDGE.search(text, first, start)
        first = edge.end() if edge else first
    if last < len(text):
        space = max((m.start() for m in _EDGE.finditer(text, end, last)), default=last)
        last = space
    marked = text[start:end]
    if len(marked) > LONGEST_MARK:
        marked = f"{marked[:LONGEST_MARK]} […]"
    before, after = text[first:start], text[end:last]
    return (
        f"{'… ' if first > 0 else ''}{escape(before.lstrip())}<mark>{escape(marked)}</mark>"
        f"{escape(after.rstrip())}{' …' if last < len(text) else ''}"
    )


def quote_span(folded: Folded, quote: str) -> Span | None:
    """Where a quote stands in the raw text, with white space, quotation marks and dashes folded; None: nowhere."""
    words = [re.escape(word) for word in quote.translate(PLAIN).split()]
    found = re.search(r"\s+".join(words), folded.raw.translate(PLAIN)) if words else None
    return Span(found.start(), found.end()) if found else None


def _history(examined: Examined) -> str:
    turns = examined.result.case.history
    if not turns:
        return ""
    said = "".join(f"<p><b>{escape(turn.role)}:</b> {escape(turn.content)}</p>" for turn in turns)
    return f"<h4>Said before</h4>{said}"


def _answer(examined: Examined) -> str:
    record, case = examined.result.record, examined.result.case
    if record.answer is None:
        return f'<h4>Error</h4><div class="answer">{escape(record.error)}</div>'
    sure = f"answerability {record.answer.answerability:.2f}"
    notice = f"<p>{escape(record.answer.notice)}</p>" if record.answer.notice else ""
    reference = f"<h4>A right answer</h4><p>{escape(case.answer)}</p>" if case.answer else ""
    return (
        f'<h4>Answer <span class="tag">({escape(record.status)}, {sure})</span></h4>'
        f'<div class="answer">{escape(record.answer.text)}</div>{notice}{reference}'
    )


def _citations(examined: Examined, texts: Texts) -> str:
    if not examined.placed.citations:
        return ""
    shown = []
    for placed in examined.placed.citations:
        citation = placed.citation
        folded = texts.get(citation.document)
        defect = ""
        if folded is None:
            quoted = escape(citation.quote)
            defect = '<p class="defect">This document is not there.</p>'
        else:
            quoted = window(folded.raw, Span(citation.start, citation.end))
            if not placed.exact:
                defect = (
                    '<p class="defect">The quote is not what stands there. It says:</p>'
                    f"<blockquote>{escape(citation.quote)}</blockquote>"
                )
        on_gold = any(_stands_on(gold, placed.place) for gold in examined.placed.gold)
        tag = ' <span class="well">on gold evidence</span>' if on_gold else ""
        shown.append(
            f'<p class="source">[{citation.number}] {escape(_head(citation))}{tag}</p>'
            f"<blockquote>{quoted}</blockquote>{defect}"
        )
    return f"<h4>Citations, inside their sources</h4>{''.join(shown)}"


def _head(citation: Citation) -> str:
    parts = [citation.author, citation.outlet or citation.publisher, citation.title, citation.date, citation.document]
    page = f", page {citation.page}" if citation.page else ""
    return ", ".join(str(part) for part in parts if part) + page


def _gold(examined: Examined, texts: Texts) -> str:
    if not examined.result.case.evidence:
        return ""
    shown = []
    ranks = found_at(examined.placed)
    for gold, rank in zip(examined.result.case.evidence, ranks, strict=True):
        folded = texts.get(gold.doc)
        span = quote_span(folded, gold.quote) if folded else None
        quoted = window(folded.raw, span, 0) if folded and span else f"<mark>{escape(gold.quote)}</mark>"
        where = f"found at rank {rank}" if rank else "not found by the search"
        if span is None:
            where = "does not stand in the document: correct the case"
        shown.append(f'<p class="source">{escape(gold.doc)}, {where}</p><blockquote class="gold">{quoted}</blockquote>')
    return f"<h4>Gold evidence</h4>{''.join(shown)}"


def _evidence(examined: Examined) -> str:
    answer = examined.result.record.answer
    if answer is None or not answer.evidence:
        return ""
    rows = []
    for item, place in zip(answer.evidence[:EVIDENCE_SHOWN], examined.placed.evidence, strict=False):
        text = " ".join(item.passage.text.split())
        cut = text if len(text) <= EVIDENCE_CHARACTERS else f"{text[:EVIDENCE_CHARACTERS]} …"
        hit = any(_covers(gold, place) for gold in examined.placed.gold)
        tag = ' <span class="hit">(gold evidence)</span>' if hit else ""
        rows.append(f"<li>{escape(item.passage.document)}{tag}: {escape(cut)}</li>")
    more = len(answer.evidence) - len(rows)
    rest = f'<p class="quiet small">and {more} more</p>' if more > 0 else ""
    return f'<h4>What the search found first</h4><ol class="found">{"".join(rows)}</ol>{rest}'


def _covers(gold: GoldPlaces, place: Place | None) -> bool:
    """Whether a passage alone holds a gold quote, as the retrieval figures count it."""
    if place is None or place.document != gold.document:
        return False
    return any(coverage(span, [place.span]) >= COVERED for span in gold.spans)


def _stands_on(gold: GoldPlaces, place: Place | None) -> bool:
    """Whether a citation stands on a gold quote, as citation precision counts it."""
    if place is None or place.document != gold.document:
        return False
    return any(overlap(place.span, span) >= OVERLAP for span in gold.spans)


def _scores(examined: Examined) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="n">{"unscored" if v is None else f"{v:.3g}"}</td></tr>'
        for name, v in examined.result.scores.items()
    )
    return (
        '<details class="more small"><summary>All scores of this case</summary>'
        f"<table><caption>Scores of {escape(examined.result.case.id)}</caption>"
        f'<thead><tr><th scope="col">figure</th><th scope="col" class="n">value</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></details>"
    )
