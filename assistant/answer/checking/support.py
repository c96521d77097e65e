"""A claim and the sentences it cites -> whether they carry its numbers, dates, names and its sense.

This finds what a careful reader would strike at a glance: a changed figure, a date or a name that is not there, up for
down. It does not understand the sentence; a trained `Verifier` can be asked besides. Doubt about a number counts
against the claim, doubt about a name for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from assistant.answer.checking.addresses import missing_address
from assistant.answer.checking.amounts import gives_too_many, missing_quantity
from assistant.answer.checking.claim_sentences import sentences_of
from assistant.answer.checking.opposites import lone_negation, opposite_word
from assistant.language.days import missing_date_word
from assistant.language.names import FUNCTION_WORDS, is_english, missing_name, other_speaker

__all__ = ["FUNCTION_WORDS", "Support", "SupportProblem", "Verifier", "check_support"]

MOST_SENTENCES = 10  # of a claim, each of which is looked for by itself
_LABEL = re.compile(r"^(?:[^\s:.!?]+ ){0,3}[^\s:.!?]+: (?=\S)")
SupportProblem = Literal[
    "nothing cited", "length", "number", "date", "name", "address", "speaker", "direction", "negation", "verifier"
]


@dataclass(frozen=True, slots=True)
class Support:
    """Whether the cited sentences carry a claim, and if not, why, in the user's words."""

    state: Literal["supported", "unsupported"]
    problem: str | None = None
    kind: SupportProblem | None = None
    """What does not fit."""


class Verifier(Protocol):
    """The seam for a trained model that reads a claim and its sentences."""

    @property
    def threshold(self) -> float:
        """Below this probability a claim is unsupported."""

    def score(self, claims_and_evidence: Sequence[tuple[str, str]]) -> Sequence[float]:
        """For each claim and its evidence the probability, 0 to 1, that the evidence supports it."""


def check_support(
    claim_text: str,
    quotes: Sequence[str],
    context: str = "",
    surroundings: str = "",
    verifier: Verifier | None = None,
    heads: Sequence[str] = (),
) -> Support:
    """Look for every number, date and name of the claim in the cited sentences, then for words that turn the sense.

    A claim of several sentences is carried only if each of them is: what is false does not pass beside what is true.
    `context` is what the reader knows besides: the heads of the cited passages (outlet, author, date, title) and the
    question. Names, months and days may come from there, amounts may not: a question can suggest a wrong figure.
    `surroundings` are the cited passages: only names may come from them, for the sentence may say "she". `verifier`
    is asked about what the rules let pass; it reads each sentence behind its head of `heads`, where those are given, or
    it would miss in the sentences that "MERICS reports" them. Text of any kind is taken; nothing is raised.
    """
    cited = "\n".join(quotes)
    if not cited.strip():
        return _unsupported("nothing cited", "It points at no sentence of the sources.")
    if gives_too_many(claim_text):
        return _unsupported("number", "It gives more figures than can be checked.")
    sentences = sentences_of(claim_text)
    if len(sentences) > MOST_SENTENCES:
        return _unsupported("length", "It is too many sentences in one to be checked.")
    checked = (
        _sentence_support(sentence, quotes, cited, context, surroundings, verifier, heads) for sentence in sentences
    )
    return next((support for support in checked if support.state == "unsupported"), Support("supported"))


def _sentence_support(
    claim_text: str,
    quotes: Sequence[str],
    cited: str,
    context: str,
    surroundings: str,
    verifier: Verifier | None,
    heads: Sequence[str],
) -> Support:
    known = f"{cited}\n{context}\n{surroundings}"
    if missing := missing_quantity(claim_text, cited, context):
        return _unsupported("number", f"The cited sentences do not give “{missing}”.")
    if missing := missing_date_word(claim_text, cited, context):
        return _unsupported("date", f"The cited sentences do not mention “{missing}”.")
    if missing := missing_name(claim_text, cited, known):
        return _unsupported("name", f"The cited sentences do not mention “{missing}”.")
    if missing := missing_address(claim_text, known):
        return _unsupported("address", f"The cited sentences do not give the address “{missing}”.")
    if missing := other_speaker(claim_text, cited):
        return _unsupported("speaker", f"In the cited sentences it is not “{missing}” who says so.")
    if missing := opposite_word(claim_text, quotes):
        return _unsupported("direction", f"The cited sentences say the opposite of “{missing}”.")
    if missing := lone_negation(claim_text, quotes):
        return _unsupported("negation", f"The cited sentences do not say “{missing}”.")
    if not (verifier and is_english(claim_text) and is_english(cited)):  # it has read no other language
        return Support("supported")
    # What a small model puts before a claim, "First bans: …", is a heading; its days and names were looked at above.
    stated = _LABEL.sub("", claim_text)
    read = [f"{head}: {quote}" for head, quote in zip(heads, quotes, strict=True)] if heads else quotes
    if verifier.score([(stated, "\n".join(read))])[0] < verifier.threshold:
        return _unsupported("verifier", "The cited sentences do not seem to say this.")
    return Support("supported")


def _unsupported(kind: SupportProblem, problem: str) -> Support:
    return Support("unsupported", problem, kind)
