"""A question of several parts and what was read for the whole -> what was read, with what its parts add.

A passage seldom answers all parts at once, and the reader, asked for all of them, rightly says that it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.answer.question.parts import sources_asked
from assistant.answer.reading.reader import Candidate, Reader, Reading, sentence_text
from assistant.search.words import stems

PART_PASSAGES = 2  # the best of the whole, which are read again for a part, side by side on two cores


def with_parts(reader: Reader, question: str, parts: Sequence[str], whole: Reading, threshold: float) -> Reading:
    """The reading of a question, part by part where that may change the answer.

    Where a question asks what two sources say, the best sentence of each of them counts as much as the best of all.
    Where the whole would be refused, its parts are read until one is answered: an answer to a half is worth more than
    none. Elsewhere they are not read: on the development cases that changed no answer for the better.
    """
    whole = _with_each_source(question, whole)
    for part in parts:
        if whole.answerability >= threshold:
            break
        of_part = reader.read(part, part, whole.evidence[:PART_PASSAGES])
        whole = replace(whole, answerability=max(whole.answerability, of_part.answerability))
    return whole


def _with_each_source(question: str, whole: Reading) -> Reading:
    """The reading with the best sentence of each source that the question names put as high as the best of all."""
    firsts = [next((c for c in whole.candidates if _is_by(name, c)), None) for name in sources_asked(question)]
    if not any(firsts):
        return whole
    top = whole.candidates[0].score
    raised = [replace(c, score=top) if c in firsts else c for c in whole.candidates]
    return replace(whole, candidates=tuple(sorted(raised, key=lambda c: -c.score)))


def _is_by(name: str, candidate: Candidate) -> bool:
    """Whether a source is the outlet, publisher or author of a sentence, or is named in it."""
    article = candidate.evidence.article
    words = {
        stem
        for said in (
            article.outlet,
            article.publisher,
            article.author,
            sentence_text(candidate.evidence, candidate.sentence),
        )
        for stem in stems(said or "")
    }
    asked = set(stems(name))
    return bool(asked) and asked <= words
