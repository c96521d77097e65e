"""Question and history -> a checked, cited answer: the straight line through all of the house."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from llama_index.core.llms import LLM
from llama_index.core.postprocessor.types import BaseNodePostprocessor

from assistant import in_thread
from assistant.answer.beside.as_of import as_of
from assistant.answer.beside.disagreement import comparable_sentences, find_disagreements
from assistant.answer.beside.missing import what_is_missing
from assistant.answer.checking.support import Verifier
from assistant.answer.checking.verifier import TrainedVerifier, load_claim_calibration
from assistant.answer.question.instructions import asks_for_internals, without_instructions
from assistant.answer.question.library_names import LibraryNames
from assistant.answer.question.small_talk import REFUSAL, is_greeting
from assistant.answer.question.understand import check_question, understand
from assistant.answer.quoting.extractive import (
    extractive_claims,
    first_sentences,
    is_within,
    nearest_topics,
    quoted,
    what_to_know,
    whole_text,
)
from assistant.answer.quoting.short_answer import short_answer
from assistant.answer.reading.parts import with_parts
from assistant.answer.reading.reader import Candidate, Reader, Reading
from assistant.answer.reading.trained_reader import TrainedReader, open_reader
from assistant.answer.writing.usage import total_usage
from assistant.errors import AssistantError, ModelError, NoIndexError
from assistant.search.embedding import open_embedder
from assistant.search.index import Index, open_for_reading
from assistant.search.nodes import open_cross_encoder, rerank
from assistant.search.retriever import search
from assistant.search.trouble import repair_command
from assistant.search.words import stems
from assistant.settings import Settings, load_settings
from assistant.types import (
    Answer,
    Claim,
    Disagreement,
    Document,
    Evidence,
    Filters,
    LibrarySummary,
    SearchQuery,
    Turn,
    Usage,
)
from assistant.unicode_text import without_surrogates

if TYPE_CHECKING:
    from assistant.answer.writing.generative import Generated

RERANKED = 4  # times as many passages are found as a reranker is to leave
BESIDE = 5  # passages near a cited sentence that are compared with it
NOT_ASKED = "The language model was not asked: the built-in reader is below the set ASSISTANT_REFUSAL_THRESHOLD."
PARTLY = "The model finds a part of the question unanswered by the sources."
GREETING = "Ask a question about your documents: every sentence of the answer opens where it stands in its source."
OnClaim = Callable[[Claim], None]
OnRetry = Callable[[str], None]


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
class _Listener:
    """Who hears of an answer in the making, and may end it; and the bill."""

    on_claim: OnClaim | None = None
    on_retry: OnRetry | None = None
    stop: threading.Event | None = None
    spent: list[Usage] = field(default_factory=list)
    """What requests beside the answer itself took."""
    damaged: set[int] = field(default_factory=set)
    """Ids of passages that were found and left out."""


@dataclass(frozen=True, slots=True)
class Assistant:
    """A library that can be asked. Safe to use from several threads."""

    settings: Settings
    index: Index
    reader: Reader
    model: LLM | None
    threshold: float
    """Answerability below which a question is refused."""
    verifier: Verifier | None = None
    """What reads a model's claims beside the sentences they cite, after the rules."""
    reranker: BaseNodePostprocessor | None = None
    """A larger model that chooses among the passages before they are read."""
    cautious: bool = False
    """Whether the threshold was set above the calibrated one: then it refuses for a language model as well."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _names: LibraryNames = field(default_factory=LibraryNames)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filters | None = None,
        on_claim: OnClaim | None = None,
        on_retry: OnRetry | None = None,
        stop: threading.Event | None = None,
    ) -> Answer:
        """Answer a question from the library, every claim with its citations; or refuse and say what is near.

        `on_claim` gets each claim as soon as it is complete and checked; an exception that it raises ends the answer.
        `on_retry` gets a sentence each time a language model that failed is tried again. Setting `stop` from another
        thread ends a model's answer as it is: the claims until then are kept, and its `notice` says so.
        When the language model fails, the answer is the sources' own sentences and its `notice` says so; claims of
        the model that `on_claim` got before are then not part of the answer.

        Raises:
            InputError: the question is empty or too long, or a filter names what is not there.
            NoIndexError: the library is empty, or was deleted.
        """
        question = check_question(question)
        history = tuple(Turn(turn.role, without_surrogates(turn.content), turn.cited) for turn in history)
        self.index.refresh()
        library = self.index.library
        answer = self._answer(question, history, filters, _Listener(on_claim, on_retry, stop))
        if self.index.library is not library:  # another one was made in its place meanwhile: the ids are of both
            answer = self._answer(question, history, filters, _Listener(on_claim, on_retry, stop))
        news = " ".join(self.index.take_news())
        return replace(answer, notice=" ".join(filter(None, [news, answer.notice]))) if news else answer

    def _answer(self, question: str, history: Sequence[Turn], filters: Filters | None, listener: _Listener) -> Answer:
        """The line itself, from a checked question."""
        clock = Stopwatch()
        query, remarks = self._understood(question, history, listener)
        clock.lap("understand")
        evidence = self._retrieve(query, filters, self.settings.evidence_count, listener.damaged)
        clock.lap("retrieve")
        reading, begun = self._read(question, query, evidence, listener.on_claim)
        clock.lap("read")
        if self.model is not None and reading.candidates and self._may_answer(reading):
            try:
                asked = without_instructions(question).question
                answer = self._generated(asked, history, reading, self.model, listener)
            except ModelError as error:
                notice = f"{error} This answer was made without the model, from the sources' own sentences."
                answer = replace(self._extracted(question, reading, listener.on_claim), notice=notice)
        else:
            answer = self._extracted(question, reading, listener.on_claim, begun)
            remarks += [NOT_ASKED] if self.model is not None and reading.candidates else []
        clock.lap("answer")
        answer = self._compared(answer, reading, query, filters, listener.damaged)
        clock.lap("compare")
        said = " ".join(filter(None, [answer.notice, *remarks, *_left_out(question), self._damage(listener)])) or None
        usage = total_usage([answer.usage, *listener.spent], self.settings)
        return replace(answer, question=question, notice=said, usage=usage, seconds=clock.seconds)

    def _understood(self, question: str, history: Sequence[Turn], listener: _Listener) -> tuple[SearchQuery, list[str]]:
        """What is searched for, and why it is not in the model's words where it should have been."""
        library = self.index.library
        names = self._names.at(library.state, library.aliases)
        query = understand(question, history, names=names, newest=library.summary().newest)
        if self.model is None or self.settings.rewrite == "never" or asks_for_internals(question):
            return query, []
        from assistant.answer.writing.rewriting import needs_rewriting, rewritten

        if self.settings.rewrite == "auto" and not needs_rewriting(question, history):
            return query, []
        try:
            on_usage = listener.spent.append
            return rewritten(question, history, query, self.model, stop=listener.stop, on_usage=on_usage), []
        except ModelError as error:
            return query, [f"The question was searched for without the model's help: {error.message}"]

    def _read(
        self, question: str, query: SearchQuery, evidence: Sequence[Evidence], on_claim: OnClaim | None
    ) -> tuple[Reading, tuple[Candidate, ...]]:
        """What the reader makes of the evidence; and the sentences with which the answer has begun before it was done.

        Only an answer of the sources' own sentences begins so early: its first claims are shown at once.
        """
        asked = without_instructions(question).question
        # "the", "why?" with nothing before it, "hello": whatever is near, it was not asked for.
        was_asked = bool(stems(query.text)) and not is_greeting(question) and not asks_for_internals(question)
        begun: list[Candidate] = []

        def begin(first: Reading) -> bool:
            if not was_asked or first.answerability < self.threshold:
                return False
            begun.extend(first_sentences(first, asked))
            _show(map(self._with_pages, quoted(begun)), on_claim)
            return True

        whole = self.reader.read(asked, query.text, evidence, begin if self.model is None else None)
        reading = with_parts(self.reader, asked, query.parts, whole, self.threshold)
        if asks_for_internals(question):  # not even a language model is asked
            reading = replace(reading, candidates=())
        return reading if was_asked else replace(reading, answerability=0.0), tuple(begun)

    def _damage(self, listener: _Listener) -> str:
        """That passages could not be quoted, and what mends them; "" where all could."""
        if not listener.damaged:
            return ""
        count = len(listener.damaged)
        those = "One passage that was found is" if count == 1 else f"{count} passages that were found are"
        mends = f"Mend that: {repair_command(self.index.folder)}"
        return f"{those} left out, because the stored text is damaged. {mends}"

    def _compared(
        self, answer: Answer, reading: Reading, query: SearchQuery, filters: Filters | None, damaged: set[int]
    ) -> Answer:
        """The answer with what other sources say otherwise, and from when it is."""
        if answer.status != "answered":
            return answer
        newest = self.index.library.summary().newest
        # The question found what it asks for, in its words; who says otherwise may say it in those of a cited sentence.
        sentences = comparable_sentences(answer.claims)
        beside = [e for text in sentences for e in self._retrieve(SearchQuery(text), filters, BESIDE, damaged)]
        disagreements = tuple(
            replace(found, sides=tuple(self._with_pages(side) for side in found.sides))
            for found in find_disagreements(answer.claims, reading, self.index.embedder, beside, answer.question)
        )
        dates = as_of(answer.claims, latest=query.dates is not None and query.dates.latest, library_newest=newest)
        short = None if disagreements or answer.mode == "generative" else _short_answer(answer, reading)
        evidence = _with_cited(answer.evidence, beside, disagreements)
        return replace(answer, evidence=evidence, disagreements=disagreements, as_of=dates, short_answer=short)

    async def aask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        filters: Filters | None = None,
        on_claim: in_thread.OnClaim | None = None,
    ) -> Answer:
        """As `ask`, from an event loop: the loop goes on, and cancelling ends the answer.

        `on_claim` is called in the loop, and awaited where it is a coroutine function.
        """

        def ask(show: OnClaim, stop: threading.Event) -> Answer:
            return self.ask(question, history, filters=filters, on_claim=show, stop=stop)

        return await in_thread.ask_in_thread(ask, on_claim)

    def document(self, document_id: int) -> Document:
        """A source with its whole text.

        Raises:
            AssistantError: it is no longer in the library.
            DamagedError: its text is not what was stored.
        """
        self.index.refresh()
        return self.index.library.document(document_id)

    def source(self, document_id: int, name: str, start: int, quote: str) -> Document:
        """The document in which a quote stands at `start`, as a citation says; an old one may be of another library.

        Ids are given anew in a library that is made anew, so that of the citation may be another document's. It counts
        where the quote stands there under this name, or, of a file that was renamed, where no other has this name.

        Raises:
            AssistantError: it is no longer in the library, or what it says there is another text.
            DamagedError: its text is not what was stored.
        """
        self.index.refresh()
        library = self.index.library
        named = library.document_ids([name])
        for candidate in (*named, *([] if named else [document_id])):
            if library.holds(candidate):
                document = library.document(candidate)
                if document.text[start : start + len(quote)] == quote:
                    return document
        raise AssistantError(
            f"What was quoted from {name} no longer stands there: it left the library, or was read anew.",
            "Ask the question again to see today's sources.",
        )

    def summary(self) -> LibrarySummary:
        """How much there is to be asked about.

        Raises:
            NoIndexError: the library was deleted.
        """
        self.index.refresh()
        return self.index.library.summary()

    def close(self) -> None:
        """Let go of all files."""
        self.index.close()

    def _retrieve(self, query: SearchQuery, filters: Filters | None, count: int, damaged: set[int]) -> list[Evidence]:
        """The best passages; ids of those that are left out, because they are damaged, are added to `damaged`."""
        with self._lock:  # an index may be opened anew here
            if self.index.library.summary().documents == 0:
                raise NoIndexError("The library is empty.", "Index a folder of documents: assistant index PATH")
            wanted = count if self.reranker is None else RERANKED * count
            found = search(query, self.index, wanted, filters)
            damaged.update(found.damaged)
            if self.reranker is None:
                return found.evidence
            return rerank(query.text, found.evidence, self.reranker)[:count]

    def _may_answer(self, reading: Reading) -> bool:
        """Whether the language model is asked: in the cautious setting only where the built-in reader finds enough."""
        return not (self.cautious and reading.answerability < self.threshold)

    def _extracted(
        self, question: str, reading: Reading, on_claim: OnClaim | None, begun: Sequence[Candidate] = ()
    ) -> Answer:
        asked = without_instructions(question).question
        refused = reading.answerability < self.threshold
        claims = () if refused else tuple(map(self._with_pages, extractive_claims(reading, asked, begun)))
        _show(claims[len(quoted(begun)) :], on_claim)
        return Answer(
            question,
            "answered" if claims else "refused",
            claims,
            reading.evidence,
            lead=what_to_know(reading, asked, begun) if claims else self._refusal(question, reading.evidence),
            nearest=() if claims or is_greeting(question) else nearest_topics(reading.evidence),
            answerability=reading.answerability,
        )

    def _refusal(self, question: str, evidence: Sequence[Evidence]) -> str:
        """That the sources do not answer, and what of the question they do not mention."""
        parted = without_instructions(question)
        if parted.only_orders or asks_for_internals(question):
            return REFUSAL
        if is_greeting(question):
            return GREETING
        if not stems(parted.searched):
            return f"{REFUSAL} It holds no word that could be looked for: say what it is about."
        library, words = self.index.library, self.index.words
        names = self._names.at(library.state, library.aliases)
        newest = library.summary().newest
        missing = what_is_missing(parted.searched, evidence, lambda word: bool(words.search(word, 1)), names, newest)
        return f"{REFUSAL} {missing}".strip()

    def _generated(
        self, question: str, history: Sequence[Turn], reading: Reading, model: LLM, listener: _Listener
    ) -> Answer:
        from assistant.answer.writing.generative import doubt, generate_claims

        def show(claim: Claim) -> None:
            if listener.on_claim and self._is_shown(claim):
                listener.on_claim(self._with_pages(claim))

        made = generate_claims(
            question,
            history,
            reading.evidence,
            model,
            self.settings,
            show,
            on_retry=listener.on_retry,
            stop=listener.stop,
            verifier=self.verifier,
        )
        judged, unjudged = self._judged(made.claims, question, model, listener)
        claims = tuple(self._with_pages(claim) for claim in judged if self._is_shown(claim))
        # Where nothing could be checked the sources do not answer, whatever the model says.
        refused = not any(claim.state == "supported" for claim in claims)
        doubted = "" if refused else doubt(reading.answerability, self.threshold)
        return Answer(
            question,
            "refused" if refused else "answered",
            claims,
            reading.evidence,
            lead=_lead(made, question, self._refusal(question, reading.evidence) if refused else ""),
            nearest=nearest_topics(reading.evidence) if refused and not made.stopped else (),
            answerability=reading.answerability,
            mode="generative",
            model=self.settings.llm,
            notice=" ".join(filter(None, [_notice(made), unjudged, doubted])) or None,
            dropped_pointers=made.dropped_pointers,
            usage=made.usage,
        )

    def _judged(
        self, claims: tuple[Claim, ...], question: str, model: LLM, listener: _Listener
    ) -> tuple[tuple[Claim, ...], str]:
        """The claims after a second look by the model, where the settings ask for it; and what the reader must know."""
        if not self.settings.judge:
            return claims, ""
        from assistant.answer.writing.model_judge import judge_claims

        return judge_claims(claims, question, model, self.settings.llm_timeout_seconds, listener.spent.append)

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
        from assistant.server.model import open_model

        model = open_model(settings)
    index = open_for_reading(settings.library_dir, embedder)

    def rarity(stem: str) -> float:
        return index.words.rarity(stem)  # of the words as they are then: the index may be opened anew

    reader, threshold = open_reader(settings, embedder, rarity)
    _, calibrated = open_reader(settings.model_copy(update={"refusal_threshold": None}), embedder, rarity)
    settings.check_allowed("reranker")
    reranker = open_cross_encoder(settings.reranker, settings.evidence_count) if settings.reranker else None
    verifier = TrainedVerifier(reader.model, load_claim_calibration()) if isinstance(reader, TrainedReader) else None
    return Assistant(settings, index, reader, model, threshold, verifier, reranker, cautious=threshold > calibrated)


