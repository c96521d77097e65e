"""Articles and their passages -> their languages: what the user or the format says, else what the text shows.

The text is read by py3langid, and only what it is sure of counts: too few letters, a mixture or a list of names has no
language. It also overrules a format, whose word is often a template's: lang="en" above a Chinese text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from assistant.types import Article, Document, How, Passage

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Chosen on 1,762 sentences in English, German and Chinese (five newsletters, the sample and the test documents): with
# 20 letters and a certainty of 0.9 none got a wrong language, 1,531 of 1,636 the right one; of shorter ones 7 of 126.
CERTAIN = 0.9  # of the probability that py3langid gives, 0 to 1
LETTERS = 20
DOMINANT = 0.7  # share of the letters: below it a text is a mixture
OVERRULING = 100  # letters: fewer overrule no format
_PIECE = 400  # characters: 0.3 ms each
_PIECES = 4  # of an article, taken evenly: all of a short one
_SIGN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LETTERS_OF_A_SIGN = 3  # a Chinese sign says about as much as three Latin letters
# Written alike, so that the text cannot tell them apart: neither belies the other.
_ALIKE = {"yue": "zh", "wuu": "zh", "nb": "no", "nn": "no", "hr": "sr", "bs": "sr", "ms": "id"}
_NONE = "zxx"  # py3langid's code for what is no language


def with_languages(
    document: Document, articles: Sequence[Article], passages: Sequence[Passage]
) -> tuple[Document, list[Article]]:
    """A document and its articles with their languages, by the passages alone: what is left out has no say.

    A document's own language is that of most of its letters. An article whose text does not show one has the
    document's. What the user said of the document holds for all of its articles.
    """
    if document.language_how == "given":
        return document, [replace(a, language=document.language, language_how="given") for a in articles]
    texts = ["\n".join(p.text for p in passages if p.article_index == index) for index in range(len(articles))]
    shown = [detect_language(text) for text in texts]
    lengths = [_letters(text) for text in texts]
    of_all: Counter[str] = Counter()
    for language, length in zip(shown, lengths, strict=True):
        of_all[language] += length
    main = _dominant(of_all)
    language, how = _settled(document.language, main, sum(lengths))
    described = [
        _described(article, document.language, found, length, main)
        for article, found, length in zip(articles, shown, lengths, strict=True)
    ]
    return replace(document, language=language, language_how=how), described


def _described(article: Article, of_format: str, shown: str, letters: int, main: str) -> Article:
    stated = article.language or of_format
    if shown or stated:
        language, how = _settled(stated, shown, letters)
    else:
        language, how = (main, "inferred") if main and letters < OVERRULING else ("", "unknown")
    return replace(article, language=language, language_how=how)


def _settled(stated: str, shown: str, letters: int) -> tuple[str, How]:
    """What the format states, unless a good part of text clearly shows another language."""
    if stated and (not shown or _alike(stated, shown) or letters < OVERRULING):
        return stated, "stated"
    return (shown, "inferred") if shown else ("", "unknown")


def _alike(one: str, other: str) -> bool:
    a, b = (code.partition("-")[0] for code in (one, other))
    return _ALIKE.get(a, a) == _ALIKE.get(b, b)


def detect_language(text: str) -> str:
    """The code of the language that a text is in ("en", "de", "zh"); "" where it is too short, mixed or not clear."""
    certain: Counter[str] = Counter()
    for piece in _pieces(text):
        certain[_of_piece(piece)] += _letters(piece)
    return _dominant(certain)


def _dominant(letters: Counter[str]) -> str:
    """The language of most letters; "" counts those whose language is not known."""
    total = sum(letters.values())
    if total < LETTERS:
        return ""
    language, most = max(letters.items(), key=lambda item: item[1])
    return language if most >= DOMINANT * total else ""


def _pieces(text: str) -> list[str]:
    if len(text) <= _PIECE * _PIECES:
        return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
    step = (len(text) - _PIECE) // (_PIECES - 1)
    return [text[start : start + _PIECE] for start in range(0, step * _PIECES, step)]


def _of_piece(piece: str) -> str:
    probabilities: Counter[str] = Counter()
    for code, probability in _identifier().rank(piece):
        probabilities["zh" if _ALIKE.get(code) == "zh" else code] += probability
    code, probability = max(probabilities.items(), key=lambda item: item[1])
    return code if probability >= CERTAIN and code != _NONE else ""


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text)) + (_LETTERS_OF_A_SIGN - 1) * len(_SIGN.findall(text))


@cache
def _identifier() -> LanguageIdentifier:
    # Loading takes 0.6 s and 100 MB: only who reads a document waits.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
