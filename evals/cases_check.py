"""Cases and the documents they are about -> what a person should look at before anything is measured with them."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.types import Evidence
from evals.cases import load_cases
from evals.metrics.correctness import mentions
from evals.spans import PLAIN, Texts
from evals.types import Case

Search = Callable[[str], Sequence[Evidence]]
"""A question -> passages, the best first."""
Kind = Literal["error", "look"]

SAME_WORDS = 0.8
"""Jaccard similarity from which two questions are called nearly the same: one word of ten exchanged is 0.82."""
WORDS_HELD = 0.65
"""Share of a question's telling words, by weight, from which a passage may well hold the answer. Tried on 107 cases:
a third of the 90 with an answer would be noticed if they were said to have none; 3 of the 17 without are shown too."""
PASSAGES_READ = 5
SHOWN_CHARACTERS = 160
_WORD = re.compile(r"[^\W_]+")
_SMALL = frozenset(
    "a about an and any are at be by did do does for from had has have how in is it its of on or s that the their"
    " there they this to was were what when where which who whom whose why will with would you your".split()
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a case: an error makes a figure wrong, the others are for a person to decide."""

    case_id: str
    kind: Kind
    words: str


def check_file(path: Path, texts: Texts, search: Search | None = None) -> tuple[Finding, ...]:
    """Everything that can be found about a file of cases, in its order. Without `search`, nothing is looked up.

    Raises:
        InputError: the file is no file of cases; line and field are named.
    """
    cases = load_cases(path)
    found = [*_drafts(path), *_duplicates(cases)]
    for case in cases:
        found += [*_gold(case, texts), *_answer(case)]
        if search and not case.answerable:
            found += _answer_after_all(case, search)
    order = {case.id: position for position, case in enumerate(cases)}
    return tuple(sorted(found, key=lambda finding: (order.get(finding.case_id, -1), finding.kind)))


def telling_words(text: str) -> list[str]:
    """The words of a text that are no small words, without case and endings: what a search would look for."""
    words = (word.casefold() for word in _WORD.findall(text.translate(PLAIN)))
    return [re.sub(r"(?:'s|s)$", "", word) or word for word in words if word not in _SMALL]


def near_duplicates(texts: Sequence[str], similarity: float = SAME_WORDS) -> list[tuple[int, int]]:
    """Pairs whose sets of words have at least this Jaccard similarity |A ∩ B| / |A ∪ B|.

    Two such sets must share a word among the first n - ⌈similarity · n⌉ + 1, the rarest ones first (prefix filtering,
    Chaudhuri, Ganti and Kaushik 2006), so that not every pair has to be looked at.
    """
    words = [set(_WORD.findall(text.casefold())) for text in texts]
    counts = Counter(word for one in words for word in one)
    holders: dict[str, list[int]] = {}
    pairs = set()
    for index, one in enumerate(words):
        rarest = sorted(one, key=lambda word: (counts[word], word))
        for word in rarest[: len(one) - math.ceil(similarity * len(one) - 1e-9) + 1]:
            for other in holders.get(word, ()):
                union = len(one | words[other])
                if union and len(one & words[other]) / union >= similarity:
                    pairs.add((other, index))
            holders.setdefault(word, []).append(index)
    return sorted(pairs)


def _drafts(path: Path) -> list[Finding]:
    rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
    return [
        Finding(str(row["id"]), "error", "This is a draft: read it, correct it, and take out the field draft.")
        for row in rows
        if row.get("draft")
    ]


def _duplicates(cases: Sequence[Case]) -> list[Finding]:
    asked = ["\n".join([*(turn.content for turn in case.history), case.question]) for case in cases]
    return [
        Finding(cases[second].id, "look", f"Nearly the same question as {cases[first].id}.")
        for first, second in near_duplicates(asked)
    ]


def _gold(case: Case, texts: Texts) -> list[Finding]:
    found = []
    for gold in case.evidence:
        document = texts.get(gold.doc)
        quote = " ".join(gold.quote.split())
        if document is None:
            found.append(Finding(case.id, "error", f"There is no document {gold.doc!r}."))
        elif quote in " ".join(document.raw.split()):
            continue
        elif document.occurrences(gold.quote):
            words = "stands there with other quotation marks or dashes"
            found.append(Finding(case.id, "look", f"{_short(quote)} {words} ({gold.doc})."))
        else:
            found.append(Finding(case.id, "error", f"{_short(quote)} does not stand in {gold.doc}."))
    if case.evidence and not case.answerable:
        found.append(Finding(case.id, "look", "It has gold evidence, but is said to have no answer."))
    if case.answerable and not case.evidence:
        found.append(Finding(case.id, "look", "It has no gold evidence: it cannot be grounded."))
    return found


def _answer(case: Case) -> list[Finding]:
    """What the case itself would be graded: its reference answer with its quotes should be right."""
    said = "\n".join([case.answer, *(gold.quote for gold in case.evidence)]).translate(PLAIN).casefold()
    lacking = [group for group in case.must_include if not any(mentions(said, word) for word in group)]
    found = [
        Finding(case.id, "look", f"Neither its answer nor its quotes contain {' or '.join(map(repr, group))}.")
        for group in lacking
    ]
    reference = case.answer.translate(PLAIN).casefold()
    wrong = [word for word in case.must_not_include if mentions(reference, word)]
    return found + [
        Finding(case.id, "error", f"Its own answer contains {word!r}, which it must not.") for word in wrong
    ]


def _answer_after_all(case: Case, search: Search) -> list[Finding]:
    """A passage that holds most of the telling words of a question without an answer."""
    passages = search(case.question)[:PASSAGES_READ]
    wanted = set(telling_words(case.question))
    if not passages or not wanted:
        return []
    held = [wanted & set(telling_words(f"{item.passage.heading} {item.passage.text}")) for item in passages]
    # A word that every passage found has says less than one that none has.
    weights = {word: 1.0 + (len(held) - sum(word in one for one in held)) / len(held) for word in wanted}
    shares = [sum(weights[word] for word in one) / sum(weights.values()) for one in held]
    best = max(range(len(shares)), key=shares.__getitem__)
    if shares[best] < WORDS_HELD:
        return []
    passage = passages[best].passage
    words = f"Said to have no answer, but see {passage.document}, character {passage.span.start}:"
    return [Finding(case.id, "look", f"{words} {_short(passage.text)}")]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line}”" if len(line) <= SHOWN_CHARACTERS else f"“{line[:SHOWN_CHARACTERS]} …”"
