import pytest

from assistant.ingest.blocks.junk import contents_titles, junk_reasons

TEXT = "The council met for three days and agreed on a plan for the harbour. It will cost nine million."


def left_out(*lines: str, headings: tuple[int, ...] = ()) -> list[str]:
    reasons = junk_reasons(lines, [i in headings for i in range(len(lines))])
    return [line for line, reason in zip(lines, reasons, strict=True) if reason]


@pytest.mark.parametrize(
    "line",
    [
        "Keywords: harbour • fish",
        "Continue reading Why is the quay so dear?",
        "Keep reading with a 7-day free trial",
        "Subscribe to Quay Notes to keep reading this post",
        "This post is for paid subscribers",
        "Dieser Artikel ist nur für Abonnenten lesbar.",
        "Related: The other quay (Harbour Times)",
        "In this photo illustration, a crane is seen on 6 December 2024, in Dunmere.",
        "Foto: Kran im Hafen, 6. Dezember 2024",
    ],
)
def test_lines_that_are_no_content(line: str) -> None:
    assert left_out(TEXT, line, TEXT) == [line]


@pytest.mark.parametrize(
    "line",
    [
        "The quay was closed on 6 December 2024.",
        "A photograph from 6 December 2024 shows the crane. It fell a day later.",
        "Continue reading the law. It says more than he does.",
        "Please write to us what you think: post@quay.example",
        "We would like to hear from you. Use this link.",
        "Keywords matter to librarians, she says.",
    ],
)
def test_lines_that_only_look_like_it(line: str) -> None:
    assert left_out(TEXT, line, TEXT) == []


def test_a_tail_of_teasers_goes_and_an_imprint_after_it_stays() -> None:
    teasers = (
        "Other ports",
        "Dock workers said on 4 March 2023 that they would …",
        "More ports",
        "The result is in, and …",
    )
    body = [TEXT] * 6
    lines = (*body, "Related Articles", *teasers, "Impressum", "Quay Society")
    assert left_out(*lines) == ["Related Articles", *teasers]


def test_a_rubric_over_whole_items_is_no_tail() -> None:
    assert left_out(*[TEXT] * 6, "More news", "A. " + TEXT, "B. " + TEXT, "C. " + TEXT) == []


def test_what_is_half_of_the_page_is_no_tail() -> None:
    assert left_out(TEXT, "Related articles", *["A teaser of another page that breaks off …"] * 20) == []


def test_a_banner_goes_only_above_the_first_headline() -> None:
    banner = "Our next webinar is on 24 September: ports and power."
    assert left_out(banner, "Council agrees", TEXT, headings=(1,)) == [banner]
    assert left_out(TEXT, "Council agrees", banner, headings=(1,)) == []


def test_contents_with_leaders_tabs_or_titles_that_head_texts() -> None:
    lines = ("CONTENTS", "Trade ..... 2", "HEALTH\t4", "Fishing 5", "Trade", TEXT, "Fishing", TEXT)
    headings = [i in (4, 6) for i in range(len(lines))]
    assert left_out(*lines, headings=(4, 6)) == ["CONTENTS", "Trade ..... 2", "HEALTH\t4", "Fishing 5"]
    assert contents_titles(lines, headings) == ["Trade", "HEALTH", "Fishing"]
