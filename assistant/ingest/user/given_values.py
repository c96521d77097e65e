"""What the user says of a file -> its document and articles with those values in place of what was read.

The user's word wins, wherever a value applies. A document of one article is that article. In one of several, what is
said of the file is said of the page that holds them: an outlet or an author is for articles that name none of their
own, and a date is the day of issue, not that of an article that states another. A language is that of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from assistant.ingest.user.sources_file import FILE_NAME, Given
from assistant.types import Article, Document


def apply_sources(document: Document, articles: Sequence[Article], given: Given) -> tuple[Document, list[Article]]:
    """A document and its articles, as they were read, with what the user says of them."""
    alone = len(articles) == 1
    return _document(document, given), [_article(article, document, given, alone=alone) for article in articles]


def _document(document: Document, given: Given) -> Document:
    values: dict[str, Any] = {}
    for name in ("title", "publisher", "author"):
        values |= _value(name, getattr(given, name))
    values |= _date(given, "given")
    values |= {"url": given.url or None} if given.url is not None else {}
    values |= {"notes": given.notes} if given.notes is not None else {}
    values |= _language(given)
    return replace(document, **values)


def _article(article: Article, document: Document, given: Given, *, alone: bool) -> Article:
    values = _value("publisher", given.publisher)
    if alone or article.title in {None, document.title}:
        values |= _value("title", given.title if alone or article.title else None)
    if alone or article.outlet is None:
        values |= _value("outlet", given.outlet)
    if alone or article.author in {None, document.author}:
        values |= _value("author", given.author)
    if alone or article.date in {None, document.date}:
        taken_over = not alone and article.outlet is not None  # its own day is near that of the page, and not known
        values |= _date(given, "inferred" if taken_over and given.date else "given")
    if given.url is not None and (alone or article.url in {None, document.url}):
        values["url"] = given.url or None
    values |= _language(given)
    if article.relayed_by is not None:
        page = {document.publisher: given.publisher, document.title: given.publisher or given.title}
        values["relayed_by"] = page.get(article.relayed_by) or article.relayed_by
    return replace(article, **values)


def _value(name: str, said: str | None) -> dict[str, Any]:
    return {} if said is None else {name: said or None, f"{name}_how": "given"}


def _language(given: Given) -> dict[str, Any]:
    return {} if given.language is None else {"language": given.language, "language_how": "given"}


def _date(given: Given, how: str) -> dict[str, Any]:
    if given.date is None:
        return {}
    basis = FILE_NAME if how == "given" else f"the day of issue, by {FILE_NAME}"
    return {"date": given.date or None, "date_how": how, "date_basis": basis}
