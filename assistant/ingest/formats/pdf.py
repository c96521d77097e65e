"""A PDF -> its text page by page, wrapped lines joined again, with where pages start and what its outline names."""

from __future__ import annotations

import ctypes
import re
from datetime import date
from itertools import islice

import pypdfium2
from pypdfium2 import raw as pdfium

from assistant.ingest.formats.dates import parse_date
from assistant.ingest.formats.decoding import with_line_feeds, without_surrogates
from assistant.ingest.formats.file_properties import stated_author, stated_language, stated_title
from assistant.ingest.formats.outline import Bookmark, outline_headings
from assistant.ingest.formats.source import Source, unreadable
from assistant.ingest.formats.wrapped_lines import NARROWEST_COLUMN, continues, join_wrapped_lines, words_of
from assistant.types import Document

NEEDS_PASSWORD = 4  # FPDF_ERR_PASSWORD
UNKNOWN_SECURITY = 5  # FPDF_ERR_SECURITY
OUTLINE_DEPTH = 6  # levels, as many as a web page has
OUTLINE_LIMIT = 5_000  # bookmarks: a longer outline is made to stop its reader
CONTROL = re.compile("[\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f\x7f]")  # \x02 is a hyphen at a line's end
LEFT_OVER_HYPHEN = re.compile("[\u00ad\ufffe\x02]")


def read_pdf(source: Source) -> Document:
    """Read a PDF. Its creation date is taken as inferred: it says when the file was made, not when it came out.

    Raises:
        ReadError: it is damaged, locked by a password, or holds nothing but images.
    """
    pages, metadata, bookmarks, language = _contents(source)
    if not any(pages):
        raise unreadable(
            source,
            "contains only images",
            "Run text recognition (OCR) first, for instance: ocrmypdf scan.pdf readable.pdf",
        )
    text, starts = _together(pages)
    day = _creation_day(metadata.get("CreationDate", ""))
    return Document(
        name=source.name,
        text=text,
        sha256=source.sha256,
        media_type=source.media_type,
        title=stated_title(metadata.get("Title")),
        author=stated_author(metadata.get("Author")),
        date=day,
        date_how="inferred" if day else "unknown",
        language=language,
        language_how="stated" if language else "unknown",
        headings=outline_headings(bookmarks, text, starts),
        pages=starts,
    )


def _contents(source: Source) -> tuple[list[str], dict[str, str], list[Bookmark], str]:
    """The text of each page, the metadata, the outline and the language that the catalogue states."""
    try:
        with pypdfium2.PdfDocument(source.data) as pdf:
            raw = [_page_text(pdf, number) for number in range(len(pdf))]
            metadata: dict[str, str] = pdf.get_metadata_dict(skip_empty=True)
            bookmarks = [_bookmark(entry) for entry in islice(pdf.get_toc(max_depth=OUTLINE_DEPTH), OUTLINE_LIMIT)]
            language = _language(pdf)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (NEEDS_PASSWORD, UNKNOWN_SECURITY):
            raise unreadable(
                source, "is locked by a password", "Save a copy without a password from the program that opens it."
            ) from None
        raise unreadable(
            source,
            "is damaged, or is no PDF",
            "Open it in a PDF viewer and save it anew, or take it out of the folder.",
        ) from None
    known_words = words_of("\n".join(raw))
    return [_paragraphs(page, known_words) for page in raw], metadata, bookmarks, language


def _language(pdf: pypdfium2.PdfDocument) -> str:
    """PDFium writes UTF-16 with a zero at the end, and says how many bytes that takes."""
    size = pdfium.FPDFCatalog_GetLanguage(pdf.raw, None, 0)
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDFCatalog_GetLanguage(pdf.raw, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return stated_language(buffer.raw.decode("utf-16-le", "replace").rstrip("\0"))


def _bookmark(entry: pypdfium2.PdfBookmark) -> Bookmark:
    destination = entry.get_dest()
    title = CONTROL.sub(" ", without_surrogates(entry.get_title()))
    return Bookmark(title, entry.level + 1, destination.get_index() if destination else None)


def _page_text(pdf: pypdfium2.PdfDocument, number: int) -> str:
    page = pdf[number]
    try:
        text_page = page.get_textpage()
        try:
            text: str = text_page.get_text_bounded()
        finally:
            text_page.close()
    finally:
        page.close()
    return CONTROL.sub("", without_surrogates(with_line_feeds(text)))


def _paragraphs(page: str, known_words: frozenset[str]) -> str:
    # PDFium marks a hyphen at a line's end with U+FFFE or \x02, and may leave out the line's end itself.
    with_ends = re.sub("([\ufffe\x02])(?!\n)", "\\1\n", page)
    return LEFT_OVER_HYPHEN.sub("", join_wrapped_lines(with_ends, known_words)).strip()


def _together(pages: list[str]) -> tuple[str, tuple[int, ...]]:
    """All pages in one text; a sentence that runs on over the page's end is not cut."""
    text, starts = "", []
    parts: list[str] = []
    length = 0
    for page in pages:
        if page and text:
            parts.append(" " if _runs_on(text, page) else "\n\n")
            length += len(parts[-1])
        starts.append(length)
        parts.append(page)
        length += len(page)
        text = page or text
    return "".join(parts), tuple(starts)


def _runs_on(page: str, following: str) -> bool:
    last = page.rsplit("\n", 1)[-1]
    return following[0].islower() and continues(last, following.split("\n", 1)[0], max(NARROWEST_COLUMN, len(last)))


def _creation_day(written: str) -> date | None:
    return parse_date(written.removeprefix("D:"))
