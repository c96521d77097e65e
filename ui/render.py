"""An answer -> what the page draws of it: plain data for the blocks, and text that no Markdown can change.

Nothing here knows Streamlit. Text of documents and models leaves this file in two ways only: as data, which the
blocks put into text nodes, or through `escape_markdown`.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any

from assistant import Answer, Citation, Claim, Disagreement, Document, Evidence

EXCERPT_CHARACTERS = 220
NEAREST_SHOWN = 3

TRANSLATED = "Translation by the language model, not the source’s words"
STATE_LABELS = {"supported": "", "unsupported": "Not found in the sources", "unchecked": "Not checked"}

# Everything that Markdown, LaTeX, HTML, emoji shortcodes or Streamlit's own directives could begin with.
# Streamlit replaces these even where they are escaped; an invisible joiner between their signs keeps them apart.
_REPLACED = re.compile(r":(?=(?:material/|streamlit:))|<(?=-)|-(?=[->])|[<>~](?==)")
_WORD_JOINER = "\u2060"
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=@\"'])")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a document that can be opened: a citation, or a passage that came near."""

    reference: str
    """Where it stands, as the page's address carries it: "3.2" is citation 2 of turn 3, "3.p1" its nearest passage."""
    document_id: int
    document: str
    start: int
    end: int
    quote: str
    marker: str
    name: str
    """Whose text it is: outlet, publisher, title or file, the first of them that is known."""
    title: str | None
    date: str
    facts: tuple[tuple[str, str], ...]
    """What is known of the source, with a label each."""
    translation: str = ""
    """A language model's, of the quote; empty where there is none."""


def escape_markdown(text: str) -> str:
    """The text on one line, so that Streamlit's Markdown prints it to the letter."""
    apart = _REPLACED.sub(lambda found: found.group() + _WORD_JOINER, " ".join(text.split()))
    return _SPECIAL.sub(r"\\\1", apart)


def date_text(date: datetime.date | None, how: str) -> str:
    """A date for people, never without how it is known if the source does not state it."""
    if date is None:
        return "date unknown"
    written = f"{date.day} {date:%B %Y}"
    return f"{written} (inferred)" if how == "inferred" else written


def citation_spot(citation: Citation, position: int) -> Spot:
    """Where a citation of the answer at `position` points."""
    date = date_text(citation.date, citation.date_how)
    return Spot(
        reference=f"{position}.{citation.number}",
        document_id=citation.document_id,
        document=citation.document,
        start=citation.start,
        end=citation.end,
        quote=citation.quote,
        marker=str(citation.number),
        name=citation.outlet or citation.publisher or citation.title or citation.document,
        title=citation.title,
        date=date,
        facts=_facts(
            outlet=citation.outlet,
            publisher=citation.publisher,
            author=citation.author,
            date=date,
            page=citation.page,
            file=citation.document,
        ),
        translation=citation.translation or "",
    )


def evidence_spot(evidence: Evidence, position: int) -> Spot:
    """Where a passage that was found for the answer at `position` stands."""
    article, passage = evidence.article, evidence.passage
    date = date_text(article.date, article.date_how)
    return Spot(
        reference=f"{position}.p{evidence.rank}",
        document_id=passage.document_id,
        document=passage.document,
        start=passage.span.start,
        end=passage.span.end,
        quote=passage.text,
        marker="",
        name=article.outlet or article.publisher or article.title or passage.document,
        title=article.title,
        date=date,
        facts=_facts(
            outlet=article.outlet,
            publisher=article.publisher,
            author=article.author,
            date=date,
            page=None,
            file=passage.document,
        ),
    )


def find_spot(answer: Answer, position: int, reference: str) -> Spot | None:
    """The place that a page's address names, if this answer has it."""
    spots = [citation_spot(citation, position) for citation in answer.citations]
    spots += [evidence_spot(evidence, position) for evidence in answer.evidence]
    return next((spot for spot in spots if spot.reference == reference), None)


def claim_block(
    claim: Claim, position: int, opened: str | None, *, checked: bool = True, before: Claim | None = None
) -> dict[str, Any]:
    """One claim with its chips. While an answer is still being checked, nothing is said about being unchecked.

    Whose words it is stands above the first of several in a row: not again where they are those of the claim `before`.
    """
    spots = [citation_spot(citation, position) for citation in claim.citations]
    label = STATE_LABELS[claim.state] if checked or claim.state != "unchecked" else ""
    return {
        "kind": "claim",
        "speaker": None if before and before.speaker == claim.speaker else claim.speaker,
        "quoted": claim.speaker is not None,
        "text": claim.text,
        "state": claim.state,
        "label": label,
        "problem": claim.problem or "",
        "spots": [_chip(spot) for spot in spots],
        "opened": opened if any(spot.reference == opened for spot in spots) else None,
    }


