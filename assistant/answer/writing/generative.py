"""Question and evidence -> claims written by a language model, each resting on sentences it pointed at.

The model gives pointers, never quotes: what is shown as a source is cut from the stored text, and a pointer that was
not offered is dropped and counted. What the cited sentences do not carry is marked unsupported and cites nothing.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from llama_index.core.llms import LLM

from assistant.answer.checking.addresses import addresses_in
from assistant.answer.checking.support import Verifier, check_support
from assistant.answer.citing import Numbering, whole_sentence
from assistant.answer.writing.claim_lines import (
    LONGEST_CLAIM,
    ClaimReader,
    Draft,
    Line,
    NoAnswer,
    Retraction,
    Translation,
)
from assistant.answer.writing.prompt import Pointer, Prompt, build_prompt, describe, repeats_rules
from assistant.answer.writing.usage import total_usage
from assistant.errors import ModelError
from assistant.search.words import stems
from assistant.server.model import answer_tokens
from assistant.server.streaming import Patience, Piece, stream_pieces
from assistant.settings import Settings
from assistant.types import Claim, Evidence, Span, Turn, Usage

LONGEST_ANSWER = 60_000  # characters, reasoning included: the end of a model that finds none
SAME_WORDS = 0.6  # share of a translation's words that stand in the sentence: then it is a repetition
MOST_WORDS = 0.5  # share of a claim's word stems that stand in a sentence of the passage it names as a whole
DOUBT_SHARE = 0.6
"""Of the threshold below which a question is refused without a model. Below this share of it, 0.42, were the built-in
reader's estimates for 10 of the 24 development and sample cases without an answer, and for 5 of the 123 with one."""
DOUBT = "The built-in reader doubts that the sources answer this: look at the sentences that are cited."


@dataclass(frozen=True, slots=True)
class Generated:
    """What a language model made of the evidence."""

    claims: tuple[Claim, ...]
    dropped_pointers: int = 0
    """Pointers at sentences that were not offered."""
    usage: Usage | None = None
    """None if the server does not count."""
    refused: bool = False
    """The model found no answer in the passages, or there were none; there are no claims then."""
    refused_in_part: bool = False
    """Beside its claims the model said that the passages do not answer all of the question."""
    missing: str = ""
    """What the passages do not say, in the model's words: of a refusal, or of a part of the question.

    Nothing was checked of it: it is to be shown only as far as `said_missing` lets it pass.
    """
    truncated: bool = False
    """The answer ended before its end: at its greatest length, without the server's closing word, or with the time."""
    stopped: bool = False
    """The reader stopped it: these are the claims until then."""


