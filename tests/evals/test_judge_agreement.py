"""Agreement of a judge with people's labels: the formulas by hand, the file format, the command's memory."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from made_answers import WordJudge

from assistant.errors import InputError
from evals.agreement import (
    Labelled,
    auc,
    balanced_accuracy,
    cohen_kappa,
    kappa_interval,
    keep_agreement,
    kept_agreement,
    load_labels,
    measure_agreement,
    ranks,
    spearman,
)

# Cohen's own kind of table: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no.
TRUTH = [True] * 25 + [False] * 25
SAID = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15


def test_kappa_of_a_textbook_table() -> None:
    assert cohen_kappa(TRUTH, SAID) == pytest.approx((0.7 - 0.5) / 0.5)
    assert cohen_kappa(TRUTH, TRUTH) == 1
    assert cohen_kappa([True, False], [False, True]) == -1
    assert cohen_kappa([True, True], [True, True]) is None  # chance would agree always
    assert cohen_kappa([], []) is None
    assert cohen_kappa(["a", "b", "c", "a"], ["a", "b", "c", "b"]) == pytest.approx((0.75 - 5 / 16) / (11 / 16))


def test_the_interval_of_kappa_is_that_of_theory() -> None:
    low, high = kappa_interval(TRUTH, SAID)
    standard_error = 0.1296  # sqrt(p_o (1 - p_o) / n) / (1 - p_e)
    assert low == pytest.approx(0.4 - 1.96 * standard_error, abs=0.04)
    assert high == pytest.approx(0.4 + 1.96 * standard_error, abs=0.04)
    assert kappa_interval(TRUTH, SAID) == (low, high)
    with pytest.raises(ValueError, match="no judgements"):
        kappa_interval([], [])


def test_balanced_accuracy_weighs_both_labels_alike() -> None:
    assert balanced_accuracy(TRUTH, SAID) == pytest.approx((20 / 25 + 15 / 25) / 2)
    assert balanced_accuracy([True] * 9 + [False], [True] * 10) == 0.5
    assert balanced_accuracy([True], [True]) is None


def test_auc_counts_pairs_ties_half() -> None:
    assert auc([True, True, False, False], [0.9, 0.5, 0.5, 0.1]) == pytest.approx((2 + 1.5) / 4)
    assert auc([True, False], [1, 0]) == 1
    assert auc([True, False], [0, 1]) == 0
    assert auc([True, True], [0, 1]) is None


def test_spearman_is_the_correlation_of_ranks() -> None:
    assert list(ranks([10, 30, 20, 20])) == [1, 4, 2.5, 2.5]
    assert spearman([1, 2, 3, 4], [1, 8, 27, 64]) == pytest.approx(1)
    # Ranks 1 2 3 4 5 and 2 1 4 3 5: 1 - 6 Σd² / n(n² - 1) = 1 - 24/120.
    assert spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]) == pytest.approx(0.8)
    assert spearman([1, 1], [0, 1]) is None


def test_a_judge_is_measured_and_what_it_cannot_judge_is_counted(tmp_path: Path) -> None:
    labelled = [
        Labelled("the mill closed", ("the mill closed",), supported=True),
        Labelled("the mill closed", ("the mill opened",), supported=False),
        Labelled("a mill", ("a mill",), supported=False),
        Labelled("is it ?", ("it is",), supported=True),
    ]
    measured = measure_agreement(WordJudge(), labelled, "labels.jsonl")
    assert (measured.count, measured.unscored) == (3, 1)
    assert measured.accuracy == pytest.approx(2 / 3)
    assert measured.balanced_accuracy == pytest.approx(0.75)
    assert measured.kappa == pytest.approx((2 / 3 - 4 / 9) / (5 / 9))
    assert measured.auc == pytest.approx(0.75)
    assert kept_agreement("words", tmp_path / "runs") is None
    keep_agreement(measured, tmp_path / "runs")
    assert kept_agreement("words", tmp_path / "runs") == measured
    assert kept_agreement("another", tmp_path / "runs") is None


def test_nothing_judged_gives_no_numbers() -> None:
    measured = measure_agreement(WordJudge(), [Labelled("?", ("x",), supported=True)], "labels.jsonl")
    assert (measured.accuracy, measured.kappa, measured.auc, measured.spearman) == (None, None, None, None)


def test_labels_are_read_plain_zipped_and_as_news_claims(tmp_path: Path) -> None:
    rows = [
        {"claim": "a", "evidence": ["b"], "label": 1, "label3": "support"},
        {"passage": "p", "claims": [{"claim": "c", "evidence": [], "label": "neutral"}]},
    ]
    lines = "\n".join(json.dumps(row) for row in rows) + "\n"
    plain, zipped = tmp_path / "l.jsonl", tmp_path / "l.jsonl.gz"
    plain.write_text(lines, "utf-8")
    zipped.write_bytes(gzip.compress(lines.encode()))
    expected = [Labelled("a", ("b",), supported=True), Labelled("c", (), supported=False)]
    assert load_labels(plain) == load_labels(zipped) == expected


def test_a_judged_review_is_a_file_of_labels_without_what_nobody_judged(tmp_path: Path) -> None:
    path = tmp_path / "citations.jsonl"
    seen = {"id": "1", "claim": "MERICS, 30 Jan: “a”", "quote": "b", "source": "Gazette", "question": "Who?"}
    rows = [{**seen, "label": label} for label in ("full", "partial", None, "")]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    assert load_labels(path) == [Labelled("a", ("b",), supported, "Gazette\nWho?") for supported in (True, False)]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("{", "line 2: not JSON"),
        ("3", "line 2: not a JSON object"),
        ('{"evidence": ["b"], "label": 1}', "line 2: the field 'claim'"),
        ('{"claim": "a", "evidence": "b", "label": 1}', "line 2: the field 'evidence'"),
        ('{"claim": "a", "evidence": ["b"], "label": 0.5}', "line 2: the field 'label'"),
        ('{"claims": ["a"]}', "line 2: a claim"),
    ],
)
def test_a_malformed_label_is_named_by_line_and_field(line: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(f'{{"claim": "a", "evidence": ["b"], "label": 1}}\n{line}\n', "utf-8")
    with pytest.raises(InputError) as raised:
        load_labels(path)
    assert raised.value.message.startswith(f"{path}, {named}")


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b broken"])
def test_a_file_that_is_none_of_labels_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(InputError):
        load_labels(path)
