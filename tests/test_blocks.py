from assistant.ingest.blocks.split import split_blocks
from assistant.types import Document, Exclusion, Heading, Span

LONG = "The council met for three days and agreed on a plan that will be put to a vote in the spring of next year."
WRAPPED = (
    "The council met for three days in the old town hall\nand agreed on a plan that will be put to a vote\nin spring"
)


def document(text: str, **fields: object) -> Document:
    return Document(name="a.txt", text=text, sha256="", media_type="text/plain", **fields)  # type: ignore[arg-type]


def blocks(text: str, **fields: object) -> list[str]:
    """The blocks; headings with a "#" before them."""
    found = split_blocks(document(text, **fields))
    return [("#" if b.is_heading else "") + text[b.span.start : b.span.end] for b in found]


def test_every_line_is_a_paragraph_where_lines_hold_whole_sentences() -> None:
    assert blocks(f"{LONG}\n{LONG} Then they left.\n{LONG}") == [LONG, f"{LONG} Then they left.", LONG]


def test_wrapped_lines_are_one_paragraph() -> None:
    wrapped = (
        "The council met for three days in the old town hall\nand agreed on a plan that will be put to a vote in\n"
        "the spring of next year, when the new members have\ntaken their seats."
    )
    assert blocks(f"{wrapped}\n\n{wrapped}") == [wrapped, wrapped]


def test_a_bullet_starts_a_block_of_its_own_even_among_wrapped_lines() -> None:
    first = "- the first item of the list goes on for long enough\n  that it needs a second line to be told in full"
    second = "- the second item of the list is just as long as the\n  first and needs a second line as well"
    assert blocks(f"{first}\n{second}") == [first, second]


def test_blank_lines_with_white_space_part_paragraphs_and_belong_to_none() -> None:
    assert blocks(f"\n \n  {LONG} \n \t\n\n{LONG}\n\n") == [LONG, LONG]


def test_short_lines_before_text_are_taken_for_headings() -> None:
    assert blocks(f"Top story\n\nCouncil agrees on plan\n\n{LONG}") == ["#Top story", "#Council agrees on plan", LONG]


def test_a_short_line_at_the_end_or_with_a_full_stop_is_no_heading() -> None:
    assert blocks(f"They agreed.\n{LONG}\nAnn Example") == ["They agreed.", LONG, "Ann Example"]


def test_many_short_lines_are_a_list_and_only_what_stands_apart_behind_it_heads_the_text() -> None:
    text = f"Contents\nTrade\nTechnology\nHealth\n\nTop story\n\nCouncil agrees\n\n{LONG}"
    assert blocks(text) == ["Contents", "Trade", "Technology", "Health", "#Top story", "#Council agrees", LONG]
    assert blocks(f"Name\nAnn\nName\nBen\n{LONG}") == ["Name", "Ann", "Name", "Ben", LONG]


def test_a_line_that_points_elsewhere_heads_nothing() -> None:
    assert blocks(f"{LONG}\nRead: The plan (The Times)\n{LONG}")[1] == "Read: The plan (The Times)"
    assert blocks(f"{LONG}\nContinue reading The plan\n{LONG}")[1] == "Continue reading The plan"


def test_marked_headings_win_over_guesses_and_stand_alone_in_a_wrapped_paragraph() -> None:
    text = f"# Plan\n{WRAPPED}\n\nShort line\n\n{LONG}"
    assert blocks(text, headings=(Heading(Span(0, 6), 1),)) == ["## Plan", WRAPPED, "Short line", LONG]


def test_excluded_lines_are_left_out_and_never_joined_to_the_text_below() -> None:
    matter = "---\ntitle: a rather long title for so short a text, it is\n---\n"
    text = matter + WRAPPED
    assert blocks(text, exclusions=(Exclusion(Span(0, len(matter)), "front matter"),)) == [WRAPPED]


def test_a_stretch_yields_only_what_lies_in_it() -> None:
    text = f"{LONG}\n\n{LONG}\n\n{LONG}"
    inner = Span(len(LONG) + 2, 2 * len(LONG) + 2)
    assert [b.span for b in split_blocks(document(text), inner)] == [inner]
