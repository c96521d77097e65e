"""A conversation and a question that leans on it -> the words of the conversation that it leaves out.

Whether a question leans is told by its form: pronouns and comparisons without anything in the question itself that they
could mean, an ellipsis, a common noun in place of the name that was spoken of. What it leans on is the question before,
and of the rest of the conversation the words that it keeps coming back to: the names first of all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from assistant.answer.question.instructions import without_instructions
from assistant.answer.question.small_talk import REFUSAL
from assistant.search.words import stems
from assistant.types import Turn

Leaning = Literal["whole", "subject"]
"""On the question before, as pronouns and ellipses do; or only on what the conversation is about."""

TURNS_READ = 12
TURN_CHARACTERS = 600
BEFORE_CHARACTERS = 300

# Chosen on the follow-ups of CANARD (dev) and TREC CAsT 2019-2021, for which people wrote down what was meant. The
# shape is that of a logistic regression on which words of a conversation they took up again. Of those words a search
# text holds, and of its added words these are: CANARD 0.30 and 0.29, CAsT 0.29 and 0.35; with the question before in
# front, where the question is short or holds any pronoun, 0.08 and 0.12, 0.27 and 0.22.
NAME, FIRST_QUESTION, OFTEN, LAST, AGE = 1.3, 1.5, 1.3, 0.4, 0.1
ENOUGH = 1.5
FEW_WORDS = 4
MOST_WORDS = 8

_OPENER = re.compile(
    r"^\W*(?:and|but|or|so|what about|how about|how come|what else|who else|und|aber|oder|sondern|et|mais|was ist mit"
    r"|wie (?:steht|sieht) es|那么?|还有|另外|然后|那[时个些]?|为什么[?？]?$)(?![a-zäöüß])",
    re.IGNORECASE,
)
_BACK = re.compile(  # always means something that was said before
    r"\b(?:the same|the (?:former|latter|first|second|last|other|others)(?= of (?:them|these|those)| one\b|\?|$)"
    r"|(?:else|anyone|anything) (?:else|other)|another|instead|the others?|likewise|otherwise|dasselbe|derselbe"
    r"|(?:first|second|last|some|any|all|none|most|each|either|neither|both|one|two|many|which) of (?:them|these"
    r"|those)"
    r"|(?:year|month|week|day|time|period|quarter|decade)s? (?:before|earlier|after|later)|at the time"
    r"|by then|(?:back|since|until) then|in their place|ebenso|danach|davor|damals|daran|darüber|davon|dafür|dagegen"
    r"|dieselben?|stattdessen|(?:ein )?(?:jahr|monat) (?:zuvor|davor|später))\b|\belse\b|其中|同样|之前呢|呢[?？]?$",
    re.IGNORECASE,
)
_PERSON = r"he|she|him|his|her|hers|er|ihn|ihm|elle"
_THING = r"it|its|they|them|their|theirs|such|sie|ihre?[nmrs]?|seine?[nmrs]?|es|ils?|leur"
_POINTING = re.compile(  # never means something in the question itself
    r"\b(?:this|these|those|that (?:year|month|week|day|time|period|case|point|one))\b(?! (?:year|month|week|who"
    r"|which)\b)"
    r"|\b(?:was|did|does|is|are|were|has|how) that\b(?! (?:a|an|any|no|some)\b)|\bthat(?=\W*$)|\bthere(?=\W*$)"
    r"|\bthen\b(?!-)|\b(?:dies(?:e[rsnm]?)?|jene[rsnm]?|dort)\b|[他她它]们?|这(?!里)|该(?=[公国项部])|那(?=[个些])",
    re.IGNORECASE,
)
_PRONOUN = re.compile(rf"\b(?:(?P<person>{_PERSON})|{_THING})\b", re.IGNORECASE)
_ASKED_NOUN = re.compile(  # "which regions raised their": the noun that is asked for does it, no auxiliary between
    r"\b(?:which|what|how many|welche[rs]?|wie viele) (?!(?:did|do|does|is|are|was|were|has|have|had|can|will"
    r"|would|could)\b)"
    r"(?:(?!(?:did|do|does|is|are|was|were|has|have|had|can|will|would|could)\b)[^\W\d_]+\s){1,4}",
    re.IGNORECASE,
)
_CAPITAL = "A-ZÀ-ÖØ-Þ"
_NAME = re.compile(
    rf"(?<!\w)(?:[{_CAPITAL}][\w’'&.-]*\w|[{_CAPITAL}])(?:\s(?:(?:of|de|da|von|van|der|al|bin|du|the|and|&)\s){{0,2}}"
    rf"[{_CAPITAL}][\w’'-]*)*"
)
_EMPTY = set(
    stems(
        "year month week day time number many much name reason happen mean kind other long far big old 什么 多少 为什么"
    )
)
_WORD = re.compile(r"[^\W_]+(?:[’'.,-][^\W_]+)*")
_THE = re.compile(r"\b(?:the|der|die|das|dem|den|any)\b", re.IGNORECASE)
_MARKS = re.compile(r"\[[\d., ]+\]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ABOUT_A_SOURCE = re.compile(
    r"\b(?:article|text|piece|paper|report|source|author|newsletter|document|outlet|story|study|artikel|beitrag"
    r"|bericht"
    r"|quelle|autorin?|studie|verfasser)s?\b|文章|报道|报告|作者|来源|文中",
    re.IGNORECASE,
)


def with_context(question: str, history: Sequence[Turn]) -> str:
    """The question behind the words of the conversation that it leans on; the question itself where it stands alone."""
    turns = [_read(turn) for turn in history[-TURNS_READ:]]
    asked = [turn.content for turn in turns if turn.role == "user" and turn.content]
    how = leaning(question, turns)
    if not asked or not how:
        return question
    before = [_shortened(asked[-1], BEFORE_CHARACTERS)] if how == "whole" else []
    known = set(stems(" ".join([*before, question])))
    recalled = [word for word in _recalled(question, turns) if not set(stems(word)) <= known]
    return " ".join(dict.fromkeys([*_cited(question, history), *recalled, *before, question]))


def leaning(question: str, history: Sequence[Turn]) -> Leaning | None:
    """How a question leans on what was said before; None where it stands alone."""
    if not any(turn.role == "user" for turn in history):
        return None
    if _OPENER.search(question) or _BACK.search(question):
        return "whole"
    names = list(names_in(question))
    pronoun = _PRONOUN.search(question)
    if _POINTING.search(question) or (
        pronoun and not _has_antecedent(question[: pronoun.start()], names, person=bool(pronoun["person"]))
    ):
        return "subject"
    if names:
        return None
    own = {stem for stem in set(stems(question)) - _EMPTY if not stem.isdecimal()}
    if len(own) <= 1:
        return "whole"
    said = {stem for turn in history for stem in stems(turn.content)}
    goes_on = bool(own & said) or (len(own) <= 2 and bool(_THE.search(question)))
    return "subject" if len(own) <= FEW_WORDS and goes_on and not _HAN.search(question) else None


def _has_antecedent(before: str, names: Sequence[str], *, person: bool) -> bool:
    """Whether the words of the question before its pronoun hold something that the pronoun may mean."""
    return any(name in before for name in names) or (not person and bool(_ASKED_NOUN.search(before)))


def _read(turn: Turn) -> Turn:
    """A turn as far as it is looked at: no marks, no instructions; a refusal says nothing of the subject."""
    text = _MARKS.sub("", turn.content[:TURN_CHARACTERS])
    if turn.role == "assistant":
        return Turn(turn.role, "" if text.startswith(REFUSAL) else text)
    return Turn(turn.role, without_instructions(text).question)


def _recalled(question: str, turns: Sequence[Turn]) -> Iterator[str]:
    """The words of the conversation that most likely belong to the question, in their order."""
    said = [turn for turn in turns if turn.content]
    words: dict[str, str] = {}
    held = [set(stems(turn.content)) for turn in said]
    names = {stem for turn in said for name in names_in(turn.content) for stem in stems(name)}
    for turn in said:
        for word in _WORD.findall(turn.content):
            for stem in stems(word):
                words.setdefault(stem, word)
    first = next((stems_ for stems_, turn in zip(held, said, strict=True) if turn.role == "user"), set())
    own = set(stems(question))
    said_stems = set().union(*held)
    scores = {
        stem: _score(stem, held, stem in names, stem in first)
        for stem in words
        if stem not in own and stem in (names | first) & said_stems
    }
    best = sorted((s for s in scores if scores[s] >= ENOUGH), key=lambda s: -scores[s])[:MOST_WORDS]
    recalled = list(dict.fromkeys(re.sub(r"['’]s$", "", words[stem]) for stem in words if stem in best))
    latin = [word for word in recalled if not _HAN.search(word)]
    yield from latin if latin and not _HAN.search(question) else recalled  # the built-in embedder reads no Chinese


def _score(stem: str, held: Sequence[set[str]], is_name: bool, in_first: bool) -> float:
    places = [number for number, turn in enumerate(held) if stem in turn]
    age = len(held) - 1 - places[-1]
    often = len(places) / len(held)
    return NAME * is_name + FIRST_QUESTION * in_first + OFTEN * often + LAST * (age == 0) - AGE * age


def names_in(text: str) -> Iterator[str]:
    """Runs of capitalised words, without the word that a sentence begins with where it is an ordinary one."""
    for found in _NAME.finditer(text):
        words = found[0].split()
        while words and (
            re.sub(r"[’']s$", "", words[0].casefold()) in _NO_NAMES or not stems(words[0]) or words[0].islower()
        ):
            words = words[1:]
        if words:
            yield " ".join(words)


_NO_NAMES = frozenset(
    "whose tell describe okay list compare name please yes no sorry since while although however despite following"
    " explain give say wer wie was wann wo warum welche welcher welches der die das ein eine und in im am ist sind"
    " hat"
    " haben nennen gibt seit bis mit von zu qui que quand quelle quel comment pourquoi did does many much".split()
)


def _cited(question: str, history: Sequence[Turn]) -> Iterator[str]:
    """The titles that were cited last, where the question speaks of an article, a report, an author."""
    if _ABOUT_A_SOURCE.search(question):
        yield from next((turn.cited for turn in reversed(history) if turn.cited), ())


def _shortened(text: str, characters: int) -> str:
    """Whole words of the beginning."""
    return text if len(text) <= characters else text[:characters].rpartition(" ")[0] or text[:characters]
