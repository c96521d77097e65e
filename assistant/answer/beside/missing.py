"""A refused question and the passages found -> what they do not mention, in a sentence or two.

Every sentence was checked: what "no passage in the library" mentions was looked up in the word index, what the nearest
do not mention was looked for in each of those found. Doubt counts for the passages: a name counts as mentioned where
its last word, an initial form, a nationality or another of its names stands there.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from assistant.answer.question.library_names import NameTable
from assistant.answer.question.terms import Name, QuestionTerms, terms_of
from assistant.answer.question.translations import is_foreign
from assistant.language.names import FUNCTION_WORDS, ONE_PLACE, plain_name
from assistant.language.periods import Period, find_months, find_periods
from assistant.language.quantities import find_quantities, plain
from assistant.search.words import stems
from assistant.types import Evidence

NEAREST = 3  # passages that are said to mention something: those that a refusal names
MOST_NAMED = 3  # words that one sentence lists
Holds = Callable[[str], bool]
"""Whether any passage of the library holds a word."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A passage found, as it is searched through."""

    text: str
    """With the headline that it stands under."""
    around: str
    """The same with outlet, publisher and author, folded."""
    stems: frozenset[str]
    date: datetime.date | None


def what_is_missing(
    question: str, evidence: Sequence[Evidence], holds: Holds, names: NameTable, newest: datetime.date | None = None
) -> str:
    """What of a question the passages found do not mention; where they mention all of it, what none was found to give.

    `names` are the aliases that the library's documents state, `newest` is the day of its newest text.
    """
    passages = [_seen(e) for e in evidence]
    if not passages:
        return ""
    terms = terms_of(question, names, newest, "\n".join(p.text for p in passages))
    english = not any(is_foreign(p.text) for p in passages)  # else "minimum wage" may stand there as “Mindestlohn”
    absent = [name for name in terms.names if not any(_mentions(p, name) for p in passages)]
    nowhere = [name.words for name in absent if _is_nowhere(name, holds)]
    near = [name.words for name in absent if name.words not in nowhere]
    near += [figure for figure in terms.figures if not any(_gives(p, figure) for p in passages)]
    near += [words for words in terms.quotations if not any(_folded(words) in _folded(p.text) for p in passages)]
    unknown = _cut_out(terms.phrases, holds) if english and not nowhere and not near else []
    seen = _seen_terms(terms, passages[:NEAREST], [*nowhere, *near, *unknown])
    said = [
        *_nowhere_sentence(seen, [_with_part(n, absent, holds) for n in nowhere] or [f"“{word}”" for word in unknown]),
        *_near_sentence([] if nowhere else seen, near),
        *_period_sentence(terms, passages),
    ]
    if not said and english:
        said = _apart_sentence(terms, passages)
    return " ".join(said[:2] or [_nothing_missing(seen, terms.asks_for)])


def _seen(evidence: Evidence) -> _Seen:
    passage, article = evidence.passage, evidence.article
    text = "\n".join(filter(None, (article.title, passage.heading, passage.text)))
    by = (article.outlet, article.publisher, article.author, article.relayed_by)
    around = plain_name(" ".join([text, *filter(None, by)]))
    return _Seen(text, around, frozenset(stems(text)), article.date)


# Names


def _mentions(passage: _Seen, name: Name) -> bool:
    """Whether a passage may mention what is named: by the last word of the name, or by another name for it."""
    return any(_has_last_word(passage.around, form) for form in (name.words, *name.others))


def _has_last_word(around: str, form: str) -> bool:
    words = _telling(form)
    if not words:
        return True
    beginnings = {words[-1][: max(4, len(words[-1]) - 3)]}
    beginnings |= {start for group in ONE_PLACE if any(words[-1].startswith(b) for b in group) for start in group}
    if any(re.search(rf"(?<![^\W_]){re.escape(beginning)}", around) for beginning in beginnings):
        return True
    if form.isupper() and len(form) > 1:  # WTO, where the passage has the World Trade Organization
        return form.casefold() in "".join(word[0] for word in re.findall(r"[^\W\d_]+", around))
    return len(words) > 1 and bool(re.search(rf"\b{''.join(word[0] for word in words)}\b", around))