def generate_claims(
    question: str,
    history: Sequence[Turn],
    evidence: Sequence[Evidence],
    model: LLM,
    settings: Settings,
    on_claim: Callable[[Claim], None] | None = None,
    *,
    on_retry: Callable[[str], None] | None = None,
    stop: threading.Event | None = None,
    verifier: Verifier | None = None,
) -> Generated:
    """Let the model answer from the evidence, checking each claim as soon as its line is complete.

    `on_claim` gets every claim at that moment, the unsupported ones too, in the caller's thread: whether those are
    shown is the caller's choice. When an error is raised afterwards, or when a model turns out to have been thinking
    aloud, claims that were handed over so are not part of the answer: only `Generated.claims` is, which also has the
    translations that came after. Without evidence the model is not asked. `on_retry` gets a sentence whenever the model
    is tried again; an answer that broke off begins again only as long as no claim was handed over. Setting `stop` ends
    the answer as it is. Checking counts into `settings.llm_timeout_seconds`: where the time ends in the midst of it,
    what is checked until then is the answer, and it is `truncated`.

    Raises:
        ModelError: the model failed, took longer than `settings.llm_timeout_seconds`, or said nothing usable.
    """
    if not evidence:
        return Generated((), refused=True)
    window = min(settings.llm_context_tokens, model.metadata.context_window)
    prompt = build_prompt(question, history, evidence, window, answer_tokens(window))
    if not prompt.offered:
        return Generated((), refused=True)
    answer = _AnswerInProgress(prompt, question, on_claim or (lambda _claim: None), verifier)
    patience = Patience(
        settings.llm_timeout_seconds,
        settings.llm_retries,
        on_retry or (lambda _sentence: None),
        begins_again=lambda: not answer.claims,
        stop=stop or threading.Event(),
    )
    deadline = time.monotonic() + settings.llm_timeout_seconds
    answer.may_go_on = lambda: time.monotonic() < deadline and not patience.stop.is_set()
    reader, read = ClaimReader(), _Read()
    for piece in stream_pieces(model, prompt.messages, patience):
        if piece.restart:
            answer, reader, read = answer.anew(), ClaimReader(), _Read()
        answer.take(reader.feed(piece.text))
        read.add(piece)
        if read.characters > LONGEST_ANSWER or answer.broken_off:
            break
    stopped = patience.stop.is_set()
    truncated = not stopped and (read.finish in {None, "length"} or read.characters > LONGEST_ANSWER)
    answer.take(reader.finish(cut=truncated or stopped))
    truncated = truncated or (answer.broken_off and not stopped)
    if not answer.claims and not answer.refused and not stopped:
        raise _unusable(model.metadata.model_name, read)
    return Generated(
        claims=tuple(answer.claims),
        dropped_pointers=answer.dropped_pointers,
        usage=total_usage([read.usage], settings),
        refused=answer.refused and not answer.claims,
        refused_in_part=answer.refused and bool(answer.claims),
        missing=answer.missing,
        truncated=truncated,
        stopped=stopped,
    )


def said_missing(missing: str, question: str) -> str:
    """What of a model's words about what is missing may be shown: all of them, or nothing.

    They point at no sentence and nothing can be checked of them, so they may say only what the question says: with any
    other telling word, or an address, they could be what a document told the model to write.
    """
    words = set(stems(missing))
    return missing if words and words <= set(stems(question)) and not addresses_in(missing) else ""


def doubt(answerability: float, threshold: float) -> str:
    """What the reader of a model's answer is told where the built-in reader finds the sources wanting; else nothing.

    `threshold` is the answerability below which a question is refused without a model. The answer is kept, because the
    model may read better: it finds what is said in other words.
    """
    return DOUBT if answerability < DOUBT_SHARE * threshold else ""


@dataclass(slots=True)
class _Read:
    """What the stream has brought besides text."""

    characters: int = 0
    finish: str | None = None
    usage: Usage | None = None
    declined: str = ""

    def add(self, piece: Piece) -> None:
        self.characters += len(piece.text)
        self.finish = piece.finish or self.finish
        self.usage = piece.usage or self.usage
        self.declined += piece.refusal


def _unusable(name: str, read: _Read) -> ModelError:
    if read.declined or read.finish == "content_filter":
        return ModelError(f"The language model {name} declined to answer.", "Ask in other words, or use another model.")
    if not read.characters:
        return ModelError(f"The language model {name} said nothing.", "Ask again, or use another model.")
    if read.finish is None:
        return ModelError(f"The language model {name} broke its answer off.", "Ask again in a moment.")
    if read.finish == "length":
        return ModelError(
            f"The language model {name} came to no answer within the length it is given.", "Use another model."
        )
    return ModelError(f"The language model {name} gave no answer that can be read.", "Ask again, or use another model.")


