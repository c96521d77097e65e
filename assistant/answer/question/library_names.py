"""A text and the names that documents give one thing -> the other names of what the text names.

The pairs are those that the documents of the library state themselves: "None Of Your Business (NOYB)". One step only:
from a name to those that stand beside it, never on from there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from assistant.search.words import stems
from assistant.types import Alias

MOST_OTHERS = 12
"""Names that are given for one text; what comes after is left out, for a query of names only finds anything."""

_TOKEN = re.compile(r"[^\W_\u3400-\u9fff]+")
_HAN_RUN = re.compile(r"[\u3400-\u9fff·]+")
_HAN_KEY = 2  # characters; a single one names nothing


@dataclass(frozen=True, slots=True)
class NameTable:
    """Names that a text is looked up in: no list is read through, whatever its length."""

    latin: Mapping[tuple[str, ...], tuple[tuple[str, str], ...]]
    """A name's tokens, in lower case -> how it was written, and its other name."""
    han: Mapping[str, tuple[str, ...]]
    """A Chinese name -> its other names."""
    lengths: Mapping[str, tuple[int, ...]]
    """First token, or first two Chinese characters -> how long the names are that begin so, the longest first."""

    def others(self, text: str) -> tuple[str, ...]:
        """The other names of what a text names, in the order of the text, each once; all meanings of an ambiguous one.

        Of names that begin at the same place the longest counts.
        """
        found = [*self._latin_others(text), *self._han_others(text)]
        plain = f" {' '.join(_tokens(text))} "
        unsaid = [n for n in dict.fromkeys(found) if (n not in text if _is_han(n) else not _holds(plain, n))]
        return tuple(unsaid[:MOST_OTHERS])

    def _latin_others(self, text: str) -> Iterator[str]:
        words = _TOKEN.findall(text)
        tokens = tuple(word.casefold() for word in words)
        at = 0
        while at < len(tokens):
            lengths = (n for n in self.lengths.get(tokens[at], ()) if tokens[at : at + n] in self.latin)
            length = next(lengths, 0)
            written = " ".join(words[at : at + length])
            for own, other in self.latin[tokens[at : at + length]] if length else ():
                if _is_meant(own, written):
                    yield other
            at += length or 1

    def _han_others(self, text: str) -> Iterator[str]:
        for run in _HAN_RUN.findall(text):
            at = 0
            while at < len(run):
                lengths = (n for n in self.lengths.get(run[at : at + _HAN_KEY], ()) if run[at : at + n] in self.han)
                length = next(lengths, 0)
                yield from self.han.get(run[at : at + length], ())
                at += length or 1


def name_table(pairs: Iterable[tuple[str, str]], *, both_ways: bool = True) -> NameTable:
    """The table of pairs of names, each found by the other; or only the second by the first."""
    latin: dict[tuple[str, ...], dict[tuple[str, str], None]] = {}
    han: dict[str, dict[str, None]] = {}
    lengths: dict[str, set[int]] = {}
    for pair in pairs:
        for name, other in (pair, pair[::-1])[: 1 + both_ways]:
            if _is_han(name):
                if len(name) >= _HAN_KEY:
                    han.setdefault(name, {})[other] = None
                    lengths.setdefault(name[:_HAN_KEY], set()).add(len(name))
            elif tokens := _tokens(name):
                latin.setdefault(tokens, {})[" ".join(_TOKEN.findall(name)), other] = None
                lengths.setdefault(tokens[0], set()).add(len(tokens))
    return NameTable(
        {name: tuple(others) for name, others in latin.items()},
        {name: tuple(others) for name, others in han.items()},
        {first: tuple(sorted(known, reverse=True)) for first, known in lengths.items()},
    )


@dataclass(slots=True)
class LibraryNames:
    """The table of a library's own aliases, made anew when the library has changed. For several threads."""

    _state: Hashable = None
    _table: NameTable = field(default_factory=lambda: NameTable({}, {}, {}))
    _lock: Lock = field(default_factory=Lock)

    def at(self, state: Hashable, aliases: Callable[[], Sequence[tuple[str, Alias]]]) -> NameTable:
        """The table of this state of the library; `aliases` is only called where it is another one."""
        with self._lock:
            if state != self._state:
                self._table = name_table((alias.name, alias.other) for _, alias in aliases())
                self._state = state
            return self._table


def _tokens(name: str) -> tuple[str, ...]:
    return tuple(token.casefold() for token in _TOKEN.findall(name))


def _holds(plain: str, name: str) -> bool:
    """Whether a text, as its tokens between spaces, holds a name."""
    return f" {' '.join(_tokens(name))} " in plain


def _is_han(name: str) -> bool:
    return bool(_HAN_RUN.fullmatch(name))


def _is_meant(name: str, written: str) -> bool:
    """Whether a name is meant: "us" and "car" are not the abbreviations US and CAR, "noyb" may well be NOYB."""
    return name == written or not name.isupper() or (len(name) > 3 and bool(stems(written)))
