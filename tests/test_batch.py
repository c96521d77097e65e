"""Files of cases -> files of answers: their format, going on after a stop, and what is refused with its line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.batch import Case, answer_cases, count_errors, load_cases
from assistant.errors import InputError, NoIndexError
from assistant.pipeline import Assistant, open_assistant
from assistant.settings import Settings
from assistant.types import Turn

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
SCORER = SHARED / "evals" / "score.py"
RECALL = "Why was the Luhang car recalled?"
ELSEWHERE = "What is the best recipe for sourdough bread?"


def case(case_id: str, question: str = RECALL, *history: Turn) -> Case:
    return Case(case_id, question, history)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def written(path: Path, *contents: str) -> Path:
    path.write_text("\n".join(contents) + "\n", "utf-8")
    return path


# The format


def test_answers_have_the_keys_that_are_scored(sample: Assistant, tmp_path: Path) -> None:
    out, steps = tmp_path / "answers.jsonl", list[tuple[int, int]]()
    asked = answer_cases(
        sample, [case("a"), case("b", ELSEWHERE)], out, lambda done, total: steps.append((done, total))
    )
    answered, refused = lines(out)
    assert asked == 2
    assert steps == [(1, 2), (2, 2)]
    assert (answered["id"], answered["status"], refused["status"]) == ("a", "answered", "refused")
    assert [c["number"] for c in answered["citations"]] == list(range(1, len(answered["citations"]) + 1))
    stored = {f.name: sample.document(f.id).text for f in sample.index.library.files()}
    for cited in answered["citations"]:
        assert f"[{cited['number']}]" in answered["text"]
        assert stored[cited["document"]][cited["start"] : cited["end"]] == cited["quote"]
    assert refused["citations"] == []
    for answer in (answered, refused):
        assert len(answer["evidence"]) >= 10
        scores = [e["score"] for e in answer["evidence"]]
        assert all(0 <= e["start"] < e["end"] <= len(stored[e["document"]]) for e in answer["evidence"])
        assert all(isinstance(score, float) for score in scores)
    best = answered["citations"][0]
    assert answered["evidence"][0]["document"] == best["document"]


def test_earlier_turns_are_used(sample: Assistant, tmp_path: Path) -> None:
    follow_up = "How many of them got to the end?"
    history = Turn("user", "How many robots started in the Beijing half marathon?")
    answer_cases(sample, [case("with", follow_up, history), case("without", follow_up)], tmp_path / "a.jsonl")
    with_history, without = ({c["document"] for c in a["citations"]} for a in lines(tmp_path / "a.jsonl"))
    assert with_history == {"mail/press-digest-17.eml"}  # the robots alone
    assert "lantern-weekly/issue-31.html" in without  # whoever else may be meant


def test_an_error_is_a_line_of_its_own_and_is_asked_again(sample: Assistant, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    answer_cases(sample, [case("a", "?!"), case("b", ELSEWHERE)], out)
    error, other = lines(out)
    assert (error["id"], error["status"], error["citations"], error["evidence"]) == ("a", "error", [], [])
    assert "no words" in error["text"]
    assert other["status"] == "refused"
    assert count_errors(out) == 1
    assert answer_cases(sample, [case("a"), case("b", ELSEWHERE)], out) == 1
    assert [(a["id"], a["status"]) for a in lines(out)] == [("b", "refused"), ("a", "answered")]
    assert count_errors(out) == 0


def test_an_empty_library_ends_the_run_instead_of_failing_every_case(tmp_path: Path) -> None:
    from conftest import index_folder

    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "empty.txt").write_text("")
    index_folder(folder, Settings(data_dir=tmp_path))
    assistant = open_assistant(Settings(data_dir=tmp_path))
    with pytest.raises(NoIndexError):
        answer_cases(assistant, [case("a")], tmp_path / "answers.jsonl")
    assistant.close()


def test_line_ends_within_a_quote_do_not_end_the_line(tmp_path: Path) -> None:
    from conftest import index_folder

    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "odd.txt").write_text("The port of Lund\u2028reopened\u0085on 3 May after\u2029a storm.", "utf-8")
    settings = Settings(data_dir=tmp_path, refusal_threshold=0)
    index_folder(folder, settings)
    assistant = open_assistant(settings)
    out = tmp_path / "answers.jsonl"
    answer_cases(assistant, [case("a", "When did the port of Lund reopen?")], out)
    assert len(out.read_text("utf-8").splitlines()) == 1
    (answer,) = lines(out)
    assert "".join(c["quote"] for c in answer["citations"])
    assert answer_cases(assistant, [case("a")], out) == 0
    assistant.close()


# Going on


def answer(case_id: str) -> str:
    return json.dumps({"id": case_id, "status": "refused", "text": "é"}, ensure_ascii=False)


def test_what_is_answered_is_not_asked_again(sample: Assistant, tmp_path: Path) -> None:
    out = written(tmp_path / "answers.jsonl", answer("a"))
    steps: list[tuple[int, int]] = []
    asked = answer_cases(sample, [case("a"), case("b")], out, lambda done, total: steps.append((done, total)))
    assert asked == 1
    assert steps == [(2, 2)]
    assert out.read_text("utf-8").startswith(answer("a") + "\n")
    assert [a["id"] for a in lines(out)] == ["a", "b"]


@pytest.mark.parametrize("cut", [1, 3, 12, len(answer("b").encode()) - 3, len(answer("b").encode()) - 1])
def test_a_line_that_was_cut_off_in_writing_is_asked_again(sample: Assistant, tmp_path: Path, cut: int) -> None:
    out = tmp_path / "answers.jsonl"
    out.write_bytes((answer("a") + "\n").encode() + answer("b").encode()[:cut])  # one cut goes through the é
    assert answer_cases(sample, [case("a"), case("b", ELSEWHERE)], out) == 1
    assert [a["id"] for a in lines(out)] == ["a", "b"]


def test_a_last_line_that_lacks_only_its_end_counts(sample: Assistant, tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    out.write_text(answer("a"), "utf-8")
    assert answer_cases(sample, [case("a"), case("b", ELSEWHERE)], out) == 1
    assert [a["id"] for a in lines(out)] == ["a", "b"]


@pytest.mark.parametrize(
    "content",
    [
        b"My notes, without a line end",
        b"My notes\nin two lines\n",
        b'{"id": "a", "question": "A case, not an answer?"}\n',
        b"\xff\xfe\x00",
        b'[1, 2]\n{"id": "a", "sta',
    ],
)
def test_a_file_of_something_else_is_left_as_it_is(sample: Assistant, tmp_path: Path, content: bytes) -> None:
    out = tmp_path / "notes.txt"
    out.write_bytes(content)
    with pytest.raises(InputError, match="not a file of answers"):
        answer_cases(sample, [case("a")], out)
    assert out.read_bytes() == content


def test_answers_that_cannot_be_written_are_refused_before_anything_is_asked(sample: Assistant, tmp_path: Path) -> None:
    for out in (tmp_path, tmp_path / "nowhere" / "answers.jsonl"):
        with pytest.raises(InputError, match="--out"):
            answer_cases(sample, [case("a")], out)


# Cases


def test_cases_are_read_with_their_history_and_other_keys_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    path.write_text(
        "\ufeff"
        + json.dumps({"id": "1", "question": "Why\u2028not?", "history": turns, "type": "single"}, ensure_ascii=False)
        + "\r\n\n"
        + json.dumps({"id": "2", "question": "多少?", "history": None}),
        "utf-8",
    )
    assert load_cases(path) == [
        Case("1", "Why\u2028not?", (Turn("user", "q"), Turn("assistant", "a"))),
        Case("2", "多少?", ()),
    ]


GOOD = '{"id": "1", "question": "Why?"}'


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"question": "Why?"}', "'id'"),
        ('{"id": 2, "question": "Why?"}', "'id'"),
        ('{"id": "2"}', "'question'"),
        ('{"id": "2", "question": " "}', "'question'"),
        ('{"id": "2", "question": "Why?", "history": "none"}', "'history'"),
        ('{"id": "2", "question": "Why?", "history": [{"role": "system", "content": "x"}]}', "'history'"),
        ('{"id": "2", "question": "Why?", "history": [{"role": "user", "content": 1}]}', "'history'"),
    ],
)
def test_a_malformed_case_is_named_by_line_and_field(tmp_path: Path, line: str, named: str) -> None:
    path = written(tmp_path / "cases.jsonl", GOOD, "", line)
    with pytest.raises(InputError, match=named) as caught:
        load_cases(path)
    assert "line 3" in caught.value.message
    assert "“" not in caught.value.remedy  # it is copied into files


def test_ids_are_given_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'1' stands there 2 times"):
        load_cases(written(tmp_path / "cases.jsonl", GOOD, GOOD))


def test_files_that_hold_no_cases_are_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "\xe9"}')
    for path in (tmp_path / "missing", tmp_path, written(tmp_path / "empty.jsonl"), tmp_path / "latin.jsonl"):
        with pytest.raises(InputError, match=path.name):
            load_cases(path)


# The scorer beside the checkout


def score(cases: Path, answers: Path, corpus: Path) -> dict[str, Any]:
    command = [sys.executable, str(SCORER), "--cases", str(cases), "--answers", str(answers), "--corpus", str(corpus)]
    printed = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True, timeout=120).stdout
    summary: dict[str, Any] = json.loads(printed)
    return summary


def needs(*paths: Path) -> None:
    missing = [path.name for path in paths if not path.exists()]
    if missing:
        pytest.skip(f"not beside this checkout: {', '.join(missing)}")


FLOORS = {
    "grounded": 0.50,
    "any@1": 0.74,
    "evidence@5": 0.83,
    "citation_precision": 0.40,
    "refusal_macro_f1": 0.58,
}


@pytest.mark.shared
def test_the_cases_beside_the_checkout_are_answered_as_well_as_was_promised(bare: Path, tmp_path: Path) -> None:
    from conftest import index_folder

    corpus, cases = SHARED / "corpus", SHARED / "evals" / "dev.jsonl"
    needs(corpus, cases, SCORER)
    settings = Settings(data_dir=tmp_path, llm=None)
    index_folder(corpus, settings)
    assistant = open_assistant(settings)
    out = tmp_path / "answers.jsonl"
    answer_cases(assistant, load_cases(cases), out)
    assistant.close()
    figures = score(cases, out, corpus)
    below = {name: figures[name] for name, floor in FLOORS.items() if figures[name] < floor}
    assert not below
    assert figures["quote_exact"] == 1.0
    assert figures["neither"] == 0


def covered(start: int, end: int, spans: Sequence[dict[str, Any]]) -> float:
    """The share of [start, end) that lies within spans."""
    inside = {i for s in spans for i in range(max(start, s["start"]), min(end, s["end"]))}
    return len(inside) / (end - start)


def test_the_sample_cases_are_answered_from_the_right_places(sample: Assistant, tmp_path: Path) -> None:
    """The format, read as a scorer reads it: gold quotes looked up in the stored texts, and compared by offsets."""
    path = ROOT / "evals" / "data" / "sample.jsonl"
    answer_cases(sample, load_cases(path)[:16], tmp_path / "answers.jsonl")
    answers = {a["id"]: a for a in lines(tmp_path / "answers.jsonl")}
    stored = {f.name: sample.document(f.id).text for f in sample.index.library.files()}
    found = total = 0
    for gold in lines(path)[:16]:
        for quote in gold["evidence"]:
            start = stored[quote["doc"]].find(quote["quote"])
            if start < 0:
                continue  # white space differs between the file and its stored text
            total += 1
            here = [e for e in answers[gold["id"]]["evidence"][:5] if e["document"] == quote["doc"]]
            found += covered(start, start + len(quote["quote"]), here) >= 0.6
    assert total >= 15
    assert found / total >= 0.8
