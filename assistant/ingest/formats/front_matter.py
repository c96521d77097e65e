"""The YAML between --- lines at the top of a text -> title, author, publisher, date, address, language; its span."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from assistant.ingest.formats.source import Source, unreadable
from assistant.types import Span

BLOCK = re.compile(r"---[ \t]*\n(?P<yaml>(?:.*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
KEY = re.compile(r"[A-Za-z_][\w-]*[ \t]*:(?:\s|$)")
TITLE_KEYS = ("title",)
AUTHOR_KEYS = ("author", "authors")
PUBLISHER_KEYS = ("publisher", "site", "sitename", "site_name", "source")
DATE_KEYS = ("date", "published", "publish_date")
URL_KEYS = ("url", "link", "permalink", "source_url")
LANGUAGE_KEYS = ("language", "lang")
KNOWN_KEYS = frozenset((*TITLE_KEYS, *AUTHOR_KEYS, *PUBLISHER_KEYS, *DATE_KEYS, *URL_KEYS, *LANGUAGE_KEYS))
REMEDY = "Correct the lines between the two --- at its top, or delete them."


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the front matter says, in its own words; `span` covers it with both of its --- lines."""

    span: Span
    title: str | None = None
    author: str | None = None
    publisher: str | None = None
    date: str | None = None
    url: str | None = None
    language: str | None = None


def read_front_matter(source: Source, text: str) -> FrontMatter | None:
    """Find and read the front matter of `text`; None if it has none, such as where --- is a mere rule.

    Raises:
        ReadError: it is meant as front matter but is not valid YAML; the line is named.
    """
    block = BLOCK.match(text)
    if block is None or not KEY.match(block["yaml"]):
        return None
    values = _values(source, block["yaml"])
    if values is None:
        return None
    url = _first(values, URL_KEYS)
    publisher = _first(values, PUBLISHER_KEYS)
    if publisher and re.match(r"https?://", publisher):  # "source" is the address as often as the name
        url, publisher = url or publisher, None
    return FrontMatter(
        span=Span(0, len(block[0].rstrip("\n"))),
        title=_first(values, TITLE_KEYS),
        author=_first(values, AUTHOR_KEYS),
        publisher=publisher,
        date=_first(values, DATE_KEYS),
        url=url,
        language=_first(values, LANGUAGE_KEYS),
    )


def _values(source: Source, written: str) -> dict[str, Any] | None:
    """The mapping, with every scalar as a string; None if it is prose between two rules after all."""
    meant = any(
        line.partition(":")[0].strip().lower() in KNOWN_KEYS for line in written.splitlines() if KEY.match(line)
    )
    try:
        # BaseLoader builds strings only: no "yes" becomes True, and a day that does not exist stops nothing.
        values = yaml.load(written, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError) as error:
        if not meant:
            return None
        mark = getattr(error, "problem_mark", None)
        line = min(mark.line, written.count("\n") - 1) + 2 if mark else 2
        raise unreadable(source, f"has front matter that is not valid YAML, in line {line}", REMEDY) from None
    if isinstance(values, dict):
        return {str(key).lower(): value for key, value in values.items()}
    if not meant:
        return None
    raise unreadable(source, "has front matter that is not a list of names and values, from line 2 on", REMEDY)


def _first(values: dict[str, Any], keys: Iterable[str]) -> str | None:
    return next((said for key in keys if (said := _words(values.get(key)))), None)


def _words(value: Any) -> str | None:
    """A value, a list of values or a person with a name, in one line; None where nothing is said."""
    if isinstance(value, dict):
        return _words(value.get("name"))
    if isinstance(value, list):
        return ", ".join(filter(None, map(_words, value))) or None
    said = " ".join(str(value).split()) if value is not None else ""
    return None if said.lower() in {"", "null", "~"} else said
