"""Claims, what they cite, and a judge -> are the claims borne out by what they cite?

Statement by statement: those of an answer are its claims. The judge's "full" is what ALCE calls entailed. Everything
here is as good as the judge, whose agreement with people is to be read beside it. Claims that could not be judged are
left out; unscored if none is left, and for refusals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.types import Answer, Citation, Claim
from evals.judges import Judge, Judgement, judge_or_none


@dataclass(frozen=True, slots=True)
class JudgedCitation:
    """What one of a claim's citations does alone, and what the claim's others do without it (None: unreadable)."""

    alone: Judgement | None
    without: Judgement | None


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A claim of an answer with the judgements on its citations together and one by one."""

    claim: Claim
    together: Judgement | None
    """None: it could not be judged; also for a claim that cites nothing, which needs no judge."""
    citations: tuple[JudgedCitation, ...]

    @property
    def cited(self) -> bool:
        """Whether it cites anything."""
        return bool(self.claim.citations)

    @property
    def scored(self) -> bool:
        """Whether it can be counted: it cites nothing, or was judged."""
        return not self.cited or self.together is not None

    @property
    def carried(self) -> bool:
        """Whether its citations together carry it in full."""
        return self.together is not None and self.together.label == "full"


def judge_answer(answer: Answer, judge: Judge) -> tuple[JudgedClaim, ...]:
    """Ask the judge about every claim of an answer: its citations together, alone, and each left out."""
    return tuple(_judged(claim, answer.question, judge) for claim in answer.claims)


def alce_recall(claims: Sequence[JudgedClaim]) -> float | None:
    """Citation recall of ALCE (Gao et al. 2023, arXiv:2305.14627): the share of statements that citations carry.

    A statement counts if it cites something, and its citations together entail it. The citation recall of Liu et al.
    2023 is the same share, with people as judges.
    """
    return _share(claim.carried for claim in claims if claim.scored)


def alce_precision(claims: Sequence[JudgedClaim]) -> float | None:
    """Citation precision of ALCE: the share of citations that are relevant.

    A citation is relevant if its statement is entailed by all its citations, and it is not true that (a) it does not
    entail the statement alone while (b) the others do without it. Unscored where nothing is cited.
    """
    return _share(_is_relevant(claim, citation) for claim, citation in _judged_citations(claims))


def liu_precision(claims: Sequence[JudgedClaim]) -> float | None:
    """Citation precision of Liu et al. 2023 (arXiv:2304.09848), from judgements in three grades.

    A citation counts if it supports its statement fully; or partially, where all citations together support it fully
    and none does alone. Unscored where nothing is cited.
    """
    return _share(_supports(claim, citation) for claim, citation in _judged_citations(claims))


def partial_support(claims: Sequence[JudgedClaim]) -> float | None:
    """The middle grade of Liu et al. 2023: the share of statements whose citations together support a part of them."""
    return _share(claim.together is not None and claim.together.label == "partial" for claim in claims if claim.scored)


def unsupported_claims(claims: Sequence[JudgedClaim]) -> float | None:
    """The share of claims not carried in full by what they cite: 1 - `alce_recall`, the sum of the next three."""
    return _share(not claim.carried for claim in claims if claim.scored)


def uncited_claims(claims: Sequence[JudgedClaim]) -> float | None:
    """The share of claims that cite nothing. Among the claims that could be judged, so that the three parts add up."""
    return _share(not claim.cited for claim in claims if claim.scored)


def cited_unsupported_claims(claims: Sequence[JudgedClaim]) -> float | None:
    """The share of claims that cite something which does not carry them in full, and does not contradict them."""
    return _share(claim.cited and not claim.carried and not _contradicted(claim) for claim in claims if claim.scored)


def contradicted_claims(claims: Sequence[JudgedClaim]) -> float | None:
    """The share of claims whose cited sentences say otherwise: to the built-in judge, give another number."""
    return _share(not claim.carried and _contradicted(claim) for claim in claims if claim.scored)


def context_of(citations: Sequence[Citation], question: str) -> str:
    """What a reader of the footnotes knows besides the sentences: their heads, and what was asked."""
    heads = [
        "; ".join(str(part) for part in (c.author, c.outlet, c.publisher, c.title, c.date) if part) for c in citations
    ]
    return "\n".join(dict.fromkeys([*filter(None, heads), question]))


def _judged(claim: Claim, question: str, judge: Judge) -> JudgedClaim:
    """Only what the figures need is asked: of a single citation nothing more, of others whether they are needed."""
    citations = claim.citations
    if not citations:
        return JudgedClaim(claim, None, ())

    def ask(some: Sequence[Citation]) -> Judgement | None:
        return judge_or_none(judge, claim.text, [c.quote for c in some], context_of(some, question))

    together = ask(citations)
    if len(citations) == 1:
        return JudgedClaim(claim, together, (JudgedCitation(together, Judgement("none")),))
    alone = [ask([citation]) for citation in citations]
    judged = []
    for index, judgement in enumerate(alone):
        needed = together is not None and together.label == "full" and not _is_full(judgement)
        others = [*citations[:index], *citations[index + 1 :]]
        judged.append(JudgedCitation(judgement, ask(others) if needed else Judgement("none")))
    return JudgedClaim(claim, together, tuple(judged))


def _judged_citations(claims: Sequence[JudgedClaim]) -> list[tuple[JudgedClaim, JudgedCitation]]:
    return [
        (claim, citation)
        for claim in claims
        if claim.together is not None
        for citation in claim.citations
        if citation.alone is not None and citation.without is not None
    ]


def _is_relevant(claim: JudgedClaim, citation: JudgedCitation) -> bool:
    return claim.carried and (_is_full(citation.alone) or not _is_full(citation.without))


def _supports(claim: JudgedClaim, citation: JudgedCitation) -> bool:
    if _is_full(citation.alone):
        return True
    partial = citation.alone is not None and citation.alone.label == "partial"
    return partial and claim.carried and not any(_is_full(other.alone) for other in claim.citations)


def _is_full(judgement: Judgement | None) -> bool:
    return judgement is not None and judgement.label == "full"


def _contradicted(claim: JudgedClaim) -> bool:
    return claim.together is not None and claim.together.contradicted


def _share(flags: Iterable[bool]) -> float | None:
    values = list(flags)
    return sum(values) / len(values) if values else None
