"""What every format is given: a file's bytes, with its name, kind and checksum."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.errors import ReadError


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read into memory once, so that text and checksum are of the same bytes."""

    name: str
    """Path within the corpus folder, POSIX style."""
    data: bytes
    media_type: str
    sha256: str


def unreadable(source: Source, problem: str, remedy: str) -> ReadError:
    """An error that names the file; `problem` continues the sentence that the name begins."""
    return ReadError(f"{shown_name(source.name)} {problem}.", remedy)


def shown_name(name: str) -> str:
    r"""A file's name in one line: line ends, control signs and broken characters as \n, \x07, \udcff.

    Letters of every script and emoji stay; an unseen sign could make one name look like another.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)
