"""A model's line, or a question -> whether it is talk that states or asks nothing of the sources.

Small models greet, sum up and offer help, and refuse in prose instead of the words they were given. Only what is
clearly that is taken for it: any other line without pointers is a claim that no source carries, and is shown as such.
"""

from __future__ import annotations

import re

_TALK = re.compile(
    r"^(?:sure|certainly|of course|okay|great question|absolutely|gerne|natürlich|selbstverständlich|当然"
    r"|好的)[,.!：:，。！]"
    r"|^(?:let me know|feel free|i hope|hope this|please (?:let|note)|if you (?:need|have|would|want)"
    r"|is there anything"
    r"|would you like|happy to help|ich hoffe|lass(?:en sie)? (?:mich|es mich)|wenn (?:du|sie) weitere|如果您"
    r"|如果你还|希望)"
    r"|^(?:here (?:is|are)|below (?:is|are)|based on (?:the|these)"
    r"|according to the (?:provided )?(?:passages|sources|context)"
    r"|hier (?:ist|sind)|basierend auf|根据(?:以上|所提供|提供)).{0,80}[:：]?$"
    r"|^(?:in (?:summary|conclusion|short)|to (?:summari[sz]e|sum up)|overall|zusammenfassend|insgesamt|总之"
    r"|综上)[,，:：]",
    re.IGNORECASE,
)
_TEXTS = r"(?:passages?|sources?|documents?|texts?|context|articles?|excerpts?|information (?:provided|given|above))"
_TEXTE = r"(?:Passagen?|Quellen?|Dokumente?|Texte?|Auszüge)"
_SORRY = r"(?:unfortunately,? |sorry,? (?:but )?)?"
REFUSAL = "The sources do not answer this question."
"""How every refusal of ours begins."""
_REFUSAL = re.compile(
    rf"^{_SORRY}(?:the|these) (?:\w+ ){{0,2}}{_TEXTS} (?:do not|does not|don['’]t|doesn['’]t|cannot|fails? to)\b"
    rf"|^{_SORRY}(?:none of the|no) (?:\w+ ){{0,2}}{_TEXTS} (?:say|mention|give|contain|provide|answer)s?\b"
    rf"|^{_SORRY}(?:i|we) (?:cannot|can['’]t|could not|couldn['’]t|do not|don['’]t|am unable to|was unable to)"
    r" (?:find|answer|determine|see|locate|know|have)\b"
    r"|^(?:there is|there['’]s) (?:no|not enough) (?:\w+ ){0,2}(?:information|answer|mention)\b"
    r"|^(?:this|the answer|that|it) is not (?:\w+ )?(?:mentioned|stated|given|provided|specified|answered|found"
    r"|contained)\b"
    rf"|^(?:leider )?(?:die|diese|keine der) (?:\w+ )?{_TEXTE} (?:\w+ )?"
    r"(?:enthalten|enthält|nennen|sagen|erwähnen|geben)\b.{0,60}\b(?:nicht|kein\w*)\b"
    r"|^(?:leider )?(?:(?:ich|es) (?:kann|konnte|gibt|finde)|(?:kann|konnte) ich)\b.{0,60}\b(?:nichts?|kein\w*)\b"
    r"|^(?:抱歉，?|对不起，?)?(?:资料|文中|文章|段落|来源|材料|上述|以上|所给|提供的).{0,12}(?:没有|未|并未|无法|不)"
    r"|^(?:抱歉，?|对不起，?)?(?:我)?(?:无法|找不到|不能)(?:回答|找到|确定|从)"
    r"|^(?:malheureusement,? )?(?:les|ces|aucun des?) (?:passages?|sources?|documents?|textes?) ne\b",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"(?:(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|greetings|thanks|thank you|cheers|bye|goodbye|okay|ok"
    r"|great|hallo|guten (?:morgen|tag|abend)|danke|vielen dank|tschüss|bonjour|salut|merci|你好|您好|谢谢|再见)"
    r"(?: (?:there|all|again|you|everyone|so much|very much|a lot|schön|sehr|beaucoup|footnote|assistant))*"
    r"[\s,.!…，。！]*)+",
    re.IGNORECASE,
)


def is_greeting(question: str) -> bool:
    """Whether somebody only greets or thanks."""
    return bool(_GREETING.fullmatch(question.strip()))


def is_small_talk(line: str) -> bool:
    """Whether a line without pointers only greets, announces, sums up or offers help."""
    return bool(_TALK.match(line))


def refusal_in(line: str) -> str:
    """The sentence with which a line begins, if that says that the passages do not answer; otherwise ""."""
    if not _REFUSAL.match(line):
        return ""
    return re.split(r"(?<=[.!?])\s|(?<=[。！？])", line, maxsplit=1)[0]
