import datetime

import pytest

from assistant.ingest.articles.introductions import announces, read_introduction


@pytest.mark.parametrize(
    ("text", "outlet", "author"),
    [
        (
            "The following article by Ann Example, first published in the Quay Times, asks why.",
            "Quay Times",
            "Ann Example",
        ),
        ("We are pleased to republish below an article by Ann Example on harbours.", None, "Ann Example"),
        (
            "In the article below, reprinted from Quay World, Ann Example examines the pier.",
            "Quay World",
            "Ann Example",
        ),
        ("In the following short article for the Quay Star, Ann Example describes it.", "Quay Star", "Ann Example"),
        ("The following essay, written by Ann Example for Low Tide, is long.", "Low Tide", "Ann Example"),
        (
            "This brief report by our member Ann Example, originally published in Italian in Nuova Riva, helps.",
            "Nuova Riva",
            "Ann Example",
        ),
        ("This article was originally published in Tide/La Marea on 15 March 2024.", "Tide/La Marea", None),
        ("This article first appeared on QTN.", "QTN", None),
        ("The following articles were originally published by the Quay News Agency.", "Quay News Agency", None),
        ("The Quay Council statement and two reports are reproduced below.", "Quay Council", None),
        ("Dieser Beitrag ist zuerst erschienen in der Hafenpost am 3. Mai 2024.", "Hafenpost", None),
        ("本文原载《远洋观察》。", "远洋观察", None),
    ],
)
def test_what_an_introduction_says(text: str, outlet: str | None, author: str | None) -> None:
    source = read_introduction([text])
    assert (source.outlet, source.author) == (outlet, author)
    assert source.announced


def test_the_day_of_first_publication() -> None:
    source = read_introduction(["It is cold.", "This piece was first published in the Quay Star on 23 April 2024."])
    assert (source.outlet, source.date) == ("Quay Star", datetime.date(2024, 4, 23))


@pytest.mark.parametrize(
    "text",
    [
        "A report first published in Nature in 2019 found fewer fish.",
        "She wrote an article in The Times on the matter, and regretted it.",
        "The book by Ann Example appeared in London.",
        "As Ann Example writes in a recent article in QTN, the pier is old.",
        "The event was reported in the Quay News.",
    ],
)
def test_what_the_text_itself_mentions_is_no_source(text: str) -> None:
    source = read_introduction([text])
    assert (source.outlet, source.author, source.announced) == (None, None, False)


def test_the_times_that_an_article_answers_is_not_its_outlet() -> None:
    source = read_introduction(["The following article by Ann Example responds to a recent article in The Times."])
    assert (source.outlet, source.author) == (None, "Ann Example")


def test_an_announcement_must_say_whose_text_follows() -> None:
    assert announces("In the article below, Ann Example explains the tide.")
    assert not announces("The following story is told in every pub.")
    assert not announces("Ann Example explains the tide.")


def test_the_first_of_several_articles_names_the_author() -> None:
    texts = [
        "We republish below three articles on the pier.",
        "The first article, by engineer Ann Example, notes its age.",
    ]
    assert read_introduction(texts).author == "Ann Example"