def disagreement_block(disagreement: Disagreement, position: int, opened: str | None) -> dict[str, Any]:
    """Where sources differ: the headline, and each side as a claim with its chip."""
    sides = [claim_block(side, position, opened) for side in disagreement.sides]
    return {
        "kind": "differ",
        "headline": disagreement.headline,
        "sides": sides,
        "opened": next((side["opened"] for side in sides if side["opened"]), None),
    }


def as_of_text(answer: Answer) -> str:
    """The line that says from when an answer is; empty where nothing is cited."""
    if answer.as_of is None:
        return ""
    return f"{answer.as_of.text}. {answer.as_of.note}".strip()


def sources_block(answer: Answer, position: int, opened: str | None) -> dict[str, Any]:
    """The list under an answer that says what each number is."""
    spots = [citation_spot(citation, position) for citation in answer.citations]
    return {
        "kind": "sources",
        "spots": [_chip(spot) | _translated(spot) for spot in spots],
        "copy": copy_text(answer),
        "opened": opened if any(spot.reference == opened for spot in spots) else None,
    }


def nearest_block(answer: Answer, position: int, opened: str | None) -> dict[str, Any]:
    """What came nearest to a question that the documents do not answer."""
    shown = answer.evidence[:NEAREST_SHOWN]
    spots = [evidence_spot(evidence, position) for evidence in shown]
    return {
        "kind": "nearest",
        "spots": [_chip(spot) | {"excerpt": excerpt(spot.quote)} for spot in spots],
        "opened": opened if any(spot.reference == opened for spot in spots) else None,
    }


def source_block(document: Document, spot: Spot) -> dict[str, Any]:
    """A document cut in three around the cited place, which is marked.

    The cut is made here, because Python counts characters and a browser counts UTF-16 units. Where the document has
    changed since it was cited, nothing is marked, and `note` says so.
    """
    facts = dict(spot.facts)
    if document.url:
        facts["Address"] = document.url
    if document.pages and "Page" not in facts:
        facts["Page"] = str(sum(start <= spot.start for start in document.pages))
    block = {
        "reference": spot.reference,
        "marker": spot.marker,
        "title": spot.title or document.title or document.name,
        "facts": list(facts.items()),
        "note": "",
        "translation": spot.translation,
        "translated": TRANSLATED,
        "before": document.text[: spot.start],
        "quote": document.text[spot.start : spot.end],
        "after": document.text[spot.end :],
    }
    if document.name == spot.document and block["quote"] == spot.quote:
        return block
    note = f"This document has changed since the answer was given. What was cited: “{spot.quote}”"
    return block | {"note": note, "before": document.text, "quote": "", "after": ""}


def copy_text(answer: Answer) -> str:
    """The answer with a list of its sources, as plain text for a mail or a note."""
    lines = [answer.text]
    if answer.as_of:
        lines.append(f"\n{as_of_text(answer)}")
    if answer.citations:
        lines.append("\nSources")
    for citation in answer.citations:
        spot = citation_spot(citation, 0)
        page = f"page {citation.page}" if citation.page else None
        parts = dict.fromkeys([spot.name, spot.title, spot.date, spot.document, page])
        lines.append(f"[{citation.number}] {', '.join(part for part in parts if part)}: “{citation.quote}”")
        if citation.translation:
            lines.append(f"    {TRANSLATED}: {citation.translation}")
    return "\n".join(lines)


def excerpt(text: str, characters: int = EXCERPT_CHARACTERS) -> str:
    """The beginning of a passage, cut at a word."""
    flat = " ".join(text.split())
    if len(flat) <= characters:
        return flat
    return flat[:characters].rsplit(" ", 1)[0] + " …"


def _chip(spot: Spot) -> dict[str, str]:
    what = f"source {spot.marker}" if spot.marker else "passage"
    return {
        "reference": spot.reference,
        "marker": spot.marker,
        "name": spot.name,
        "title": spot.title if spot.title and spot.title != spot.name else "",
        "date": spot.date,
        "label": f"Open {what}: {spot.name}, {spot.date}",
    }


def _translated(spot: Spot) -> dict[str, str]:
    """For a quote in another language than the question's: the quote, and below it what a model makes of it."""
    if not spot.translation:
        return {}
    return {"excerpt": spot.quote, "translation": spot.translation, "translated": TRANSLATED}


def _facts(
    *, outlet: str | None, publisher: str | None, author: str | None, date: str, page: int | None, file: str
) -> tuple[tuple[str, str], ...]:
    known = {
        "First appeared in": outlet if outlet != publisher else None,
        "Published by": publisher,
        "Author": author,
        "Date": "unknown" if date == "date unknown" else date,
        "Page": str(page) if page else None,
        "File": file,
    }
    return tuple((label, value) for label, value in known.items() if value)