def _telling(form: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+", plain_name(form)) if word not in FUNCTION_WORDS and stems(word)]


def _is_nowhere(name: Name, holds: Holds) -> bool:
    """Whether no passage of the library holds the last word of a name, or of another name for the same."""
    forms = [_telling(form) for form in (name.words, *name.others)]
    if any(len(group) > 1 for words in forms for group in ONE_PLACE if words and words[-1].startswith(tuple(group))):
        return False  # it may stand there as a people or a capital, which cannot be looked up
    return not any(holds(words[-1]) for words in forms if words)


def _with_part(words: str, absent: Iterable[Name], holds: Holds) -> str:
    """The name in quotation marks, and the part of it that does stand somewhere: “Shenzhen Metro” (only “Shenzhen”)."""
    name = next(name for name in absent if name.words == words)
    part = [word for word in name.words.split() if _telling(word) and holds(word)]
    return f"“{words}”" + (f" (only “{' '.join(part)}”)" if part else "")


# Other words, figures and days


def _cut_out(phrases: Iterable[Sequence[str]], holds: Holds) -> list[str]:
    """The words of phrases that are not held; neighbours stay together."""
    missing: list[str] = []
    for phrase in phrases:
        marked = " ".join(word if not holds(word) else "|" for word in phrase)
        missing += [words.strip() for words in marked.split("|") if len(words.strip()) > 3]
    return missing


def _gives(passage: _Seen, figure: str) -> bool:
    """Whether a passage gives an amount, in whatever notation; small numbers without a unit are no amounts."""
    wanted = find_quantities(figure)
    if not wanted or (not wanted[0].unit and max(wanted[0].values) <= 12):
        return True
    return any(one.agrees_with(other) for one in wanted for other in find_quantities(plain(passage.text)))


def _is_of(passage: _Seen, period: Period, newest: datetime.date) -> bool:
    """Whether a passage is dated in a period or may name it: any mention of its month counts, whatever the year."""
    if passage.date and period.first <= passage.date <= period.last:
        return True
    length = (period.last - period.first).days
    if length < 32 and period.first.month in {month for month, _ in find_months(passage.text)}:
        return True
    named = find_periods(passage.text, passage.date or newest)
    return any(
        p.first <= period.last and p.last >= period.first and (p.last - p.first).days <= 2 * length + 3 for p in named
    )


# Sentences


def _seen_terms(terms: QuestionTerms, nearest: Sequence[_Seen], missing: Iterable[str]) -> list[str]:
    """The names and other words of the question that stand in the nearest passages to the letter."""
    wanted = [*(name.words for name in terms.names), *(" ".join(phrase) for phrase in terms.phrases)]
    unsaid = [words for words in dict.fromkeys(wanted) if not any(_overlap(words, other) for other in missing)]
    return [words for words in unsaid if any(_stands(words, p.text) for p in nearest)][:MOST_NAMED]


def _overlap(one: str, other: str) -> bool:
    return bool(set(one.casefold().split()) & set(other.casefold().split()))


def _stands(words: str, text: str) -> bool:
    singular = re.escape(words.removesuffix("s"))
    return bool(re.search(rf"(?<!\w){singular}(?:s|['’]s?)?(?!\w)", text, 0 if words[0].isupper() else re.IGNORECASE))


def _nowhere_sentence(seen: Sequence[str], missing: Sequence[str]) -> list[str]:
    if not missing:
        return []
    what = f"no passage in the library mentions {_any_of(missing)}."
    return [f"The nearest passages mention {_all_of(seen)}, but {what}" if seen else what[0].upper() + what[1:]]


def _near_sentence(seen: Sequence[str], missing: Sequence[str]) -> list[str]:
    if not missing:
        return []
    what = _any_of([f"“{words}”" for words in missing])
    if seen:
        return [f"The nearest passages mention {_all_of(seen)}, but not {what}."]
    return [f"None of the passages found mentions {what}."]


def _period_sentence(terms: QuestionTerms, passages: Sequence[_Seen]) -> list[str]:
    """Of when the passages on what is named are, where none is of the time that is asked about."""
    words, period = terms.periods[0] if len(terms.periods) == 1 else ("", None)
    about, anchor = _on_one_name(terms, passages)
    newest = max((p.date for p in passages if p.date), default=datetime.date.max)
    if period is None or any(_is_of(p, period, newest) for p in about):
        return []
    days = sorted(p.date for p in about if p.date)
    one = len(about) == 1
    if not days:
        none = "does not name" if one else "none of them names"
        return [f"{_found(about, anchor)} {'carries' if one else 'carry'} no date, and {none} {words}."]
    dated = " to ".join(dict.fromkeys(f"{day.day} {day:%B %Y}" for day in (days[0], days[-1])))
    undated = ", or carry no date" if len(days) < len(about) else ""
    none = "it does not name" if one else "none of them names"
    return [f"{_found(about, anchor)} {'is' if one else 'are'} dated {dated}{undated}; {none} {words}."]


def _apart_sentence(terms: QuestionTerms, passages: Sequence[_Seen]) -> list[str]:
    """What the passages on the rarest name of the question do not mention."""
    about, anchor = _on_one_name(terms, passages)
    if not anchor:
        return []
    held = frozenset().union(*(p.stems for p in about))
    others = [n.words for n in terms.names if n.words != anchor and not any(_mentions(p, n) for p in about)]
    others += _cut_out(terms.phrases, lambda word: bool(held & set(stems(word))))
    missing = [f"“{words}”" for words in others]
    not_there = f"{'does' if len(about) == 1 else 'do'} not mention {_any_of(missing)}" if missing else ""
    return [f"{_found(about, anchor)} {not_there}."] if missing else []


def _found(about: Sequence[_Seen], anchor: str) -> str:
    """What these passages are called: those found, and what they mention."""
    which = f" that mention{'s' * (len(about) == 1)} {anchor}" if anchor else ""
    return f"The passage{'s' * (len(about) > 1)} found{which}"


def _on_one_name(terms: QuestionTerms, passages: Sequence[_Seen]) -> tuple[list[_Seen], str]:
    """The passages that mention the name which fewest of them mention, and the name; all where there is none."""
    by_name = [([p for p in passages if _stands(name.words, p.text)], name.words) for name in terms.names]
    return min((pair for pair in by_name if pair[0]), key=lambda pair: len(pair[0]), default=(list(passages), ""))


def _nothing_missing(seen: Sequence[str], asks_for: str) -> str:
    wanted = f"gives the {asks_for} asked for" if asks_for else "says what was asked"
    if seen:
        return f"The nearest passages mention {_all_of(seen)}, but no sentence was found that {wanted}."
    return f"No sentence was found that {wanted}." if asks_for else ""


def _any_of(words: Sequence[str]) -> str:
    return _joined(words[:MOST_NAMED], "or")


def _all_of(words: Sequence[str]) -> str:
    return _joined(words, "and")


def _joined(words: Sequence[str], last: str) -> str:
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _folded(text: str) -> str:
    return " ".join(text.translate({0x2019: "'", 0x2018: "'"}).casefold().split())
