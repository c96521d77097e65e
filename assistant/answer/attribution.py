"""An article -> who says it, ready to print: "MERICS, 30 Jan 2025"."""

from __future__ import annotations

from pathlib import PurePosixPath

from assistant.types import Article

TITLE_LIMIT = 60  # characters of a title that stands in for an outlet nobody named


def attribution(article: Article) -> str:
    """Author and outlet as far as they are known, who relayed it, and the date; at least the file's name."""
    # Of a relayed text whose outlet is lost the publisher is the relayer, not the home.
    home = article.outlet or (None if article.relayed_by else article.publisher)
    if article.author and home and article.author.casefold() != home.casefold():
        who = f"{article.author} ({home})"
    else:
        who = home or article.author or shortened(article.title) or PurePosixPath(article.document).name
    relayed = f", relayed by {shortened(article.relayed_by)}" if article.relayed_by else ""
    day = f", {article.date.day} {article.date:%b %Y}" if article.date else ""
    return f"{who}{relayed}{day}"


def shortened(title: str | None) -> str:
    """A title on one line, cut at a word where it is longer than 60 characters."""
    line = " ".join((title or "").split())
    if len(line) <= TITLE_LIMIT:
        return line
    return line[:TITLE_LIMIT].rsplit(" ", 1)[0] + " …"
