"""The nouns: what each storey hands to the next, small and frozen, one field a line.

Offsets (`start`, `end`) are Python string indices into `Document.text`, end exclusive. For every passage,
sentence and citation `document.text[start:end]` is its text, to the letter. Where two adjoining sentences are
meant, two spans are kept, as of a sentence which a page break cut in two; only a sentence that begins with a pronoun is
quoted with the one before it as one span.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pydantic import TypeAdapter

How = Literal["stated", "inferred", "given", "unknown"]
"""How a value is known: stated by the text or format, inferred from it, given by the user, or not known."""

ClaimState = Literal["supported", "unsupported", "unchecked"]
AnswerStatus = Literal["answered", "refused"]
Mode = Literal["extractive", "generative"]
Role = Literal["user", "assistant"]


class Span(NamedTuple):
    """A stretch of a document's text, in characters."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that the format itself marks as one (Markdown, HTML, Word); level 1 is the highest."""

    span: Span
    level: int


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A span that is not indexed, and why. The text itself stays whole."""

    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was read. `text` never changes after it was stored; `name` is its path in the corpus folder."""

    name: str
    text: str
    sha256: str
    """Of the file's bytes, hexadecimal."""
    media_type: str
    title: str | None = None
    title_how: How = "unknown"
    publisher: str | None = None
    publisher_how: How = "unknown"
    author: str | None = None
    author_how: How = "unknown"
    url: str | None = None
    date: datetime.date | None = None
    date_how: How = "unknown"
    date_basis: str = ""
    """Where the date is from, in words: "front matter", "the line “JANUARY 30, 2025”", "the file's name"."""
    language: str = ""
    """Code of the main language, such as "en", "de" or "zh"; empty if it is not known, or there is no main one."""
    language_how: How = "unknown"
    """Given by the user; stated by the format, where the text does not clearly say otherwise; else inferred from it."""
    notes: str = ""
    """What the user wrote about this source."""
    headings: tuple[Heading, ...] = ()
    pages: tuple[int, ...] = ()
    """The offset at which each page starts; empty for formats without pages."""
    exclusions: tuple[Exclusion, ...] = ()
    """What the format itself says is not content, such as front matter."""
    articles: tuple[Article, ...] = ()
    """Articles that the format itself tells apart, such as the lines of a JSON Lines file."""
    id: int = 0
    """Given by the library when it is stored; 0 before."""


@dataclass(frozen=True, slots=True)
class Article:
    """A text with one voice inside a document: whose it is, where it first appeared, and when."""

    document: str
    span: Span
    title: str | None = None
    title_how: How = "unknown"
    publisher: str | None = None
    """Who put out the document that was read."""
    publisher_how: How = "unknown"
    outlet: str | None = None
    """Where the article first appeared, if that is another than the publisher."""
    outlet_how: How = "unknown"
    author: str | None = None
    author_how: How = "unknown"
    relayed_by: str | None = None
    date: datetime.date | None = None
    date_how: How = "unknown"
    date_basis: str = ""
    """Where the date is from, in words."""
    url: str | None = None
    language: str = ""
    """Code of its language, as of a document's."""
    language_how: How = "unknown"
    introduction: Span | None = None
    """What an editor wrote above the author's text, where that is clear; the rest is taken for the author's."""
    reprint_of: str | None = None
    """Name of the document in which the same article stands first; None for an origin."""
    document_id: int = 0


@dataclass(frozen=True, slots=True)
class Alias:
    """Two names that a document itself gives one thing: "None Of Your Business (NOYB)"."""

    name: str
    other: str
    span: Span
    """Where the document says so."""


@dataclass(frozen=True, slots=True)
class DateMention:
    """Words that name a day or a stretch of days relative to the text's own date, and what they come to."""

    span: Span
    words: str
    first: datetime.date
    last: datetime.date


