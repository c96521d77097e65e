"""Question and history -> a checked, cited answer: the straight line through all of the house."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from llama_index.core.llms import LLM

from assistant.answer.extractive import REFUSAL, extractive_claims, nearest_topics
from assistant.answer.question import check_question, search_text
from assistant.answer.reading import BuiltInReader, Reader, Reading, load_calibration
from assistant.errors import ModelError, NoIndexError
from assistant.search.embedding import open_embedder
from assistant.search.index import Index, open_for_reading
from assistant.search.retriever import retrieve
from assistant.settings import Settings, load_settings
from assistant.types import Answer, Claim, Document, Evidence, Filters, LibrarySummary, Turn

if TYPE_CHECKING:
    from assistant.answer.generative import Generated

OnClaim = Callable[[Claim], None]


@dataclass(slots=True)
class Stopwatch:
    """Seconds of each step of an answer."""

    seconds: dict[str, float] = field(default_factory=dict)
    _last: float = field(default_factory=time.perf_counter)

    def lap(self, step: str) -> None:
        """Note the time since the last step."""
        now = time.perf_counter()
        self.seconds[step] = round(now - self._last, 4)
        self._last = now


@dataclass(frozen=True, slots=True)
class Assistant:
    """A library that can be asked. Safe to use from several threads."""

    settings: Settings
    index: Index
    reader: Reader
    model: LLM | None
    threshold: float
    """Answerability below which a question is refused."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filters | None = None,
        on_claim: OnClaim | None = None,
    ) -> Answer:
        """Answer a question from the library, every claim with its citations; or refuse and say what is near.

        `on_claim` gets each claim as soon as it is complete and checked; an exception that it raises ends the answer.
        When the language model fails, the answer is the sources' own sentences and its `notice` says so; claims of
        the model that `on_claim` got before are then not part of the answer.

        Raises:
            InputError: the question is empty or too long, or a filter names what is not there.
            NoIndexError: the library is empty.
        """
        clock = Stopwatch()
        question = check_question(question)
        context = search_text(question, history)
        evidence = self._retrieve(context, filters)
        clock.lap("retrieve")
        reading = self.reader.read(question, context, evidence)
        clock.lap("read")
        if self.model is not None and evidence:
            try:
                answer = self._generated(question, history, reading, self.model, on_claim)
            except ModelError as error:
                notice = f"{error} This answer was made without the model, from the sources' own sentences."
                answer = replace(self._extracted(question, reading, on_claim), notice=notice)
        else:
            answer = self._extracted(question, reading, on_claim)
        clock.lap("answer")
        return replace(answer, seconds=clock.seconds)

    def document(self, document_id: int) -> Document:
        """A source with its whole text.

        Raises:
            AssistantError: it is no longer in the library.
        """
        return self.index.library.document(document_id)

    def summary(self) -> LibrarySummary:
        """How much there is to be asked about."""
        return self.index.library.summary()

    def close(self) -> None:
        """Let go of all files."""
        self.index.close()

    def _retrieve(self, query: str, filters: Filters | None) -> list[Evidence]:
        with self._lock:  # an index may be opened anew here
            if self.index.library.summary().documents == 0:
                raise NoIndexError("The library is empty.", "Index a folder of documents: assistant index PATH")
            return retrieve(query, self.index, self.settings.evidence_count, filters)

    def _extracted(self, question: str, reading: Reading, on_claim: OnClaim | None) -> Answer:
        refused = reading.answerability < self.threshold
        claims = () if refused else tuple(self._with_pages(claim) for claim in extractive_claims(reading))
        for claim in claims:
            if on_claim:
                on_claim(claim)
        return Answer(
            question,
            "answered" if claims else "refused",
            claims,
            reading.evidence,
            lead="" if claims else REFUSAL,
            nearest=() if claims else nearest_topics(reading.evidence),
            answerability=reading.answerability,
        )

    def _generated(
        self, question: str, history: Sequence[Turn], reading: Reading, model: LLM, on_claim: OnClaim | None
    ) -> Answer:
        from assistant.answer.generative import generate_claims

        def show(claim: Claim) -> None:
            if on_claim and self._is_shown(claim):
                on_claim(self._with_pages(claim))

        made = generate_claims(question, history, reading.evidence, model, self.settings, show)
        claims = tuple(self._with_pages(claim) for claim in made.claims if self._is_shown(claim))
        # Where nothing could be checked the sources do not answer, whatever the model says.
        refused = not any(claim.state == "supported" for claim in claims)
        return Answer(
            question,
            "refused" if refused else "answered",
            claims,
            reading.evidence,
            lead=_lead(made, refused),
            nearest=nearest_topics(reading.evidence) if refused else (),
            answerability=reading.answerability,
            mode="generative",
            model=self.settings.llm,
            notice="The model's answer broke off before its end." if made.truncated else None,
            dropped_pointers=made.dropped_pointers,
            usage=made.usage,
        )

    def _is_shown(self, claim: Claim) -> bool:
        return claim.state != "unsupported" or self.settings.unsupported == "show"

    def _with_pages(self, claim: Claim) -> Claim:
        """The claim with the page of each citation, where the format has pages."""
        citations = []
        for citation in claim.citations:
            pages = self.index.library.pages(citation.document_id)
            citations.append(replace(citation, page=bisect_right(pages, citation.start) if pages else None))
        return replace(claim, citations=tuple(citations))


def open_assistant(settings: Settings | None = None) -> Assistant:
    """Open the library that the settings name, to be asked.

    Raises:
        NoIndexError: nothing was indexed yet.
        IndexMismatchError: it was indexed with another embedder.
        SettingsError: a setting cannot be used.
    """
    settings = settings or load_settings()
    embedder = open_embedder(settings)
    model = None
    if settings.llm:  # imported only here and where it is asked: without a model nobody waits for openai's second
        from assistant.answer.model import open_model

        model = open_model(settings)
    index = open_for_reading(settings.library_dir, embedder)
    calibration = load_calibration()
    threshold = calibration.threshold if settings.refusal_threshold is None else settings.refusal_threshold
    reader = BuiltInReader(embedder, index.words.rarity, calibration)
    return Assistant(settings, index, reader, model, threshold)


def _lead(made: Generated, refused: bool) -> str:
    """What is said besides the claims: a refusal, and what the model found missing."""
    missing = f"The model notes what the sources do not say: {made.missing}" if made.missing else ""
    return f"{REFUSAL if refused else ''} {missing}".strip()
