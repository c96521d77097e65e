"""XLM-RoBERTa's vocabulary of 250,002 pieces -> the pieces that the promised languages need.

Kept: every single character, so that a name in any script is still spelt; every piece of Han characters, digits and
signs; and of the pieces in Latin script, those that our texts use and the commonest of the others. A text whose pieces
are all kept is cut as before: what was the likeliest way to cut it still is.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

START_OF_WORD = "▁"
SPECIAL = 4  # <s> <pad> </s> <unk>, at the beginning
MASK = "<mask>"  # only the pretraining knew it


def script_of(piece: str) -> str:
    """What a piece is written in: "latin", "han", "none" (digits and signs alone), or "other", where a character is."""
    scripts = {_script(c) for c in piece if c != START_OF_WORD} - {"none"}
    if not scripts:
        return "none"
    return scripts.pop() if len(scripts) == 1 else ("other" if "other" in scripts else "latin")


def _script(character: str) -> str:
    if unicodedata.category(character)[0] in "NPSZC":
        return "none"
    name = unicodedata.name(character, "")
    if name.startswith(("COMBINING ", "MODIFIER LETTER")):
        return "none"
    return "latin" if "LATIN" in name else "han" if name.startswith("CJK ") else "other"


def kept_pieces(pieces: Sequence[tuple[str, float]], used: Iterable[int], most_latin: int) -> list[int]:
    """The numbers of the pieces to keep, in order.

    Args:
        pieces: text and log-probability of each, as in the tokenizer's file.
        used: numbers of pieces that our own texts are cut into.
        most_latin: how many pieces of Latin script are kept, the used ones first, then the commonest.
    """
    wanted = set(used)
    kept = set(range(SPECIAL))
    latin = []
    for number, (piece, score) in enumerate(pieces):
        if number < SPECIAL or piece == MASK:
            continue
        script = script_of(piece)
        if len(piece.removeprefix(START_OF_WORD)) <= 1 or script in ("none", "han"):
            kept.add(number)
        elif script == "latin":
            latin.append((number not in wanted, -score, number))
    kept.update(number for _, _, number in sorted(latin)[:most_latin])
    return sorted(kept)


def pruned(tokenizer: dict[str, Any], kept: Sequence[int]) -> dict[str, Any]:
    """The tokenizer's file with the kept pieces alone, numbered anew in their order."""
    number = {old: new for new, old in enumerate(kept)}
    model = tokenizer["model"]
    added = [token for token in tokenizer["added_tokens"] if token["id"] in number]
    return {
        **tokenizer,
        "added_tokens": [{**token, "id": number[token["id"]]} for token in added],
        "model": {**model, "vocab": [model["vocab"][old] for old in kept]},
    }


def written(tokenizer: dict[str, Any]) -> str:
    """The file's text, without the spaces that a reader would like."""
    return json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
