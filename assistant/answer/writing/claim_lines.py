"""A model's text, as it comes in -> the claims it makes, one a line, with the sentences they point at.

Small models hold to a format loosely. Bullets, numbering, bold type, fences, reasoning between <think> tags, full-width
brackets, ranges, pointers on the following line and several claims on one line are all understood. Nothing is raised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.answer.question.small_talk import is_small_talk, refusal_in
from assistant.answer.writing.pointer_forms import plain_marks
from assistant.answer.writing.prompt import Pointer

LONGEST_RANGE = 12  # sentences; [3.1-3.9999] is no pointer at a passage
LONGEST_LINE = 4_000  # characters; a longer one is no claim that anybody could check, and is not read for pointers
LONGEST_CLAIM = 2_000  # characters: as long as the longest sentence of a source

_ITEM = r"(?:[Pp]assages? ?|[Ss]entences? ?|§ ?)?(\d{1,4}) ?(?:[.．:：] ?(\d{1,4}))?"
_SEPARATOR = r" ?(?:[,;，；、/&+‐‑–—~-]|and|to| ) ?"
_INSIDE = rf" ?{_ITEM}(?:{_SEPARATOR}{_ITEM}){{0,40}} ?"
_SQUARE = re.compile(rf"[\[［【]{_INSIDE}[\]］】]")
_ROUND_AT_END = re.compile(rf"(?:[(（](?= ?\d+ ?[.．:：]){_INSIDE}[)）] ?){{1,40}}(?=[.,;。，]? ?$)")
_ONE = re.compile(rf"(?P<dash>[‐‑–—~-]|to)? ?{_ITEM}")
_BULLET = re.compile(r"^(?:(?:[-*•–·>]+|\(?\d{1,3}[.)]|\(?[a-zA-Z]\)) )+")
_TRANSLATION = re.compile(r"^=+>? ?")
_HEADING = re.compile(r"^#+ ")
_FENCE = re.compile(r"^(?:```|~~~)")
_NO_ANSWER = re.compile(r"^\W*(?:NO[ _-]?ANSWER\b|[Nn]o[ _-]?[Aa]nswer ?(?=[:：]|\.?$))\W*")
_THOUGHT = re.compile(r"<(?P<closes>/)?(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_LINE_END = re.compile(r"[\r\n\u2028\u2029\x0b\x0c\x85]")
_ENDS_SENTENCE = re.compile(r"[.!?。！？…][”\"’»)]* ?$")
_BEGINS_SENTENCE = re.compile(r"^ ?[“\"‘«(]?[^\W_a-zß-öø-ÿ]")
_PUNCTUATION_FIRST = re.compile(r"^ ?[.!?。！？;；,，、]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A claim as the model wrote it, not yet checked."""

    text: str
    pointers: tuple[Pointer, ...]
    """In the order given; sentence 0 where only a passage was named."""
    too_long: bool = False
    """Whether it is the beginning of a line, or a claim, too long to be checked."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The model says that the passages do not answer."""

    missing: str


@dataclass(frozen=True, slots=True)
class Translation:
    """What the model gives as the translation of a sentence that the claim before points at."""

    pointer: Pointer
    text: str


@dataclass(frozen=True, slots=True)
class Retraction:
    """What was read so far was the model thinking: its end was marked, its beginning was not."""


Line = Draft | NoAnswer | Translation | Retraction


class ClaimReader:
    """Takes the text piece by piece and gives back each claim as soon as its line is complete."""

    def __init__(self) -> None:
        self._rest: list[str] = []
        self._thinking = False
        self._held: Draft | None = None

    def feed(self, text: str) -> list[Line]:
        """The claims that `text` completes. One without pointers waits for the next line, which may bring them."""
        self._rest.append(text)
        if not _LINE_END.search(text):
            return []
        *complete, rest = _LINE_END.split("".join(self._rest))
        self._rest = [rest]
        return [found for line in complete for found in self._read(line)]

    def finish(self, *, cut: bool = False) -> list[Line]:
        """What is left at the end. If the answer was `cut`, an unfinished line without pointers is no claim."""
        rest, self._rest = "".join(self._rest), []
        found = self._read(rest)
        held, self._held = self._held, None
        unfinished = cut and held is not None and bool(rest.strip())
        return found if held is None or unfinished else [*found, held]

    def _read(self, line: str) -> list[Line]:
        found: list[Line] = []
        start = 0
        for mark in _THOUGHT.finditer(line):
            if not mark["closes"]:
                if not self._thinking:
                    found += self._take(line[start : mark.start()])
                    self._thinking = True
                continue
            if not self._thinking:
                self._held = None
                found = [Retraction()]
            self._thinking, start = False, mark.end()
        return found if self._thinking else found + self._take(line[start:])

    def _take(self, line: str) -> list[Line]:
        if len(line) > LONGEST_LINE:
            released: list[Line] = [self._held] if self._held else []
            self._held = None
            return [*released, Draft(f"{' '.join(line[:LONGEST_CLAIM].split())} …", (), too_long=True)]
        is_row = line.lstrip().startswith("|")
        line = plain_marks(" ".join(line.split()))
        if is_row and not (_SQUARE.search(line) or _ENDS_SENTENCE.search(line)):
            return []  # the head of a table
        if not line or _FENCE.match(line):
            return []
        drafts = read_line(line)
        if self._held and len(drafts) == 1 and isinstance(drafts[0], Draft) and not drafts[0].text:
            completed, self._held = Draft(self._held.text, drafts[0].pointers), None
            return [completed]
        released = [self._held] if self._held else []
        self._held = None
        drafts = [draft for draft in drafts if not isinstance(draft, Draft) or draft.text]
        last = drafts[-1] if drafts else None
        if isinstance(last, Draft) and not last.pointers:
            self._held = last
            drafts = drafts[:-1]
        return released + drafts


