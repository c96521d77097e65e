"""A JSON Lines file -> checked cases, and cases -> lines of the same form.

One object a line: `id`, `type`, `question`, `answerable`, and as far as they apply `history`, `answer`, `must_include`
(groups of alternatives), `must_not_include`, `evidence` (`doc` and a verbatim `quote`), `notes`. Other keys are taken
for somebody's notes and passed over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from assistant.errors import InputError
from assistant.types import Turn
from evals.types import Case, Gold

Text = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, pattern=r"\S")]


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _TurnLine(_Shape):
    role: Literal["user", "assistant"]
    content: str


class _GoldLine(_Shape):
    doc: Text
    quote: Text


class _CaseLine(_Shape):
    id: Text
    type: Text
    question: Text
    answerable: bool
    answer: str = ""
    history: list[_TurnLine] = Field(default_factory=list)
    must_include: list[Annotated[list[Text], Field(min_length=1)]] = Field(default_factory=list)
    must_not_include: list[Text] = Field(default_factory=list)
    evidence: list[_GoldLine] = Field(default_factory=list)
    notes: str = ""


def load_cases(path: Path, *, accept_drafts: bool = True) -> tuple[Case, ...]:
    """The cases of a file, in its order. A line with `"draft": true` waits for a person; a run does not accept it.

    Raises:
        InputError: the file cannot be read or is empty, a line is no case (or a draft), or an id stands there twice;
            the message names file, line and field.
    """
    try:
        lines = path.read_text("utf-8").split("\n")  # not splitlines: JSON may hold U+2028 as it is
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(f"The cases in {path} cannot be read: {reason}.", "Name a JSON Lines file of cases.") from None
    cases: list[Case] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        case = case_from_line(line, f"{path}, line {number}")
        if not accept_drafts and json.loads(line).get("draft"):
            raise InputError(
                f"{path}, line {number}, field draft: nobody has accepted this draft yet.",
                f"See what it lacks: python -m evals cases check {path}",
            )
        if case.id in seen:
            raise InputError(
                f"{path}, line {number}, field id: {case.id!r} is the id of line {seen[case.id]} already.",
                "Give every case its own id.",
            )
        seen[case.id] = number
        cases.append(case)
    if not cases:
        raise InputError(f"{path} holds no cases.", "Write one JSON object a line; see evals/data/sample.jsonl.")
    return tuple(cases)


def case_from_line(line: str, where: str) -> Case:
    """One line's case; `where` names it in messages ("cases.jsonl, line 3").

    Raises:
        InputError: it is not JSON, or a field is missing, of the wrong kind, or empty.
    """
    try:
        shape = _CaseLine.model_validate(json.loads(line), strict=True)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{where}, column {error.colno}: this is not JSON ({error.msg}).", "Correct this line."
        ) from None
    except RecursionError:
        raise InputError(f"{where}: this is nested too deeply.", "Correct this line.") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        named = f", field {field}" if field else ""
        raise InputError(
            f"{where}{named}: {_reason(first)}.", "Correct this line; see evals/data/sample.jsonl."
        ) from None
    except ValueError:  # Python reads no numbers of more than 4,300 digits
        raise InputError(f"{where}: a number is too long.", "Correct this line.") from None
    if shape.answerable and not shape.must_include and not shape.evidence:
        raise InputError(
            f"{where}, field must_include: a case with an answer says neither what is right nor what shows it.",
            "Give must_include and evidence, or set answerable to false.",
        )
    return Case(
        id=shape.id,
        type=shape.type,
        question=shape.question,
        answerable=shape.answerable,
        answer=shape.answer,
        history=tuple(Turn(turn.role, turn.content) for turn in shape.history),
        must_include=tuple(tuple(group) for group in shape.must_include),
        must_not_include=tuple(shape.must_not_include),
        evidence=tuple(Gold(gold.doc, gold.quote) for gold in shape.evidence),
        notes=shape.notes,
    )


def case_to_line(case: Case) -> str:
    """A case as one line of JSON, without a line end; reading it gives the same case."""
    return json.dumps(asdict(case), ensure_ascii=False)


def select_cases(cases: Sequence[Case], only: Sequence[str] = (), limit: int | None = None) -> tuple[Case, ...]:
    """The cases that `--only` and `--limit` leave, in order: `type=…`, `id=…` or `doc=…`; of one key any, of all each.

    Raises:
        InputError: a condition is none, or no case is left.
    """
    wanted: dict[str, set[str]] = {}
    for condition in only:
        key, equals, value = condition.partition("=")
        if not equals or key not in {"type", "id", "doc"}:
            raise InputError(f"--only {condition} is no condition.", "Write --only type=numeric, id=… or doc=….")
        wanted.setdefault(key, set()).add(value)
    left = [case for case in cases if all(_values(case, key) & values for key, values in wanted.items())]
    if not left:
        types = ", ".join(sorted({case.type for case in cases}))
        raise InputError(f"No case is left by --only {' --only '.join(only)}.", f"The types are: {types}.")
    return tuple(left[:limit])


def _values(case: Case, key: str) -> set[str]:
    return {"type": {case.type}, "id": {case.id}, "doc": {gold.doc for gold in case.evidence}}[key]


def _reason(error: Any) -> str:
    """What is wrong with a field, in few words."""
    known = {
        "missing": "it is missing",
        "string_type": "it should be a text",
        "string_pattern_mismatch": "it is empty",
        "string_too_short": "it is empty",
        "bool_type": "it should be true or false",
        "list_type": "it should be a list",
        "too_short": "the group is empty",
        "literal_error": "it should be “user” or “assistant”",
        "model_type": "this should be a JSON object",
    }
    return known.get(error["type"], str(error["msg"]))
