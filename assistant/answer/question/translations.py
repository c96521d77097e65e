"""A question in German, French or Chinese -> the English words for what it names, as far as they are listed.

`translations.tsv` is a short list of common knowledge: what countries, institutions, companies and months are called,
and the nouns that news about politics and business is full of. It stands in for a translation where there is no model.
Measured on the German and Chinese questions about invented English news, train and dev (28 and 30), whose passage is
among the first five without and with it: German 0.46 and 0.57, Chinese 0.27 and 0.47; all of dev's four other-language
questions instead of three. Its words were chosen with the training questions known.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from assistant.answer.question.library_names import NameTable, name_table

TRANSLATIONS_FILE = Path(__file__).with_name("translations.tsv")

_HAN = re.compile(r"[\u3400-\u9fff]")
_ENGLISH = frozenset(
    "the of to and in a an is was were are did do does has have had what which who whom whose when where why how"
    " many much"
    " for from with by on at as be been it its that this".split()
)
_OTHERS = frozenset(
    "der die das den dem des ein eine einen einem einer und ist sind war waren hat haben hatte wird werden wurde"
    " wie wer wen"
    " wem was wann wo warum weshalb welche welcher welches welchen welchem wieviel für von mit bei auf zu zum zur"
    " im am nicht"
    " sich auch nach seit bis laut über le la les un une et est sont était quel quelle quels quelles qui que quand"
    " où combien"
    " pourquoi comment pour dans sur avec du au aux".split()
)


def english_words(question: str) -> tuple[str, ...]:
    """The English words for what a question in another language names, in its order; none for an English question."""
    return _table().others(question) if is_foreign(question) else ()


def is_foreign(question: str) -> bool:
    """Whether a question is in German, French or Chinese: by its small words, and by its script."""
    if _HAN.search(question) and len(_HAN.findall(question)) * 3 > len(re.findall(r"[A-Za-z]{2,}", question)) * 2:
        return True
    words = re.findall(r"[^\W\d_]+", question.casefold())
    return sum(word in _OTHERS for word in words) > sum(word in _ENGLISH for word in words)


@cache
def _table() -> NameTable:
    """From each German, French and Chinese name to the English ones."""
    pairs = []
    for line in TRANSLATIONS_FILE.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            english, german, chinese = ([name.strip() for name in names.split(",")] for names in line.split("|"))
            pairs += [(name, other) for name in (*german, *chinese) for other in english if name != other]
    return name_table(pairs, both_ways=False)
