import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ingest.articles.split import describe, split_articles
from assistant.ingest.blocks.clean import exclude_blocks
from assistant.ingest.blocks.split import split_blocks
from assistant.types import Article, Document, Heading, Span

BODY = "The council met for three days and agreed on a plan that will be put to a vote in the spring. It is costly."
OTHER = "Fishermen doubt that the new quay will be paid for, and have asked a court in the capital to look at it."


def document(text: str, **fields: object) -> Document:
    return Document(name="page.txt", text=text, sha256="", media_type="text/plain", **fields)  # type: ignore[arg-type]


def articles(text: str, **fields: object) -> list[Article]:
    return split_articles(document(text, **fields))


def test_a_plain_document_is_one_article_with_what_the_document_knows() -> None:
    day = datetime.date(2025, 3, 4)
    [article] = articles(BODY, title="Plan", publisher="Gazette", author="Ann", date=day, date_how="stated", id=7)
    assert article == Article(
        document="page.txt",
        span=Span(0, len(BODY)),
        title="Plan",
        title_how="stated",
        publisher="Gazette",
        publisher_how="stated",
        author="Ann",
        author_how="stated",
        date=day,
        date_how="stated",
        document_id=7,
    )


def test_headlines_with_an_outlet_open_articles_of_that_outlet() -> None:
    first_part = f"Weekly digest\n{BODY}\nPlan agreed (Reuters)\n{BODY} Twice."
    text = f"{first_part}\nFishermen go to court (The Harbour Post)\n{OTHER}"
    own, first, second = articles(text, publisher="Gazette", author="Ann")
    assert (own.title, own.outlet, own.author, own.relayed_by) == ("Weekly digest", None, "Ann", None)
    assert (first.title, first.outlet) == ("Plan agreed", "Reuters")
    assert (first.author, first.publisher, first.relayed_by) == (None, "Gazette", "Gazette")
    assert (second.title, second.outlet) == ("Fishermen go to court", "The Harbour Post")
    assert text[second.span.start : second.span.end].startswith("Fishermen go")


def test_a_closing_line_names_the_outlet_of_the_text_above_it_only() -> None:
    text = f"Digest\n{BODY}\nI. Harbour\n{OTHER}\nRead: Fishermen go to court (Financial Times)\n{BODY} Our view."
    own, taken, after = articles(text, title="Digest")
    assert (taken.title, taken.outlet, taken.relayed_by) == ("Fishermen go to court", "Financial Times", "Digest")
    assert text[taken.span.start : taken.span.end] == text[text.index("I. Har") : text.index(f"\n{BODY} Our")]
    assert own.outlet is None
    assert (after.outlet, after.relayed_by) == (None, None)


def test_the_next_headline_without_an_outlet_is_the_page_s_own_again() -> None:
    text = f"Plan agreed (BBC)\n{BODY}\nOur podcasts\n{OTHER}"
    assert [a.outlet for a in articles(text)] == ["BBC", None]


def test_a_sub_heading_stays_with_its_outlet() -> None:
    text = f"## Plan agreed (BBC)\n\n{BODY}\n\n### Costs\n\n{OTHER}\n\n## Letters\n\n{BODY} Ben"
    marked = [(i, line) for line in ("## Plan agreed (BBC)", "### Costs", "## Letters") for i in [text.index(line)]]
    headings = tuple(Heading(Span(i, i + len(line)), line.count("#")) for i, line in marked)
    found = articles(text, headings=headings)
    assert [a.outlet for a in found] == ["BBC", None]
    assert text[found[0].span.end :].lstrip().startswith("## Letters")


def test_links_and_escapes_around_an_outlet_do_no_harm() -> None:
    [article] = articles(f"[Plan agreed \\(South Harbour Times\\)](#)\n\n{BODY}")
    assert (article.title, article.outlet) == ("Plan agreed", "South Harbour Times")


@pytest.mark.parametrize(
    "headline",
    [
        "New duties on cars (EU)",
        "The year in review (2024)",
        "How we count (see below)",
        "World Trade Organization (WTO)",
        "Interview with Wang Xiao (Chinese: 王晓)",
        "Bridge opened (Shanghai)",
        "Harbour plan (Update)",
        "What comes next (Part Two)",
    ],
)
def test_brackets_hold_more_than_outlets(headline: str) -> None:
    [article] = articles(f"Digest\n{BODY}\n{headline}\n{OTHER}")
    assert article.outlet is None


def test_beside_a_known_outlet_an_unknown_name_counts_but_no_country_s_code() -> None:
    text = f"Plan agreed (Reuters)\n{BODY}\nQuay sinks (Harbour Institute)\n{OTHER}\nNew duties (EU)\n{BODY} Ben."
    assert [a.outlet for a in articles(text)] == ["Reuters", "Harbour Institute", None]