def read_line(line: str) -> list[Line]:
    """One line, its spaces already single -> its claims; a draft without text if there are pointers only."""
    bare = _BULLET.sub("", line)
    refusal = _NO_ANSWER.match(bare)
    if refusal:
        return [NoAnswer(_tidy(_SQUARE.sub("", bare[refusal.end() :])))]
    translation = _TRANSLATION.match(bare)
    pieces = _pieces(bare[translation.end() :] if translation else bare)
    if translation:
        pointers = [pointer for _, here in pieces for pointer in here]
        text = _tidy(" ".join(before for before, _ in pieces))
        return [Translation(pointers[0], text)] if pointers and text else []
    refused = refusal_in(pieces[0][0].strip())
    if refused:
        return [NoAnswer(_tidy(refused))]
    if len(pieces) == 1 and is_small_talk(bare):
        return []
    if len(pieces) == 1 and (_HEADING.match(line) or bare.endswith((":", "："))):
        return []  # "Here is what the passages say:" states nothing
    drafts: list[Line] = []
    text, pointers = "", list[Pointer]()
    for before, here in pieces:
        if pointers and _closes(text, before):
            end = _PUNCTUATION_FIRST.match(before)
            drafts.append(Draft(_tidy(text + (end[0] if end else "")), tuple(dict.fromkeys(pointers))))
            text, pointers = before[end.end() :] if end else before, []
        else:
            text += before
        pointers += here
    drafts.append(Draft(_tidy(text), tuple(dict.fromkeys(pointers))))
    return drafts


def _pieces(line: str) -> list[tuple[str, list[Pointer]]]:
    """The line cut at its pointers: text and the pointers after it; the last piece has none."""
    groups = list(_SQUARE.finditer(line)) or list(_ROUND_AT_END.finditer(line))
    ends = [0, *(group.end() for group in groups)]
    before = [line[end : group.start()] for end, group in zip(ends, groups, strict=False)]
    return [*zip(before, [_pointers(g[0]) for g in groups], strict=True), (line[ends[-1] :], [])]


def _pointers(group: str) -> list[Pointer]:
    """[3.2, 3.4] -> (3, 2), (3, 4); [3.2-3.4] and [3.2-4] -> (3, 2), (3, 3), (3, 4); [3] -> (3, 0)."""
    found: list[Pointer] = []
    for match in _ONE.finditer(group):
        first, second = int(match[2]), int(match[3]) if match[3] else 0
        last = found[-1] if found else None
        if match["dash"] and last and last[1]:
            passage, sentence = (first, second) if second else (last[0], first)
            if passage == last[0] and last[1] < sentence <= last[1] + LONGEST_RANGE:
                found += [(passage, n) for n in range(last[1] + 1, sentence + 1)]
            else:
                found.append((passage, sentence))
        else:
            found.append((first, second))
    return found


def _closes(text: str, following: str) -> bool:
    """Whether a new sentence begins after the pointers that follow `text`."""
    end = _PUNCTUATION_FIRST.match(following)
    if end:
        rest = following[end.end() :]
        return end[0].strip()[0] not in ",，、" and bool(_BEGINS_SENTENCE.match(rest))
    return bool(_ENDS_SENTENCE.search(text)) and bool(_BEGINS_SENTENCE.match(following))


def _tidy(text: str) -> str:
    text = re.sub(r" +([.,;:!?。，；：！？])", r"\1", " ".join(text.split()))
    text = re.sub(r"(?<![.])([.。])\1$", r"\1", text.strip(":：,;，；、 "))
    return text if any(character.isalnum() for character in text) else ""
