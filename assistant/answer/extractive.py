"""Evidence -> claims that are sentences of the sources, verbatim and attributed. No key, no network."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answer.attribution import attribution, shortened
from assistant.answer.citing import Numbering, whole_sentence
from assistant.answer.reading import Candidate, Reading, sentence_text
from assistant.search.words import stems
from assistant.types import Claim, Evidence

# Chosen on the 107 development cases and the 40 sample cases; see CHANGELOG.md for the figures.
MAX_SENTENCES = 4
SHARE_OF_BEST = 0.25  # a further sentence must be at least this likely, measured against the best one
SAME_WORDS = 0.7  # share of common stems from which two sentences say the same


def choose_sentences(reading: Reading) -> list[Candidate]:
    """The fewest sentences that answer: the best, and others nearly as likely that say something else."""
    chosen: list[Candidate] = []
    for candidate in reading.candidates:
        if len(chosen) == MAX_SENTENCES or (chosen and candidate.score < SHARE_OF_BEST * chosen[0].score):
            break
        if not any(_says_the_same(candidate, other) for other in chosen):
            chosen.append(candidate)
    return _in_reading_order(chosen)


def extractive_claims(reading: Reading) -> tuple[Claim, ...]:
    """The chosen sentences as claims. A sentence carries itself, so each is supported.

    One that a page break cut in two is one claim, of both halves, and cites each of them.
    """
    numbering = Numbering()
    return tuple(
        Claim(
            text=_text(c),
            citations=tuple(
                numbering.cite(c.evidence, part) for part in whole_sentence(c.evidence.passage, c.sentence)
            ),
            state="supported",
            speaker=attribution(c.evidence.article),
        )
        for c in choose_sentences(reading)
    )


REFUSAL = "The sources do not answer this question."


def nearest_topics(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """What the three nearest passages are about, each once: shown where a question is refused."""
    return tuple(dict.fromkeys(_about(e) for e in evidence[:3]))


def _about(evidence: Evidence) -> str:
    topic = evidence.passage.heading or evidence.article.title or evidence.passage.text
    return f"“{shortened(topic).strip(' .')}” ({attribution(evidence.article)})"


def _text(candidate: Candidate) -> str:
    """The words of a candidate's whole sentence."""
    evidence = candidate.evidence
    return " ".join(sentence_text(evidence, part) for part in whole_sentence(evidence.passage, candidate.sentence))


def _says_the_same(one: Candidate, other: Candidate) -> bool:
    a, b = (set(stems(_text(c))) for c in (one, other))
    return len(a & b) > SAME_WORDS * min(len(a), len(b)) if a and b else True


def _in_reading_order(chosen: Sequence[Candidate]) -> list[Candidate]:
    """Passages in the order of their best sentence; the sentences of a passage in the order in which they stand."""
    best_first = list(dict.fromkeys(c.evidence.passage.id for c in chosen))
    return sorted(chosen, key=lambda c: (best_first.index(c.evidence.passage.id), c.sentence.start))
