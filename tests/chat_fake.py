"""A tiny library held in memory, with the same interface as the real assistant: it answers with every sentence that
holds the question's longest word, and does on request what a real one does seldom."""

import datetime
import threading
import time

from assistant import (
    Answer,
    Article,
    Citation,
    Claim,
    Document,
    Evidence,
    LibrarySummary,
    Passage,
    Span,
)
from assistant.errors import InputError, ModelError, NoIndexError

NASTY = (
    "Prices of *solar* glass fell from $5 to $3 <b>a metre</b> [sic], said 小红书 :smile: 🌞 & `others`. "
    "Nobody knows $x_1$ or <script>alert(1)</script> either. "
)
LONG = (
    "".join(f"Paragraph {n} speaks of harbours 🌊 and cranes, and of little else.\n\n" for n in range(1, 900))
    + NASTY
    + "The lighthouse at Port Ashby was lit again in March 1987.\n\n"
    + "".join(f"Paragraph {n} speaks of tides and ropes, and of little else.\n\n" for n in range(900, 1800))
)
SHORT = "Keepers of Ashby write a log every night. The lighthouse was lit again in 1986, says the log.\n"

DOCUMENTS = {
    1: Document(
        name="reports/harbour.md",
        text=LONG,
        sha256="0" * 64,
        media_type="text/markdown",
        title="Harbours: a <long> *report*",
        publisher="Coast Institute",
        author="A. Writer",
        date=datetime.date(2025, 1, 30),
        date_how="stated",
        id=1,
    ),
    2: Document(name="log.pdf", text=SHORT, sha256="1" * 64, media_type="application/pdf", pages=(0, 42), id=2),
}


def citation(document: Document, quote: str, number: int) -> Citation:
    """A citation of the first place where the quote stands."""
    start = document.text.index(quote)
    return Citation(
        number=number,
        document=document.name,
        document_id=document.id,
        start=start,
        end=start + len(quote),
        quote=quote,
        title=document.title,
        publisher=document.publisher,
        author=document.author,
        date=document.date,
        date_how=document.date_how,
        page=1 + sum(offset <= start for offset in document.pages[1:]) if document.pages else None,
    )


def evidence(document: Document, rank: int) -> Evidence:
    """The beginning of a document as a passage."""
    end = document.text.index(".") + 1
    span = Span(0, end)
    passage = Passage(document.name, span, document.text[:end], (span,), document_id=document.id)
    return Evidence(passage, Article(document.name, span, title=document.title), rank, 1.0 / rank)


SOON_SECONDS = 0.45


class FakeAssistant:
    """Answers from `DOCUMENTS`. A question that holds "slowly" waits before each claim until `step` is released; one
    that holds "soon" takes a moment longer than the page waits before it draws.

    While there is a file "broken" in the folder of data, it fails as no library should.
    """

    def __init__(self, folder=None) -> None:
        self.broken = folder and folder / "broken"
        self.histories: list[tuple] = []
        self.stops: list = []
        self.holds = len(DOCUMENTS)
        self.step = threading.Semaphore(0)

    def summary(self) -> LibrarySummary:
        if self.broken and self.broken.exists():
            raise ZeroDivisionError
        return LibrarySummary(self.holds, 3, datetime.date(2024, 11, 2), datetime.date(2025, 1, 30))

    def document(self, document_id: int) -> Document:
        if document_id not in DOCUMENTS:
            raise InputError("This document is no longer in the library.", "Run: assistant index")
        return DOCUMENTS[document_id]

    def source(self, document_id: int, name: str, start: int, quote: str) -> Document:
        return self.document(document_id)

    def ask(self, question, history=(), *, on_claim=None, on_retry=None, stop=None) -> Answer:
        self.histories.append(tuple(history))
        self.stops.append(stop)
        if "again" in question and on_retry:
            on_retry("The model server is busy. Trying again in 1 s.")
        if "broken" in question:
            raise ModelError("The model server refused the key.", "Correct OPENAI_API_KEY, then ask again.")
        if "crash" in question:
            raise ZeroDivisionError
        if "soon" in question:
            time.sleep(SOON_SECONDS)
        claims = []
        for claim in self._claims(question):
            if "slowly" in question:
                self.step.acquire(timeout=20)
            claims.append(claim)
            if on_claim:
                on_claim(claim)
        if not claims:
            lead = "The documents do not say anything about $this$."
            nearest = tuple(evidence(document, rank) for rank, document in enumerate(DOCUMENTS.values(), 1))
            return Answer(question, "refused", (), nearest, lead)
        notice = "The model did not answer; these are sentences of the documents." if "notice" in question else None
        return Answer(question, "answered", tuple(claims), (), notice=notice)

    def _claims(self, question):
        word = max(question.strip(" ?.").lower().split(), key=len).strip("?.,")
        number = 0
        for document in DOCUMENTS.values():
            for sentence in document.text.replace("\n\n", "\n").split("\n"):
                for part in sentence.split(". "):
                    quote = part.strip().rstrip(".") + "."
                    if word in quote.lower() and quote in document.text:
                        number += 1
                        yield Claim(quote, (citation(document, quote, number),), "supported", document.publisher)
        if "doubt" in question:
            yield Claim("Lamps are *always* lit.", (), "unsupported", problem="No sentence of the sources says this.")


OPENED: dict = {}
"""What was opened, by its folder, so that a test can look at it and let it go on."""


def open_fake(settings) -> FakeAssistant:
    OPENED[settings.library_dir] = FakeAssistant(settings.data_dir)
    return OPENED[settings.library_dir]


def open_nothing(settings):
    raise NoIndexError("Nothing has been indexed yet.", "Run: assistant index PATH")
