"""Lines that were broken to fit a page or a mail -> the paragraphs that they were."""

from __future__ import annotations

import re
from itertools import pairwise
from statistics import quantiles

NARROWEST_COLUMN = 30
"""In characters. What is narrower is a table or a list, and its lines stay."""
FEW_LINES = 5
"""Below this many, the longest line tells the width."""
FULL_WIDTH = 0.88
"""A line is full if with the next one's first word it reaches this share of the width: letters differ in width."""
SENTENCE_END = re.compile(r"[.!?:;…。！？：；][\"'”’»)\]]*$")
NEW_ENTRY = re.compile(r"[•●▪■◦‣·*>–—-]\s|\(?\d{1,3}[.)]\s|\(?[a-z][.)]\s|\d+(\.\d+)+\.?\s+[A-Z]|https?://")
LEADER = re.compile(r"(\.\s?){4,}|_{4,}")
BROKEN_WORD = re.compile(r"(?P<stem>\w*[^\W\d_])(?P<hyphen>[-\u00ad\u2010\ufffe\x02])$")
SOFT_HYPHENS = "\u00ad\ufffe\x02"
WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def words_of(text: str) -> frozenset[str]:
    """The words of a text in lower case, compounds with their hyphens: what decides whether a hyphen is one."""
    return frozenset(word.lower() for word in WORD.findall(text))


def join_wrapped_lines(
    text: str, known_words: frozenset[str] = frozenset(), narrowest: float = NARROWEST_COLUMN
) -> str:
    """Join each line to the next where it was evidently broken for want of room; all other line ends stay.

    It was, if it does not end a sentence and the next line's first word would not have fitted; a hyphen before a small
    letter is dropped, unless `known_words` has the word with its hyphen.
    """
    lines = [line.strip() for line in text.split("\n")]
    width = usual_width(lines)
    if width < narrowest and not WIDE.search(text):
        return "\n".join(lines)
    joined = lines[:1]
    for previous, line in pairwise(lines):
        if continues(previous, line, width):
            joined[-1] = join(joined[-1], line, known_words)
        else:
            joined.append(line)
    return "\n".join(joined)


def usual_width(lines: list[str]) -> float:
    """How long full lines are, in characters: most lines of running text are full."""
    lengths = [len(line) for line in lines if len(line) >= NARROWEST_COLUMN / 2]
    if len(lengths) < FEW_LINES:
        return max(lengths, default=0)
    return quantiles(lengths, n=5, method="inclusive")[-1]


def continues(line: str, following: str, width: float) -> bool:
    """Whether `following` is the rest of the paragraph that `line` is part of."""
    if not line or not following or NEW_ENTRY.match(following) or LEADER.search(line) or _is_row(line):
        return False
    if BROKEN_WORD.search(line) and following[0].islower():
        return True
    if SENTENCE_END.search(line) or width < (NARROWEST_COLUMN / 2 if WIDE.search(line) else NARROWEST_COLUMN):
        return False
    first_word = following[0] if WIDE.match(following) else following.split(maxsplit=1)[0]
    if len(line) + 1 + len(first_word) >= FULL_WIDTH * width:
        return True
    return following[0].islower() and len(line) >= width / 2


def join(line: str, following: str, known_words: frozenset[str]) -> str:
    """Put two lines of a paragraph together."""
    broken = BROKEN_WORD.search(line)
    if broken is None:
        apart = "" if WIDE.match(line[-1:]) and WIDE.match(following) else " "
        return line + apart + following
    start = line[: broken.start("hyphen")]
    rest = WORD.match(following)
    compound = f"{broken['stem']}-{rest[0] if rest else ''}".lower()
    if broken["hyphen"] not in SOFT_HYPHENS and (not following[0].islower() or compound in known_words):
        return line + following
    if not following[0].islower() or compound in known_words:
        return f"{start}-{following}"
    return start + following


def _is_row(line: str) -> bool:
    """A row of a table: most of its words are numbers."""
    words = line.split()
    return len(words) > 2 and sum(any(c.isdigit() for c in word) for word in words) > len(words) / 2
