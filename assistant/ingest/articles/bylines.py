"""A line, or the end of a paragraph -> who signed it: "By Ann Example", "… in May. Ann Example", "… said. rtr/abc"."""

from __future__ import annotations

import re
from typing import NamedTuple

from assistant.language.people import PERSON, is_person

PARAGRAPH = 60  # characters: shorter paragraphs have no signature at their end
END = 120  # characters at the end of a paragraph in which a signature stands
AGENCIES = {
    "rtr": "Reuters", "reuters": "Reuters", "dpa": "dpa", "afp": "AFP", "ap": "AP", "apa": "APA", "sda": "SDA",
    "epd": "epd", "kna": "KNA", "ddp": "ddp", "xinhua": "Xinhua", "efe": "EFE", "ansa": "ANSA", "pti": "PTI",
    "upi": "UPI", "tass": "TASS", "kyodo": "Kyodo", "yonhap": "Yonhap", "ritzau": "Ritzau", "bloomberg": "Bloomberg",
    "cna": "CNA", "cns": "CNS", "belga": "Belga", "mti": "MTI", "bta": "BTA",
}  # fmt: skip
"""Codes that news agencies' items are signed with, and whose they are."""
_CODE = re.compile(r"[.!?。][\"'”’»)\]]*\s+(?:\(([A-Za-z]{2,8}(?:/[A-Za-z]{2,8})*)\)|([a-z]{2,4}(?:/[a-z]{2,4})*))$")
_BEHIND = re.compile(rf"[.!?…][\"'”’»)\]]*\s+(?P<name>{PERSON})$")
_BY = re.compile(
    rf"\W*(?:(?:written |text |story |words )?by|von|text von|por|par)[:\s]\s*(?P<name>{PERSON})"
    rf"(?:(?:,| and| und| &)\s*{PERSON})*\s*[*_]*(?:[,|–—·•(/].{{0,80}})?[*_\s]*",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"\W*(?:(?:作者|记者|撰文|文|撰稿|采写)\s*[:：/／丨|]|(?:本报|本刊)(?:特约)?记者)\s*(?P<name>[\u4e00-\u9fff·]{2,5})(?:\s.{0,40})?\W*"
)
_SIGNATURE = re.compile(rf"[—–-]{{1,2}}\s*(?P<name>[A-Z]{{2,3}}|(?:[A-Z]\.){{2,3}}|{PERSON})\W*")
_GREETING = re.compile(rf"(?:Ihre?|Eure?|Yours|Best|Regards|Best wishes),?\s+(?P<name>{PERSON})\W*")
# What an editor ends the greeting with, before the first item.
_SIGN_OFF = re.compile(
    r"\b(?:(?:pleasant|good|happy|enjoy(?:able)?) read(?:ing)?|enjoy the (?:issue|read)"
    r"|let[’']s (?:get into it|dive in|go)"
    r"|viel (?:spaß|freude) (?:beim|mit)|gute lektüre|anregende lektüre|until next (?:week|time)|祝阅读愉快)",
    re.IGNORECASE,
)

_APPEAL = re.compile(
    r"\bwe(?:[’']d| would) (?:like|love) to (?:hear|know)\b|\b(?:wir freuen uns (?:auf|über) (?:ihr"
    r"|eure)|sagen sie uns)",
    re.IGNORECASE,
)


class Code(NamedTuple):
    """What a code behind an item says: the agency it is from, and the editor's own mark."""

    agency: str | None
    editor: str | None


def code_behind(paragraph: str) -> Code | None:
    """The code that closes a news item: "… on Monday. rtr", "… said. rtr/abc", "… (dpa)". None if there is none."""
    found = _CODE.search(paragraph[-END:]) if len(paragraph) >= PARAGRAPH else None
    if not found:
        return None
    parts = (found[1] or found[2]).split("/")
    agencies = [AGENCIES[part.lower()] for part in parts if part.lower() in AGENCIES]
    if found[1] and not agencies:  # a bracket holds much else
        return None
    editors = [part for part in parts if part.lower() not in AGENCIES]
    return Code(agencies[0] if agencies else None, "/".join(editors) or None)


def name_behind(paragraph: str) -> str | None:
    """The name that a paragraph is signed with, behind its last sentence: "… than in the year before. Ann Example"."""
    found = _BEHIND.search(paragraph[-END:]) if len(paragraph) >= PARAGRAPH else None
    return found["name"] if found and len(found["name"].split()) <= 3 and is_person(found["name"]) else None


def byline(line: str) -> str | None:
    """The (first) author whom a line of its own names: "By Ann Example and Ben Sample | 3 May", "作者：王小明"."""
    if len(line) > 160:
        return None
    found = _BY.fullmatch(line)
    if found:
        name = _proper_case(" ".join(found["name"].split()))
        return name if is_person(name) else None
    chinese = _CHINESE.fullmatch(line)
    return chinese["name"] if chinese else None


def lone_name(line: str) -> str | None:
    """A line that is a name and nothing else, as papers print it under a headline."""
    name = line.strip(" *_\n")
    if re.match(r"[IVX]+\.\s", name):  # a numbered headline: "I. Trade"
        return None
    capitals = [word for word in name.split() if word[0].isupper()]
    return name if len(capitals) <= 3 and len(name) <= 40 and is_person(name) else None


def signature(line: str) -> str | None:
    """Who signs a letter on a line of its own: "— AE", "Ihre Anna Beispiel"."""
    if len(line) > 60:
        return None
    found = _SIGNATURE.fullmatch(line) or _GREETING.fullmatch(line)
    if not found:
        return None
    name = found["name"]
    return name if " " not in name or is_person(name) else None


def is_sign_off(line: str) -> bool:
    """Whether a line ends an editor's greeting: "Have a pleasant read!", "Let's get into it."."""
    return len(line) <= 120 and _SIGN_OFF.search(line) is not None


def is_appeal(line: str) -> bool:
    """Whether a line asks the readers for their opinion, as a greeting does when it comes to its end."""
    return len(line) <= 400 and _APPEAL.search(line) is not None


def _proper_case(name: str) -> str:
    return name.title() if name.isupper() else name
