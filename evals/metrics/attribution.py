"""What an answer says of its sources, and what the articles and the case say -> is everything told of the right one?

Two different questions. `attribution_accuracy` asks whether a reader learns from the answer what the case wants told of
who said something, and where. The others ask whether what is printed with each citation is what the cited article's
metadata says; they are computed for every answer, and find a footnote that names the neighbour's author.
"""

from __future__ import annotations

from collections.abc import Callable

from assistant.types import Article, Citation
from evals.metrics.correctness import mentions
from evals.spans import PLAIN, Placed


def attribution_accuracy(placed: Placed) -> float | None:
    """The share of `must_include` groups (names of people, outlets, days) that the answer attributes as it should.

    A group is met if one of its alternatives stands in the text of a claim, in the speaker printed before it, or in
    the outlet, publisher, author or date printed with one of its citations. Only answered cases of the type
    `attribution`: of other cases `must_include` holds facts, and they say nothing of who is meant.
    """
    case, answer = placed.case, placed.answer
    if answer is None or case.type != "attribution" or not case.must_include:
        return None
    told = [part for claim in answer.claims for part in (claim.text, claim.speaker)]
    told += [part for c in answer.citations for part in (c.outlet, c.publisher, c.author, str(c.date or ""))]
    folded = "\n".join(filter(None, told)).translate(PLAIN).casefold()
    met = [any(mentions(folded, word) for word in group) for group in case.must_include]
    return sum(met) / len(met)


def attribution_outlet(placed: Placed) -> float | None:
    """The share of citations whose printed outlet is the article's. Unscored where neither names one."""
    return _field(placed, lambda article: article.outlet, lambda citation: citation.outlet)


def attribution_author(placed: Placed) -> float | None:
    """The share of citations whose printed author is the article's. Unscored where neither names one."""
    return _field(placed, lambda article: article.author, lambda citation: citation.author)


def attribution_date(placed: Placed) -> float | None:
    """The share of citations whose date, and how it is known, is the article's. Unscored where neither has one."""
    return _field(
        placed,
        lambda article: f"{article.date} {article.date_how}" if article.date else None,
        lambda citation: f"{citation.date} {citation.date_how}" if citation.date else None,
    )


def attribution_speaker(placed: Placed) -> float | None:
    """The share of claims with a printed speaker that name the author, outlet or publisher of an article they cite.

    Unscored where no speaker is printed, or none of the three is known of the articles.
    """
    if placed.answer is None:
        return None
    right = []
    for claim in placed.answer.claims:
        articles = [a for c in claim.citations if (a := _article(placed, c))]
        known = [name for a in articles for name in (a.author, a.outlet, a.publisher) if name]
        if claim.speaker and known:
            said = claim.speaker.translate(PLAIN).casefold()
            right.append(any(mentions(said, name) for name in known))
    return sum(right) / len(right) if right else None


def _field(
    placed: Placed, expected: Callable[[Article], str | None], printed: Callable[[Citation], str | None]
) -> float | None:
    """The share of citations on which article and citation agree, where either says anything."""
    right = []
    for placed_citation in placed.citations:
        citation = placed_citation.citation
        article = _article(placed, citation)
        if article and (expected(article) or printed(citation)):
            right.append(expected(article) == printed(citation))
    return sum(right) / len(right) if right else None


def _article(placed: Placed, citation: Citation) -> Article | None:
    """The article in which the cited span stands, as far as the evidence shows it."""
    evidence = placed.answer.evidence if placed.answer else ()
    return next(
        (
            e.article
            for e in evidence
            if e.passage.document == citation.document
            and e.article.span.start <= citation.start < citation.end <= e.article.span.end
        ),
        None,
    )
