"""A line with pointers in any of the ways in which models write them -> the same line with pointers like [3.2].

Only the marks are touched. Brackets ⟦ ⟧ and ‹ › are never marks: they stand for brackets in the sources' own text.
"""

from __future__ import annotations

import re

_NUMBER = r"\d{1,4} ?[.．:：] ?\d{1,4}"
# Nothing may be as long as the line: what stands in brackets is bounded, and so is what stands in a row.
_LIST = rf"{_NUMBER}(?: ?(?:[,;，；、&‐‑–—~-]|and|und|to| ) ?{_NUMBER}){{0,40}}"
_PASSAGE = r"(?:[Pp]assages?|[Pp]|[Aa]bsatz|[Ss]ources?|[Dd]ocs?|段落?)"
_SENTENCE = r"(?:[Ss]entences?|[Ss]ent|[Ss]|[Ss]ätze|[Ss]atz|第?)"
_LEAD = (
    r"(?:[Ss]ee|[Cc]f|[Ss]ources?|[Rr]efs?|[Rr]eferences?|[Cc]itations?|[Cc]iting|[Qq]uellen?|[Ss]iehe|[Vv]gl"
    r"|来源|參見|参见|见)"
)

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\\([\[\]])", r"\1"),
        (r"`([\[【][^`]{0,200}[\]】])`", r"\1"),
        (r"\[\[([^\[\]]{0,200})\]\]", r"[\1]"),
        (r"\^(?=\[)|(?<=[\[［【])[\^#]", ""),
        (r"(?<=[\[［【(（])" + _LEAD + r"\.?[:：]? ?(?=\d|[Pp])", ""),
        # [passage 3, sentence 2], [P3.S2], [3, sentence 2], [3] sentence 2
        (
            (rf"(?<=[\[［【(（]){_PASSAGE}?\.? ?(\d{{1,4}})[,.;: ]{{1,2}}{_SENTENCE}\.? ?(\d{{1,4}})"
            r"(?:句)?(?=[\]］】)）])"),
            r"\1.\2",
        ),
        (r"\[(\d{1,4})\],? (?:[Ss]entence|[Ss]atz) (\d{1,4})", r"[\1.\2]"),
        (rf"({_NUMBER})†[^\]】]{{0,200}}(?=[\]】])", r"\1"),
        (rf"(?<=[\[［【])({_LIST})[.,:;]? ?(?:[^\W\d_]{{3,}}|[“\"‘'«])[^\[\]【】]{{0,200}}(?=[\]］】])", r"\1"),
        (rf"(?<=[\[［【])({_LIST})[.,;] ?(?=[\]］】])", r"\1"),
        (rf"[{{<〔«⟨]({_LIST})[}}>〕»⟩]", r"[\1]"),
        (rf"(\[{_LIST}\])\([^)\s]{{0,300}}\)", r"\1"),
        (rf"[(（] ?((?:\[{_LIST}\][,; ]{{0,3}}){{1,40}})[)）]", r"\1"),
        (rf"{_LEAD}[:：] ?((?:\[{_LIST}\][,; ]{{0,3}}){{1,40}})\.?$", r"\1"),
        (rf"{_LEAD}[:：] ?({_LIST})\.?$", r"[\1]"),
        (rf"([.!?。！？][”\"’»]?) ?[—–-]? ?({_LIST})\.?$", r"\1 [\2]"),
        (rf"(\[{_NUMBER})\] ?[‐‑–—-] ?\[(?={_NUMBER}\])", r"\1-"),
        (rf"(\[{_LIST}\]) ?(?:and|und|&|,|;|/|、) ?(?=\[{_NUMBER})", r"\1"),
    )
)  # fmt: skip
_EMPHASIS = re.compile(r"(?<![\w*])\*(\S(?:[^*]*\S)?)\*(?![\w*])")
_ROW = re.compile(r"^\| ?(.*?) ?\|$")
_LABEL = re.compile(
    r"^(?:[Cc]laim|[Ss]tatement|[Ff]act|[Aa]nswer|[Aa]ussage|[Aa]ntwort|回答|答案)(?: ?\d{1,2})? ?[:：] ?(?=\S)"
)


def plain_marks(line: str) -> str:
    """The line without table rules, emphasis and labels such as "Claim 2:", its pointers in square brackets."""
    row = _ROW.match(line)
    line = row[1].replace(" | ", " ") if row else line
    line = _LABEL.sub("", _EMPHASIS.sub(r"\1", line.replace("**", "").replace("__", "")))
    for pattern, replacement in _FORMS:
        line = pattern.sub(replacement, line)
    return line.strip()
