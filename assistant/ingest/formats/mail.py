"""An e-mail (.eml) -> the text that its reader sees, with subject, sender and date. Files attached are left out."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import date
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr, parsedate_to_datetime

from assistant.ingest.formats.blocks import Assembled, Block, assemble
from assistant.ingest.formats.dates import parse_date
from assistant.ingest.formats.decoding import decode_text
from assistant.ingest.formats.mail_parts import decode_part, decode_words, header, raw_header
from assistant.ingest.formats.markup import blocks_of
from assistant.ingest.formats.source import Source, unreadable
from assistant.ingest.formats.web_page import decode_page, parse_page
from assistant.ingest.formats.wrapped_lines import join_wrapped_lines
from assistant.types import Article, Document, Heading, Span

NARROWEST_MAIL = 55
"""In characters. Mail programs break lines at 65 to 78; shorter ones are as their writer meant them."""
STUB_SHARE = 0.5
"""A plain part this much shorter than the HTML part only says that there is one."""
SHORT_NOTE = 300
"""In characters. What is longer stands for itself, and the mails attached to it are what it answers."""
DEEPEST_FORWARD = 5
TIME = re.compile(r"\s\d{1,2}[:.]\d\d")


def read_mail(source: Source) -> Document:
    """Read an e-mail: its plain text, or its HTML where that says more; the sender's name is the publisher.

    Where there is but a short note, or nothing, the mails attached to it are read too: each is an article, with its
    own subject, sender and date, for its words are not those of whoever passed it on.

    Raises:
        ReadError: it is no e-mail, or has no text.
    """
    mail = email.message_from_bytes(source.data, policy=email.policy.default)
    if not isinstance(mail, EmailMessage) or not any(header(mail, name) for name in ("From", "Subject", "Date", "To")):
        raise unreadable(source, "is no e-mail: it has no sender, subject or date", "Save the mail anew as .eml.")
    bodies = [(sent, body) for sent, body in _bodies(source, mail) if body.text.strip()]
    if not bodies:
        raise unreadable(
            source, "has no text of its own", "If its text is in an attachment, put that into the folder instead."
        )
    text, spans = _one_below_the_other(bodies)
    day = _day(mail)
    return Document(
        name=source.name,
        text=text,
        sha256=source.sha256,
        media_type=source.media_type,
        title=header(mail, "Subject"),
        publisher=_sender(mail),
        date=day,
        date_how="stated" if day else "unknown",
        headings=tuple(
            Heading(Span(span.start + h.span.start, span.start + h.span.end), h.level)
            for (_, body), span in zip(bodies, spans, strict=True)
            for h in body.headings
        ),
        articles=tuple(_article(source, sent, span) for (sent, _), span in zip(bodies, spans, strict=True))
        if [sent for sent, _ in bodies] != [mail]
        else (),
    )


def _bodies(source: Source, mail: EmailMessage, depth: int = 0) -> Iterator[tuple[EmailMessage, Assembled]]:
    """The mail with its text and, if that is a mere note, those attached to it, and so on."""
    body = _body(source, mail)
    yield mail, body
    if len(body.text) <= SHORT_NOTE and depth < DEEPEST_FORWARD:
        for attached in _attached_mails(mail):
            yield from _bodies(source, attached, depth + 1)


def _attached_mails(part: MIMEPart) -> Iterator[EmailMessage]:
    """The mails next below `part`: those inside them are theirs."""
    for child in part.iter_parts() if part.is_multipart() else ():
        if part.get_content_type() == "message/rfc822" and isinstance(child, EmailMessage):
            yield child
        elif isinstance(child, MIMEPart):
            yield from _attached_mails(child)


def _one_below_the_other(bodies: list[tuple[EmailMessage, Assembled]]) -> tuple[str, list[Span]]:
    spans: list[Span] = []
    start = 0
    for _, body in bodies:
        spans.append(Span(start, start + len(body.text)))
        start = spans[-1].end + len("\n\n")
    return "\n\n".join(body.text for _, body in bodies), spans


def _article(source: Source, mail: EmailMessage, span: Span) -> Article:
    day = _day(mail)
    return Article(
        document=source.name,
        span=span,
        title=header(mail, "Subject"),
        publisher=_sender(mail),
        date=day,
        date_how="stated" if day else "unknown",
    )


def _body(source: Source, mail: EmailMessage) -> Assembled:
    plain, html = (_part(source, mail, kind) for kind in ("plain", "html"))
    shown = assemble(_html_blocks(html)) if html else assemble(())
    written = join_wrapped_lines(_plain(plain), narrowest=NARROWEST_MAIL).strip() if plain else ""
    if len(written) >= STUB_SHARE * len(shown.text):
        return assemble([Block(written)])
    return shown


def _part(source: Source, mail: EmailMessage, kind: str) -> Source | None:
    part = mail.get_body((kind,))
    return decode_part(source, part) if isinstance(part, MIMEPart) else None


def _plain(part: Source) -> str:
    return decode_text(part) if part.data.strip() else ""


def _html_blocks(part: Source) -> list[Block]:
    """All of it: a mail has no menus around its text, and trafilatura takes a newsletter's tables for such."""
    if not part.data.strip():
        return []
    tree = parse_page(part, decode_page(part))
    return blocks_of(next(tree.iter("body"), tree))


def _sender(mail: EmailMessage) -> str | None:
    name, _ = parseaddr(raw_header(mail, "From"))
    return decode_words(name)


def _day(mail: EmailMessage) -> date | None:
    """The day in the sender's own time zone; mail programs write the header in more ways than the rule allows."""
    written = raw_header(mail, "Date")
    try:
        return parsedate_to_datetime(written).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return parse_date(written) or parse_date(TIME.split(written)[0])  # no such hour or zone, and yet a day
