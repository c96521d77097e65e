"""An article -> who says it, ready to print: "Ana Lobo (MERICS), 30 Jan 2025"."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from assistant.types import Article, Span

TITLE_LIMIT = 60  # characters of a title that stands in for an outlet nobody named


def attribution(article: Article) -> str:
    """Author (outlet, relayed by whom), date, as far as they are known; at least the file's name."""
    # Of a relayed text whose outlet is lost the publisher is the relayer, not the home.
    home = article.outlet or (None if article.relayed_by else article.publisher)
    relayed = f"relayed by {shortened(article.relayed_by)}" if article.relayed_by else None
    day = f", {article.date.day} {article.date:%b %Y}" if article.date else ""
    if article.author and (home or relayed) and article.author.casefold() != (home or "").casefold():
        return f"{article.author} ({', '.join(part for part in (home, relayed) if part)}){day}"
    who = home or article.author or shortened(article.title) or PurePosixPath(article.document).name
    return f"{who}{f', {relayed}' if relayed else ''}{day}"


def voice(article: Article, sentence: Span) -> Article:
    """The article as the source of one of its sentences: an editor's introduction is in the words of who relays it.

    The day on which a relayed text first appeared is not that of its introduction.
    """
    introduction = article.introduction
    if introduction is None or not introduction.start <= sentence.start < introduction.end:
        return article
    editors = replace(
        article,
        author=None,
        author_how="unknown",
        outlet=None,
        outlet_how="unknown",
        publisher=article.relayed_by or article.publisher,
        relayed_by=None,
    )
    if article.date_how == "stated" and (article.outlet or article.relayed_by):
        return replace(editors, date=None, date_how="unknown", date_basis="")
    return editors


def shortened(title: str | None) -> str:
    """A title on one line, cut at a word where it is longer than 60 characters."""
    line = " ".join((title or "").split())
    if len(line) <= TITLE_LIMIT:
        return line
    return line[:TITLE_LIMIT].rsplit(" ", 1)[0] + " …"
