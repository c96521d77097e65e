"""A library's documents of one folder -> the text of a `sources.toml` to fill in, with what is known as comments."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from assistant.errors import InputError
from assistant.ingest.user.path_patterns import pattern_for
from assistant.search.library import Library, StoredFile
from assistant.types import Document

_HEAD = """\
# What you know of your documents. Save this as sources.toml in {folder}
# and run: assistant index {folder}
#
# Take the # away from a line to say it. Your word wins over what was read. "" says that there is none.
# match is a path inside the folder, or several: ["a.txt", "b.txt"]. * stands for any part of a name, ** for any
# folders; "*.pdf" means such names in every folder, "/a.txt" this one file. Of several entries the later one wins.
# keep = "words of a part that was left out" takes that part back in: assistant sources show DOCUMENT
# What is behind the second # of a line is how it is known so far.
"""


def make_template(library: Library, folder: Path | None) -> str:
    """An entry for each document that the library has from a folder; from its only folder if none is named.

    Raises:
        InputError: nothing was indexed from that folder, or none is named and there are several.
    """
    files = library.files()
    roots = sorted({file.state.root for file in files})
    if folder is None and len(roots) > 1:
        raise InputError(
            f"The library has documents of several folders: {', '.join(roots)}.",
            "Name one: assistant sources --template --folder PATH",
        )
    root = str(folder.expanduser().resolve()) if folder else "".join(roots)
    if root not in roots:
        raise InputError(f"Nothing was indexed from {root}.", f"Index it first: assistant index {root}")
    entries = [_entry(library, file) for file in files if file.state.root == root]
    return "\n".join([_HEAD.format(folder=_comment(root)), *entries])


def _entry(library: Library, file: StoredFile) -> str:
    document, articles = library.document(file.id), library.articles(file.id)
    outlets = list(dict.fromkeys(article.outlet for article in articles))
    outlet = outlets[0] if len(outlets) == 1 else None
    day = document.date.isoformat() if document.date else toml_string("")
    lines = [
        "[[source]]",
        f"match = {toml_string(pattern_for(file.state.path))}",
        _line("title", toml_string(document.title), document.title_how),
        _line("publisher", toml_string(document.publisher), document.publisher_how),
        _line("outlet", toml_string(outlet), articles[0].outlet_how if outlet else "unknown"),
        _line("author", toml_string(document.author), document.author_how),
        _line("date", day, ": ".join(filter(None, (document.date_how, document.date_basis)))),
        _line("language", toml_string(document.language), document.language_how),
        _line("url", toml_string(document.url)),
        _line("notes", toml_string(document.notes)),
    ]
    if len(articles) > 1:
        lines.append(f"# It holds {len(articles)} articles: an outlet or author is for those that name none.")
    return "\n".join([*lines, *_left_out(document)]) + "\n"


def _line(key: str, value: str, how: str = "") -> str:
    known = f"# {key} = {value}"
    how = "" if how == "unknown" and value != '""' else how
    return f"{known}  # {_comment(how)}" if how else known


def _left_out(document: Document) -> list[str]:
    reasons = Counter(exclusion.reason for exclusion in document.exclusions)
    said = ", ".join(f"{_comment(reason)} ({number})" for reason, number in reasons.most_common())
    return [f"# Left out: {said}"] if said else []


def toml_string(value: str | None) -> str:
    """A text as TOML writes it; "" for none. JSON's escapes are TOML's, but for one sign."""
    return json.dumps(value or "", ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    """A text that stays on one line, and holds no sign that TOML forbids in comments."""
    return "".join(ch if ch.isprintable() else " " for ch in text)
