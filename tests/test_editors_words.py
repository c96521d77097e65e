"""What an editor wrote above an article is told from the author's words, and never printed as said by the author."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answer.attribution import attribution, voice
from assistant.answer.quoting.extractive import extractive_claims
from assistant.answer.reading.reader import Candidate, Reading
from assistant.ingest.sync.sync import prepare
from assistant.search.library import FileState, Library, ReadDocument
from assistant.types import Article, Evidence, Span

HEAD = ("Harbour Digest", "20 March 2025", "Who owns the pier")
BODY = (
    "The pier was built by men whose names nobody wrote down. Their children pay to walk on it.",
    "In 1911 the toll was two pence. It has been raised forty times since, and the council wants more.",
    "The article that the council published last week says nothing of it.",
)


def read(folder: Path, *paragraphs: str) -> ReadDocument:
    (folder / "a.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")
    return prepare(folder / "a.txt", "a.txt", FileState("", "", 0, 0, ""), 900)[0]


def introduced(made: ReadDocument) -> str:
    """What counts as the editor's, of a document of one article."""
    [article] = made.articles
    return made.document.text[slice(*article.introduction)] if article.introduction else ""


@pytest.mark.parametrize(
    "introduction",
    [
        ("In the article below, Ann Example argues that the pier belongs to the town.",),
        ("We are pleased to republish the following article by Ann Example on piers.",),
        ("The following article by Ann Example was first published in the Quay Times on 2 March 2025.",),
        (
            "The council will vote on the pier in May.",
            "In the article below, reprinted from the Quay Times, Ann Example asks who owns it.",
        ),
        (
            "The following article by Ann Example, first published in the Quay Times, is on the pier.",
            "Example notes that the toll was raised forty times.",
            "In her view that is enough.",
            "Ann also recalls who built it.",
            "This article first appeared in the Quay Times on 2 March 2025.",
        ),
        (
            "In the article below, Ann Example argues that the pier belongs to the town.",
            "The article compares it with the market.",
        ),
        ("Editor's note: we have shortened this text by Ann Example.",),
        ("EDITORS’ NOTE: This text by Ann Example is from the archive.",),
        ("Anmerkung der Redaktion: Diesen Text hat Ann Example uns geschickt.",),
    ],
)
def test_an_introduction_is_found_and_ends_where_the_author_begins(
    tmp_path: Path, introduction: tuple[str, ...]
) -> None:
    assert introduced(read(tmp_path, *HEAD, *introduction, *BODY)) == "\n\n".join(introduction)


@pytest.mark.parametrize(
    "paragraphs",
    [
        BODY,
        ("By Ann Example", *BODY),
        ("The following report shows what the council wants.", *BODY),  # the author's own, and of nobody
        (
            *BODY,
            *BODY[:2],
            *[f"Year {n} was quiet, and the pier stood." for n in range(9)],
            "Editor's note: corrected.",
        ),
        ("Editors noted with surprise that the pier was sold.", *BODY),
    ],
)
def test_an_author_s_own_words_are_no_introduction(tmp_path: Path, paragraphs: tuple[str, ...]) -> None:
    assert introduced(read(tmp_path, *HEAD, *paragraphs)) == ""


def test_each_article_of_an_issue_has_its_own(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        "Harbour Digest",
        "Who owns the pier",
        "The following article by Ann Example, first published in the Quay Times, asks who owns the pier.",
        *BODY,
        "What the pilots know",
        "We are happy to republish an essay by Jonas Brand, which first appeared in Coastwise.",
        "A chart is in the feet of a pilot. He knows the bar by the way the deck answers.",
    )
    texts = [made.document.text[slice(*a.introduction)] if a.introduction else "" for a in made.articles]
    assert [text.split()[0] for text in texts if text] == ["The", "We"]
    assert all(a.introduction.end < a.span.end for a in made.articles if a.introduction)


def test_the_library_keeps_it(tmp_path: Path) -> None:
    made = read(tmp_path, *HEAD, "In the article below, Ann Example argues that the pier belongs to the town.", *BODY)
    library = Library(tmp_path / "library.db")
    with library.transaction():
        number, _ = library.add(made.document, made.state, made.articles, made.passages, made.exclusions)
    assert made.articles[0].introduction
    assert library.articles(number)[0].introduction == made.articles[0].introduction
    library.close()


ARTICLE = Article(
    "a.txt",
    Span(0, 100),
    title="The pier",
    publisher="Harbour Digest",
    outlet="Quay Times",
    author="Ann Example",
    relayed_by="Harbour Digest",
    date=datetime.date(2025, 3, 2),
    date_how="stated",
    introduction=Span(10, 40),
)


@pytest.mark.parametrize(
    ("article", "start", "printed"),
    [
        (ARTICLE, 40, "Ann Example (Quay Times, relayed by Harbour Digest), 2 Mar 2025"),
        (ARTICLE, 0, "Ann Example (Quay Times, relayed by Harbour Digest), 2 Mar 2025"),
        (ARTICLE, 10, "Harbour Digest"),  # the day is that of the article's first publication
        (replace(ARTICLE, date_how="inferred"), 39, "Harbour Digest, 2 Mar 2025"),  # the day of the issue
        (replace(ARTICLE, publisher=None, relayed_by=None), 10, "The pier"),
        (replace(ARTICLE, outlet=None, relayed_by=None), 10, "Harbour Digest, 2 Mar 2025"),  # its own editor's note
        (replace(ARTICLE, introduction=None), 10, "Ann Example (Quay Times, relayed by Harbour Digest), 2 Mar 2025"),
    ],
)
def test_an_introduction_is_said_by_who_relays_it(article: Article, start: int, printed: str) -> None:
    assert attribution(voice(article, Span(start, start + 9))) == printed


def test_an_answer_does_not_put_the_editor_s_words_into_the_author_s_mouth(tmp_path: Path) -> None:
    made = read(tmp_path, *HEAD, "In the article below, Ann Example argues that the pier belongs to the town.", *BODY)
    [article] = made.articles
    assert article.author == "Ann Example"
    passage = next(p for p in made.passages if BODY[0][:20] in p.text)
    evidence = Evidence(passage, article, rank=1, score=1.0)
    editors = next(s for s in passage.sentences if made.document.text[slice(*s)].startswith("In the article below"))
    authors = next(s for s in passage.sentences if made.document.text[slice(*s)].startswith("The pier was built"))
    candidates = (Candidate(evidence, editors, 0.9), Candidate(evidence, authors, 0.8))
    first, second = extractive_claims(Reading(candidates, 1.0, (evidence,)))
    assert "Ann Example" not in (first.speaker or "")
    assert {(c.author, c.outlet) for c in first.citations} == {(None, None)}
    assert "Ann Example" in (second.speaker or "")
    assert {c.author for c in second.citations} == {"Ann Example"}