@dataclass(slots=True)
class _AnswerInProgress:
    """Drafts in, checked claims out; the numbers of the citations grow along."""

    prompt: Prompt
    question: str
    on_claim: Callable[[Claim], None]
    verifier: Verifier | None = None
    claims: list[Claim] = field(default_factory=list)
    dropped_pointers: int = 0
    refused: bool = False
    missing: str = ""
    numbering: Numbering = field(default_factory=Numbering)
    may_go_on: Callable[[], bool] = lambda: True
    """Whether there is time left, and nobody stopped it: looked at before each line is checked."""
    broken_off: bool = False
    """Whether lines were left unchecked for that."""

    def anew(self) -> _AnswerInProgress:
        """The same, before anything was said."""
        return _AnswerInProgress(self.prompt, self.question, self.on_claim, self.verifier, may_go_on=self.may_go_on)

    def take(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if not self.may_go_on():
                self.broken_off = True
                return
            if isinstance(line, Retraction):
                self.claims, self.numbering, self.refused, self.missing = [], Numbering(), False, ""
            elif isinstance(line, NoAnswer):
                self.refused, self.missing = True, self.missing or line.missing
            elif isinstance(line, Translation):
                self._translate(line)
            elif not (self.refused and not self.claims):  # after a refusal nothing counts
                self._add(line)

    def _add(self, draft: Draft) -> None:
        if any(claim.text.casefold() == draft.text.casefold() for claim in self.claims):
            return  # small models repeat themselves
        if repeats_rules(draft.text):
            return  # or what they were told
        claim = self._checked(draft)
        self.claims.append(claim)
        self.on_claim(claim)

    def _sentence_meant(self, text: str, pointer: Pointer) -> Pointer | None:
        """The pointer, if it was offered. Of a passage named as a whole, the sentence that says most of the claim."""
        passage, number = pointer
        if number:
            return pointer if pointer in self.prompt.offered else None
        words = set(stems(text))
        shares = {
            other: len(words & set(stems(_sentence(*self.prompt.offered[other])))) / max(1, len(words))
            for other in self.prompt.offered
            if other[0] == passage
        }
        best = max(shares, key=lambda other: shares[other], default=None)
        return best if best and shares[best] >= MOST_WORDS else None

    def _translate(self, line: Translation) -> None:
        """Keep a translation with the citation it belongs to, unless it gives other figures, or only repeats it."""
        if not self.claims or line.pointer not in self.prompt.offered:
            return
        item, span = self.prompt.offered[line.pointer]
        sentence = _sentence(item, span)
        if check_support(line.text, [sentence]).state != "supported" or _repeats(line.text, sentence):
            return
        cited = tuple(
            replace(c, translation=line.text) if (c.document, c.start, c.end) == (item.passage.document, *span) else c
            for c in self.claims[-1].citations
        )
        self.claims[-1] = replace(self.claims[-1], citations=cited)

    def _checked(self, draft: Draft) -> Claim:
        if draft.too_long or len(draft.text) > LONGEST_CLAIM:
            problem = f"It is longer than {LONGEST_CLAIM:,} characters: too long to be checked."
            return Claim(f"{draft.text[:LONGEST_CLAIM].rstrip(' …')} …", (), "unsupported", problem=problem)
        named = (self._sentence_meant(draft.text, pointer) for pointer in draft.pointers)
        offered = [self.prompt.offered[pointer] for pointer in named if pointer]
        self.dropped_pointers += len(draft.pointers) - len(offered)
        if draft.pointers and not offered:
            return Claim(draft.text, (), "unsupported", problem="It points at sentences that do not exist.")
        # A sentence that a page break cut in two is cited in both places, whichever half the model points at.
        offered = [(item, part) for item, span in offered for part in whole_sentence(item.passage, span)]
        heads = [describe(item) for item, _ in offered]
        support = check_support(
            draft.text,
            [_sentence(item, span) for item, span in offered],
            context="\n".join([self.question, *heads]),
            surroundings="\n".join(item.passage.text for item, _ in offered),
            verifier=self.verifier,
            heads=heads,
        )
        if support.state == "unsupported":
            return Claim(draft.text, (), "unsupported", problem=support.problem)
        citations = dict.fromkeys(self.numbering.cite(item, span) for item, span in offered)
        return Claim(draft.text, tuple(citations), "supported")


def _repeats(text: str, sentence: str) -> bool:
    words = re.findall(r"\w+", text.casefold())
    return sum(word in sentence.casefold() for word in words) >= SAME_WORDS * len(words)


def _sentence(item: Evidence, span: Span) -> str:
    start = item.passage.span.start
    return item.passage.text[span.start - start : span.end - start]
