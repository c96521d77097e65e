"""A question that asks for several things, and the passages found -> the list that answers it, with all its members.

A list is a run of lines with bullets or numbers, of short lines under a colon, or of sentences that begin with "First",
"Second", "Third". It answers where what introduces it names what is asked for ("Speakers were as follows:").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from assistant.search.words import stems
from assistant.types import Evidence, Span

MOST_MEMBERS = 8  # of a list that are given; of a longer one it is said how many more there are
SHORT_LINE = 90  # characters
_GAP = 12  # characters between two passages of one section

_NUMBERS = r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|several|many)"
_NO_PLURAL = r"(?!(?:does|is|was|has|this|its|his|us|as|news|series|says|yes|means|always|perhaps|politics|\w+ss)\b)"
_ASKED = re.compile(
    rf"\b(?:which|what|who|whose|list|name|enumerate)\b(?:\s+[\w’'-]+){{0,4}}?\s+{_NO_PLURAL}(?P<noun>(?-i:[a-z]+s))\b"
    r"|\b(?:welche[rsn]?|nennen?)\s+(?:(?-i:[a-zäöüß]+)\s+){0,2}(?P<german>(?-i:[A-ZÄÖÜ])\w+)"
    r"|(?:哪些|哪几[个位项家]?|列出)(?P<chinese>[\u3400-\u9fff]{2})",
    re.IGNORECASE,
)
_COUNTED = re.compile(rf"\b{_NUMBERS}\s+(?:[a-z]+\s)?{_NO_PLURAL}([a-z]+s)\b")
_WHICH = re.compile(r"\b(?:which|list|name|enumerate|what (?:are|were))\b", re.IGNORECASE)
_WHOLE_LIST = re.compile(r"\b(?:full|complete|whole) list\b|\blist of\b|vollständige liste", re.IGNORECASE)
_PLURAL = re.compile(rf"\b{_NO_PLURAL}([a-z]{{3,}}s)\b", re.IGNORECASE)

_BULLET = re.compile(
    r"\s*(?:[•▪◦‣●■►–*+-]\s|(?P<number>\(?\d{1,2}[.)]\s|\(?[a-h]\)\s|[（(]?[一二三四五六七八九十]{1,3}[)）、]))"
)
_ORDINALS = (
    r"first(?:ly)?|erstens|首先|第一", r"second(?:ly)?|zweitens|其次|第二", r"third(?:ly)?|drittens|第三",
    r"fourth(?:ly)?|viertens|第四", r"fifth(?:ly)?|fünftens|第五", r"sixth(?:ly)?|sechstens|第六",
)  # fmt: skip
_ORDINAL = re.compile(
    rf"\W*(?:{'|'.join(f'(?P<o{n}>{words})' for n, words in enumerate(_ORDINALS))}"
    r"|(?P<last>finally|lastly|schließlich|最后))(?:[,，、:]|\s(?=[a-z]))",
    re.IGNORECASE,
)
_CELLS = re.compile(r"\S \| \S")
Place = tuple[Evidence, Span]


@dataclass(frozen=True, slots=True)
class SourceList:
    """A list as it stands in one section of a source."""

    introduction: Place | None
    """The sentence before its first member."""
    members: tuple[Place, ...]


def asked_nouns(question: str) -> frozenset[str]:
    """The stems of what a question wants several of ("which regions", "name the speakers"); empty where it does not."""
    nouns = [noun for found in _ASKED.finditer(question) for noun in found.groups() if noun]
    if _WHOLE_LIST.search(question):
        nouns += _PLURAL.findall(question)
    if _WHICH.search(question):
        nouns += _COUNTED.findall(question)
    return frozenset(stem for noun in nouns for stem in stems(noun))


def list_for(question: str, evidence: Sequence[Evidence], chosen: Sequence[Place]) -> SourceList | None:
    """The list that answers a question, best passage first; None where none does.

    It must stand in an article that something `chosen` is from. Two of its members are chosen, or what introduces it
    names what is asked for; if nothing of it is chosen, it must also stand under some other word of the question.
    """
    nouns = asked_nouns(question)
    if not nouns:
        return None
    articles = {_article(e) for e, _ in chosen}
    places = {_key(place) for place in chosen}
    lists = lists_in([e for e in evidence if _article(e) in articles])
    rated = [(_fit(found, nouns, set(stems(question)) - nouns, places), found) for found in lists]
    best = max(rated, key=lambda pair: pair[0], default=(0, None))
    return best[1] if best[0] else None


def table_of(evidence: Evidence, sentence: Span) -> tuple[Span, ...]:
    """The rows of the table that a row stands in, in order, as far as they are in its passage; empty if it is none.

    A row without the others, or its head without any, says nothing.
    """
    rows = evidence.passage.sentences
    place = rows.index(sentence) if sentence in rows else len(rows)
    first = last = place
    while first > 0 and _is_row(evidence, rows[first - 1]):
        first -= 1
    while last < len(rows) and _is_row(evidence, rows[last]):
        last += 1
    return tuple(rows[first:last]) if first <= place < last and last - first > 1 else ()


def _is_row(evidence: Evidence, sentence: Span) -> bool:
    return bool(_CELLS.search(_text(evidence, sentence)))


def _fit(found: SourceList, nouns: frozenset[str], others: set[str], chosen: set[tuple[str, Span]]) -> int:
    """How well a list answers, by what of it is chosen and what introduces it; 0 where it does not."""
    members = sum(_key(member) in chosen for member in found.members)
    if found.introduction is None:
        return members if members > 1 else 0
    evidence, _ = found.introduction
    words = set(stems(_text(*found.introduction)))
    if not nouns & words:
        return members if members > 1 else 0
    above = words | set(stems(f"{evidence.passage.heading} {evidence.article.title or ''}"))
    is_chosen = members > 0 or _key(found.introduction) in chosen
    return members + 2 if is_chosen or others & above else 0


def lists_in(evidence: Sequence[Evidence]) -> list[SourceList]:
    """The lists of these passages; one that goes on in the next passage of its section, if that is here, is one."""
    return [found for section in _sections(evidence) for found in (*_marked(section), *_counted(section))]


def _sections(evidence: Sequence[Evidence]) -> list[list[Place]]:
    """Passages that follow each other in one article, as their sentences; sections in the order of the evidence."""
    ordered = sorted(evidence, key=lambda e: (e.passage.document, e.passage.span))
    sections: list[list[Evidence]] = [[e] for e in ordered[:1]]
    for before, after in pairwise(ordered):
        near = 0 <= after.passage.span.start - before.passage.span.end <= _GAP
        if near and _article(before) == _article(after):
            sections[-1].append(after)
        else:
            sections.append([after])
    sections.sort(key=lambda section: min(e.rank for e in section))
    return [[(e, s) for e in section for s in e.passage.sentences] for section in sections]


def _marked(section: Sequence[Place]) -> Iterator[SourceList]:
    """Runs of lines with bullets or numbers, and of short lines under a colon."""
    lines = [place for place in section if _starts_line(*place)]
    for kind, run in groupby(lines, key=lambda place: _mark(*place)):
        members = tuple(run)
        first = section.index(members[0])
        introduction = section[first - 1] if first else None
        under_colon = introduction is not None and _text(*introduction).rstrip("*_ ").endswith((":", "："))
        if kind == "short" and not under_colon and introduction is not None:  # the line with the colon is short itself
            colon = next((i for i, m in enumerate(members) if _text(*m).rstrip("*_ ").endswith((":", "："))), None)
            if colon is None:
                continue
            introduction, members = members[colon], members[colon + 1 :]
        if kind and len(members) > 1 + (kind == "short"):
            yield SourceList(introduction, members)


def _counted(section: Sequence[Place]) -> Iterator[SourceList]:
    """First … second … third …, whatever stands between them."""
    members: list[int] = []
    for i, place in enumerate(section):
        found = _ORDINAL.match(_text(*place))
        number = next((n for n in range(len(_ORDINALS)) if found and found[f"o{n}"]), None)
        if number == 0 and len(members) < 2:
            members = [i]
        elif members and ((found and found["last"]) or number == len(members)):
            members.append(i)
    if len(members) > 1:
        introduction = section[members[0] - 1] if members[0] else None
        yield SourceList(introduction, tuple(section[i] for i in members))


def _starts_line(evidence: Evidence, sentence: Span) -> bool:
    before = evidence.passage.text[: sentence.start - evidence.passage.span.start]
    line = before[before.rfind("\n") + 1 :]
    return not line.strip() or bool(_BULLET.fullmatch(line))


def _mark(evidence: Evidence, sentence: Span) -> str:
    """What makes a line a list's: "bullet", "number", "short"; empty where nothing does."""
    text, start = evidence.passage.text, sentence.start - evidence.passage.span.start
    line = text[text.rfind("\n", 0, start) + 1 :]
    if found := _BULLET.match(line):
        return "number" if found["number"] else "bullet"
    words = _text(evidence, sentence)
    rest = line.partition("\n")[0].strip()
    return "short" if len(rest) <= SHORT_LINE and rest == words and not words.endswith((".", "。", "!", "?")) else ""


def _text(evidence: Evidence, sentence: Span) -> str:
    start = evidence.passage.span.start
    return evidence.passage.text[sentence.start - start : sentence.end - start]


def _article(evidence: Evidence) -> tuple[str, int]:
    return evidence.passage.document, evidence.passage.article_index


def _key(place: Place) -> tuple[str, Span]:
    return place[0].passage.document, place[1]
