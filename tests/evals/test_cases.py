"""Case files: read, checked, named by line and field, chosen from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import InputError
from assistant.types import Turn
from evals.cases import case_from_line, case_to_line, load_cases, select_cases
from evals.types import Case, Gold

SAMPLE = Path(__file__).parents[2] / "evals" / "data" / "sample.jsonl"
GOOD = {"id": "a", "type": "single", "question": "Who?", "answerable": True, "must_include": [["Ann"]]}


def write(folder: Path, *rows: Any) -> Path:
    path = folder / "cases.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), "utf-8")
    return path


def test_the_sample_cases_are_read() -> None:
    cases = load_cases(SAMPLE)
    assert len(cases) == 40
    assert sum(not case.answerable for case in cases) == 7
    followup = next(case for case in cases if case.type == "followup")
    assert followup.history
    assert all(isinstance(turn, Turn) for turn in followup.history)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("{oops}", "line 3, column 2: this is not JSON"),
        ("[1, 2]", "line 3: this should be a JSON object"),
        ({**GOOD, "id": 7}, "line 3, field id: it should be a text"),
        ({**GOOD, "id": "b", "question": " "}, "line 3, field question: it is empty"),
        ({k: v for k, v in GOOD.items() if k != "type"}, "line 3, field type: it is missing"),
        ({**GOOD, "answerable": "yes"}, "line 3, field answerable: it should be true or false"),
        ({**GOOD, "must_include": ["Ann"]}, "line 3, field must_include.0: it should be a list"),
        ({**GOOD, "must_include": [["Ann"], []]}, "line 3, field must_include.1: the group is empty"),
        ({**GOOD, "evidence": [{"doc": "x.txt"}]}, "line 3, field evidence.0.quote: it is missing"),
        ({**GOOD, "history": [{"role": "system", "content": ""}]}, "line 3, field history.0.role: it should be"),
        ({**GOOD, "must_include": []}, "line 3, field must_include: a case with an answer says neither"),
        (GOOD, "line 3, field id: 'a' is the id of line 1 already"),
    ],
)
def test_a_malformed_case_is_named_by_file_line_and_field(row: Any, named: str, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, "", row)
    with pytest.raises(InputError) as raised:
        load_cases(path)
    assert raised.value.message.startswith(f"{path}, {named}")
    assert raised.value.remedy


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe"])
def test_a_file_without_cases_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"cases\.jsonl"):
        load_cases(path)
    with pytest.raises(InputError, match="cannot be read"):
        load_cases(tmp_path / "absent.jsonl")


def test_a_draft_counts_for_nothing_until_somebody_accepts_it(tmp_path: Path) -> None:
    path = write(tmp_path, {**GOOD, "draft": False}, {**GOOD, "id": "b", "draft": True})
    assert len(load_cases(path)) == 2
    with pytest.raises(InputError, match="line 2, field draft: nobody has accepted"):
        load_cases(path, accept_drafts=False)


texts = st.text(min_size=1).filter(str.strip)
cases = st.builds(
    Case,
    id=texts,
    type=texts,
    question=texts,
    answerable=st.booleans(),
    answer=st.text(),
    history=st.lists(st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text()), max_size=2).map(tuple),
    must_include=st.lists(st.lists(texts, min_size=1, max_size=2).map(tuple), min_size=1, max_size=2).map(tuple),
    must_not_include=st.lists(texts, max_size=2).map(tuple),
    evidence=st.lists(st.builds(Gold, texts, texts), max_size=2).map(tuple),
    notes=st.text(),
)


@given(cases)
def test_a_line_gives_back_the_case_it_was_made_from(case: Case) -> None:
    line = case_to_line(case)
    assert "\n" not in line
    assert case_from_line(line, "here") == case


def test_unusual_line_ends_inside_a_text_do_not_cut_it(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps({**GOOD, "question": "One\u2028two\x85?"}, ensure_ascii=False) + "\r\n", "utf-8")
    (case,) = load_cases(path)
    assert case.question == "One\u2028two\x85?"


def test_conditions_of_one_key_widen_and_of_two_keys_narrow() -> None:
    made = [Case(f"c{n}", kind, "?", True, evidence=(Gold(f"d{n % 2}", "x"),)) for n, kind in enumerate("aabbc")]
    assert [c.id for c in select_cases(made, ["type=a", "type=c"])] == ["c0", "c1", "c4"]
    assert [c.id for c in select_cases(made, ["type=a", "type=b", "doc=d1"])] == ["c1", "c3"]
    assert [c.id for c in select_cases(made, limit=2)] == ["c0", "c1"]
    assert [c.id for c in select_cases(made, ["id=c3"], 5)] == ["c3"]


@pytest.mark.parametrize("condition", ["type", "kind=a", "=a"])
def test_what_is_no_condition_is_refused(condition: str) -> None:
    with pytest.raises(InputError, match="is no condition"):
        select_cases([Case("c", "a", "?", True)], [condition])


def test_a_type_that_does_not_occur_is_refused_and_the_others_are_named() -> None:
    with pytest.raises(InputError) as raised:
        select_cases([Case("c", "list", "?", True)], ["type=lists"])
    assert "The types are: list." in raised.value.remedy
