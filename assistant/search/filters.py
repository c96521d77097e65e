"""A filter and a library -> what it admits, as both indexes take it; or, in the user's words, why that is nothing."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

import numpy as np

from assistant.errors import InputError, NothingLeftError
from assistant.search.columns import NAMED, Columns, Mask, folded
from assistant.search.library import Library
from assistant.search.rows import Ids
from assistant.types import Filters

LIST_NAMES = "assistant search --names"
_NEAR = 3  # names that are suggested for an unknown one
_PHRASES = {
    "publisher": "put out by {}",
    "outlet": "from the outlet {}",
    "author": "by {}",
    "language": "in the language {}",
    "document": "in the document {}",
    "article": "in {}",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a filter admits: the passages one by one, and the same as conditions on their fields."""

    passage_ids: Ids
    """In rising order."""
    since: date | None = None
    until: date | None = None
    publishers: tuple[str, ...] = ()
    """Folded, as all names here."""
    outlets: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    documents: tuple[int, ...] | None = None
    """Ids; None for any."""
    not_documents: tuple[int, ...] = ()
    articles: tuple[tuple[int, int], ...] = ()
    """Each by its document's id and its place in it."""


def resolve(filters: Filters | None, columns: Columns, library: Library) -> Scope | None:
    """What a filter admits; None where it admits everything.

    A passage without a date is in no range of dates.

    Raises:
        InputError: a name is not in the library, or the range of dates ends before it begins.
        NothingLeftError: the library holds passages, and the filter admits none of them.
    """
    if filters is None or filters == Filters():
        return None
    masks = _masks(filters, columns, library)
    admitted = columns.passages(_all(masks, columns))
    if not len(admitted) and len(columns.passage_ids):
        raise _nothing_left(filters, masks, columns)
    documents, not_documents = _documents(masks, columns)
    return Scope(
        admitted,
        filters.since,
        filters.until,
        tuple(folded(name) for name in filters.publishers),
        tuple(folded(name) for name in filters.outlets),
        tuple(folded(name) for name in filters.authors),
        tuple(folded(code) for code in filters.languages),
        documents,
        not_documents,
        tuple((_document_id(library, name), place) for name, place in filters.articles),
    )


def _masks(filters: Filters, columns: Columns, library: Library) -> dict[str, Mask]:
    """For each kind of condition that the filter sets, which articles meet it."""
    masks: dict[str, Mask] = {}
    if filters.since or filters.until:
        if filters.since and filters.until and filters.since > filters.until:
            raise InputError(
                f"No day is both since {_day(filters.since)} and until {_day(filters.until)}.",
                "Give the earlier day as --since and the later one as --until.",
            )
        first = filters.since.toordinal() if filters.since else 1
        last = filters.until.toordinal() if filters.until else date.max.toordinal()
        masks["dates"] = (columns.days >= first) & (columns.days <= last)
    for kind in NAMED:
        if wanted := _wanted(filters, kind):
            _check_known(kind, wanted, [columns.names[kind].written[key] for key in columns.names[kind].written])
            masks[kind] = columns.mask(kind, wanted)
    if filters.documents:
        ids = [_document_id(library, name) for name in filters.documents]
        masks["document"] = np.isin(columns.documents, ids)
    if filters.articles:
        masks["article"] = np.zeros(len(columns.documents), dtype=np.bool_)
        for name, place in filters.articles:
            found = (columns.documents == _document_id(library, name)) & (columns.positions == place)
            if not found.any():
                raise InputError(
                    f"{name} has no article number {place + 1}.", f"See them: assistant sources show {name}"
                )
            masks["article"] |= found
    return masks


def _all(masks: dict[str, Mask], columns: Columns, but: str = "") -> Mask:
    chosen = np.ones(len(columns.documents), dtype=np.bool_)
    for kind, mask in masks.items():
        if kind != but:
            chosen &= mask
    return chosen


def _documents(masks: dict[str, Mask], columns: Columns) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
    """The named documents, or, if those are fewer, the others."""
    chosen = _all({kind: mask for kind, mask in masks.items() if kind == "document"}, columns)
    if chosen.all():
        return None, ()
    inside, outside = (np.unique(columns.documents[part]) for part in (chosen, ~chosen))
    if len(inside) <= len(outside):
        return tuple(inside.tolist()), ()
    return None, tuple(outside.tolist())


def _wanted(filters: Filters, kind: str) -> tuple[str, ...]:
    return {
        "publisher": filters.publishers,
        "outlet": filters.outlets,
        "author": filters.authors,
        "language": filters.languages,
    }[kind]


