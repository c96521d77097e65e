"""Articles and their passages -> the articles, each with what an editor wrote above it: not the author's words.

Only what is clear counts: a paragraph near the top that announces the text and says whose it is, an "Editor's note",
or a line on where the text first appeared; and what follows on these, as long as it speaks of the author ("Ana notes").
What stands above "the following article" is not that article either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.ingest.articles.introductions import announces, read_introduction
from assistant.types import Article, Document, Passage, Span

HEAD_PARAGRAPHS = 8  # in which an editor introduces a text; further down the author may announce something
ORIGIN_LENGTH = 300  # characters of a paragraph that says where a text is from, and nothing else
_NOTE = re.compile(
    r"\W*(?:(?:editor(?:s|’s|'s|s’|s')?|editorial) note|note (?:from|by) the editors?"
    r"|anmerkung der redaktion|anm\. d\. red|编者按|编辑按|編者按)\W*(?:[:：.–—]|\s[-–—])",
    re.IGNORECASE,
)
_ENDS_SENTENCE = re.compile(r"[.!?。！？:：][\"'”’»)\]*_]*$")


def with_introductions(document: Document, articles: Sequence[Article], passages: Sequence[Passage]) -> list[Article]:
    """The articles with the span of their introductions, where they have one."""
    return [
        replace(article, introduction=_introduction(_head(document.text, passages, index), article.author))
        for index, article in enumerate(articles)
    ]


def _head(text: str, passages: Sequence[Passage], index: int) -> list[tuple[Span, str]]:
    """The first paragraphs of an article that are neither a headline nor a byline."""
    head: list[tuple[Span, str]] = []
    for span in _paragraphs(text, [s for p in passages if p.article_index == index for s in p.sentences]):
        words = " ".join(text[slice(*span)].split())
        if _ENDS_SENTENCE.search(words):
            head.append((span, words))
        if len(head) == HEAD_PARAGRAPHS:
            break
    return head


def _paragraphs(text: str, sentences: Sequence[Span]) -> Iterator[Span]:
    """Runs of sentences without an end of a line between them."""
    current: Span | None = None
    for sentence in sentences:
        if current and "\n" not in text[current.end : sentence.start]:
            current = Span(current.start, sentence.end)
            continue
        if current:
            yield current
        current = sentence
    if current:
        yield current


def _introduction(head: Sequence[tuple[Span, str]], author: str | None) -> Span | None:
    """From the first of the editor's paragraphs to the last."""
    announcing = [i for i, (_, words) in enumerate(head) if announces(words)]
    noted = [i for i, (_, words) in enumerate(head) if _NOTE.match(words) or _states_origin(words)]
    if not announcing and not noted:
        return None
    first = 0 if announcing else noted[0]
    last = announcing[-1] if announcing else first
    about = _speaks_about(author)
    for index in range(last + 1, len(head)):
        words = head[index][1]
        # One paragraph between may be on what the author says; what begins with "The article" may then be on another's.
        if index in noted or about["name"].search(words) or (index == last + 1 and about["text"].match(words)):
            last = index
        elif index > last + 1:
            break
    return Span(head[first][0].start, head[last][0].end)


def _states_origin(words: str) -> bool:
    """Whether a paragraph of a sentence or two says where the text first appeared."""
    return len(words) <= ORIGIN_LENGTH and bool(read_introduction([words]).outlet)


def _speaks_about(author: str | None) -> dict[str, re.Pattern[str]]:
    """What tells a paragraph on an author from one by the author: nobody writes "Ana notes" of herself."""
    verb = r"(?:\s(?:[a-z]+ly|also|further|then))?\s[a-z]{2,}s\b"
    names = [re.escape(name) for name in re.findall(r"[^\W\d_][\w’'-]{2,}", author or "") if name[0].isupper()]
    return {
        "name": re.compile(rf"\b(?:{'|'.join(names)}){verb}" if names else r"(?!)"),
        "text": re.compile(rf"\W*(?:He|She|The (?:article|author|essay|piece)){verb}"),
    }
