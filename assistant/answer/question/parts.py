"""A question -> the questions that it is made of, each of which can be searched for by itself."""

from __future__ import annotations

import re

from assistant.answer.question.follow_ups import names_in
from assistant.search.words import stems

MOST_PARTS = 5
_ASKING = (
    r"(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|did|does|do|has|have|had|can|could|will"
    r"|would|should|since when"
    r"|until when|wer|wen|wem|was|wann|wo|warum|wie|wieviel|welche[rsmn]?|seit wann|bis wann|ab wann|qui|que|quand"
    r"|où|combien|avec quel"
    r"|quelle?s?|pourquoi|comment)"
)
_END = re.compile(
    rf"(?<=[?？])\s*(?=\S)|(?:(?<=[.;。；])|[\n\r])\s*(?=\S)|,?\s+(?:and|und|et|as well as|sowie)\s+(?=(?:in |by "
    rf"|with |for |from |at )?{_ASKING}\b)"
    rf"|,\s+(?={_ASKING}\b)|[，,]\s*(?=(?:以及|并且|谁|什么|哪|多少|何时|为什么|怎么|他|她|它|有多少))",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:^|\s)(?:\(?\d{1,2}[.)]|[a-e]\)|[•*-])\s+(?=\S)")
_LIST = re.compile(r"^(?P<topic>[^:?]{3,80}):\s*(?P<items>[^?]+,\s[^?]+)\??$")
_BOTH = re.compile(
    r"^(?P<before>(?:.*\b)?(?:did|do|does|have|has|will|sagt|sagten|sagen) )(?P<one>[^,?]{2,40}?),? (?:and|und)"
    r" (?P<two>[^,?]{2,40}?)"
    r" (?P<after>(?:each |jeweils )?(?:say|said|think|want|write|report|claim|argue|propose|expect|zu|über)\b.*)$",
    re.IGNORECASE,
)
_NAME = r"[A-ZÀ-ÖØ-Þ][\w’'.&-]*(?: [A-ZÀ-ÖØ-Þ][\w’'.&-]*){0,3}"
_AS_TOLD = r"(?:[Pp]er|[Aa]ccording to|[Aa]s (?:told|reported|seen) by|[Ll]aut|[Nn]ach|[Ss]elon)"
_SOURCES = re.compile(
    rf"^(?P<before>.*?)(?P<how>\b{_AS_TOLD}) (?P<one>(?:the )?{_NAME}),? (?:and|und|et|versus|vs\.?) "
    rf"(?:{_AS_TOLD} |to |by )?(?P<two>(?:the )?{_NAME})(?P<after>\W*$|[,:]? .*$)"
)
_LEANING = re.compile(
    r"\b(?:it|its|he|she|him|his|her|they|them|their|there|that|this|those|these|er|sie|es|dort|ihr\w*)\b|[他她它]",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_ASKS = re.compile(rf"\b{_ASKING}\b|[谁哪几]|什么|多少|何时|为什么|怎么|吗", re.IGNORECASE)


def parts_of(question: str) -> tuple[str, ...]:
    """The parts of a question, each with the names that it takes from the first; empty where it is one."""
    listed = _listed(question)
    if listed:
        return listed
    parts = [part.strip(" ,;") for part in _END.split(question)]
    parts = [part for part in parts if part and _ASKS.search(part)]
    if len(parts) < 2:
        return ()
    return _distinct([parts[0], *(_complete(part, parts[0]) for part in parts[1:])])


def sources_asked(question: str) -> tuple[str, ...]:
    """The two sources of a question for what each of them says ("according to X and Y"); else empty."""
    found = _SOURCES.match(question) or _BOTH.match(question)
    return (found["one"], found["two"]) if found else ()


def _listed(question: str) -> tuple[str, ...]:
    """The items of a list, behind what they are about."""
    numbered = [item.strip() for item in _NUMBERED.split(question)]
    if len(numbered) > 2:
        return _distinct([_complete(item, numbered[0]) for item in numbered[1:] if item])
    if both := _BOTH.match(question):
        return tuple(f"{both['before']}{name} {both['after']}" for name in (both["one"], both["two"]))
    if told := _SOURCES.match(question):
        return tuple(f"{told['before']}{told['how']} {name}{told['after']}" for name in (told["one"], told["two"]))
    if found := _LIST.match(question):
        items = re.split(r",\s+(?:and\s|und\s)?|\s(?:and|und)\s", found["items"])
        return _distinct([f"{found['topic']} {item.strip()}" for item in items if item.strip()])
    return ()


def _complete(part: str, first: str) -> str:
    """A part with the names of the first one, where it has too little of its own."""
    if len(set(stems(part))) > 2 and not _LEANING.search(part) and not _HAN.search(part):
        return part
    told = [name for name in names_in(first) if name not in part] or [first]
    return f"{' '.join(told)} {part}"


def _distinct(parts: list[str]) -> tuple[str, ...]:
    """Up to five parts that say something, none twice; empty where only one is left."""
    kept = tuple(part for part in dict.fromkeys(parts) if stems(part))[:MOST_PARTS]
    return kept if len(kept) > 1 else ()
