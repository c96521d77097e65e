"""How the annotated documents are understood: floors, a little below what was reached."""

from pathlib import Path

import pytest

from assistant.errors import InputError
from evals.articles import Figures, measure_articles, report_lines

SHARED = Path(__file__).parents[2].parent / "shared"
GOLD = SHARED / "evals" / "articles.json"


@pytest.fixture(scope="module")
def figures() -> Figures:
    if not GOLD.exists():
        pytest.skip("the annotated documents are not beside this checkout")
    return measure_articles(GOLD, SHARED / "corpus")


@pytest.mark.shared
def test_articles_begin_where_they_should(figures: Figures) -> None:
    assert figures.f1 >= 0.97


@pytest.mark.shared
@pytest.mark.parametrize(
    ("key", "floor"),
    [
        ("outlet", 0.96),
        ("author", 0.95),
        ("relayed_by", 0.93),
        ("title", 0.93),
        ("document publisher", 1),
        ("document title", 1),
    ],
)
def test_values_are_right(figures: Figures, key: str, floor: float) -> None:
    assert figures.values[key].share >= floor, "\n".join(figures.failures)


@pytest.mark.shared
def test_dates_are_right_or_left_open(figures: Figures) -> None:
    assert figures.stated_dates.share == 1
    assert figures.wrong_dates.right == 0
    assert figures.rejected.right == 0


@pytest.mark.shared
def test_content_is_kept_and_junk_is_not(figures: Figures) -> None:
    assert figures.lost_content.share <= 0.005
    assert figures.indexed_junk.share <= 0.05


GOLD_TEXT = """{"a.txt": {"publisher": {"value": null}, "title": {"value": "Pier"}, "excluded": [], "articles": [
 {"id": "1", "start": 0, "end": 119, "spans": [[0, 119]], "starts_with": "Pier", "title": "Pier", "outlet": "AFP",
  "author": null, "author_reject": ["Ann Example"], "relayed_by": null, "date": "2025-01-02", "date_how": "stated",
  "date_earliest": "2025-01-02", "date_latest": "2025-01-02"}]}}"""


def test_what_is_wrong_is_counted_and_named(tmp_path: Path) -> None:
    (tmp_path / "gold.json").write_text(GOLD_TEXT)
    (tmp_path / "a.txt").write_text(
        "Pier\n\nBy Ann Example\n\n3 May 2025\n\n" + "The pier sank in the night, and nobody saw it. " * 2
    )
    found = measure_articles(tmp_path / "gold.json", tmp_path)
    assert found.f1 == 1
    assert (found.values["outlet"].right, found.values["outlet"].of) == (0, 1)
    assert (found.stated_dates.right, found.wrong_dates.right, found.rejected.right) == (0, 1, 1)
    assert any("1 outlet" in line for line in report_lines(found, failures=True))


def test_a_missing_document_or_annotation_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        measure_articles(tmp_path / "none.json", tmp_path)
    (tmp_path / "gold.json").write_text(GOLD_TEXT)
    with pytest.raises(InputError, match="is missing"):
        measure_articles(tmp_path / "gold.json", tmp_path)
