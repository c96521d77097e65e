"""A question of several parts and what was read for the whole -> what was read, with what its parts add.

A passage seldom answers all parts at once, and the reader, asked for all of them, rightly says that it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.answer.question_parts import names_sources
from assistant.answer.reading import Candidate, Reader, Reading

PART_PASSAGES = 3  # the best of the whole, which are read again for each part


def with_parts(reader: Reader, question: str, parts: Sequence[str], whole: Reading, threshold: float) -> Reading:
    """The reading of a question, asked part by part where that may change the answer.

    Where the whole would be refused, it is answered as far as its likeliest part is: an answer to a half is worth more
    than none. Where a question asks what two sources say, the best sentence for each of them counts as much as the best
    of all. Elsewhere the parts are not read: on the development cases that changed no answer for the better, and takes
    as long again for each.
    """
    asks_sources = names_sources(question)
    if not parts or not (asks_sources or whole.answerability < threshold):
        return whole
    read = [reader.read(part, part, whole.evidence[:PART_PASSAGES]) for part in parts]
    answerability = max(whole.answerability, *(one.answerability for one in read))
    if not asks_sources:
        return replace(whole, answerability=answerability)
    best = {_place(one.candidates[0]) for one in read if one.candidates and one.answerability >= threshold}
    top = max((c.score for c in whole.candidates), default=0.0)
    raised = [replace(c, score=top) if _place(c) in best else c for c in whole.candidates]
    return replace(whole, candidates=tuple(sorted(raised, key=lambda c: -c.score)), answerability=answerability)


def _place(candidate: Candidate) -> tuple[str, int]:
    return candidate.evidence.passage.document, candidate.sentence.start
