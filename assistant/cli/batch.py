"""A file of cases -> a file of answers, one JSON object a line; goes on where it stopped.

Lines end with a line feed and with nothing else: quotes may hold the other characters that Python takes for line ends.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, InputError, NoIndexError
from assistant.pipeline import Assistant
from assistant.types import Answer, Citation, Evidence, Turn

_NAME_CASES = "Name a JSON Lines file of cases: --batch cases.jsonl"
_NAME_ANSWERS = "Name another file: --out answers.jsonl"
_ESCAPED = re.compile("[\x85\u2028\u2029\ud800-\udfff]")
MOST_DIGITS = 4_000  # Python converts 4,300 at once


@dataclass(frozen=True, slots=True)
class Case:
    """What is needed of a case to ask it."""

    id: str
    question: str
    history: tuple[Turn, ...]


def load_cases(path: Path) -> list[Case]:
    """The cases of a JSON Lines file.

    Raises:
        InputError: the file is missing or a line is no case; the line and the field are named.
    """
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except OSError as error:
        raise InputError(f"The cases in {path} cannot be read: {error.strerror}.", _NAME_CASES) from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text.", _NAME_CASES) from None
    cases = [_case(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1) if line.strip()]
    if not cases:
        raise InputError(f"{path} holds no case.", _NAME_CASES)
    ((most, times),) = Counter(case.id for case in cases).most_common(1)
    if times > 1:
        raise InputError(f"{path}: the id {most!r} stands there {times} times.", "Give every case its own id.")
    return cases


def answer_cases(
    assistant: Assistant, cases: list[Case], out: Path, on_progress: Callable[[int, int], None] | None = None
) -> int:
    """Ask the cases that `out` does not answer yet, writing each answer as it comes. Returns how many were asked.

    An error is written as such, with status "error" and what happened as text: it counts, and is never an answer. The
    next run asks such a case again.

    Raises:
        InputError: `out` cannot be written to, or holds something else than answers; it is left as it is then.
        NoIndexError: the library is empty.
    """
    done = _answered(out)
    waiting = [case for case in cases if case.id not in done]
    try:
        handle = out.open("a", encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"The answers cannot be written to {out}: {error.strerror}.", _NAME_ANSWERS) from None
    with handle:
        for number, case in enumerate(waiting, start=1):
            handle.write(_as_line(_ask(assistant, case)))
            handle.flush()
            if on_progress:
                on_progress(len(cases) - len(waiting) + number, len(cases))
    return len(waiting)


def count_errors(out: Path) -> int:
    """How many of the cases in a file of answers ended in an error."""
    return sum(json.loads(line)["status"] == "error" for line in out.read_bytes().split(b"\n") if line.strip())


def answer_line(case_id: str, answer: Answer) -> dict[str, Any]:
    """An answer in the format in which answers are scored, with a few keys more."""
    return {
        "id": case_id,
        "status": answer.status,
        "text": answer.text,
        "citations": [_citation(c) for c in answer.citations],
        "evidence": [_evidence(e) for e in answer.evidence],
        "answerability": round(answer.answerability, 4),
        "mode": answer.mode,
        "notice": answer.notice,
        "seconds": dict(answer.seconds),
    }


def _ask(assistant: Assistant, case: Case) -> dict[str, Any]:
    try:
        return answer_line(case.id, assistant.ask(case.question, case.history))
    except NoIndexError:
        raise  # it would be the same for every case
    except AssistantError as error:
        return {"id": case.id, "status": "error", "text": str(error), "citations": [], "evidence": []}


def _as_line(stored: dict[str, Any]) -> str:
    """One line, whatever takes it for one: line ends and half characters become escapes."""
    text = json.dumps(stored, ensure_ascii=False)
    return _ESCAPED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text) + "\n"


def _case(line: str, where: str) -> Case:
    try:
        stored = json.loads(line, parse_int=_number)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON ({error.msg}).", "Correct this line and run it again.") from None
    except RecursionError:
        raise InputError(f"{where}: nested too deeply.", "Correct this line and run it again.") from None
    if not isinstance(stored, dict):
        raise InputError(f"{where}: not a JSON object.", 'A case is {"id": "…", "question": "…"}.')
    for key in ("id", "question"):
        if not isinstance(stored.get(key), str) or not stored[key].strip():
            raise InputError(f"{where}: the field {key!r} is missing or not a text.", "Correct this line.")
    return Case(stored["id"], stored["question"], tuple(_turns(stored.get("history") or [], where)))


def _number(digits: str) -> int | str:
    """A number of somebody's notes; one of more digits than Python reads is left as it is written."""
    return int(digits) if len(digits) < MOST_DIGITS else digits


def _turns(history: Any, where: str) -> Iterator[Turn]:
    for turn in history if isinstance(history, list) else [None]:
        role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, dict) else (None, None)
        if role not in {"user", "assistant"} or not isinstance(content, str):
            raise InputError(
                f"{where}: the field 'history' is not a list of turns.",
                'A turn is {"role": "user", "content": "…"}; the other role is "assistant".',
            )
        yield Turn(role, content)


def _answered(out: Path) -> set[str]:
    """The ids that a file of answers holds. A last line cut off in writing is taken out, and so is every error."""
    if not out.exists():
        return set()
    foreign = InputError(f"{out} exists, and is not a file of answers.", _NAME_ANSWERS)
    if not out.is_file():  # reading a pipe would wait for ever
        raise foreign
    try:
        data = out.read_bytes()
    except OSError as error:
        raise InputError(f"{out} cannot be read: {error.strerror}.", _NAME_ANSWERS) from None
    *lines, last = data.split(b"\n")
    status_of, kept = dict[str, str](), list[bytes]()
    for line in [*filter(bytes.strip, lines), *([last] if last else [])]:
        try:
            stored = json.loads(line)
            status = status_of[str(stored["id"])] = str(stored["status"])
        except (ValueError, RecursionError, KeyError, TypeError):  # bytes that are no UTF-8 among them
            if line is not last or line[:6] != b'{"id":'[: len(line)]:
                raise foreign from None
            continue
        if status != "error":
            kept.append(line)
    whole = b"".join(line + b"\n" for line in kept)
    if whole != data:
        part = out.with_name(f"{out.name}.part")
        part.write_bytes(whole)
        part.replace(out)
    return {case_id for case_id, status in status_of.items() if status != "error"}


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "document": citation.document,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "title": citation.title,
        "publisher": citation.publisher,
        "outlet": citation.outlet,
        "author": citation.author,
        "date": citation.date.isoformat() if citation.date else None,
        "date_how": citation.date_how,
        "page": citation.page,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    passage = evidence.passage
    return {"document": passage.document, "start": passage.span.start, "end": passage.span.end, "score": evidence.score}
