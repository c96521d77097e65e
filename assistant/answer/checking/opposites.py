"""A claim and its cited sentences -> the word that turns their sense round: rose for fell, more for less, not.

Only the plain cases: the claim says one direction and the sentences, of the same thing, only the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from assistant.language.names import FUNCTION_WORDS
from assistant.language.quantities import plain

SMALL_WORDS = FUNCTION_WORDS | {"t", "s", "do", "does", "did", "so", "than"}

OPPOSITES = [
    (
        (
            r"rose|rise[sn]?|rising|gain(?:ed|s)?|grew|grown|grows?|climb(?:ed|s)?|increas(?:ed|es|ing)|"
            r"jump(?:ed)?|surg(?:e|ed)|doubled|tripled|quintupled|raised|expanded|swelled|improved"
        ),
        (
            r"fell|falls|fallen|falling|shr[aiu]nk|declin(?:e|ed|es|ing)|decreas(?:e|ed)|dropp(?:ed|ing)|drops|"
            r"slump(?:ed)?|halved|lowered|sank|sunk|plunged|reduced|slid|worsened"
        ),
    ),
    (
        r"above|higher",
        r"below|lower",
    ),
    (
        r"more",
        r"less|fewer",
    ),
    (
        r"earned|profits?",
        r"lost|loss(?:es)?",
    ),
    (
        r"supports?|supported|backs?|backed|approv(?:ed|es)|accept(?:ed|s)|agreed|praised?|welcomed?",
        r"oppos(?:e|ed|es)|reject(?:ed|s)?|refus(?:ed|es)|declined|criticised|criticized|condemned|banned",
    ),
    (
        r"includ(?:e|es|ed|ing)",
        r"exclud(?:e|es|ed|ing)",
    ),
    (
        r"largest|biggest|highest|best|most",
        r"smallest|lowest|worst|least|fewest",
    ),
    (
        r"minimum",
        r"maximum",
    ),
    (
        r"in favour of|intervened for",
        r"intervened against",
    ),
    (
        r"longer",
        r"shorter",
    ),
    (
        r"dearer|expensive",
        r"cheaper|cheap",
    ),
]
_PAIRS = [tuple(re.compile(rf"\b(?:{side})\b") for side in pair) for pair in OPPOSITES]
_NOT = re.compile(r"\b(?:not|no|never|nobody|none|neither|nor|without|cannot|nothing|nowhere)\b|n['’]t\b")
_BORDER = re.compile(r"[,;:—–(]|\b(?:but|and|while|whereas|although|though|because|which|who|that)\b")
_PLAIN_NOT = re.compile(r"\b(?:not|cannot)\b|n['’]t\b")
_HIDDEN_NOT = re.compile(
    r"\b(?:refus|fail|den[iy]|reject|lack|declin|only|just|free of|exempt|except|instead|rather|unless|ban|block|stop|"
    r"halt|drop|cancel|avoid|prevent|miss|oppos|against|withdr|un\w{4}|in[a-z]{6}|dis\w{4}|im\w{5}|abandon|end|ceas|"
    r"keep|kept|remain|still|yet|until|before|few|little|hardly|barely|less|zero|empty|outside|too|away|short|spare|"
    r"waive|forg[oe]|gave up|exonerat|absent|rebuff|contradict|secret|silen|abstain|forbid|illegal|prohibit)"
)


SHARED_WORDS = 0.6  # of the claim's telling words, that stand in the sentences too: they speak of the same thing
SHARED_WORDS_OF_A_NEGATION = 0.75
HALF = 0.5  # of a clause's telling words, or of the claim's: the clause is about the claim


def opposite_word(claim: str, quotes: Sequence[str]) -> str | None:
    """The word of the claim whose opposite, and not itself, stands in the cited sentence that is nearest in words."""
    claim, cited = plain(claim), _nearest(claim, quotes)
    if _NOT.search(claim) or _NOT.search(cited):
        return None  # what is not higher may be lower
    for pair in _PAIRS:
        for side, other in (pair, pair[::-1]):
            found = side.search(claim)
            turned = found and not other.search(claim) and other.search(cited) and not side.search(cited)
            if found and turned and _shared(claim, cited, found[0]) >= SHARED_WORDS:
                return found[0]
    return None


def lone_negation(claim: str, quotes: Sequence[str]) -> str | None:
    """The word “not” of the claim, or of the cited sentence nearest in words, where both say the same but for it."""
    claim, cited = plain(claim), _nearest(claim, quotes)
    in_claim, in_cited = _PLAIN_NOT.search(claim), _PLAIN_NOT.search(cited)
    found = in_claim or in_cited
    if not found or (in_claim and in_cited) or _HIDDEN_NOT.search(cited if in_claim else claim):
        return None
    if in_cited and not _speaks_of(claim, _clause_of(in_cited.start(), cited)):
        return None  # "Fujian raised it, Hubei did not" negates nothing of Fujian
    turned = any(one.search(claim) and two.search(cited) for pair in _PAIRS for one, two in (pair, pair[::-1]))
    if not turned and _shared(claim, cited, found[0]) >= SHARED_WORDS_OF_A_NEGATION:
        return found[0]
    return None


def _clause_of(place: int, text: str) -> str:
    """The clause of a text that holds this place."""
    borders = [0, *(border.start() for border in _BORDER.finditer(text)), len(text)]
    return next(text[a:b] for a, b in pairwise(borders) if a <= place < b)


def _speaks_of(claim: str, clause: str) -> bool:
    """Whether a clause with a “not” is about the claim: half of either's telling words stand in the other.

    A clause without any ("but did not") leans on what stands before it, which is.
    """
    own = _telling(_PLAIN_NOT.sub(" ", clause))
    return not own or max(len(own & _telling(claim)) / len(own), _shared(claim, clause, "")) >= HALF


def _nearest(claim: str, quotes: Sequence[str]) -> str:
    return max((plain(quote) for quote in quotes), key=lambda quote: _shared(plain(claim), quote, ""), default="")


def _telling(text: str) -> set[str]:
    """The telling words of a text, by their first five letters."""
    return {w[:5] for w in re.findall(r"[^\W_]+", text) if w not in SMALL_WORDS}


def _shared(claim: str, cited: str, besides: str) -> float:
    """The share of the claim's telling words that the sentences hold; 0 to 1."""
    words, known = _telling(claim), _telling(cited)
    words -= {w[:5] for w in besides.split()}
    return len(words & known) / len(words) if words else 0.0
