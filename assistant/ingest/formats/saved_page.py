"""A web page saved in one file (.mhtml) -> its main text, as of any web page, with the address it was saved from."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage

from assistant.ingest.formats.mail_parts import decode_part, header
from assistant.ingest.formats.source import Source, unreadable
from assistant.ingest.formats.web_page import read_web_page
from assistant.types import Document

REMEDY = "Save the page anew from a browser, as .html or .mhtml, or take it out of the folder."


def read_saved_page(source: Source) -> Document:
    """Read the page that the file was made for; its frames and pictures are left out.

    The Date header is not asked: it says when the page was saved, not when it came out.

    Raises:
        ReadError: it is no saved page, or there is no text in it.
    """
    saved = email.message_from_bytes(source.data, policy=email.policy.default)
    part = _main_part(saved) if isinstance(saved, EmailMessage) else None
    if part is None:
        raise unreadable(source, "is no saved web page: no part of it is HTML", REMEDY)
    page = decode_part(source, part)
    if not page.data.strip():
        raise unreadable(source, "has no readable text: the page in it is empty", REMEDY)
    document = read_web_page(page)
    address = header(saved, "Snapshot-Content-Location") or header(part, "Content-Location") or ""
    return replace(
        document,
        media_type=source.media_type,
        title=document.title or header(saved, "Subject"),
        url=address if address.startswith(("http://", "https://")) else document.url,
    )


def _main_part(saved: EmailMessage) -> EmailMessage | None:
    """The part that the header calls the start, else the first HTML: frames and advertisements come after it."""
    pages = [part for part in saved.walk() if part.get_content_type() in {"text/html", "application/xhtml+xml"}]
    start = saved.get_param("start")
    named = [part for part in pages if start and part.get("Content-ID") == start]
    return next((part for part in named + pages if isinstance(part, EmailMessage)), None)