@dataclass(frozen=True, slots=True)
class Passage:
    """Whole sentences of one article that belong together: what is indexed and retrieved."""

    document: str
    span: Span
    text: str
    sentences: tuple[Span, ...]
    """Absolute offsets, in order."""
    heading: str = ""
    """The heading it stands under: read along when it is embedded, never quoted."""
    article_index: int = 0
    """Which of its document's articles it belongs to."""
    joined: tuple[int, ...] = ()
    """Which sentences, by index, go on in the next one: a page break cut them in two."""
    document_id: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage found for a question, with its place in the ranking and what each index said."""

    passage: Passage
    article: Article
    rank: int
    """1 is the best."""
    score: float
    vector_rank: int | None = None
    word_rank: int | None = None
    similarity: float | None = None
    """Cosine of question and passage, -1 to 1; None if the vectors did not find it."""
    reprints: tuple[str, ...] = ()
    """Other documents in which the same passage stands."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A pointer into stored text; `quote` was cut from there, never written by a model."""

    number: int
    """As printed: [1]. The same span has the same number throughout an answer."""
    document: str
    document_id: int
    start: int
    end: int
    quote: str
    title: str | None = None
    publisher: str | None = None
    outlet: str | None = None
    author: str | None = None
    date: datetime.date | None = None
    date_how: How = "unknown"
    page: int | None = None
    """Counted from 1; None for formats without pages."""
    translation: str | None = None
    """A model's translation of the quote into the question's language: to be shown as such, never as a quote."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of an answer, with the sentences it rests on and whether they carry it."""

    text: str
    citations: tuple[Citation, ...]
    state: ClaimState = "unchecked"
    speaker: str | None = None
    """Who says it, ready to print before a verbatim sentence ("MERICS, 30 Jan 2025"); None if the text names it."""
    problem: str | None = None
    """Why a claim is unsupported, in the user's words."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Sources that say different things of one thing, each side with its citation."""

    kind: Literal["disputed", "superseded", "opinion"]
    """Superseded: the latest side is a later status of the same thing. Opinion: they judge it differently."""
    about: str
    """The figures that differ, as the sources write them: "H800 or H20", and "52, then 57" where a later state took the
    place of an earlier one; empty where it is no figure."""
    sides: tuple[Claim, ...]
    """Sentences of the sources, each with its speaker and one citation."""

    @property
    def headline(self) -> str:
        """What is said before the sides: "Sources differ: H800 or H20"."""
        said = {
            "disputed": "Sources differ",
            "superseded": "Sources give an earlier and a later state",
            "opinion": "Sources judge this differently",
        }[self.kind]
        return f"{said}: {self.about}" if self.about else said

    def lines(self, shown: Collection[int] = ()) -> tuple[str, ...]:
        """As plain text, the headline first, then a side a line; not in full where its number is `shown` already."""
        lines = [self.headline]
        for side in self.sides:
            number = side.citations[0].number
            quote = "" if number in shown else f": “{side.text}”"
            lines.append(f"– {side.speaker}{quote} [{number}]")
        return tuple(lines)


