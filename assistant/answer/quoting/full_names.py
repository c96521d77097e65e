"""A sentence that knows its speaker by surname -> the earlier sentence of its passage that says who that is.

Newsletters introduce a person once ("Jane Doe, a lawyer in Lagos, said …") and then go on by surname ("Doe added").
Quoted alone, such a sentence does not say who spoke.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.language.names import SPEECH

_NAME_WORD = r"[A-ZÀ-ÖØ-ÞĀ-Ž][\w’'-]+"
_NO_NAME = frozenset(
    "he she they it we you i who this that these those the a an and but also then another others some many most both"
    " one officials analysts experts critics beijing washington brussels berlin china".split()
)
_BY_SURNAME = re.compile(
    rf"(?<![\w’'-] )(?P<before>{_NAME_WORD}) (?:also |has |had )?{SPEECH}\b"
    rf"|\b(?:{SPEECH}|[Aa]ccording to) (?P<after>{_NAME_WORD})(?=[.,;:!?”\"]|$)"
)
_ASKS_WHO = re.compile(
    r"\b(?:who|whom|whose|wer|wem|wessen|qui|which (?:\w+ )?(?:expert|analyst|official|professor|person|politician"
    r"|researcher|scholar|woman|man)|name of)\b|谁|哪位",
    re.IGNORECASE,
)


def asks_who(question: str) -> bool:
    """Whether a question wants to know of a person."""
    return bool(_ASKS_WHO.search(question))


def introduced_in(sentence: str, before: Sequence[str]) -> int | None:
    """Which of the sentences before has the whole name of the one who speaks in `sentence`; None where none is needed.

    Chinese names are introduced surname first ("Li Bingnan", then "Li"), others last.
    """
    for match in _BY_SURNAME.finditer(sentence):
        name = re.sub(r"['’]s?$", "", match["before"] or match["after"])
        if name.lower() in _NO_NAME or re.search(rf"{_NAME_WORD} {name}\b|\b{name} {_NAME_WORD}", sentence):
            continue
        whole = re.compile(
            rf"\b(?!(?:The|In|At|On|When|But|And|As|For|While|If|According) ){_NAME_WORD}(?: [a-z]{{2,3}})? {name}\b"
            rf"|\b{name} (?!(?:{SPEECH})\b){_NAME_WORD}"
        )
        found = [i for i, text in enumerate(before) if whole.search(text)]
        if found:
            return found[-1]
    return None
