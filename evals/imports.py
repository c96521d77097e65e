"""Public evaluation sets (BEIR, ALCE, MTRAG or RAGAS style, SQuAD 2.0) -> our cases, and their texts as documents.

Where a format judges whole passages and no sentences, the passage is the gold quote. Formats without reference answers
give cases with gold evidence only: retrieval and citations can be scored, correctness cannot mean much.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from assistant.types import Turn
from evals.cases import case_to_line
from evals.import_files import (
    digest,
    file_name,
    json_lines,
    load_json,
    objects,
    read_text,
    rows,
    several,
    text_of,
    unique_names,
)
from evals.types import Case, Gold


@dataclass(frozen=True, slots=True)
class Imported:
    """Cases, and the texts they are about by file name; and what could not be taken over."""

    cases: tuple[Case, ...]
    documents: Mapping[str, str]
    left_out: tuple[str, ...] = ()
    """One sentence each."""


def import_beir(folder: Path, split: str = "test") -> Imported:
    """BEIR (Thakur et al. 2021): corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv.

    Every query with a judgement above 0 becomes a case; its relevant texts are the gold quotes, whole. Its
    type is "single": any of them will do.

    Raises:
        InputError: a file is missing or damaged; file and line are named.
    """
    corpus = {text_of(row, "_id", where): row for where, row in json_lines(folder / "corpus.jsonl")}
    names = unique_names(corpus)
    texts = {i: str(row.get("text") or "").strip() for i, row in corpus.items()}
    documents = {names[i]: _titled(str(row.get("title") or ""), texts[i]) for i, row in corpus.items()}
    relevant = _qrels(folder / "qrels" / f"{split}.tsv")
    cases, left_out = [], []
    for where, row in json_lines(folder / "queries.jsonl"):
        query_id = text_of(row, "_id", where)
        wanted = relevant.get(query_id, [])
        gold = tuple(Gold(names[i], texts[i]) for i in wanted if texts.get(i))
        if gold:
            cases.append(Case(query_id, "single", text_of(row, "text", where), True, evidence=gold))
        elif wanted:
            left_out.append(f"Query {query_id}: its relevant texts are not in the corpus.")
    return _checked(Imported(tuple(cases), documents, tuple(left_out)), folder)


def import_alce(path: Path) -> Imported:
    """ALCE (Gao et al. 2023): ASQA, QAMPARI and ELI5 as JSON, with or without the retrieved `docs`.

    The short answers become groups of alternatives: of `qa_pairs` (ASQA), or of `answers` (QAMPARI). Where a retrieved
    text is said to hold an answer (`answers_found`), or does by its words, it is gold evidence.

    Raises:
        InputError: the file is not of this form; the entry is named.
    """
    cases, documents = [], dict[str, str]()
    for number, row in enumerate(objects(load_json(path), f"{path}"), start=1):
        where = f"{path}, entry {number}"
        groups = _alce_groups(row, where)
        gold = []
        for doc in objects(row.get("docs") or [], f"{where}, field docs"):
            text = text_of(doc, "text", f"{where}, field docs").strip()
            title = str(doc.get("title") or "")
            name = file_name(f"{title}-{digest(text)}")
            documents[name] = _titled(title, text)
            if any(doc.get("answers_found") or ()) or any(word in text for group in groups for word in group):
                gold.append(Gold(name, text))
        case_id = str(row.get("sample_id") or row.get("id") or row.get("question_id") or f"alce-{number}")
        kind = "list" if len(groups) > 1 else "single"
        cases.append(
            Case(case_id, kind, text_of(row, "question", where), True, str(row.get("answer") or ""),
                 must_include=groups, evidence=tuple(gold))
        )  # fmt: skip
    return _checked(_with_something_to_score(cases, documents), path)


def import_conversations(path: Path) -> Imported:
    """MTRAG (Katsis et al. 2025) or RAGAS style: rows as JSON or JSON Lines.

    A row has its question in `input` (a list of turns, the last is asked), `user_input` or `question`; its texts in
    `contexts`, `reference_contexts`, `retrieved_contexts` or `ground_truth_contexts`, as texts or objects with `text`;
    a right answer in `targets`, `reference`, `ground_truth` or `answer`. MTRAG's label UNANSWERABLE is kept. Only
    contexts that are called references or ground truth, or MTRAG's, are gold; the others are documents only.

    Raises:
        InputError: the file is not of this form; the row is named.
    """
    cases, documents = [], dict[str, str]()
    for number, row in enumerate(rows(path), start=1):
        where = f"{path}, row {number}"
        *before, question = _turns(row, where)
        gold = []
        for key in ("contexts", "reference_contexts", "ground_truth_contexts", "retrieved_contexts"):
            for name, text in _contexts(row.get(key) or [], f"{where}, field {key}"):
                documents[name] = text
                if _is_gold(key, row):
                    gold.append(Gold(name, text))
        answerable = "UNANSWERABLE" not in {str(x).upper() for x in several(row.get("Answerability"))}
        cases.append(
            Case(
                str(row.get("task_id") or row.get("id") or f"row-{number}"),
                ("followup" if before else "single") if answerable else "unanswerable",
                question.content,
                answerable,
                _reference(row),
                history=tuple(before),
                evidence=tuple(dict.fromkeys(gold)) if answerable else (),
            )
        )
    return _checked(_with_something_to_score(cases, documents), path)


def import_squad(path: Path) -> Imported:
    """SQuAD 2.0 (Rajpurkar et al. 2018): articles with paragraphs, questions with answer spans or `is_impossible`.

    An article becomes a document. The gold quote is the line or sentence around the answer's span, and all answers of
    a question are alternatives.

    Raises:
        InputError: the file is not of this form, or an answer does not stand where it says; the question is named.
    """
    cases, documents = list[Case](), dict[str, str]()
    data = load_json(path)
    articles = objects(data.get("data") if isinstance(data, dict) else None, f"{path}, field data")
    names = unique_names(
        [f"{number}-{article.get('title') or 'article'}" for number, article in enumerate(articles, start=1)]
    )
    for name, article in zip(names.values(), articles, strict=True):
        paragraphs = objects(article.get("paragraphs"), f"{path}, field paragraphs")
        documents[name] = "\n\n".join(text_of(p, "context", f"{path}, field paragraphs") for p in paragraphs)
        for paragraph in paragraphs:
            context = str(paragraph["context"])
            questions = objects(paragraph.get("qas"), f"{path}, field qas")
            cases += [_squad_case(row, context, name, f"{path}, question {row.get('id')}") for row in questions]
    return _checked(Imported(tuple(cases), documents), path)


FORMATS: Mapping[str, Callable[[Path], Imported]] = {
    "beir": import_beir,
    "alce": import_alce,
    "conversations": import_conversations,
    "squad": import_squad,
}


def write_imported(imported: Imported, cases_file: Path, corpus: Path) -> None:
    """Write the cases, and the documents as text files into a folder of their own.

    Raises:
        InputError: the file is there already, or the folder is not empty.
    """
    if cases_file.exists():
        raise InputError(f"{cases_file} is there already.", "Name another file.")
    if corpus.exists() and any(corpus.iterdir()):
        raise InputError(f"The folder {corpus} is not empty.", "Name another folder: it will hold these texts only.")
    corpus.mkdir(parents=True, exist_ok=True)
    for name, text in imported.documents.items():
        (corpus / name).write_text(text, encoding="utf-8", newline="")
    cases_file.parent.mkdir(parents=True, exist_ok=True)
    cases_file.write_text("".join(case_to_line(case) + "\n" for case in imported.cases), encoding="utf-8")


def _squad_case(row: Mapping[str, Any], context: str, name: str, where: str) -> Case:
    question = text_of(row, "question", where)
    if row.get("is_impossible"):
        return Case(text_of(row, "id", where), "unanswerable", question, answerable=False)
    words, gold = [], []
    for answer in objects(row.get("answers"), f"{where}, field answers"):
        text, start = text_of(answer, "text", where), answer.get("answer_start")
        if not isinstance(start, int) or context[start : start + len(text)] != text:
            raise InputError(f"{where}: {text!r} does not stand at {start}.", "Take an unchanged file.")
        words.append(text)
        gold.append(Gold(name, _sentence_around(context, start, start + len(text))))
    if not words:
        raise InputError(f"{where}, field answers: it is empty.", "Take an unchanged file.")
    group, quotes = tuple(dict.fromkeys(words)), tuple(dict.fromkeys(gold))
    return Case(text_of(row, "id", where), "single", question, True, words[0], must_include=(group,), evidence=quotes)


def _sentence_around(text: str, start: int, end: int) -> str:
    """The sentences or lines that a span lies in, cut from the text."""
    first = max((m.end() for m in re.finditer(r"[.!?][”\"')\]]*\s+(?=[A-Z“\"(])|\n+", text[:start])), default=0)
    after = re.search(r"[.!?][”\"')\]]*(?=\s+[A-Z“\"(]|\s*$)|(?=\n)", text[end:])
    return text[first : end + after.end() if after else len(text)].strip()


def _alce_groups(row: Mapping[str, Any], where: str) -> tuple[tuple[str, ...], ...]:
    if row.get("qa_pairs"):
        pairs = objects(row["qa_pairs"], f"{where}, field qa_pairs")
        found = [pair.get("short_answers") for pair in pairs]
    else:
        found = list(row.get("answers") or ())
    groups = [tuple(dict.fromkeys(str(word) for word in several(group) if str(word).strip())) for group in found]
    return tuple(group for group in groups if group)


def _turns(row: Mapping[str, Any], where: str) -> list[Turn]:
    asked = next((row[key] for key in ("input", "user_input", "question") if row.get(key)), None)
    if isinstance(asked, str):
        return [Turn("user", asked)]
    turns = []
    for turn in objects(asked, f"{where}, field input, user_input or question"):
        said = str(turn.get("text") or turn.get("content") or "")
        speaker = str(turn.get("speaker") or turn.get("role") or turn.get("type") or "user").lower()
        turns.append(Turn("user" if speaker in {"user", "human"} else "assistant", said))
    if not turns or turns[-1].role != "user" or not turns[-1].content.strip():
        raise InputError(f"{where}: the last turn is no question of the user.", "Correct or remove this row.")
    return turns


def _contexts(found: Any, where: str) -> Iterator[tuple[str, str]]:
    if not isinstance(found, list):
        raise InputError(f"{where}: this should be a list.", "Take an unchanged file.")
    for item in found:
        row = {"text": item} if isinstance(item, str) else item
        text = text_of(row, "text", where).strip()
        title = str(row.get("title") or "")
        # By its content: several passages of one document may be given under the same id.
        yield file_name(f"{title or row.get('document_id') or 'text'}-{digest(text)}"), text


def _is_gold(key: str, row: Mapping[str, Any]) -> bool:
    """RAGAS calls what a system retrieved `contexts`; MTRAG the reference passages, and its rows have a task_id."""
    return key in {"reference_contexts", "ground_truth_contexts"} or (key == "contexts" and "task_id" in row)


def _reference(row: Mapping[str, Any]) -> str:
    for key in ("targets", "reference", "ground_truth", "ground_truths", "answer"):
        for one in several(row.get(key)):
            said = one.get("text") if isinstance(one, dict) else one
            if said:
                return str(said)
    return ""


def _with_something_to_score(cases: Sequence[Case], documents: Mapping[str, str]) -> Imported:
    """Without those that say neither what is right nor what shows it."""
    kept = [case for case in cases if not case.answerable or case.must_include or case.evidence]
    ids = {case.id for case in kept}
    left_out = [f"{case.id}: it names neither answers nor evidence." for case in cases if case.id not in ids]
    return Imported(tuple(kept), documents, tuple(left_out))


def _checked(imported: Imported, source: Path) -> Imported:
    if not imported.cases:
        raise InputError(f"{source} holds no case that could be scored.", "Is it of another format?")
    seen: set[str] = set()
    for case in imported.cases:
        if case.id in seen:
            raise InputError(f"{source}: the id {case.id!r} stands there twice.", "Take an unchanged file.")
        seen.add(case.id)
    return imported


def _qrels(path: Path) -> dict[str, list[str]]:
    relevant: dict[str, list[str]] = {}
    for number, row in enumerate(
        csv.reader(io.StringIO(read_text(path)), delimiter="\t", quoting=csv.QUOTE_NONE), start=1
    ):
        if not row or (number == 1 and row[-1] == "score"):
            continue
        try:
            query, document, score = row
            grade = float(score)
        except ValueError:
            raise InputError(
                f"{path}, line {number}: no query, document and score.", "Take an unchanged file."
            ) from None
        if grade > 0:
            relevant.setdefault(query, []).append(document)
    return relevant


def _titled(title: str, text: str) -> str:
    return f"{title.strip()}\n\n{text}" if title.strip() else text