@dataclass(frozen=True, slots=True)
class AsOf:
    """From when an answer is: the dates of the sources that it cites."""

    oldest: datetime.date | None
    newest: datetime.date | None
    how: How
    """The weakest of how they are known: "inferred" if any of them is."""
    undated: int = 0
    """Cited articles whose date is not known."""
    note: str = ""
    """For a question about now: the newest source, and how it compares with the library's newest text."""

    @property
    def text(self) -> str:
        """Ready to print: "As of 30 January 2025 (inferred); 1 source without a date"."""
        if self.oldest is None or self.newest is None:
            return "As of an unknown date: the sources give none"
        days = dict.fromkeys(f"{day.day} {day:%B %Y}" for day in (self.oldest, self.newest))
        known = "" if self.how == "stated" else f" ({self.how})"
        missing = f"; {self.undated} source{'s' * (self.undated > 1)} without a date" if self.undated else ""
        return f"As of {' to '.join(days)}{known}{missing}"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a language model consumed for one answer, wording the search and judging the claims included."""

    prompt_tokens: int
    completion_tokens: int
    cost: float | None = None
    """What it cost by the prices in the settings, in `currency`; None where no price is set."""
    currency: str = ""
    """Three letters, such as "USD"; empty where no price is set."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What `Assistant.ask` returns in both modes: checked claims, or a refusal with the nearest passages."""

    question: str
    status: AnswerStatus
    claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]
    lead: str = ""
    """Said by the assistant itself, resting on no source: that it refuses and what of the question the passages do not
    mention, what a model found missing, or that a list goes on."""
    nearest: tuple[str, ...] = ()
    """Where a question is refused: what the nearest passages are about, ready to print."""
    answerability: float = 0.0
    """Estimated probability that the evidence answers the question, 0 to 1; below the threshold it is refused."""
    mode: Mode = "extractive"
    model: str | None = None
    notice: str | None = None
    """What the user must know of how this answer came about, such as a model that failed."""
    dropped_pointers: int = 0
    """Pointers a model invented; none of them is shown."""
    usage: Usage | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock seconds by step."""
    short_answer: Claim | None = None
    """The number, day or name that answers, cut from the sentence that it cites; None where it is not certain which."""
    disagreements: tuple[Disagreement, ...] = ()
    """Where sources differ from what is cited."""
    as_of: AsOf | None = None
    """From when the cited sources are; None where nothing is cited."""

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation once, in the order of its number."""
        sides = [side for disagreement in self.disagreements for side in disagreement.sides]
        by_number = {c.number: c for claim in (*self.claims, *sides) for c in claim.citations}
        return tuple(by_number[n] for n in sorted(by_number))

    @property
    def text(self) -> str:
        """The answer as plain text, with markers such as [1]; the form that is scored and printed."""
        lines = [self.lead] if self.lead else []
        if self.nearest:
            lines.append(f"The nearest passages are about: {'; '.join(self.nearest)}.")
        if self.short_answer:
            lines.append(f"In short: {self.short_answer.text} [{self.short_answer.citations[0].number}]")
        for claim in self.claims:
            marks = "".join(f" [{c.number}]" for c in claim.citations)
            said = f"{claim.speaker}: “{claim.text}”" if claim.speaker else claim.text
            doubt = " (not found in the sources)" if claim.state == "unsupported" else ""
            lines.append(f"{said}{marks}{doubt}")
        shown = {c.number for claim in self.claims if claim.speaker for c in claim.citations}
        lines += [line for disagreement in self.disagreements for line in disagreement.lines(shown)]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation, as far as the next question needs it."""

    role: Role
    content: str
    cited: tuple[str, ...] = ()
    """Titles of what an answer cited, for "what else does that article say"."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the search is narrowed to; the empty filter admits everything. Days are inclusive."""

    documents: tuple[str, ...] = ()
    """Names of documents."""
    since: datetime.date | None = None
    until: datetime.date | None = None
    publishers: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    """Codes such as "en", "de" or "zh"."""
    articles: tuple[tuple[str, int], ...] = ()
    """Articles, each by its document's name and its place in it, counted from 0."""


@dataclass(frozen=True, slots=True)
class DatePreference:
    """Days that a question wishes for: passages of these days come first, and no other is left out."""

    first: datetime.date | None
    last: datetime.date | None
    latest: bool = False
    """Whether it wishes for the newest there is ("now", "the latest")."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is searched for: the question as it was understood."""

    text: str
    """The question with what it leans on: embedded, and its words looked up."""
    parts: tuple[str, ...] = ()
    """The questions that it is made of, each searched for by itself as well; empty if it is one."""
    also: tuple[str, ...] = ()
    """Other names of what it names, and other notations of its figures and days: for the word index only."""
    dates: DatePreference | None = None


@dataclass(frozen=True, slots=True)
class LibrarySummary:
    """What a library holds, for the empty state of a page and for `assistant doctor`."""

    documents: int
    passages: int
    oldest: datetime.date | None
    newest: datetime.date | None


_ANSWER = TypeAdapter(Answer)


def answer_to_json(answer: Answer) -> str:
    """An answer as one line of JSON, for storage and for `assistant ask --json`."""
    return _ANSWER.dump_json(answer).decode()


def answer_schema() -> str:
    """The JSON schema of what `answer_to_json` writes, as it stands in docs/answer.schema.json."""
    return json.dumps(_ANSWER.json_schema(mode="serialization"), indent=2, ensure_ascii=False) + "\n"


def answer_from_json(text: str | bytes) -> Answer:
    """The answer that `answer_to_json` wrote.

    Raises:
        pydantic.ValidationError: the text is no answer.
    """
    return _ANSWER.validate_json(text)
