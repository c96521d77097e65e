"""A question -> the question without its orders to the assistant: they are neither searched for nor followed.

Only what is itself an order counts, at the beginning of a clause: a question about such orders ("Which leaflet told an
assistant to ignore its rules?") and what stands in quotation marks are left whole. Wishes for the form of the answer
("briefly, please", "answer in German") are not searched for either, but stay in what is answered.

Only questions are looked at. What a document orders is a sentence like any other: it may be quoted, under the name of
who says it, and shown to a model, which can do no more with it than point at it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_RULES = (
    r"(?:rules?|instructions?|prompts?|guidelines?|guardrails|restrictions?|directives?|orders|limitations"
    r"|settings|training|everything|all (?:of )?(?:the |that )?(?:above|before)|the above"
    r"|what (?:you were|i) (?:told|said)|role|task)"
)
_REGELN = (
    r"(?:regeln|anweisungen|vorgaben|instruktionen|richtlinien|(?:system-?)?prompts?|bisherige[ns]?|alles|rolle"
    r"|aufgabe)"
)
_START = (
    r"^(?:(?:please|now|then|just|and|but|so|first|also|hey|ok(?:ay)?|bitte|jetzt|und|dann|nun|请|现在|然后|并)"
    r"[,:]?\s*)*"
)
_ORDERS = (
    rf"(?:ignore|disregard|forget|override|bypass|drop|skip|overrule)\b.{{0,60}}\b{_RULES}\b",
    r"(?:you are|you're|you will be|you shall be) (?:now|no longer|from now on|hereby)\b",
    r"from now on\b",
    r"(?:act|behave|respond|answer|talk) (?:as|like) (?:if |though |an? |the |my )",
    r"(?:pretend|imagine|roleplay|role-play)\b(?:.{0,20}\b(?:you|to be|that)\b|$)",
    r"(?:enter|switch (?:in)?to|enable|activate|go into)\b.{0,30}\bmode\b",
    (
        rf"(?:print|reveal|show|repeat|output|display|tell|give|list|leak|quote|dump|write|send|translate|summari[sz]e)\b"
        rf".{{0,50}}\b(?:system (?:prompt|message)|(?:your|hidden|initial|original|secret|internal"
        rf"|developer)\b.{{0,25}}\b{_RULES}"
        rf"|api[- ]keys?|your (?:password|config\w*|source code))\b"
    ),
    (
        r"(?:don['’]?t|do not|never|without|no need to)\b.{0,12}\b(?:check\w*|cit\w+|quot\w+|us\w+|look\w*|verif\w+"
        r"|search\w*|refus\w+|consult\w*)\b.{0,25}\b(?:sources?|documents?|citations?|passages?|evidence|references|answer)\b"
    ),
    (
        r"(?:answer|reply|respond|say|output|return|write)\b.{0,20}(?:\bonly\b|\bjust\b|\bwith nothing but\b"
        r"|\bnothing but\b|\bexactly\b|\bwith (?:the word )?[\"“'‘]|\bwith (?:yes|no)\b|\bin one word (?:yes|no)\b)"
    ),
    rf"(?:ignorier\w*|vergiss|vergessen sie|missachte\w*|überspring\w*|umgeh\w*)\b.{{0,60}}\b{_REGELN}\b",
    r"(?:du bist|sie sind) (?:jetzt|nun|ab jetzt|ab sofort|von nun an|nicht (?:mehr|länger))\b",
    r"(?:ab jetzt|ab sofort|von nun an)\b",
    r"(?:tu|tun sie|verhalte dich|stell dir vor)\b.{0,15}\b(?:so|als|du)\b",
    (
        rf"(?:gib|geben sie|zeig\w*|druck\w*|nenn\w*|wiederhol\w*|verrat\w*)\b.{{0,50}}\b"
        rf"(?:system-?(?:prompt|nachricht)"
        rf"|dein\w* .{{0,20}}{_REGELN})"
    ),
    r"(?:antworte|antworten sie|sag|sage|schreib\w*)\b.{0,20}\b(?:nur|ausschließlich|bloß|einfach)\b",
    r"(?:忽略|无视|忽視|忘记|忘掉|不要理会|绕过).{0,20}(?:规则|指令|指示|提示|以上|上述|之前|所有|限制|要求)",
    r"(?:你现在是|你现在|从现在(?:开始|起)|你不再是|假装|扮演|假设你)",
    r"(?:输出|打印|显示|告诉我|重复|透露|说出).{0,20}(?:系统提示|提示词|系统消息|你的(?:规则|指令|指示|密码))",
    r"(?:只|仅)(?:需|要|能)?(?:回答|回复|说|输出)|不要(?:查|引用|检查).{0,8}(?:来源|资料|文件|文献)",
)
_FORM = (
    (
        r"(?:answer|reply|respond|write|explain|put it|keep it|be)\b[^?]{0,20}\b(?:brief(?:ly)?|short(?:ly)?"
        r"|concise(?:ly)?|in (?:one|a|two|three|\d+) (?:single )?(?:words?|sentences?|lines?|paragraphs?)"
        r"|in (?:english|german|chinese|french|bullet points|detail)|as (?:a|an) (?:list|table))\b"
    ),
    (
        r"(?:antworte|antworten sie|schreib\w*|erklär\w*)\b.{0,20}\b(?:kurz|knapp|auf (?:deutsch|englisch|chinesisch)"
        r"|in (?:einem|zwei|drei) (?:satz|sätzen|wort))\b"
    ),
    r"(?:用)?(?:中文|英文|德文|一句话|简短地?|简要)(?:来)?(?:回答|作答|说明)",
    r"(?:thanks?(?: you)?|thank you|danke|谢谢|please|bitte)(?: in advance| im voraus)?",
)
_ORDER = re.compile(_START + "(?:" + "|".join(_ORDERS) + ")", re.IGNORECASE)
_WISH = re.compile(_START + "(?:" + "|".join(_FORM) + r")(?:,? (?:please|bitte))?\W*$", re.IGNORECASE)
_QUOTED = re.compile(r"[“„\"«「『].*?[”“\"»」』]|(?<!\w)['‘‚].+?['’‘](?!\w)", re.DOTALL)
# A clause ends with its sentence, with a colon or semicolon, and before an order that is joined to it.
_VERBS = (
    r"(?:ignore|disregard|forget|override|print|reveal|repeat|output|display|pretend|act as|answer|reply|respond"
    r"|say|tell|show"
    r"|write|give|don['’]?t|do not|never|without|you are|what|which|who|how|when|where|why"
    r"|ignoriere|vergiss|antworte|sag|gib|zeig|du bist|wer|wie|was|wann|welche)"
)
_END = re.compile(
    rf"(?<=[.!?;:])\s+|(?<=[。！？；：])|[\n\r]+|\s+[–—-]+\s+|,?\s+(?:and|but|und|aber|then|dann)\s+(?={_VERBS}\b)"
    rf"|,\s+(?={_VERBS}\b)|[，,](?=[\u3400-\u9fff])|(?:并|然后)(?=[\u3400-\u9fff])",
    re.IGNORECASE,
)
_OTHERS = r"(?:other|another|previous) (?:users?|persons?|people|customers?|readers?)"
_INTERNALS = re.compile(
    r"\b(?:your|this assistant’?'?s) (?:\w+ ){0,2}(?:prompt|instructions|guidelines|api key|password|configuration)\b"
    r"|\b(?:print|reveal|repeat|show|output|display|leak|disclose|tell me|give me)\b.{0,40}\b(?:system prompt"
    r"|hidden prompt"
    r"|api key|(?:the )?(?:words|text|instructions|prompt) above)\b"
    rf"|\b(?:show|print|reveal|list|display|leak|give|tell|summari[sz]e|quote)\b.{{0,30}}\b{_OTHERS}"
    r"(?:’s|'s|’|')? "
    r"(?:chats?|conversations?|questions?|messages?|sessions?|history|histories|prompts?)\b"
    rf"|\bwhat (?:did|have|do|were|was) (?:the )?{_OTHERS} (?:ask(?:ed|ing)?|type[ds]?)\b"
    r"|\b(?:deine?|Ihre?)n? (?:\w+ )?(?:System-?Prompt|Systemanweisung\w*|Anweisungen|Prompt)\b"
    r"|\bSystem-?Prompt\b.{0,30}\baus\b"
    r"|\b(?:anderer|andere|fremde)[nr]? (?:Nutzer|Benutzer|Leute|Personen)\w*\b.{0,40}\b(?:gefragt|Chat\w*"
    r"|Gespräch\w*|Frage\w*)"
    r"|你的(?:系统|完整|全部|原始)*(?:提示词|提示詞|提示|指令|设定|密钥)|系统提示词|其他(?:用户|用戶|人)的?(?:聊天|对话|對話|提问|问题|记录)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class WithoutInstructions:
    """A question, parted from what it orders the assistant to do."""

    question: str
    """To be answered; the text as it was where nothing else is in it."""
    searched: str
    """The same without wishes for the form of the answer."""
    orders: tuple[str, ...] = ()
    """What was left out, as it was written."""
    only_orders: bool = False
    """Whether there is nothing else: no question about the documents."""


def without_instructions(text: str) -> WithoutInstructions:
    """Part a text from the orders and wishes in it."""
    kept, searched, orders = [], [], []
    for clause, gap in _clauses(text):
        bare = _QUOTED.sub(lambda quoted: "“" + "x" * (len(quoted[0]) - 1), clause).strip(" \t-–—•*#>()[]<|")
        if _ORDER.match(bare):
            orders.append(clause.strip())
            continue
        kept += [clause, gap]
        if not _WISH.match(bare):
            searched += [clause, gap]
    question, wanted = "".join(kept).strip(" ,;\t\n"), "".join(searched).strip(" ,;\t\n")
    if not re.search(r"\w", question):
        return WithoutInstructions(text, text, tuple(orders), only_orders=bool(orders))
    return WithoutInstructions(question, wanted if re.search(r"\w", wanted) else question, tuple(orders))


def asks_for_internals(question: str) -> bool:
    """Whether a question is after the assistant's own prompt or keys, or other people's chats: no source holds them."""
    return bool(_INTERNALS.search(question))


def _clauses(text: str) -> list[tuple[str, str]]:
    """Each clause with what stands between it and the next; ends inside quotation marks are none."""
    masked = _QUOTED.sub(lambda quoted: "x" * len(quoted[0]), text)
    clauses, start = [], 0
    for end in _END.finditer(masked):
        clauses.append((text[start : end.start()], text[end.start() : end.end()]))
        start = end.end()
    return [*clauses, (text[start:], "")]
