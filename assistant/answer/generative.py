"""Question and evidence -> claims written by a language model, each resting on sentences it pointed at.

The model gives pointers, never quotes: what is shown as a source is cut from the stored text, and a pointer that was
not offered is dropped and counted. What the cited sentences do not carry is marked unsupported and cites nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from llama_index.core.llms import LLM

from assistant.answer.citing import Numbering
from assistant.answer.claim_lines import ClaimReader, Draft, Line, NoAnswer, Retraction
from assistant.answer.model import Piece, answer_tokens, stream_pieces
from assistant.answer.prompt import Prompt, build_prompt, describe
from assistant.answer.support import check_support
from assistant.errors import ModelError
from assistant.settings import Settings
from assistant.types import Claim, Evidence, Span, Turn, Usage

LONGEST_ANSWER = 60_000  # characters, reasoning included: the end of a model that finds none


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
    missing: str = ""
    """What the passages do not say, in the model's words: of a refusal, or of a part of the question."""
    truncated: bool = False
    """The answer ended before its end: at its greatest length, or without the server's closing word."""


def generate_claims(
    question: str,
    history: Sequence[Turn],
    evidence: Sequence[Evidence],
    model: LLM,
    settings: Settings,
    on_claim: Callable[[Claim], None] | None = None,
) -> Generated:
    """Let the model answer from the evidence, checking each claim as soon as its line is complete.

    `on_claim` gets every claim at that moment, the unsupported ones too, in the caller's thread: whether those are
    shown is the caller's choice. When an error is raised afterwards, or when a model turns out to have been thinking
    aloud, claims that were handed over so are not part of the answer: only `Generated.claims` is. Without evidence the
    model is not asked.

    Raises:
        ModelError: the model failed, took longer than `settings.llm_timeout_seconds`, or said nothing usable.
    """
    if not evidence:
        return Generated((), refused=True)
    window = min(settings.llm_context_tokens, model.metadata.context_window)
    prompt = build_prompt(question, history, evidence, window, answer_tokens(window))
    answer = _AnswerInProgress(prompt, question, on_claim or (lambda _claim: None))
    reader = ClaimReader()
    characters, last, usage, declined = 0, Piece(), None, ""
    for piece in stream_pieces(model, prompt.messages, settings.llm_timeout_seconds):
        answer.take(reader.feed(piece.text))
        characters += len(piece.text)
        declined += piece.refusal
        usage = piece.usage or usage
        last = piece if piece.finish else last
        if characters > LONGEST_ANSWER:
            break
    truncated = last.finish in {None, "length"} or characters > LONGEST_ANSWER
    answer.take(reader.finish(cut=truncated))
    if not answer.claims and not answer.refused:
        raise _unusable(model.metadata.model_name, characters, last.finish, declined)
    return Generated(
        claims=tuple(answer.claims),
        dropped_pointers=answer.dropped_pointers,
        usage=usage,
        refused=not answer.claims,
        missing=answer.missing,
        truncated=truncated,
    )


def _unusable(name: str, characters: int, finish: str | None, declined: str) -> ModelError:
    if declined or finish == "content_filter":
        return ModelError(f"The language model {name} declined to answer.", "Ask in other words, or use another model.")
    if not characters:
        return ModelError(f"The language model {name} said nothing.", "Ask again, or use another model.")
    if finish is None:
        return ModelError(f"The language model {name} broke its answer off.", "Ask again in a moment.")
    if finish == "length":
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
    claims: list[Claim] = field(default_factory=list)
    dropped_pointers: int = 0
    refused: bool = False
    missing: str = ""
    numbering: Numbering = field(default_factory=Numbering)

    def take(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if isinstance(line, Retraction):
                self.claims, self.numbering, self.refused, self.missing = [], Numbering(), False, ""
            elif isinstance(line, NoAnswer):
                self.refused, self.missing = True, self.missing or line.missing
            elif not (self.refused and not self.claims):  # after a refusal nothing counts
                self._add(line)

    def _add(self, draft: Draft) -> None:
        if any(claim.text.casefold() == draft.text.casefold() for claim in self.claims):
            return  # small models repeat themselves
        claim = self._checked(draft)
        self.claims.append(claim)
        self.on_claim(claim)

    def _checked(self, draft: Draft) -> Claim:
        offered = [self.prompt.offered[pointer] for pointer in draft.pointers if pointer in self.prompt.offered]
        self.dropped_pointers += len(draft.pointers) - len(offered)
        if draft.pointers and not offered:
            return Claim(draft.text, (), "unsupported", problem="It points at sentences that do not exist.")
        support = check_support(
            draft.text,
            [_sentence(item, span) for item, span in offered],
            context="\n".join([self.question, *(describe(item) for item, _ in offered)]),
            surroundings="\n".join(item.passage.text for item, _ in offered),
        )
        if support.state == "unsupported":
            return Claim(draft.text, (), "unsupported", problem=support.problem)
        citations = dict.fromkeys(self.numbering.cite(item, span) for item, span in offered)
        return Claim(draft.text, tuple(citations), "supported")


def _sentence(item: Evidence, span: Span) -> str:
    start = item.passage.span.start
    return item.passage.text[span.start - start : span.end - start]
