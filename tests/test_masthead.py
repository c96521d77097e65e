import datetime

import pytest

from assistant.ingest.articles.split import describe
from assistant.types import Document

BODY = (
    "The council met for three days and agreed on a plan that will be put to a vote in the spring. It is costly. " * 2
)


def described(*lines: str, name: str = "a.txt") -> Document:
    return describe(Document(name=name, text="\n\n".join(lines), sha256="", media_type="text/plain"))


@pytest.mark.parametrize(
    "line",
    [
        "Welcome back to Slack Water, your weekly letter.",
        "Thanks for reading Slack Water!",
        "What do you like about Slack Water?",
    ],
)
def test_a_newsletter_names_itself(line: str) -> None:
    found = described(line, BODY)
    assert (found.title, found.title_how, found.publisher) == ("Slack Water", "inferred", "Slack Water")


@pytest.mark.parametrize(
    "lines",
    [
        ("PUBLISHER", "Quay Institute"),
        ("Publisher: Quay Institute",),
        ("Herausgeber: Quay Institute",),
        ("© 2025 Quay Institute",),
    ],
)
def test_an_imprint_names_the_publisher(lines: tuple[str, ...]) -> None:
    found = described("Tides", BODY, *lines)
    assert (found.publisher, found.publisher_how) == ("Quay Institute", "stated")


def test_the_host_of_our_event_is_the_publisher() -> None:
    found = described(
        "Tides", BODY, "Come to our webinar.", "It is co-organised by Friends of the Quay and the Tide Group."
    )
    assert (found.publisher, found.publisher_how) == ("Friends of the Quay", "inferred")


def test_a_paper_s_name_over_the_day_and_a_headline() -> None:
    found = described("QUAY MONITOR", "Tuesday, 21 January 2025", "How the pier sank", BODY)
    assert (found.title, found.publisher, found.date) == (
        "How the pier sank",
        "Quay Monitor",
        datetime.date(2025, 1, 21),
    )


def test_the_file_s_name_dates_what_the_text_does_not() -> None:
    found = described("Tides", BODY, name="2025-01-17-letter.txt")
    assert (found.date, found.date_basis) == (datetime.date(2025, 1, 17), "the file's name")
    assert described("Tides", "3 May 2024", BODY, name="2025-01-17.txt").date == datetime.date(2024, 5, 3)


def test_the_days_of_a_page_s_posts_are_not_its_own() -> None:
    assert described("Posts", "One", "3 May 2025", BODY, "Two", "1 May 2025", BODY).date is None


def test_the_first_post_of_a_category_page_gives_it_no_title() -> None:
    assert described("Pier sinks", BODY, "Continue reading Pier sinks", "Trade falls", BODY).title is None


def test_an_event_below_the_text_is_no_title() -> None:
    assert described(BODY, "Quay Society, Webinar: The pier", BODY).title is None


def test_what_is_relayed_without_a_byline_has_its_headline_for_a_title() -> None:
    """It was given the relaying page's name, "Other Digest"."""
    found = described("Other Digest", "20 March 2025", "The harbour reopens", "First published in Port News.", BODY)
    assert (found.title, found.title_how) == ("The harbour reopens", "stated")
    assert (found.publisher, found.publisher_how) == ("Other Digest", "inferred")


def test_a_title_above_its_day_and_a_section_stays_the_title() -> None:
    found = described("How the harbour lives", "20 March 2025", "A morning", "It is five in the morning.", BODY)
    assert found.title == "How the harbour lives"
