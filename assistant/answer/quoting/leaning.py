"""A sentence of a passage -> the sentences before it without which nobody knows of whom or what it speaks.

"He sold the port in May." says little by itself: quoted with the sentence before it, it says who sold.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from assistant.answer.citing import whole_sentence
from assistant.language.days import MONTHS, WEEKDAYS
from assistant.types import Passage, Span

MOST_BEFORE = 2  # sentences that are quoted along: the one before may begin with "he" as well

_LINK = (
    r"(?:(?:But|And|Yet|So|However|Still|Also|Then|Instead|Moreover|Nevertheless|Nonetheless|Today|Now|Later|In turn"
    r"|For now|As a result|At the same time)(?:,\s|\s))?"
)
_TIMES = (
    r"(?:weeks?|months?|years?|quarters?|mornings?|afternoons?|evenings?|nights?|weekends?|summer|winter|spring|autumn"
    rf"|fall|days|times?|articles?|newsletters?|editions?|issues?|reports?|papers?|who"
    rf"|(?i:{'|'.join([*WEEKDAYS, *MONTHS])}))\b"
)
_OPENS = re.compile(
    rf"^[\W_]*{_LINK}(?:(?:[Hh]e|[Ss]he|[Tt]hey|[Hh]is|[Hh]er|[Tt]heir|[Ii]ts|(?P<it>[Ii]t)|Er|Dies(?:e[rsnm]?)?)\b"
    rf"|(?P<shown>[Ss]uch|[Tt]h(?:is|ese|ose))\b(?!\s{_TIMES})|[Tt]hat(?=['’]s|\s(?:is|was|means|meant|would|could|will|has|had|makes|made)\b)"
    r"|[他她它]|这[些是一]|该[^\W\d_]|此[举外次]?)",
)
_WITHIN = re.compile(r"^[\W_]*[A-Z][^A-Z“”\"«»:;]{0,60},\s(?P<pronoun>he|she|they|it)\b")
_SUBORDINATE = re.compile(
    r"^[\W_]*(?:While|When|As|If|Although|Though|Because|Since|Whether|Once|Until|Unless|Before|After)\b"
)
_NOBODY = re.compile(  # "It is likely that", "it took years to"
    r"\b[Ii]t(?:['’]s|\s(?:(?:may|might|could|would|will|can|has|had|must)\s)?(?:not\s)?(?:is|was|be|been|seems?|seemed"
    r"|appears?|appeared|remains?|remained|turn(?:s|ed)|takes?|took|came|comes|makes?|made))\b[^,;]{0,60}?"
    r"\s(?:that|to|whether|how|what|why|who|if|when)\b"
    r"|\b[Ii]t\s(?:(?:is|was)\snot|(?:rain|snow)\w*)\b"
)
_MONTH = re.compile(rf"\b(?:{'|'.join(month.title() for month in sorted(MONTHS))})\b")
_FINISHED = re.compile(r"[.!?。！？…][\"“”’'»」』)\]*_]*$")
_PARAGRAPH = re.compile(r"\n\s*\n")


def leans(sentence: str) -> bool:
    """Whether a sentence speaks of something that only what stands before it names: "They …", "This …", "His …".

    Not where "it" stands for nobody ("It is likely that …"), and not where a name comes before the pronoun.
    """
    if opening := _OPENS.match(sentence):
        of_what_follows = opening["shown"] and sentence.rstrip("*_ ").endswith((":", "："))
        return not of_what_follows and not (opening["it"] and _NOBODY.match(sentence, opening.start("it")))
    without_months = _MONTH.sub(lambda month: month[0].lower(), sentence)
    within = None if _SUBORDINATE.match(sentence) else _WITHIN.match(without_months)
    return within is not None and not _NOBODY.match(sentence, within.start("pronoun"))


def with_antecedent(passage: Passage, sentence: Span, said: Collection[Span] = ()) -> tuple[Span, ...]:
    """What to quote for a sentence of a passage: itself, or one stretch that begins with what it leans on.

    Only sentences of the same paragraph are taken along, and none of `said`, which the reader has in front of him; none
    at all where they would not name it either. What a page break cut in two stays two spans.
    """
    alone = whole_sentence(passage, sentence)
    spans = list(alone)
    for _ in range(MOST_BEFORE + 1):
        first = passage.sentences.index(_opening(passage, spans[0]))
        before = passage.sentences[first - 1] if first else None
        if not leans(_text(passage, spans[0])) or before in said:
            return tuple(spans)
        if before is None or not _goes_on(passage, before):
            return alone
        *halves, last = whole_sentence(passage, before)
        spans = [*halves, Span(last.start, spans[0].end), *spans[1:]]
    return alone


def _opening(passage: Passage, span: Span) -> Span:
    """The sentence that a stretch begins with."""
    return next(sentence for sentence in passage.sentences if sentence.start == span.start)


def _goes_on(passage: Passage, before: Span) -> bool:
    """Whether a sentence is a whole one, no heading, and its paragraph goes on after it."""
    following = passage.sentences[passage.sentences.index(before) + 1]
    gap = passage.text[before.end - passage.span.start : following.start - passage.span.start]
    return not gap.strip() and not _PARAGRAPH.search(gap) and bool(_FINISHED.search(_text(passage, before)))


def _text(passage: Passage, span: Span) -> str:
    return passage.text[span.start - passage.span.start : span.end - passage.span.start]
