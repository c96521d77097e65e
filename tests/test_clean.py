import time

from assistant.ingest.blocks.clean import exclude_blocks
from assistant.ingest.blocks.split import split_blocks
from assistant.types import Document, Exclusion, Heading, Span

FIRST = "The council met for three days and agreed on a plan for the harbour."
SECOND = "Fishermen doubt that the plan will be paid for before the next election."
THIRD = "A court in the capital will hear the first complaint against it in May."


def clean(text: str, **fields: object) -> tuple[list[str], list[tuple[str, str]]]:
    document = Document(name="a.txt", text=text, sha256="", media_type="text/plain", **fields)  # type: ignore[arg-type]
    kept, exclusions = exclude_blocks(document, split_blocks(document))
    assert document.text == text
    return (
        [text[b.span.start : b.span.end] for b in kept],
        [(text[e.span.start : e.span.end], e.reason) for e in exclusions],
    )


def test_a_text_that_is_there_twice_is_kept_once() -> None:
    once = f"{FIRST}\n{SECOND}\n{THIRD}"
    kept, excluded = clean(f"{once}\n{once}")
    assert kept == [FIRST, SECOND, THIRD]
    assert [text for text, _ in excluded] == [FIRST, SECOND, THIRD]
    assert all("repeats" in reason for _, reason in excluded)


def test_a_repetition_is_one_whatever_its_white_space() -> None:
    kept, excluded = clean(f"{FIRST}\n{SECOND}\n{FIRST.replace(' ', '  ')}")
    assert kept == [FIRST, SECOND]
    assert len(excluded) == 1


def test_short_lines_go_with_the_repetition_around_them() -> None:
    once = f"{FIRST}\n9 May, noon.\n{SECOND}\nMore.\n{THIRD}"
    kept, excluded = clean(f"{once}\n{once}")
    assert kept == once.split("\n")
    assert [text for text, _ in excluded] == once.split("\n")


def test_a_repeated_heading_over_new_text_stays() -> None:
    kept, excluded = clean(f"{FIRST}\nSources\n{SECOND}\nSources\n{THIRD}")
    assert kept == [FIRST, "Sources", SECOND, "Sources", THIRD]
    assert not excluded


def test_a_headline_that_the_contents_name_stays_over_its_text() -> None:
    title = "Council agrees on a plan for the harbour after three days"
    text = f"{title}\n\n{FIRST}\n\n{title}\n\n{SECOND}"
    start = text.rindex(title)
    headings = (Heading(Span(0, len(title)), 1), Heading(Span(start, start + len(title)), 1))
    assert clean(text, headings=headings)[0] == [title, FIRST, title, SECOND]


def test_keywords_links_and_tables_of_contents_are_left_out() -> None:
    text = (
        f"Contents\nThe harbour.......... 3\nKeywords: harbour, fish\n{FIRST}\nContinue reading The harbour\n{SECOND}"
    )
    kept, excluded = clean(text)
    assert kept == [FIRST, SECOND]
    assert [text for text, _ in excluded] == [
        "Contents",
        "The harbour.......... 3",
        "Keywords: harbour, fish",
        "Continue reading The harbour",
    ]


def test_sentences_that_only_look_like_it_stay() -> None:
    lines = [
        "He paused... then he went on to name 12.",
        "Continue reading the law. It says more than he does, as ever.",
    ]
    assert clean("\n".join([FIRST, *lines, SECOND]))[0] == [FIRST, *lines, SECOND]


def test_what_the_format_excludes_keeps_its_reason() -> None:
    mark = Exclusion(Span(0, len(FIRST)), "front matter")
    assert clean(f"{FIRST}\n{SECOND}", exclusions=(mark,)) == ([SECOND], [(FIRST, "front matter")])


def test_many_short_repeated_lines_take_no_more_than_linear_time() -> None:
    text = "\n".join(["yes, 1"] * 20_000)
    started = time.monotonic()
    assert len(clean(text)[0]) == 20_000
    assert time.monotonic() - started < 5


def test_a_repeated_short_line_at_the_edge_of_a_repetition_stays() -> None:
    kept, excluded = clean(f"{FIRST}\nMore.\n{SECOND}\n{FIRST}\nMore.\n{THIRD}")
    assert kept == [FIRST, "More.", SECOND, "More.", THIRD]
    assert [text for text, _ in excluded] == [FIRST]
