"""`sources.toml` in a corpus folder -> what the user says of each file, and that put over what was read.

    [[source]]
    match = "china-table/*.txt"
    publisher = "Table.Media"
    date = 2025-01-17
    keep = "Join us in Berlin"

Where several entries mean a file, the later one wins, value by value. An empty text says that there is none.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from assistant.errors import InputError
from assistant.ingest.user.path_patterns import enclosing_paths, is_literal, literal_path, matches
from assistant.ingest.user.sources_errors import Lines, entry_problems
from assistant.toml_file import read_toml
from assistant.types import Span

FILE_NAME = "sources.toml"
MOST_BYTES = 10_000_000
"""Of the file: entries for some 100,000 documents."""
REMEDY = "Correct it and run the command again. A new one to fill in: assistant sources --template"
_LANGUAGE = re.compile(r"(?:[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)?")
_ADDRESS = re.compile(r"(?:https?://\S+)?")


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _with_letters(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values or not all(value.strip() for value in values):
        raise ValueError("must not be empty")
    return values


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError('must be a code such as "en", "de" or "zh"')
    return value


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("must begin with https:// or http://")
    return value


def _day(value: object) -> object:
    """A date as TOML has it or in any words; "" for a file whose date is not known after all."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date) or value == "":
        return value
    from assistant.ingest.formats.dates import parse_date  # its library takes a while: only who needs it waits

    day = parse_date(value) if isinstance(value, str) else None
    if day is None:
        raise ValueError("must be a day such as 2025-01-30")
    return day


Words = Annotated[tuple[str, ...], BeforeValidator(_one_or_many), AfterValidator(_with_letters)]
Line = Annotated[str, AfterValidator(_one_line)]


class SourceRule(BaseModel):
    """One entry of the file: which files it means, and what it says of them; None where it says nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    match: Words
    title: Line | None = None
    publisher: Line | None = None
    outlet: Line | None = None
    author: Line | None = None
    date: Annotated[datetime.date | Literal[""] | None, BeforeValidator(_day)] = None
    language: Annotated[Line, AfterValidator(_language)] | None = None
    url: Annotated[Line, AfterValidator(_address)] | None = None
    notes: str | None = None
    keep: Words | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    source: tuple[SourceRule, ...] = Field(default=())


@dataclass(frozen=True, slots=True)
class Given:
    """What the user says of one file; None where nothing is said, "" where there is said to be none."""

    title: str | None = None
    publisher: str | None = None
    outlet: str | None = None
    author: str | None = None
    date: datetime.date | Literal[""] | None = None
    language: str | None = None
    url: str | None = None
    notes: str | None = None
    keep: tuple[str, ...] = ()
    """Words of parts that were left out and are to be indexed after all."""

    @property
    def key(self) -> str:
        """A digest of the values; "" where nothing is said. What is kept is not in it: that changes the reading."""
        said = {name: str(getattr(self, name)) for name in _VALUES if getattr(self, name) is not None}
        return _digest(said) if said else ""

    @property
    def keep_key(self) -> str:
        """A digest of the parts to keep; "" where there are none."""
        return _digest(self.keep) if self.keep else ""


_VALUES = tuple(name for name in Given.__slots__ if name != "keep")


def _digest(said: object) -> str:
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class Sources:
    """A whole file, ready to be asked; without entries where a folder has none."""

    rules: tuple[SourceRule, ...] = ()
    text: str = field(default="", repr=False)

    def given(self, path: str) -> Given:
        """What is said of a file, by its path within the folder (POSIX style)."""
        values: dict[str, Any] = {}
        keep: list[str] = []
        for position in self._meaning(path):
            rule = self.rules[position]
            values |= {name: said for name in _VALUES if (said := getattr(rule, name)) is not None}
            keep.extend(rule.keep or ())
        return Given(**values, keep=tuple(dict.fromkeys(keep)))

    def unmatched(self, paths: Sequence[str]) -> Iterator[str]:
        """A sentence for each pattern that means none of these files."""
        there = {enclosing for path in paths for enclosing in enclosing_paths(path)}
        lines = Lines(self.text)
        for position, rule in enumerate(self.rules):
            for pattern in rule.match:
                if literal_path(pattern) in there if is_literal(pattern) else any(matches(pattern, p) for p in paths):
                    continue
                line = lines.of(("source", position, "match"))
                yield f"{FILE_NAME}, line {line}: no document matches “{pattern}”."

    def _meaning(self, path: str) -> list[int]:
        """The entries that mean a file, in order. A file with an entry for each document is looked up, not searched."""
        literal, wild = self._by_pattern
        found = {position for enclosing in enclosing_paths(path) for position in literal.get(enclosing, ())}
        found.update(position for pattern, position in wild if matches(pattern, path))
        return sorted(found)

    @cached_property
    def _by_pattern(self) -> tuple[Mapping[str, list[int]], list[tuple[str, int]]]:
        literal: dict[str, list[int]] = defaultdict(list)
        wild: list[tuple[str, int]] = []
        for position, rule in enumerate(self.rules):
            for pattern in rule.match:
                if is_literal(pattern):
                    literal[literal_path(pattern)].append(position)
                else:
                    wild.append((pattern, position))
        return literal, wild


def load_sources(folder: Path) -> Sources:
    """Read a folder's `sources.toml`; nothing is said where there is none.

    Raises:
        InputError: it cannot be read, is no TOML, or says something that cannot be; file and line are named.
    """
    file = folder / FILE_NAME
    try:
        text, values = read_toml(file, MOST_BYTES, InputError, REMEDY)
        return Sources(_File.model_validate(values).source, text)
    except FileNotFoundError:
        return Sources()
    except ValidationError as error:
        raise InputError(f"{file}, {entry_problems(text, error, SourceRule.model_fields)}.", REMEDY) from None


def kept_spans(text: str, excluded: Iterable[Span], keep: Sequence[str]) -> tuple[set[Span], list[str]]:
    """The excluded spans that the user wants indexed, and of the words given those that stand in none of them."""
    wanted = {words: _folded(words) for words in keep}
    kept: set[Span] = set()
    found: set[str] = set()
    for span in excluded:
        there = _folded(text[span.start : span.end])
        hits = [words for words, folded in wanted.items() if folded in there]
        if hits:
            kept.add(span)
            found.update(hits)
    return kept, [words for words in keep if words not in found]


def _folded(words: str) -> str:
    return " ".join(words.split()).casefold()