def test_the_source_below_a_chart_makes_no_outlet_of_an_office() -> None:
    assert [a.outlet for a in articles(f"Harbour\n{BODY}\nSource: Own figures (Eurostat)\n{OTHER}")] == [None]


def test_articles_of_an_issue_have_its_date_only_by_inference() -> None:
    text = f"Digest\n30 January 2025\n{BODY}\nPlan agreed (Reuters)\n{OTHER}"
    own, taken = articles(text)
    assert (own.date, own.date_how) == (datetime.date(2025, 1, 30), "inferred")
    assert own.date_basis.startswith("issue date")
    assert (taken.date, taken.date_how) == (datetime.date(2025, 1, 30), "inferred")
    assert [a.date_how for a in articles(text.replace("2025", ""))] == ["unknown", "unknown"]


@pytest.mark.parametrize(
    "line",
    [
        "30 January 2025",
        "JANUARY 30, 2025",
        "2025-01-30",
        "Thursday, 30th January 2025",
        "Published on 30 Jan 2025",
        "Updated: January 30, 2025 at 4 pm",
        "By Ann Example | January 30, 2025",
        "Harbour, 30 January 2025",
        "Letter from the quay – 30. Januar 2025",
        "2025年1月30日",
        "January 30, 2025 | 5 minutes",
    ],
)
def test_a_line_near_the_top_states_the_date(line: str) -> None:
    described = describe(document(f"Letter from the quay\n{line}\n{BODY}"))
    assert (described.date, described.date_how) == (datetime.date(2025, 1, 30), "stated")
    assert described.title == "Letter from the quay"


@pytest.mark.parametrize(
    "line",
    [
        "What happened on 30 January 2025",
        "They met on 30 January 2025.",
        "Webinar: 30 January 2025",
        "Join us, 30 January 2025",
        "31 February 2025",
        "January 2025",
        "30/01/25",
        "Since January 30, 2025 the quay is closed",
    ],
)
def test_a_date_that_the_text_speaks_of_is_not_its_own(line: str) -> None:
    described = describe(document(f"Letter from the quay\n{line}\n{BODY}"))
    assert (described.date, described.date_how) == (None, "unknown")


def test_a_date_below_the_first_lines_or_known_to_the_format_changes_nothing() -> None:
    low = "\n".join([f"{BODY} {n}." for n in range(20)] + ["30 January 2025", BODY])
    assert describe(document(low)).date is None
    known = datetime.date(2024, 5, 6)
    described = describe(document(f"30 January 2025\n{BODY}", date=known, date_how="given"))
    assert (described.date, described.date_how) == (known, "given")


def test_the_title_is_a_headline_and_neither_a_date_nor_a_sentence() -> None:
    assert describe(document(f"JANUARY 30, 2025\n\nLetter from the quay\n\n{BODY}")).title == "Letter from the quay"
    assert describe(document(f"Welcome to this letter.\n{BODY}")).title is None
    assert describe(document(f"# Letter *from* it\n{BODY}")).title == "Letter *from* it"
    assert describe(document(f"Letter\n{BODY}", title="Given")).title == "Given"


@given(
    st.lists(
        st.sampled_from(
            [
                "\n",
                BODY,
                OTHER,
                "Plan (Reuters)",
                "Read: It (BBC)",
                "Harbour",
                "30 May 2024",
                "深度",
                "\u2028",
                "(EU)",
                " ",
            ]
        ),
        max_size=15,
    ).map("\n".join)
)
def test_all_content_stands_in_just_one_article_and_they_are_in_order(text: str) -> None:
    found = articles(text)
    assert found
    assert all(a.span.end <= b.span.start for a, b in pairwise(found))
    kept, _ = exclude_blocks(document(text), split_blocks(document(text)))
    first = min(a.span.start for a in found)
    for block in kept:
        inside = [a for a in found if a.span.start <= block.span.start and block.span.end <= a.span.end]
        assert len(inside) == 1 or block.span.end <= first or len(found) > 1


def test_the_date_of_a_relayed_text_says_whose_day_it_is() -> None:
    [article] = articles(
        "Other Digest\n\n20 March 2025\n\nThe harbour reopens\n\nFirst published in Port News.\n\n"
        "The harbour has been closed for a week. It reopens on Monday, and the ferry runs again.\n"
    )
    assert (article.outlet, article.date, article.date_how) == ("Port News", datetime.date(2025, 3, 20), "inferred")
    assert article.date_basis == "date of the page that relays it: the line “20 March 2025”"
