"""An e-book (.epub) -> its chapters in reading order, with headings and what its package says of it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import unquote

from lxml.etree import QName, XMLParser, XMLSyntaxError, _Element, fromstring

from assistant.ingest.formats.archive import Archive, locked, open_archive
from assistant.ingest.formats.blocks import Block, assemble
from assistant.ingest.formats.chapter import chapter_blocks
from assistant.ingest.formats.dates import parse_date
from assistant.ingest.formats.file_properties import stated_author, stated_language, stated_title
from assistant.ingest.formats.source import Source, unreadable
from assistant.types import Document

DAMAGED = "is damaged, or is no e-book"
REMEDY = "Get it anew from where it came from, or take it out of the folder."
CONTAINER = "META-INF/container.xml"
ENCRYPTION = "META-INF/encryption.xml"
# These only keep an embedded font from being copied out of the book; whatever else is encrypted is under lock.
FONT_ALGORITHMS = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
TEXTS = frozenset({"application/xhtml+xml", "text/html", "application/xml", "text/xml"})
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
PUBLISHED = frozenset({"", "publication", "original-publication"})  # others say when the file was made or changed
WRITERS = frozenset({"", "aut"})
WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class _Chapter:
    path: str
    is_contents: bool


def read_book(source: Source) -> Document:
    """Read an EPUB 2 or 3. A list of contents that is bound in stays in the text, excluded as such.

    Raises:
        ReadError: it is damaged, locked, no e-book, too large when unpacked, or has no text.
    """
    archive = open_archive(source, DAMAGED, REMEDY)
    _refuse_locked(archive)
    path = _package_path(archive)
    package = _xml(archive, path)
    blocks = [block for chapter in _chapters(archive, path, package) for block in _blocks(archive, chapter)]
    assembled = assemble(blocks)
    if not assembled.text.strip():
        raise unreadable(source, "has no text in it", "If it holds pictures of text, run text recognition (OCR) first.")
    day = _date(package)
    language = stated_language(next(_said(package, "language"), None))
    return Document(
        name=source.name,
        text=assembled.text,
        sha256=source.sha256,
        media_type=source.media_type,
        title=stated_title(next(_said(package, "title"), None)),
        publisher=next(_said(package, "publisher"), None),
        author=stated_author(", ".join(_said(package, "creator", "role", WRITERS))),
        url=next((said for said in (*_said(package, "source"), *_said(package, "identifier")) if _on_web(said)), None),
        date=day,
        date_how="stated" if day else "unknown",
        language=language,
        language_how="stated" if language else "unknown",
        headings=assembled.headings,
        exclusions=assembled.exclusions,
    )


def _refuse_locked(archive: Archive) -> None:
    if ENCRYPTION not in archive:
        return
    methods = [method.get("Algorithm") for method in _elements(_xml(archive, ENCRYPTION), "EncryptionMethod")]
    if any(method not in FONT_ALGORITHMS for method in methods):
        raise locked(archive.source)


def _package_path(archive: Archive) -> str:
    path = next((root.get("full-path") for root in _elements(_xml(archive, CONTAINER), "rootfile")), None)
    if not path:
        raise archive.broken()
    return str(path)


def _chapters(archive: Archive, package_path: str, package: _Element) -> Iterator[_Chapter]:
    """The parts in the order in which they are read, each once: no book names one twice but to keep its reader busy."""
    read: set[str] = set()
    items = {item.get("id"): item for item in _elements(package, "item")}
    guide = {_path(package_path, r.get("href")) for r in _elements(package, "reference") if r.get("type") == "toc"}
    for reference in _elements(package, "itemref"):
        item = items.get(reference.get("idref"))
        if item is None:
            raise archive.broken()
        if item.get("media-type") in TEXTS:
            path = _path(package_path, item.get("href"))
            if path in read:
                continue
            read.add(path)
            yield _Chapter(path, path in guide or "nav" in item.get("properties", "").split())


def _blocks(archive: Archive, chapter: _Chapter) -> list[Block]:
    page = replace(archive.source, data=archive.read(chapter.path))
    blocks = chapter_blocks(page)
    return [replace(block, not_content="table of contents") for block in blocks] if chapter.is_contents else blocks


def _path(package_path: str, href: str | None) -> str:
    """Addresses in the package are relative to it, and written as in a web page."""
    folder = posixpath.dirname(package_path)
    return posixpath.normpath(posixpath.join(folder, unquote((href or "").partition("#")[0])))


def _date(package: _Element) -> date | None:
    return next((day for written in _said(package, "date", "event", PUBLISHED) if (day := parse_date(written))), None)


def _said(package: _Element, name: str, attribute: str = "", wanted: frozenset[str] = frozenset({""})) -> Iterator[str]:
    """The metadata called `name`, of the elements whose `attribute` (in any namespace) has one of the wanted values."""
    for element in package.iter(DUBLIN_CORE + name):
        kind = next((value for key, value in element.items() if QName(key).localname == attribute), "")
        said = " ".join("".join(element.itertext()).split())
        if said and str(kind) in wanted:
            yield said


def _on_web(address: str) -> bool:
    return address.startswith(WEB) and " " not in address


def _xml(archive: Archive, path: str) -> _Element:
    try:
        return fromstring(archive.read(path), XMLParser(resolve_entities=False, no_network=True))
    except XMLSyntaxError:
        raise archive.broken() from None


def _elements(tree: _Element, name: str) -> Iterator[_Element]:
    yield from tree.iter("{*}" + name)