def _show(claims: Iterable[Claim], on_claim: OnClaim | None) -> None:
    if on_claim:
        for claim in claims:
            on_claim(claim)


def _with_cited(
    evidence: tuple[Evidence, ...], beside: Sequence[Evidence], disagreements: Sequence[Disagreement]
) -> tuple[Evidence, ...]:
    """The evidence, and after it the passages beside it that a side of a disagreement cites."""
    cited = {(c.document, c.start) for found in disagreements for side in found.sides for c in side.citations}
    known = {e.passage.id for e in evidence}
    more = {
        e.passage.id: e
        for e in beside
        if e.passage.id not in known and any((e.passage.document, s.start) in cited for s in e.passage.sentences)
    }
    added = tuple(replace(e, rank=rank) for rank, e in enumerate(more.values(), start=len(evidence) + 1))
    return (*evidence, *added)


def _short_answer(answer: Answer, reading: Reading) -> Claim | None:
    """The words of the likeliest sentence that answer by themselves; None where it is not certain which they are."""
    best = reading.candidates[0]
    claim = next((c for c in answer.claims if any(is_within(best, k) for k in c.citations)), None)
    words = short_answer(answer.question, whole_text(best)) if claim else None
    return Claim(words, claim.citations, "supported") if claim and words else None


def _left_out(question: str) -> list[str]:
    """What is said of a question that gives the assistant orders."""
    parted = without_instructions(question)
    if parted.only_orders:
        return ["This gives the assistant orders and asks nothing of the documents; orders are not followed."]
    return [f"Not followed, as an order to the assistant: “{order}”" for order in parted.orders]


def _notice(made: Generated) -> str | None:
    """What is said of an answer that did not come to its end."""
    if made.stopped:
        return "This answer was stopped before its end."
    return "The model's answer broke off before its end." if made.truncated else None


def _lead(made: Generated, question: str, refusal: str) -> str:
    """What is said besides the claims: a refusal, and what the model found missing, in words of the question only."""
    from assistant.answer.writing.generative import said_missing

    if made.stopped and refusal:
        return "Nothing had been found in the sources when the answer was stopped."
    if missing := said_missing(made.missing, question):
        return f"{refusal} What the model finds missing: {missing}".strip()
    return refusal or (PARTLY if made.refused_in_part else "")
