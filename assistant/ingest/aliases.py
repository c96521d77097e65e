"""A text -> the pairs of names that it gives one thing itself: "Nobody Owns The Sea (NOTS)", "Meihaven 美港"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from assistant.language.people import UPPER
from assistant.types import Alias, Span

_WORD = rf"(?<!\w)[{UPPER}][\w’'&-]{{0,40}}"
_NAME = rf"{_WORD}(?:\s(?:(?:of|the|and|for|on|in|to|der|des|für|und|&)\s){{0,2}}{_WORD}){{0,7}}"
_HAN = r"[\u3400-\u9fff][\u3400-\u9fff·]{1,15}"
_SHORT = rf"[{UPPER}][{UPPER}a-z0-9&-]{{1,9}}"
# "Long Name (LN)"; the words before the name may start with a capital too: letters decide where the name begins.
_BRACKETED = re.compile(rf"(?P<name>(?<!\w)[\w’'&-]{{1,40}}(?:\s[\w’'&-]{{1,40}}){{1,9}})\s\((?P<short>{_SHORT})\)")
_REVERSED = re.compile(rf"\b(?P<short>[{UPPER}]{{2,8}})\s\((?P<name>{_NAME})\)")
_WITH_CHINESE = re.compile(
    rf"(?P<name>{_NAME})\s(?:\((?:Chinese:\s)?(?P<bracketed>{_HAN})(?:\sin\s\w+)?\)"
    rf"|(?P<bare>{_HAN})(?=[\s.,;:)。，]|$))"
)
_CHINESE_FIRST = re.compile(rf"(?P<name>{_HAN})[（(](?P<other>[A-Za-z][A-Za-z0-9 .&-]{{1,60}})[)）]")
_KNOWN_AS = re.compile(
    rf"(?P<name>{_NAME}),?\s(?:\((?:also|formerly)?\s?)?(?:which is\s|who is\s)?(?:also\s|better\s|formerly\s"
    rf"|widely\s)?(?:known as|called|auch bekannt als|bekannt als)\s"
    rf"(?:the\s)?[“\"‘]?(?P<other>{_NAME})"
)
_OR = re.compile(rf"\b(?P<name>{_WORD})\s\((?P<others>{_NAME}(?:\s/\s{_NAME}){{1,3}})\)")
_MEANS = re.compile(rf"(?P<name>{_NAME}),?\s(?:which|whose name)\smeans\s[“\"‘](?P<other>[^”\"’]{{3,40}}?),?[”\"’]")


def find_aliases(text: str, spans: Iterable[Span]) -> tuple[Alias, ...]:
    """The aliases that some stretches of a text state, each pair once, at its first place."""
    found: dict[tuple[str, str], Alias] = {}
    for span in spans:
        for name, other, start, end in _pairs(text[span.start : span.end]):
            key = (name.casefold(), other.casefold())
            if key[0] != key[1] and key not in found:
                found[key] = Alias(name, other, Span(span.start + start, span.start + end))
    return tuple(found.values())


def _pairs(text: str) -> Iterator[tuple[str, str, int, int]]:
    yield from _abbreviations(text)
    for m in _WITH_CHINESE.finditer(text):
        yield _plain(m["name"]), m["bracketed"] or m["bare"], m.start(), m.end()
    for m in _CHINESE_FIRST.finditer(text):
        yield m["other"].strip(), m["name"], m.start(), m.end()
    for pattern in (_KNOWN_AS, _MEANS):
        for m in pattern.finditer(text):
            yield _plain(m["name"]), m["other"], m.start(), m.end()
    for m in _OR.finditer(text):
        for other in m["others"].split(" / "):
            yield m["name"], other, m.start(), m.end()


def _abbreviations(text: str) -> Iterator[tuple[str, str, int, int]]:
    for m in _BRACKETED.finditer(text):
        name = spelled_out(m["name"], m["short"])
        if name:
            yield name, m["short"], m.end("name") - len(name), m.end()
    for m in _REVERSED.finditer(text):
        if spelled_out(m["name"], m["short"]) == m["name"]:
            yield m["name"], m["short"], m.start(), m.end()


def spelled_out(words: str, short: str) -> str | None:
    """The last of the words that an abbreviation's letters begin, in order: "the European Union" and "EU".

    Small words may be skipped, and a word may give two letters at its beginning or at a hyphen ("co-operation").
    """
    letters = [ch.casefold() for ch in short if ch.isalpha() and (ch.isupper() or short.islower())]
    parts = words.split()
    if len(letters) < 2 or not short[0].isupper():
        return None
    for first in range(len(parts) - 1, -1, -1):
        if parts[first][:1].casefold() != letters[0] or not parts[first][:1].isupper():
            continue
        initials = [w[0].casefold() for part in parts[first:] for w in re.split(r"[-’']", part) if w]
        capitals = [w[0].casefold() for part in parts[first:] for w in re.split(r"[-’']", part) if w and w[0].isupper()]
        if letters in (initials, capitals):
            return " ".join(parts[first:])
    return None


def _plain(name: str) -> str:
    """The name without a word that only began the sentence."""
    return re.sub(r"^(?:The|A|An|In|On|But|And|For|As|At|Its|Their|This|Die|Der|Das)\s", "", name)
