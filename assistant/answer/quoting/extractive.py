"""Evidence -> claims that are sentences of the sources, verbatim and attributed. No key, no network."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answer.attribution import attribution, shortened, voice
from assistant.answer.citing import Numbering, whole_sentence
from assistant.answer.quoting.full_names import asks_who, introduced_in
from assistant.answer.quoting.leaning import with_antecedent
from assistant.answer.quoting.lists import MOST_MEMBERS, SourceList, list_for, table_of
from assistant.answer.quoting.timeline import timeline_for
from assistant.answer.reading.reader import Candidate, Reading, sentence_text
from assistant.search.words import stems
from assistant.types import Citation, Claim, Evidence, Span

# Chosen on the 107 development cases and the 40 sample cases; see CHANGELOG.md for the figures.
MAX_SENTENCES = 4
SHARE_OF_BEST = 0.25  # a further sentence must be at least this likely, measured against the best one
SAME_WORDS = 0.7  # share of common stems from which two sentences say the same


def choose_sentences(reading: Reading, begun: Sequence[Candidate] = ()) -> list[Candidate]:
    """The fewest sentences that answer: the best, and others nearly as likely that say something else.

    Those with which the answer has begun are among them, and count.
    """
    chosen = _candidates(reading, [(c.evidence, c.sentence) for c in begun])
    for candidate in reading.candidates:
        if len(chosen) >= MAX_SENTENCES or candidate.score < SHARE_OF_BEST * reading.candidates[0].score:
            break
        # What turned out likelier than the beginning is said though it has its words: they may name another ship.
        if not any(_says_the_same(candidate, other) for other in chosen if other.score >= candidate.score):
            chosen.append(candidate)
    return _in_reading_order(chosen)


def first_sentences(first: Reading, question: str) -> tuple[Candidate, ...]:
    """The sentences with which an answer can begin, of what was read first: the likeliest, and what belongs to it.

    In none of the 115 answers to development and sample questions would it be left out when all is read.
    """
    if not first.candidates:
        return ()
    best = first.candidates[0]
    if timeline := timeline_for(question, first.evidence):
        return tuple(_candidates(first, timeline.places))
    if found := list_for(question, first.evidence, [(best.evidence, best.sentence)]):
        return tuple(_listed(found, first))
    begun = _with_whole_tables([best], first)
    return tuple(_with_full_names(begun, first) if asks_who(question) else begun)


def extractive_claims(reading: Reading, question: str = "", begun: Sequence[Candidate] = ()) -> tuple[Claim, ...]:
    """The sentences that answer as claims. A sentence carries itself, so each is supported.

    The answer begins with the claims of the sentences with which it has `begun` (`first_sentences`): `quoted` of them.

    One that begins with a pronoun is quoted with the sentence before it; of a list that a question asks for all members
    are given; a timeline stands in the order of time; where it asks who, a speaker who goes by surname comes with the
    sentence that introduced him or her. One that a page break cut in two is one claim, of both halves, and cites each
    of them.
    """
    if found := timeline_for(question, reading.evidence):
        chosen = _candidates(reading, found.places)
    else:
        chosen = _with_whole_tables(_with_whole_list(reading, question, begun)[0], reading)
    if asks_who(question):
        chosen = _with_full_names(chosen, reading)
    numbering = Numbering()
    claims = quoted(begun, numbering)
    cited = [citation for claim in claims for citation in claim.citations]
    rest = [c for c in chosen if not any(is_within(c, citation) for citation in cited)]
    return (*claims, *quoted(rest, numbering, begun))


def quoted(
    chosen: Sequence[Candidate], numbering: Numbering | None = None, before: Sequence[Candidate] = ()
) -> tuple[Claim, ...]:
    """A claim for each chosen sentence, with what it leans on, unless that is chosen too, or was said `before`."""
    numbering = numbering or Numbering()
    said = {
        (c.evidence.passage.id, part)
        for c in (*before, *chosen)
        for part in whole_sentence(c.evidence.passage, c.sentence)
    }
    claims = []
    for c in chosen:
        passage = c.evidence.passage
        parts = with_antecedent(passage, c.sentence, {part for passage_id, part in said if passage_id == passage.id})
        claims.append(
            Claim(
                text=" ".join(sentence_text(c.evidence, part) for part in parts),
                citations=tuple(numbering.cite(c.evidence, part) for part in parts),
                state="supported",
                speaker=attribution(voice(c.evidence.article, c.sentence)),
            )
        )
    return tuple(claims)


def what_to_know(reading: Reading, question: str, begun: Sequence[Candidate] = ()) -> str:
    """What is said of a list that has more members than are given, and of the order of a timeline; else nothing."""
    if found := timeline_for(question, reading.evidence):
        if found.without_year == len(found.places):
            return "The sentences name days, but not their years: which came first is not known."
        unplaced = f" The year of the last {found.without_year} is not stated." if found.without_year else ""
        return f"In the order of the days that the sentences name.{unplaced}"
    _, more = _with_whole_list(reading, question, begun)
    return f"The list goes on in the source: {more} more." if more else ""


def _with_whole_list(reading: Reading, question: str, begun: Sequence[Candidate] = ()) -> tuple[list[Candidate], int]:
    """The chosen sentences, or the list that answers and the best sentence; and how many members were too many."""
    chosen = choose_sentences(reading, begun)
    found = list_for(question, reading.evidence, [(c.evidence, c.sentence) for c in chosen]) if question else None
    if found is None:
        return chosen, 0
    listed = _listed(found, reading)
    places = {(c.evidence.passage.id, c.sentence) for c in listed}
    best = [c for c in reading.candidates[:1] if (c.evidence.passage.id, c.sentence) not in places]
    return [*listed, *best], len(found.members) - len(found.members[:MOST_MEMBERS])


def _listed(found: SourceList, reading: Reading) -> list[Candidate]:
    """What introduces a list, and as many of its members as are given."""
    given = [*([found.introduction] if found.introduction else []), *found.members[:MOST_MEMBERS]]
    return _candidates(reading, given)


def _with_whole_tables(chosen: Sequence[Candidate], reading: Reading) -> list[Candidate]:
    """The chosen sentences; beside a row of a table its head, and where that was chosen, all rows, if they are few."""
    places: dict[tuple[int, Span], tuple[Evidence, Span]] = {}
    for candidate in chosen:
        rows = table_of(candidate.evidence, candidate.sentence)
        is_whole = rows[:1] == (candidate.sentence,) and len(rows) <= MOST_MEMBERS
        for row in rows if is_whole else (*rows[:1], candidate.sentence):
            places.setdefault((candidate.evidence.passage.id, row), (candidate.evidence, row))
    return _in_reading_order(_candidates(reading, list(places.values()))) if len(places) > len(chosen) else list(chosen)


def _candidates(reading: Reading, places: Sequence[tuple[Evidence, Span]]) -> list[Candidate]:
    """Places in passages as candidates, with their scores where they were read."""
    scores = {(c.evidence.passage.id, c.sentence): c.score for c in reading.candidates}
    return [Candidate(e, s, scores.get((e.passage.id, s), 0.0)) for e, s in places]


def _with_full_names(chosen: Sequence[Candidate], reading: Reading) -> list[Candidate]:
    """The chosen sentences, and those of the passages read that introduce a speaker whom they know by surname."""
    added: list[Candidate] = []
    for candidate in chosen:
        article = (candidate.evidence.passage.document, candidate.evidence.article.span)
        before = sorted(
            (c for c in reading.candidates if (c.evidence.passage.document, c.evidence.article.span) == article),
            key=lambda c: c.sentence.start,
        )
        before = [c for c in before if c.sentence.start < candidate.sentence.start]
        found = introduced_in(whole_text(candidate), [whole_text(c) for c in before])
        if found is not None and not any(before[found].sentence == c.sentence for c in [*chosen, *added]):
            added.append(before[found])
    return _in_reading_order([*chosen, *added]) if added else list(chosen)


def is_within(candidate: Candidate, citation: Citation) -> bool:
    """Whether a citation holds a sentence: by itself, or with the one before it."""
    start, end = candidate.sentence
    return candidate.evidence.passage.document == citation.document and citation.start <= start < end <= citation.end


def nearest_topics(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """What the three nearest passages are about, each once: shown where a question is refused."""
    return tuple(dict.fromkeys(_about(e) for e in evidence[:3]))


def _about(evidence: Evidence) -> str:
    topic = evidence.passage.heading or evidence.article.title or evidence.passage.text
    return f"“{shortened(topic).strip(' .')}” ({attribution(evidence.article)})"


def whole_text(candidate: Candidate) -> str:
    """The words of a candidate's whole sentence."""
    evidence = candidate.evidence
    return " ".join(sentence_text(evidence, part) for part in whole_sentence(evidence.passage, candidate.sentence))


def _says_the_same(one: Candidate, other: Candidate) -> bool:
    a, b = (set(stems(whole_text(c))) for c in (one, other))
    return len(a & b) > SAME_WORDS * min(len(a), len(b)) if a and b else True


def _in_reading_order(chosen: Sequence[Candidate]) -> list[Candidate]:
    """Passages in the order of their best sentence; the sentences of a passage in the order in which they stand."""
    best_first = list(dict.fromkeys(c.evidence.passage.id for c in chosen))
    return sorted(chosen, key=lambda c: (best_first.index(c.evidence.passage.id), c.sentence.start))