def _document_id(library: Library, name: str) -> int:
    ids = library.document_ids([name])
    if not ids:
        names = [file.name for file in library.files()]
        exact = [known for known in names if folded(known) == folded(name)]
        if len(exact) == 1:
            return library.document_ids(exact)[0]
        _check_known("document", [name], names)
    return ids[0]


def _check_known(kind: str, wanted: Sequence[str], known: Sequence[str]) -> None:
    by_key = {folded(name): name for name in known}
    unknown = [name for name in wanted if folded(name) not in by_key]
    if not unknown:
        return
    if not known:
        remedy = "Say it in a sources.toml: assistant sources --template"
        if kind == "language":  # a library of an earlier version knows of none
            remedy = "Index the folder again, to have it found out: assistant index PATH"
        raise InputError(f"Of no document in the library the {kind} is known.", remedy)
    near = _near(unknown[0], by_key)
    suggested = f" Did you mean {' or '.join(f'“{name}”' for name in near)}?" if near else ""
    command = "assistant sources" if kind == "document" else LIST_NAMES
    names = " and ".join(f"“{name}”" for name in unknown)
    raise InputError(f"The library holds no {kind} named {names}.{suggested}", f"See the names: {command}")


def _near(name: str, by_key: dict[str, str]) -> list[str]:
    """Names that hold it or are written much alike, the likeliest first."""
    key = folded(name)
    holding = [known for known in by_key if key and (key in known or known in key)]
    alike = get_close_matches(key, list(by_key), n=_NEAR, cutoff=0.6)
    return [by_key[known] for known in dict.fromkeys([*alike, *sorted(holding, key=len)])][:_NEAR]


def _nothing_left(filters: Filters, masks: dict[str, Mask], columns: Columns) -> NothingLeftError:
    """What was asked for, and how much there would be without each of the conditions."""
    phrases = [_dates(filters)] if "dates" in masks else []
    named = [(kind, _wanted(filters, kind)) for kind in NAMED]
    phrases += [_PHRASES[kind].format(_either(wanted)) for kind, wanted in named if wanted]
    if filters.documents:
        phrases.append(_PHRASES["document"].format(_either(filters.documents)))
    if filters.articles:
        phrases.append(_PHRASES["article"].format(_either([f"{name}, article {n}" for name, n in filters.articles])))
    without = [told for kind in masks if (told := _without(kind, filters, masks, columns, single=len(masks) == 1))]
    if not without:
        without = [f"without any filter there {_passages(len(columns.passage_ids))}"]
    return NothingLeftError(
        f"Nothing in the library is {' and '.join(phrases)}; {', '.join(without)}.",
        f"Leave out or widen a filter; see what there is: {LIST_NAMES}",
    )


def _without(kind: str, filters: Filters, masks: dict[str, Mask], columns: Columns, *, single: bool) -> str:
    articles = _all(masks, columns, but=kind)
    count = len(columns.passages(articles))
    if not count:
        return ""
    named = "the filter" if single else "the dates" if kind == "dates" else f"the {kind}"
    told = f"without {named} there {_passages(count)}"
    if kind != "dates":
        return told
    days = columns.days[articles]
    known = days[days > 0]
    if not len(known):
        return f"{told}, without a known date"
    first, last = (day.toordinal() if day else None for day in (filters.since, filters.until))
    distance = np.minimum(abs(known - (first or last or 0)), abs(known - (last or first or 0)))
    undated = len(columns.passages(articles & (columns.days == 0)))
    the_nearest = "the nearest in time of" if count > 1 else "of"
    nearest = f"{told}, {the_nearest} {_day(date.fromordinal(int(known[distance.argmin()])))}"
    return f"{nearest}, {undated} of them without a date" if undated else nearest


def _dates(filters: Filters) -> str:
    """A range of days in words: "from March 2020", "since 30 January 2025"."""
    since, until = filters.since, filters.until
    if since is None or until is None:
        return f"dated since {_day(since)}" if since else f"dated until {_day(until or date.max)}"
    if since == until:
        return f"of {_day(since)}"
    if (since.month, since.day, until.month, until.day) == (1, 1, 12, 31) and since.year == until.year:
        return f"from {since.year}"
    month_ends = until.day == calendar.monthrange(until.year, until.month)[1]
    if since.day == 1 and month_ends and (since.year, since.month) == (until.year, until.month):
        return f"from {since:%B} {since.year}"
    return f"dated from {_day(since)} to {_day(until)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _either(names: Sequence[str]) -> str:
    return " or ".join(f"“{name}”" for name in names)


def _passages(count: int) -> str:
    return f"is {count:,} passage" if count == 1 else f"are {count:,} passages"
