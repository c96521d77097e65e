from assistant.ingest.articles.split import split_articles
from assistant.types import Article, Document

BODY = "The council met for three days and agreed on a plan that will be put to a vote in the spring. It is costly."
OTHER = "Fishermen doubt that the new quay will be paid for, and have asked a court in the capital to look at it."
THIRD = "Nobody in the town remembers a storm like the one that took the old pier, and few believe in the new one."


def articles(*lines: str) -> list[Article]:
    return split_articles(Document(name="a.txt", text="\n\n".join(lines), sha256="", media_type="text/plain"))


def titles(*lines: str) -> list[str | None]:
    return [a.title for a in articles(*lines)]


def test_continue_reading_ends_a_post_and_names_the_title_that_began_it() -> None:
    found = titles("First post", BODY, "A sub-heading", OTHER, "Continue reading First post", "Second post", THIRD)
    assert found == ["First post", "Second post"]


def test_an_introduction_begins_a_post_and_a_sub_heading_does_not() -> None:
    intro = "The following article by {}, first published in {}, is short."
    lines = ["One", intro.format("Ann Example", "Low Tide"), BODY, "Costs", OTHER]
    found = articles(*lines, "Two", intro.format("Ben Sample", "High Water"), THIRD)
    assert [(a.title, a.outlet, a.author) for a in found] == [
        ("One", "Low Tide", "Ann Example"),
        ("Two", "High Water", "Ben Sample"),
    ]


def test_codes_and_names_behind_paragraphs_end_items() -> None:
    found = articles(f"{BODY} rtr", f"{OTHER} Ann Example", f"{THIRD} abx", BODY + " More.")
    assert [(a.outlet, a.author) for a in found] == [
        ("Reuters", None),
        (None, "Ann Example"),
        (None, "abx"),
        (None, None),
    ]
    assert len(articles(BODY, f"{OTHER} Ann Example", THIRD)) == 1


def test_events_are_two_lines_and_what_follows_is_another_item() -> None:
    found = articles(BODY, "Jan. 23, 2025; 11 a.m. CET", "Quay Society, Webinar: The pier More", OTHER)
    assert [a.title for a in found] == [None, "Quay Society, Webinar: The pier", None]
    assert [a.date for a in found] == [None, None, None]


def test_personnel_notes_are_items_of_their_own_and_nobody_wrote_them() -> None:
    first = "Ann Example has been head of the pilots' station since January. She was in Dunmere before."
    second = "Ben Sample becomes director of the Harbour Bank in May."
    assert [a.author for a in articles(BODY, first, second, OTHER)] == [None] * 4
    assert len(articles(BODY, first, OTHER)) == 1


def test_a_newsletter_s_contents_name_its_articles_and_a_report_s_chapters_are_none() -> None:
    news = [
        "Contents\nTrade falls ..... 1\nPier sinks ..... 2",
        "Trade falls",
        BODY,
        "A detail",
        OTHER,
        "Pier sinks",
        THIRD,
    ]
    assert titles(*news) == ["Trade falls", "Pier sinks"]
    report = ["Contents\n1 Introduction ..... 1\n2 Results ..... 2", "1 Introduction", BODY, "2 Results", OTHER]
    assert len(articles(*report)) == 1


def test_headlines_with_bylines_begin_articles_where_there_are_two() -> None:
    lines = ["Pier sinks", "By Ann Example", BODY, "Trade falls", "By Ben Sample", OTHER]
    assert [(a.title, a.author) for a in articles(*lines)] == [
        ("Pier sinks", "Ann Example"),
        ("Trade falls", "Ben Sample"),
    ]
    assert len(articles("Pier sinks", "By Ann Example", BODY, "A detail", OTHER)) == 1


def test_datelines_of_agencies_begin_items_where_there_are_two() -> None:
    found = articles(f"DUNMERE (Reuters) - {BODY}", OTHER, f"LIMA, May 6 (AFP) — {THIRD}")
    assert [a.outlet for a in found] == ["Reuters", "AFP"]


def test_a_greeting_ends_with_its_signature() -> None:
    found = articles(
        "Welcome back to Slack Water, your letter.", BODY, "— AE", "Pier sinks", OTHER, THIRD, BODY + " B", OTHER + " C"
    )
    assert [a.author for a in found] == ["AE", None]


def test_an_article_that_stands_there_twice_is_one() -> None:
    intro = "The following article by {}, first published in Low Tide, is short."
    text = [BODY, OTHER, THIRD, BODY.replace("council", "board"), OTHER.replace("quay", "jetty")]
    page = ["One", intro.format("Ann Example"), *text, "Another", intro.format("Ben Sample"), THIRD * 12]
    found = articles(*page, "One", intro.format("Ann Example"), *text[:2], "Changed a little.", *text[2:])
    assert [a.title for a in found] == ["One", "Another"]


def test_a_greeting_that_announces_an_author_signs_the_article_that_it_describes() -> None:
    greeting = (
        "Meanwhile, Ann Example looks at the fishermen, who doubt the quay and asked a court in the capital about it."
    )
    found = articles(
        greeting,
        "Have a pleasant read!",
        f"{BODY} Ben Sample",
        f"{OTHER} So be it.",
        "Jan. 23, 2025; 11 a.m. CET",
        "Webinar: The pier More",
        f"{THIRD} abx",
        THIRD.replace("pier", "mole"),
    )
    assert "Ann Example" in [a.author for a in found if a.author_how == "inferred"]


def test_a_word_to_the_readers_ends_a_greeting_in_a_newsletter_of_signed_items() -> None:
    appeal = "We would like to know what you read first: the link is in the margin."
    found = articles(BODY, appeal, OTHER + " So.", f"{THIRD} abx", f"{BODY} Two. cde", THIRD)
    assert [a.author for a in found] == [None, "abx", "cde", None]
    assert len(articles(BODY, appeal, OTHER, THIRD)) == 1
