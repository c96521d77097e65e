"""A question or claim and sentences -> logits of the built-in reading model; and the reader that weighs them."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import LetterEmbedder
from hypothesis import given
from hypothesis import settings as limit
from hypothesis import strategies as st

from assistant.answer.reading.network import MODEL, Read, Readable, ReadingModel
from assistant.answer.reading.reader import BuiltInReader, Reading, load_calibration, sentence_text
from assistant.answer.reading.trained_reader import TrainedReader, load_model_calibration, readable
from assistant.errors import AssistantError
from assistant.models.files import MODELS_DIR
from assistant.models.training import examples
from assistant.types import Article, Evidence, Passage, Span

BRIDGE = (
    "The bridge over the Ostra was closed on Monday.",
    "An inspector had found a crack in the northern pier.",
    "Until it is repaired, ferries will run every twenty minutes.",
    "The mayor, Ilse Brandt, called the delay regrettable.",
)
MARKET = (
    "Herring was dearer at the fish market this week.",
    "A crate fetched 48 euros, after 41 the week before.",
    "Traders blamed the storms.",
)


@pytest.fixture(scope="module")
def model() -> ReadingModel:
    return ReadingModel(threads=2)


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("What had the inspector found?", 1),
        ("How often do the ferries run?", 2),
        ("Who called the delay regrettable?", 3),
    ],
)
def test_the_sentence_that_answers_has_the_highest_score(model: ReadingModel, question: str, place: int) -> None:
    read = model.read(question, [Readable(BRIDGE)])[0]
    assert int(np.argmax(read.sentences)) == place


def test_the_passage_that_answers_comes_before_one_that_does_not(model: ReadingModel) -> None:
    bridge, market = model.read("What did a crate of herring cost this week?", [Readable(BRIDGE), Readable(MARKET)])
    assert market.answers > bridge.answers


def test_a_claim_with_another_figure_is_carried_less(model: ReadingModel) -> None:
    evidence = [Readable((MARKET[1],))]
    right = model.read("A crate cost 48 euros.", evidence)[0]
    wrong = model.read("A crate cost 52 euros.", evidence)[0]
    other = model.read("The bridge over the Ostra was closed.", evidence)[0]
    assert right.supports > wrong.supports
    assert right.supports > other.supports


def test_what_is_read_beside_a_passage_changes_nothing(model: ReadingModel) -> None:
    question, passage = "Why was the bridge closed?", Readable(BRIDGE, "Ostra Post, 2025-03-02: Bridge closed")
    alone = model.read(question, [passage])[0]
    beside = model.read(question, [Readable(MARKET), passage, Readable(MARKET * 3)])[1]
    assert np.array_equal(alone.sentences, beside.sentences)
    assert (alone.answers, alone.supports) == (beside.answers, beside.supports)


def test_each_passage_gets_its_own_scores_whatever_its_length(model: ReadingModel) -> None:
    question, passages = "Why was the bridge closed?", [Readable(MARKET[:1]), Readable(BRIDGE * 2), Readable(MARKET)]
    for passage, read in zip(passages, model.read(question, passages), strict=True):
        (alone,) = model.read(question, [passage])
        assert np.array_equal(alone.sentences, read.sentences)
        assert alone.answers == read.answers


@limit(max_examples=15, deadline=None)
@given(st.lists(st.text(max_size=300), min_size=1, max_size=12), st.text(max_size=600), st.text(max_size=400))
def test_every_sentence_gets_a_finite_score_whatever_it_holds(
    model: ReadingModel, sentences: list[str], question: str, context: str
) -> None:
    read = model.read(question, [Readable(tuple(sentences), context)])[0]
    assert read.sentences.shape == (len(sentences),)
    assert np.isfinite(read.sentences).all()
    assert np.isfinite([read.answers, read.supports]).all()


def test_a_long_passage_is_read_to_its_end(model: ReadingModel) -> None:
    filler = tuple(f"Paragraph {n} of the by-laws deals with the upkeep of hedges and ditches." for n in range(60))
    read = model.read("What had the inspector found?", [Readable((*filler, *BRIDGE))])[0]
    assert read.sentences.shape == (64,)
    assert int(np.argmax(read.sentences)) == 61


def test_nothing_to_read(model: ReadingModel) -> None:
    assert model.read("Why?", []) == []


def test_a_damaged_model_is_named_with_the_remedy(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MODELS_DIR, tmp_path / "models", ignore=shutil.ignore_patterns("__pycache__")))
    (folder / MODEL).write_bytes(b"no model")
    with pytest.raises(AssistantError, match=r"reader/model\.onnx is damaged.*make clean && make chat"):
        ReadingModel(folder).read("Why?", [Readable(("Because.",))])


def evidence_of(*passages: Sequence[str]) -> list[Evidence]:
    """One document a passage, its sentences a space apart."""
    found = []
    for rank, sentences in enumerate(passages, start=1):
        spans, start = [], 0
        for sentence in sentences:
            spans.append(Span(start, start + len(sentence)))
            start += len(sentence) + 1
        text, name = " ".join(sentences), f"{rank}.md"
        passage = Passage(name, Span(0, len(text)), text, tuple(spans), document_id=rank, id=100 + rank)
        article = Article(name, passage.span, title="A title", publisher="Ostra Post")
        found.append(Evidence(passage, article, rank, 1 / (1 + rank), similarity=0.5))
    return found


def reader(model: ReadingModel) -> TrainedReader:
    return TrainedReader(
        BuiltInReader(LetterEmbedder(), lambda _stem: 1.0, load_calibration()), model, load_model_calibration()
    )


def test_the_reader_puts_the_answer_first_and_lifts_its_passage(model: ReadingModel) -> None:
    question = "What had the inspector found?"
    reading = reader(model).read(question, question, evidence_of(MARKET, BRIDGE))
    best = reading.candidates[0]
    assert sentence_text(best.evidence, best.sentence) == BRIDGE[1]
    assert [e.passage.document for e in reading.evidence] == ["2.md", "1.md"]


def test_an_answered_question_is_more_answerable_than_one_nearby(model: ReadingModel) -> None:
    evidence = evidence_of(BRIDGE, MARKET)
    answered, nearby = ("How often will ferries run?", "How many passengers did the ferries carry last year?")
    read = [reader(model).read(q, q, evidence).answerability for q in (answered, nearby)]
    assert read[0] > read[1]


def test_only_the_sentences_that_are_likeliest_by_their_words_are_embedded(model: ReadingModel) -> None:
    embedder = LetterEmbedder()
    reader = TrainedReader(
        BuiltInReader(embedder, lambda _stem: 1.0, load_calibration()), model, load_model_calibration()
    )
    question = "What had the inspector found?"
    reading = reader.read(question, question, evidence_of(BRIDGE, MARKET, BRIDGE))
    assert len(reading.candidates) == 11
    embedded = set(embedder.texts) - {question}
    assert BRIDGE[1] in embedded
    assert len(embedded) < len({*BRIDGE, *MARKET})
    assert sentence_text(reading.candidates[0].evidence, reading.candidates[0].sentence) == BRIDGE[1]


def test_the_first_passages_are_told_before_the_others_are_read_and_one_more_each_time(model: ReadingModel) -> None:
    question, passages = "What had the inspector found?", [Readable(p) for p in (MARKET, BRIDGE, MARKET[:2], BRIDGE)]
    told: list[list[Read]] = []
    read = model.read(question, passages, lambda first: told.append(first) or len(first) == 3)
    assert [len(first) for first in told] == [2, 3]
    alone = model.read(question, passages)
    for whole, first in ((alone, read), *((read, first) for first in told)):
        for one, other in zip(whole, first, strict=False):
            assert (one.answers, one.sentences.tolist()) == (other.answers, other.sentences.tolist())


def test_a_single_passage_is_told_too_and_what_is_raised_ends_the_reading(model: ReadingModel) -> None:
    told: list[int] = []
    model.read("Why?", [Readable(BRIDGE)], lambda first: bool(told.append(len(first))))
    assert told == [1]

    def raise_at_once(_: list[Read]) -> bool:
        raise BrokenPipeError("nobody listens")

    with pytest.raises(BrokenPipeError, match="nobody listens"):
        model.read("Why?", [Readable(BRIDGE)] * 4, raise_at_once)


def test_the_reader_tells_what_it_makes_of_the_first_passages_without_embedding_anything(model: ReadingModel) -> None:
    embedder = LetterEmbedder()
    built_in = BuiltInReader(embedder, lambda _stem: 1.0, load_calibration())
    question, evidence = "What had the inspector found?", evidence_of(MARKET, BRIDGE, MARKET)
    told: list[tuple[Reading, int]] = []
    trained = TrainedReader(built_in, model, load_model_calibration())
    whole = trained.read(question, question, evidence, lambda first: told.append((first, len(embedder.texts))) or True)
    ((first, embedded),) = told
    assert embedded == 0
    assert {c.evidence.passage.document for c in first.candidates} == {"1.md", "2.md"}
    assert sentence_text(first.candidates[0].evidence, first.candidates[0].sentence) == BRIDGE[1]
    assert [e.passage.document for e in first.evidence] == ["2.md", "1.md", "3.md"]
    assert whole.answerability >= first.answerability
    assert whole.candidates == trained.read(question, question, evidence).candidates


def test_the_passage_that_names_most_of_the_question_is_read_among_the_first(model: ReadingModel) -> None:
    ships = [(f"The ferry {name} was repaired for 4 million kronor.",) for name in ("Lund", "Malm", "Ystad", "Kivik")]
    question = "How much did the repair of the ferry Ystad cost?"
    told: list[list[str]] = []
    whole = reader(model).read(
        question,
        question,
        evidence_of(*ships),
        lambda first: bool(told.append(sorted(c.evidence.passage.document for c in first.candidates))),
    )
    assert told == [["1.md", "3.md"], ["1.md", "2.md", "3.md"], ["1.md", "2.md", "3.md", "4.md"]]
    assert whole.candidates == reader(model).read(question, question, evidence_of(*ships)).candidates


def test_the_whole_is_at_least_as_answerable_as_what_was_told(model: ReadingModel) -> None:
    question = "What had the inspector found?"
    weighed = load_model_calibration()
    # As if what stands in the third passage made an answer less likely: what was begun is not taken back.
    harsh = replace(weighed, answer=replace(weighed.answer, values=np.array([0.0, -1.0])))
    trained = replace(reader(model), calibration=harsh)
    told: list[float] = []
    unknown = ("Nobody knows what the inspector had found.",)
    evidence = evidence_of(MARKET, unknown, BRIDGE)
    whole = trained.read(question, question, evidence, lambda first: bool(told.append(first.answerability)) or True)
    assert whole.answerability == told[0] > trained.read(question, question, evidence).answerability


def test_no_evidence_is_no_answer(model: ReadingModel) -> None:
    reading = reader(model).read("Why?", "Why?", [])
    assert (reading.candidates, reading.answerability) == ((), 0.0)


def test_a_passage_is_read_with_its_outlet_and_title() -> None:
    (evidence,) = evidence_of(BRIDGE)
    assert readable(evidence) == Readable(BRIDGE, "Ostra Post: A title")


def test_training_examples_keep_what_answers_when_a_passage_is_cut() -> None:
    long = tuple(f"Sentence {n} has seven words in it." for n in range(60))
    labels = tuple(int(n == 41) for n in range(60))
    example = examples.Example("Which?", "", long, labels, 1, False, "made")
    for seed in range(20):
        cut = examples.cut(example, random.Random(seed))  # noqa: S311
        assert sum(len(s.split()) for s in cut.sentences) <= examples.LONGEST_WORDS
        assert cut.labels is not None
        assert [s for s, label in zip(cut.sentences, cut.labels, strict=True) if label] == [long[41]]


def test_news_sentences_are_told_apart_where_their_supports_stand(tmp_path: Path) -> None:
    row = {
        "split": "train", "passage": 'It rained. "We are wet," said Mr. Alm. He left at 5.30 p.m. Then it snowed.',
        "items": [{"q": "Who?", "support": ['"We are wet," said Mr. Alm.']}], "claims": [],
    }  # fmt: skip
    file = tmp_path / "news.jsonl"
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    (read,) = examples.news_rows(file, {"train"})
    assert read["sents"][1] == '"We are wet," said Mr. Alm.'
    assert read["items"][0]["support"] == [1]
    assert " ".join(read["sents"]) == row["passage"]
