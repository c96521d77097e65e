"""Public formats become cases and documents; every file here is tiny and our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import InputError
from assistant.types import Turn
from evals.cases import load_cases
from evals.import_files import unique_names
from evals.imports import (
    FORMATS,
    Imported,
    import_alce,
    import_beir,
    import_conversations,
    import_squad,
    write_imported,
)


def lines(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def whole(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def gold_stands_in_its_document(imported: Imported) -> bool:
    return all(gold.quote in imported.documents[gold.doc] for case in imported.cases for gold in case.evidence)


def beir(folder: Path) -> Path:
    lines(
        folder / "corpus.jsonl",
        {"_id": "d/1", "title": "Mills", "text": "The mill burned in 1904."},
        {"_id": "d:1", "title": "", "text": "The brewery did not."},
        {"_id": "D-1", "text": "Nobody asked of this."},
    )
    lines(
        folder / "queries.jsonl",
        {"_id": "q1", "text": "When did the mill burn?"},
        {"_id": "q2", "text": "Which burned, mill or brewery?"},
        {"_id": "q3", "text": "Judged irrelevant?"},
        {"_id": "q4", "text": "Text not there?"},
    )
    (folder / "qrels").mkdir()
    rows = ["query-id\tcorpus-id\tscore", "q1\td/1\t1", "q2\td/1\t2", "q2\td:1\t1", "q3\td:1\t0", "q4\tgone\t1"]
    (folder / "qrels" / "test.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def test_beir(tmp_path: Path) -> None:
    imported = import_beir(beir(tmp_path))
    assert [case.id for case in imported.cases] == ["q1", "q2"]
    assert [gold.quote for gold in imported.cases[1].evidence] == ["The mill burned in 1904.", "The brewery did not."]
    assert "Mills\n\nThe mill burned in 1904." in imported.documents.values()
    assert len(imported.documents) == 3
    assert imported.left_out == ("Query q4: its relevant texts are not in the corpus.",)
    assert gold_stands_in_its_document(imported)


def test_beir_of_another_split_or_damaged_is_named(tmp_path: Path) -> None:
    folder = beir(tmp_path)
    with pytest.raises(InputError, match=r"dev\.tsv cannot be read: No such file"):
        import_beir(folder, "dev")
    (folder / "qrels" / "test.tsv").write_text("q1\td/1\tyes\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"test\.tsv, line 1: no query, document and score"):
        import_beir(folder)
    lines(folder / "corpus.jsonl", {"_id": "d1", "text": "x"}, {"text": "y"})
    with pytest.raises(InputError, match=r"corpus\.jsonl, line 2, field _id"):
        import_beir(folder)


def test_alce_asqa(tmp_path: Path) -> None:
    row = {
        "sample_id": "a1",
        "question": "When did the mills burn?",
        "answer": "Berg's in 1904, Carrow's in 1911.",
        "qa_pairs": [
            {"question": "Berg's?", "short_answers": ["1904", "in 1904"]},
            {"question": "Carrow's?", "short_answers": ["1911"]},
        ],
        "docs": [
            {"id": "7", "title": "Berg", "text": "It burned in 1904.", "answers_found": [1, 0]},
            {"id": "8", "title": "Berg", "text": "It stood by the river.", "answers_found": [0, 0]},
        ],
    }
    imported = import_alce(whole(tmp_path / "asqa.json", [row]))
    (case,) = imported.cases
    assert (case.id, case.type, case.answer) == ("a1", "list", "Berg's in 1904, Carrow's in 1911.")
    assert case.must_include == (("1904", "in 1904"), ("1911",))
    assert [gold.quote for gold in case.evidence] == ["It burned in 1904."]
    assert len(imported.documents) == 2
    assert gold_stands_in_its_document(imported)


def test_alce_qampari_and_eli5(tmp_path: Path) -> None:
    rows = [
        {"id": "q1", "question": "Which mills burned?", "answers": [["Berg"], ["Carrow", "Carrow Mill"]]},
        {"id": "e1", "question": "Why do mills burn?", "answer": "Flour dust.", "claims": ["Dust burns."]},
    ]
    imported = import_alce(whole(tmp_path / "qampari.json", rows))
    assert [case.must_include for case in imported.cases] == [(("Berg",), ("Carrow", "Carrow Mill"))]
    assert imported.left_out == ("e1: it names neither answers nor evidence.",)


def test_mtrag(tmp_path: Path) -> None:
    talk = [
        {"speaker": "user", "text": "When did it burn?"},
        {"speaker": "agent", "text": "In 1904."},
        {"speaker": "user", "text": "Whose was it?"},
    ]
    contexts = [
        {"document_id": "m", "title": "Mills", "text": "It was Anna Berg's."},
        {"document_id": "m", "title": "Mills", "text": "She sold it."},
    ]
    rows = [
        {
            "task_id": "t<1",
            "input": talk,
            "contexts": contexts,
            "targets": [{"speaker": "agent", "text": "Anna Berg's."}],
        },
        {"task_id": "t<2", "input": talk[:1], "contexts": [], "targets": [], "Answerability": ["UNANSWERABLE"]},
    ]
    imported = import_conversations(lines(tmp_path / "mtrag.jsonl", *rows))
    first, second = imported.cases
    assert (first.question, first.type, first.answer) == ("Whose was it?", "followup", "Anna Berg's.")
    assert first.history == (Turn("user", "When did it burn?"), Turn("assistant", "In 1904."))
    assert [gold.quote for gold in first.evidence] == ["It was Anna Berg's.", "She sold it."]
    assert len(imported.documents) == 2  # two passages of one document are two texts
    assert (second.answerable, second.type) == (False, "unanswerable")
    assert gold_stands_in_its_document(imported)


def test_ragas(tmp_path: Path) -> None:
    rows = [
        {"user_input": "When?", "reference": "In 1904.", "reference_contexts": ["It burned in 1904."],
         "retrieved_contexts": ["It stood by the river."]},
        {"question": "Whose?", "ground_truth": "Berg's", "contexts": ["It was retrieved, who knows if rightly."]},
    ]  # fmt: skip
    imported = import_conversations(whole(tmp_path / "ragas.json", rows))
    (case,) = imported.cases
    assert (case.id, case.question, case.answer) == ("row-1", "When?", "In 1904.")
    assert [gold.quote for gold in case.evidence] == ["It burned in 1904."]
    assert len(imported.documents) == 3
    assert imported.left_out == ("row-2: it names neither answers nor evidence.",)


def test_a_conversation_must_end_with_a_question(tmp_path: Path) -> None:
    talk = [{"speaker": "user", "text": "When?"}, {"speaker": "agent", "text": "1904."}]
    with pytest.raises(InputError, match="row 1: the last turn is no question"):
        import_conversations(lines(tmp_path / "m.jsonl", {"task_id": "t", "input": talk}))
    with pytest.raises(InputError, match="row 1, field contexts: this should be a list"):
        import_conversations(lines(tmp_path / "n.jsonl", {"question": "?", "contexts": "x"}))


CONTEXT = "Mills burn. The mill of A. Berg burned in 1904.\nIt was rebuilt."


def squad(path: Path, start: int) -> Path:
    qas = [
        {"id": "s1", "question": "When?", "is_impossible": False,
         "answers": [{"text": "1904", "answer_start": start}, {"text": "in 1904", "answer_start": start - 3}]},
        {"id": "s2", "question": "Who lit it?", "is_impossible": True, "answers": [],
         "plausible_answers": [{"text": "Berg", "answer_start": 26}]},
    ]  # fmt: skip
    paragraphs = [{"context": "Another paragraph.", "qas": []}, {"context": CONTEXT, "qas": qas}]
    return whole(path, {"version": "v2.0", "data": [{"title": "Mills/of Carrow", "paragraphs": paragraphs}]})


def test_squad(tmp_path: Path) -> None:
    imported = import_squad(squad(tmp_path / "s.json", CONTEXT.index("1904")))
    first, second = imported.cases
    assert first.must_include == (("1904", "in 1904"),)
    (gold,) = first.evidence
    assert gold.quote.endswith("Berg burned in 1904.")
    assert "rebuilt" not in gold.quote
    assert (second.answerable, second.type, second.evidence) == (False, "unanswerable", ())
    assert list(imported.documents.values()) == ["Another paragraph.\n\n" + CONTEXT]
    assert gold_stands_in_its_document(imported)


def test_squad_with_shifted_answers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="question s1: '1904' does not stand at 12"):
        import_squad(squad(tmp_path / "s.json", 12))


@pytest.mark.parametrize("name", ["alce", "conversations", "squad"])
@pytest.mark.parametrize("content", ["{", "[]", '{"data": 3}', "[3]", '[{"question": 3.5}]'])
def test_a_file_of_another_form_is_refused_in_words(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.json"):
        FORMATS[name](path)


def test_an_id_twice_is_refused(tmp_path: Path) -> None:
    row = {"id": "q", "question": "Which?", "answers": [["Berg"]]}
    with pytest.raises(InputError, match="the id 'q' stands there twice"):
        import_alce(whole(tmp_path / "a.json", [row, row]))


def test_what_is_written_loads_again(tmp_path: Path) -> None:
    imported = import_beir(beir(tmp_path / "beir"))
    write_imported(imported, tmp_path / "out" / "cases.jsonl", tmp_path / "out" / "corpus")
    assert load_cases(tmp_path / "out" / "cases.jsonl") == imported.cases
    written = {path.name: path.read_text("utf-8") for path in (tmp_path / "out" / "corpus").iterdir()}
    assert written == imported.documents
    with pytest.raises(InputError, match="is there already"):
        write_imported(imported, tmp_path / "out" / "cases.jsonl", tmp_path / "other")
    with pytest.raises(InputError, match="is not empty"):
        write_imported(imported, tmp_path / "other.jsonl", tmp_path / "out" / "corpus")


@given(st.lists(st.text(), unique=True, max_size=30))
def test_names_of_files_are_safe_and_differ(ids: list[str]) -> None:
    names = unique_names(ids)
    assert list(names) == ids
    assert len({name.casefold() for name in names.values()}) == len(ids)
    for name in names.values():
        assert name == Path(name).name
        assert not name.startswith(".")
        assert len(name.encode()) <= 255
