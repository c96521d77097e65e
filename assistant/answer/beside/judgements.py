"""A sentence -> whether it judges its subject well or ill; a question -> whether it asks for a judgement.

By words that praise or blame, and a "not" that turns them round. Words that only report a rise or a fall judge nothing.
"""

from __future__ import annotations

import re

from assistant.language.quantities import plain

_GOOD = re.compile(
    r"\b(?:stronger|strong|robust|resilien\w+|recover(?:y|ing|ed|s)|rebound\w*|success\w*|succe(?:ed|eds|eded|eding)"
    r"|effective|works|benefit(?:s|ed|ing)?|strengthen\w*|thriv\w+|booming|breakthrough\w*|progress|opportunit\w+"
    r"|welcom(?:e|es|ed)|worthwhile|sensible|justified|necessary|fair|safe|win-win|positive|promising"
    r"|right (?:way|step)"
    r"|good (?:idea|news|position)|better off|in favour of)\b"
)
_ILL = re.compile(
    r"\b(?:weak\w*|stagna\w+|sluggish|ailing|fragile|fail(?:s|ed|ing|ure|ures)?|ineffective\w*|backfir\w+|futile|useless"
    r"|harm(?:s|ed|ing|ful)?|hurts?|hurting|damag(?:e|es|ed|ing)|wrong|mistake\w*|threat(?:s|en|ens|ened|ening)?"
    r"|danger\w*|crisis|collaps\w+|drag|counterproductive|counter-productive|undermin\w+|unfair|unjustified|reckless"
    r"|bad (?:idea|news)|worse off|negative|protectionis[mt]|aggression|poorer|slower and more expensive|won't bring)\b"
)
_TURNED = re.compile(r"\b(?:not|no|never|hardly|neither|nor|without|cannot)\b[^.;:!?]{0,40}$|n't\b[^.;:!?]{0,40}$")
_ASKS = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|should)\b"
    r"|\b(?:think|thinks|view|views|opinion\w*|judge\w*|judgement\w*|assess\w*|stance|position on|see (?:it|this)"
    r"|critici\w+|reaction\w*|effective|effect of|good idea|a mistake|worth)\b"
)


def judgement(sentence: str) -> int:
    """1 for a sentence that only praises, -1 for one that only blames, 0 for any other."""
    text = plain(sentence)
    signs = {
        -sign if _TURNED.search(text[: found.start()]) else sign
        for sign, words in ((1, _GOOD), (-1, _ILL))
        for found in words.finditer(text)
    }
    return signs.pop() if len(signs) == 1 else 0


def asks_for_judgement(question: str) -> bool:
    """Whether a question can be answered with an opinion: "Did it fail?", "What do they think of it?"."""
    return bool(_ASKS.search(plain(question)))
