"""A sentence -> whether it addresses a language model; a question -> whether it is after the assistant's own insides.

Text is data: nothing here obeys or repairs it. A sentence that gives a language model orders is only not offered as an
answer, neither quoted nor shown to a model, unless the question asks about such orders. The rule wants two signs
together, an order and what only an assistant could be ordered about, since news writes of prompts and rules as well.
It is a second wall: the first is that a model can only point at numbered sentences, which are checked.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from assistant.answer.reading import Reading, sentence_text

_MODEL = (
    r"(?:AI|A\.I\.|LLM|GPT|chat ?bot|(?:large )?language model|(?:AI|virtual|digital|helpful) assistant"
    r"|assistant)s?\b"
)
_RULES = r"(?:instructions?|prompts?|rules?|guidelines?|directions?|directives?|constraints?|safety \w+)\b"
_ENGLISH = (
    # an order to drop the rules
    (
        r"\b(?:ignore|disregard|forget|override|bypass|discard|drop)\b(?: \w+){0,3}? (?:all|any|every|your"
        r"|previous|prior"
        rf"|above|earlier|preceding|foregoing|system|these|other)\b[\w, ]{{0,40}}?\b{_RULES}"
    ),
    (
        rf"\b(?:ignore|disregard|forget)\b (?:everything|anything|all|what)\b.{{0,30}}\b(?:above|before|told|said"
        rf"|{_RULES})"
    ),
    # who is spoken to
    rf"\byou are (?:now )?(?:an? |the |no longer )?(?:[\w-]+ ){{0,2}}{_MODEL}(?! (?:start-?up|compan|firm|lab))",
    r"\byou are (?:now )?(?:in|entering) (?:\w+ )?(?:developer|debug|admin|god|unrestricted|jailbreak) mode\b",
    r"\b(?:enter|activate|switch to|enable) (?:\w+ )?(?:developer|debug|admin|god|jailbreak|DAN) mode\b",
    (
        rf"(?:^|[.!\n*(\[<⟦‹-])\W*(?:(?:note|attention|message|instructions?|hint|memo|notice"
        rf"|warning)\W+)?(?:to|for|dear|hey|hi"
        rf"|hello|attention)\W+(?:the |any |all |every |an? )?(?:[\w-]+ ){{0,2}}{_MODEL}(?=\W*(?:[:,!—–-]"
        rf"|reading|who|that"
        r"|which|processing|summari[sz]ing))"
    ),
    rf"\bif you are (?:an? |the )?(?:[\w-]+ ){{0,2}}{_MODEL}",
    (
        rf"(?:^|[.!:]\W*)(?:the |this |every |any )?{_MODEL} (?:must|should|shall|has to|is (?:required"
        rf"|instructed) to) (?:now |"
        r"always |only |not |never |immediately )?(?:answer|reply|respond|say|state|cite|output|print|ignore"
        r"|recommend|tell)"
    ),
    # what only an assistant has
    (
        r"\b(?:print|reveal|repeat|show|output|display|leak|disclose|tell me|give me"
        r"|reproduce)\b.{0,40}\b(?:system prompt"
        rf"|hidden prompt|your (?:\w+ )?{_RULES}|(?:the )?(?:text|words|{_RULES}) above|(?:other|another"
        rf"|previous) (?:users?|"
        r"persons?|people|customers?)\b)"
    ),
    (
        r"\b(?:new|updated|real|actual|hidden) (?:system )?(?:instructions?|prompt|rules?) ?(?:for (?:you"
        r"|the assistant))?\W*:"
    ),
    # how to answer
    (
        r"\bwhen(?:ever)? (?:you are |someone |anyone |a user |users? |the user |being )?(?:is "
        r"|are )?asked?s?\b[^.]{0,80}?,\W*"
        r"(?:always |only |you (?:must|should|will) |simply |please )*(?:say|answer|reply|respond|tell|claim"
        r"|state|write)\b"
    ),
    (
        r"(?:^|[.!:]\W*)(?:please |now |always |only |instead,? |you (?:must|should|will) (?:now |only |always )?)*"
        r"(?:answer|respond|reply|output|begin|end|start)\b (?:every|all|any|each|only|always|exactly|solely"
        r"|your|with the"
        r"|to (?:every|all|any|each|the next|this))\b.{0,60}(?:questions?|answers?|repl(?:y|ies)|words?"
        r"|sentences?|output"
        r"|phrases?|sources?|prompts?|messages?)\b"
    ),
    (
        r"(?:^|[.!:]\W*)(?:please |you (?:must|should) |do not |never |always |only )+cite (?:only |no |any "
        r"|this |these |the"
        r" other |other )"
    ),
    (
        r"\b(?:mark|treat|label|flag|consider) (?:this|these|every|all|each) (?:\w+ )?(?:claims?|sentences?"
        r"|documents?"
        r"|passages?|lines?) as (?:\w+ )?(?:supported|verified|checked|trusted|true|system|an? (?:order|instruction))"
    ),
)
_GERMAN = (
    (
        r"(?:(?:^|[.!?:;,„“\"]\W*|\b(?:bitte|und|jetzt|nun) )(?:ignorier(?:e|t|en Sie)|vergiss|vergesst|vergessen Sie"
        r"|missachten? ?(?:Sie)?|übergehen? ?(?:Sie)?|verwirf))\b.{0,50}"
        r"\b(?:Anweisung|Anleitung|Regel|Vorgabe|Instruktion|Prompt|Vorschrift)\w*"
    ),
    (
        r"\b(?:du bist|Sie sind)\b (?:jetzt |nun |ab sofort |fortan )*(?:eine? |der |die |das "
        r"|kein \w+ mehr)?(?:[\w-]+ ){0,2}"
        r"(?:KI|Assistent\w*|Sprachmodell|Chatbot|Sprachassistent\w*)\b"
    ),
    (
        r"(?:^|[.!(\[⟦‹-])\W*(?:(?:Hinweis|Achtung|Nachricht|Anweisung(?:en)?|Wichtig)\W+)?(?:an|für|liebe"
        r"|lieber|liebes|hallo)\W+"
        r"(?:die |den |das |alle |jede |jeden |jedes )?(?:[\w-]+ ){0,2}(?:KI\b[\w-]*|Assistent\w*"
        r"|Sprachmodelle?|Chatbots?)"
        r"(?=\W*(?:[:,!—–-]|die|der|das))"
    ),
    r"\b(?:wenn|falls) (?:du|Sie) (?:eine? )?(?:[\w-]+ ){0,2}(?:KI\b[\w-]*|Assistent\w*|Sprachmodell|Chatbot)",
    (
        r"\b(?:gib|geben Sie|zeige?|zeigen Sie|verrate?|nenne?|drucke"
        r"|wiederhole)\b.{0,50}\b(?:System-?[Pp]rompt\w*|(?:deine|Ihre)n? "
        r"(?:\w+ )?(?:Anweisungen|Regeln|Vorgaben)|(?:anderer|andere|fremde) (?:Nutzer|Benutzer|Leute|Personen)\w*)"
    ),
    (
        r"(?:^|[.!:]\W*)(?:antworte|antworten Sie|erwidere|schreibe?|sage?)\b (?:ab jetzt |ab sofort |fortan "
        r"|auf )?(?:nur|"
        r"ausschließlich|immer|stets|jede|alle)\b"
    ),
)
_CHINESE = (
    r"(?:忽略|无视|無視|忘记|忘記|忘掉|不要理会|绕过|違反|违反).{0,16}(?:指令|指示|规则|規則|提示|要求|设定|設定|限制|约束)",
    r"你(?:现在|現在|从现在起)?(?:是|扮演|成为).{0,12}(?:AI|人工智能|助手|助理|语言模型|語言模型|机器人|大模型|开发者模式)",
    r"(?:输出|打印|显示|顯示|泄露|透露|告诉我|告訴我|重复|重複|说出).{0,16}(?:提示词|提示詞|系统提示|系統提示|你的(?:指令|规则|設定|设定)|其他(?:用户|用戶|人)的)",
    (
        r"(?:致|请|各位|所有|给|如果你是|作为)\W?(?:一个|所有|各位|任何)?(?:AI|人工智能|语言模型|語言模型|大模型|智能助手|聊天机器人)(?:助手|模型)?"
        r"(?:[:：,，!！]|必须|请|应当|應當|注意|读到|阅读|在回答|时)"
    ),
    r"(?:AI|人工智能|语言模型|大模型|助手)(?:助手)?(?:必须|务必|請務必|请务必|应当一律|一律)",
    r"(?:请|必须|务必)?(?:只|仅|一律|统一|始终)(?:能|需|许|准)?(?:回答|输出|回复|回覆|答复)",
    r"(?:系统|系統|开发者|管理员)(?:消息|指令|提示|命令|通知)\s*[:：]",
)
_FORGED = (  # what stands around messages in the templates of models, and our own delimiters
    (
        r"<\|[\w ]{2,40}\|>|‹\|[\w ]{2,40}\|›|\[/?INST\]|⟦/?INST⟧|<</?SYS>>|</?(?:passages?|conversation|question"
        r"|system|assistant)>"
    ),
    (
        r"(?:^|\n)\W{0,4}(?:system|developer|assistant|SYSTEM) ?(?:prompt|message|override|notice"
        r"|note)?(?:\W{1,3}end)?\W?:"
    ),
    (
        r"#{2,} ?(?:system|instructions?|assistant)\b|\b(?:BEGIN|END|START) (?:OF )?(?:SYSTEM|HIDDEN|NEW) (?:PROMPT"
        r"|INSTRUCTIONS?|MESSAGE)"
    ),
    r"\bsystem override\b",
)
_ADDRESSES = re.compile("|".join(f"(?:{rule})" for rule in (*_ENGLISH, *_GERMAN, *_CHINESE, *_FORGED)), re.IGNORECASE)
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
_READER = r"(?:AI|LLM|chatbot|language model|assistant)s?\b"
_ABOUT_ORDERS = re.compile(
    rf"\b(?:tell|order|ask|instruct|command|want|address|manipulat)\w*\b.{{0,40}}\b{_READER}"
    rf"|\b{_READER}.{{0,30}}\b(?:told|ordered|asked|instructed|addressed|supposed)\b"
    rf"|\binstructions? (?:for|to) (?:an? |the |any )?{_READER}"
    r"|\bprompt injections?\b|\b(?:hidden|secret) (?:instruction|order|prompt|text|message)s?\b"
    r"|\b(?:Anweisung|befiehl|befehl|weist|fordert|sagt|rät)\w*\b.{0,40}\b(?:KI\b|Assistent|Sprachmodell)"
    r"|(?:要求|命令|指示|告诉).{0,10}(?:AI|人工智能|助手|语言模型)",
    re.IGNORECASE,
)


@lru_cache(maxsize=10_000)  # some 3 MB: a sentence is looked at when it is read, and again where it is quoted
def addresses_model(sentence: str) -> bool:
    """Whether a sentence speaks to a language model: gives it orders, names it, or imitates the marks of a message."""
    return bool(_ADDRESSES.search(" ".join(sentence.split())))


def asks_for_internals(question: str) -> bool:
    """Whether a question is after the assistant's own prompt or keys, or other people's chats: no source holds them."""
    return bool(_INTERNALS.search(question))


def asks_about_orders(question: str) -> bool:
    """Whether a question asks what a document tells language models to do, and gives no such order itself."""
    return bool(_ABOUT_ORDERS.search(question)) and not addresses_model(question) and not asks_for_internals(question)


def may_be_quoted(sentence: str, question: str) -> bool:
    """Whether a sentence gives a language model no orders, or the question is about just that."""
    return not addresses_model(sentence) or asks_about_orders(question)


def without_orders(reading: Reading, question: str) -> Reading:
    """The reading without candidates that address a language model, unless the question is about just that.

    A question after the assistant's insides has no candidates at all.
    """
    if asks_for_internals(question):
        return replace(reading, candidates=(), answerability=0.0)
    kept = tuple(c for c in reading.candidates if may_be_quoted(sentence_text(c.evidence, c.sentence), question))
    return replace(reading, candidates=kept)
