"""Citations go out blind and come back as labels: nothing tells the system, and every wrong line is named."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import DOCUMENTS, make_run

from assistant.errors import InputError
from assistant.types import Claim
from evals.review import (
    Origin,
    Review,
    allocation,
    collect,
    items_as_csv,
    items_as_jsonl,
    read_key,
    sample,
    write_review,
)
from evals.review_labels import Label, annotator_agreement, read_labels, summarise
from evals.types import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run("system-of-monday", tmp_path)


@pytest.fixture
def review(run: Run) -> Review:
    return collect([(run, DOCUMENTS.__getitem__)])


def with_claim(run: Run, text: str) -> Run:
    """The first answered case says this."""
    results = list(run.results)
    index = next(i for i, r in enumerate(results) if r.record.status == "answered")
    answer = results[index].record.answer
    assert answer
    claim = Claim(text, answer.claims[0].citations)
    results[index] = replace(
        results[index], record=replace(results[index].record, answer=replace(answer, claims=(claim,)))
    )
    return replace(run, results=tuple(results))


def test_every_citation_of_an_answer_is_an_item_inside_its_source(run: Run, review: Review) -> None:
    answered = sum(r.record.status == "answered" for r in run.results)
    assert sum(len(origins) for origins in review.origins.values()) == answered
    for item in review.items:
        assert any(item.before + item.quote + item.after in text for text in DOCUMENTS.values())


def test_what_goes_out_is_blind(review: Review) -> None:
    for written in (items_as_jsonl(review), items_as_csv(review)):
        assert "system-of-monday" not in written
        assert "c-0" not in written
        assert "grounded" not in written
        assert "supported" not in written
    ids = [item.id for item in review.items]
    cases = [review.origins[i][0].case_id for i in ids]
    assert cases != sorted(cases)


def test_the_seed_is_the_order(run: Run, review: Review) -> None:
    again = collect([(run, DOCUMENTS.__getitem__)])
    other = collect([(run, DOCUMENTS.__getitem__)], seed=2)
    assert again == review
    assert [i.claim for i in other.items] != [i.claim for i in review.items]
    assert Counter(i.claim for i in other.items) == Counter(i.claim for i in review.items)


def test_the_same_claim_of_two_runs_is_judged_once(run: Run, review: Review) -> None:
    both = collect([(run, DOCUMENTS.__getitem__), (replace(run, name="other"), DOCUMENTS.__getitem__)])
    assert both.items == review.items
    assert all({o.run for o in origins} == {"system-of-monday", "other"} for origins in both.origins.values())


def test_a_run_that_cites_nothing_is_refused(run: Run) -> None:
    silent = replace(run, results=tuple(r for r in run.results if r.record.status == "refused"))
    with pytest.raises(InputError, match="cite nothing"):
        collect([(silent, DOCUMENTS.__getitem__)])


def test_a_sample_is_as_large_as_the_interval_wanted_and_holds_every_type(review: Review) -> None:
    chosen = sample(review, 0.1)
    # 96.04 / (1 + 95.04 / N) for N items, rounded up.
    count = len(review.items)
    assert len(chosen.items) == math.ceil(96.0365 / (1 + 95.0365 / count)) < count
    types = {origins[0].case_type for origins in review.origins.values()}
    assert {origins[0].case_type for origins in chosen.origins.values()} == types
    assert sample(review, 0.1) == chosen
    assert [i for i in review.items if i in chosen.items] == list(chosen.items)
    with pytest.raises(InputError, match="± 0 cannot be had"):
        sample(review, 0)


@given(st.dictionaries(st.text("abcdef", min_size=1), st.integers(1, 50), min_size=1), st.data())
def test_seats_go_by_size(sizes: dict[str, int], data: st.DataObject) -> None:
    total = sum(sizes.values())
    wanted = data.draw(st.integers(1, total))
    seats = allocation(sizes, wanted)
    assert wanted <= sum(seats.values()) <= wanted + len(sizes)
    for name, size in sizes.items():
        assert 1 <= seats[name] <= size
        assert abs(seats[name] - wanted * size / total) <= 1


def test_labels_come_back_from_jsonl_and_csv_alike(review: Review, tmp_path: Path) -> None:
    write_review(review, tmp_path / "out")
    key = read_key(tmp_path / "out")
    assert key == review.origins
    rows = [json.loads(line) for line in (tmp_path / "out" / "citations.jsonl").read_text("utf-8").splitlines()]
    for number, row in enumerate(rows):
        row["label"] = [None, "full", "Partial", "none "][number % 4]
        row["comment"] = 'so, "they"\nsay' if number == 1 else ""
    (tmp_path / "ann.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    table = list(csv.DictReader(io.StringIO((tmp_path / "out" / "citations.csv").read_bytes().decode("utf-8-sig"))))
    for row, filled in zip(table, rows, strict=True):
        row.update(label=filled["label"] or "", comment=filled["comment"])
    for delimiter in ",;":
        with (tmp_path / "ann.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, list(table[0]), delimiter=delimiter)
            writer.writeheader()
            writer.writerows(table)
        assert read_labels(tmp_path / "ann.csv", key) == read_labels(tmp_path / "ann.jsonl", key)
    read = read_labels(tmp_path / "ann.jsonl", key)
    assert read.unjudged == len(range(0, len(rows), 4))
    assert {label.support for label in read.labels} == {"full", "partial", "none"}
    assert read.labels[0].annotator == "ann"
    assert read.labels[0].comment == 'so, "they"\nsay'


def test_nothing_is_overwritten(review: Review, tmp_path: Path) -> None:
    write_review(review, tmp_path)
    with pytest.raises(InputError, match=r"already holds citations\.jsonl"):
        write_review(review, tmp_path)


def test_a_text_is_never_a_formula_in_a_spreadsheet(run: Run) -> None:
    review = collect([(with_claim(run, '=HYPERLINK("https://example.org")'), DOCUMENTS.__getitem__)])
    claims = [row["claim"] for row in csv.DictReader(io.StringIO(items_as_csv(review)))]
    assert '\'=HYPERLINK("https://example.org")' in claims


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"id": "x", "label": "full"}'], "line 1, field id: 'x' is none of the exported items"),
        (['{"id": "a", "label": "yes"}'], "line 1, field label: 'yes' is no label. A label is one of: full, partial"),
        (['{"id": "a", "label": "full"}', "", '{"id": "a"}'], "line 3, field id: 'a' was judged in line 1"),
        (['{"id": "a"}', "[1]"], "line 2: this is no JSON object"),
        (["{"], "line 1: this is no JSON object"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, lines: list[str], message: str) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_labels(file, {"a": 1, "b": 1})
    assert message in str(raised.value)


def test_a_wrong_csv_is_named(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("id,comment\na,\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 1: the column label is missing"):
        read_labels(file, {"a": 1})
    file.write_text('id,comment,label\na,"two\nlines",full\nb,,perhaps\n', encoding="utf-8")
    with pytest.raises(InputError, match="line 4, field label: 'perhaps'"):
        read_labels(file, {"a": 1, "b": 1})
    with pytest.raises(InputError, match="cannot be read"):
        read_labels(tmp_path / "absent.csv", {})


def test_an_item_nobody_returned_is_unjudged(tmp_path: Path) -> None:
    file = tmp_path / "l.jsonl"
    file.write_text('{"id": "a", "label": "full"}\n', encoding="utf-8")
    assert read_labels(file, {"a": 1, "b": 1, "c": 1}).unjudged == 2


KEY = {i: (Origin("one", f"case {i}", "single", 1),) for i in "abcd"} | {
    "e": (Origin("one", "case a", "single", 2), Origin("two", "case a", "single", 1))
}


def test_a_summary_counted_by_hand() -> None:
    labels = [Label(i, s, "ann") for i, s in zip("abcde", ("full", "full", "none", "partial", "full"), strict=True)]
    one, two = summarise([*labels, Label("a", "none", "ben")], KEY)
    assert one.run == "one"
    assert one.full.mean == pytest.approx((0.5 + 1 + 0 + 0 + 1) / 5)
    assert one.partial == pytest.approx(1 / 5)
    assert one.none == pytest.approx((0.5 + 1) / 5)
    assert one.full.low < one.full.mean < one.full.high
    assert (two.run, two.full.mean, two.full.count) == ("two", 1.0, 1)
    with pytest.raises(InputError, match="No citation has been judged"):
        summarise([], KEY)


def test_agreement_as_computed_by_hand() -> None:
    ann = dict(zip("abcd", ("full", "full", "none", "none"), strict=True))
    ben = dict(zip("abcd", ("full", "none", "none", "none"), strict=True))
    labels = [Label(i, s, who) for who, said in (("ann", ann), ("ben", ben)) for i, s in said.items()]  # type: ignore[arg-type]
    found = annotator_agreement(labels)
    # Observed 3/4, by chance 1/2 · 1/4 + 1/2 · 3/4 = 1/2: kappa (3/4 - 1/2) / (1 - 1/2).
    assert found.kappas == {("ann", "ben"): pytest.approx(0.5)}
    # Krippendorff: 8 values, 3 full, 5 none; observed disagreement 2/8, expected 2·3·5/(8·7): 1 - 0.25/0.5357.
    assert found.alpha == pytest.approx(1 - 0.25 / (30 / 56))
    assert found.shared == 4


def test_a_near_miss_counts_less_than_a_contradiction() -> None:
    base = [Label(i, "full", "ann") for i in "abc"] + [Label("d", "none", "ann")] + [Label("e", "partial", "ann")]
    near = [replace(label, annotator="ben") for label in base[:-1]] + [Label("e", "full", "ben")]
    far = [replace(label, annotator="ben") for label in base[1:]] + [Label("a", "none", "ben")]
    alphas = [annotator_agreement([*base, *other]).alpha for other in (near, far)]
    assert alphas[0] is not None
    assert alphas[1] is not None
    assert alphas[0] > alphas[1]


def test_agreement_that_is_not_defined_is_none() -> None:
    same = [Label(i, "full", who) for i in "ab" for who in ("ann", "ben")]
    assert annotator_agreement(same).alpha is None
    assert annotator_agreement(same).kappas == {("ann", "ben"): None}
    alone = annotator_agreement([Label("a", "full", "ann")])
    assert (alone.alpha, alone.shared, alone.kappas) == (None, 0, {})


def test_two_files_of_one_name_are_not_one_person() -> None:
    labels = [Label("a", "full", "citations"), Label("a", "none", "citations")]
    for judge in (annotator_agreement, lambda some: summarise(some, KEY)):
        with pytest.raises(InputError, match=r"'citations' judged the item a twice.*name of the person"):
            judge(labels)
