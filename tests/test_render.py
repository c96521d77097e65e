import dataclasses
import datetime
import re
import string

import pytest
from chat_fake import DOCUMENTS, NASTY, citation, evidence
from hypothesis import given
from hypothesis import strategies as st

from assistant import Answer, AsOf, Citation, Claim, Disagreement, Document
from ui.render import (
    as_of_text,
    citation_spot,
    claim_block,
    copy_text,
    date_text,
    disagreement_block,
    escape_markdown,
    excerpt,
    find_spot,
    nearest_block,
    source_block,
    sources_block,
)

PUNCTUATION_ESCAPED = rf"\\([{re.escape(string.punctuation)}])"
QUOTE = "The lighthouse at Port Ashby was lit again in March 1987."
LOG_QUOTE = "The lighthouse was lit again in 1986, says the log."


@pytest.fixture
def answer():
    claims = (
        Claim("It was lit in 1987.", (citation(DOCUMENTS[1], QUOTE, 1),), "supported"),
        Claim("Or in 1986.", (citation(DOCUMENTS[2], LOG_QUOTE, 2),), "supported"),
        Claim("It is *blue*.", (), "unsupported", problem="No sentence says so."),
    )
    return Answer("When?", "answered", claims, (evidence(DOCUMENTS[2], 1),))


def unescaped(markdown):
    return re.sub(PUNCTUATION_ESCAPED, r"\1", markdown).replace("\u2060", "")


@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("\\`*_{}[]()<>#+-.!|~$:&=\n")))
def test_escaped_text_holds_no_sign_that_markdown_reads_and_reads_as_before(text):
    escaped = escape_markdown(text)
    bare = re.sub(r"\\[\\`*_{}\[\]()<>#+\-.!|~$:&^=@\"']", "", escaped)
    assert not set(bare) & set("\\`*_{}[]<>#|~$:&\n")
    assert unescaped(escaped) == " ".join(text.split()).replace("\u2060", "")


@pytest.mark.parametrize("shortcode", [":material/home:", ":streamlit:", "->", "<-", "<->", "--", ">=", "<=", "~="])
def test_what_streamlit_replaces_in_plain_text_is_kept_apart(shortcode):
    plain = re.sub(PUNCTUATION_ESCAPED, r"\1", escape_markdown(f"a {shortcode} b"))
    assert shortcode not in plain
    assert unescaped(plain) == f"a {shortcode} b"


@pytest.mark.parametrize(
    ("date", "how", "written"),
    [
        (datetime.date(2025, 1, 30), "stated", "30 January 2025"),
        (datetime.date(2025, 1, 5), "inferred", "5 January 2025 (inferred)"),
        (None, "unknown", "date unknown"),
    ],
)
def test_a_date_says_how_it_is_known(date, how, written):
    assert date_text(date, how) == written


def test_a_chip_says_in_words_what_it_opens(answer):
    first, second = (claim_block(claim, 3, None)["spots"][0] for claim in answer.claims[:2])
    assert first["label"] == "Open source 1: Coast Institute, 30 January 2025"
    assert second["label"] == "Open source 2: log.pdf, date unknown"
    assert (first["marker"], first["reference"]) == ("1", "3.1")


def test_an_unsupported_claim_says_so_in_words(answer):
    block = claim_block(answer.claims[2], 3, None)
    assert (block["label"], block["problem"]) == ("Not found in the sources", "No sentence says so.")
    assert claim_block(answer.claims[0], 3, None)["label"] == ""


def test_whose_words_they_are_stands_above_the_first_of_several_in_a_row():
    first, second = (
        Claim("It rained.", (), "supported", speaker="Gazette"),
        Claim("It froze.", (), "supported", "Gazette"),
    )
    other = Claim("It did not.", (), "supported", speaker="Courier")
    assert claim_block(first, 1, None)["speaker"] == "Gazette"
    again = claim_block(second, 1, None, before=first)
    assert (again["speaker"], again["quoted"]) == (None, True)
    assert claim_block(Claim("A model says so.", (), "supported"), 1, None)["quoted"] is False
    assert claim_block(other, 1, None, before=second)["speaker"] == "Courier"


def test_unchecked_is_said_of_a_finished_answer_only():
    claim = Claim("x", (), "unchecked")
    assert claim_block(claim, 1, None)["label"] == "Not checked"
    assert claim_block(claim, 1, None, checked=False)["label"] == ""


def test_outlet_publisher_author_and_file_are_kept_apart():
    pointer = Citation(
        number=1,
        document="wharf/page.html",
        document_id=1,
        start=0,
        end=1,
        quote="x",
        publisher="Open Wharf",
        outlet="The Ledger",
        author="B. Brook",
        page=4,
    )
    spot = citation_spot(pointer, 1)
    assert spot.name == "The Ledger"
    assert spot.facts == (
        ("First appeared in", "The Ledger"),
        ("Published by", "Open Wharf"),
        ("Author", "B. Brook"),
        ("Date", "unknown"),
        ("Page", "4"),
        ("File", "wharf/page.html"),
    )


def test_an_address_finds_its_citation_or_passage_and_nothing_else(answer):
    assert find_spot(answer, 5, "5.2").quote == LOG_QUOTE
    assert find_spot(answer, 5, "5.p1").quote == "Keepers of Ashby write a log every night."
    for unknown in ("5.3", "5.p2", "4.2", "5", "", "5.2.2"):
        assert find_spot(answer, 5, unknown) is None


@given(st.text(min_size=1), st.data())
def test_a_document_is_cut_exactly_around_the_cited_place(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    document = Document("a.txt", text, "0" * 64, "text/plain", id=1)
    pointer = Citation(1, "a.txt", 1, start, end, text[start:end])
    block = source_block(document, citation_spot(pointer, 1))
    assert block["quote"] == pointer.quote
    assert block["before"] + block["quote"] + block["after"] == text
    assert len(block["before"]) == start


def test_the_page_of_a_passage_is_counted_from_the_document(answer):
    spot = find_spot(answer, 5, "5.p1")
    assert dict(source_block(DOCUMENTS[2], spot)["facts"])["Page"] == "1"
    spot = find_spot(answer, 5, "5.2")
    assert dict(source_block(DOCUMENTS[2], spot)["facts"])["Page"] == "2"


def test_only_the_block_that_holds_it_is_told_what_is_open(answer):
    assert claim_block(answer.claims[0], 5, "5.1")["opened"] == "5.1"
    assert claim_block(answer.claims[1], 5, "5.1")["opened"] is None
    assert sources_block(answer, 5, "5.2")["opened"] == "5.2"
    assert nearest_block(answer, 5, "5.1")["opened"] is None


def test_source_text_is_handed_on_as_it_is():
    block = claim_block(Claim(NASTY, (), "supported"), 1, None)
    assert block["text"] == NASTY


def test_the_copied_answer_names_every_source_once(answer):
    text = copy_text(answer)
    assert text.startswith(answer.text)
    assert text.count(f"“{QUOTE}”") == 1
    assert f"[2] log.pdf, date unknown, page 2: “{LOG_QUOTE}”" in text


def test_a_translation_stands_under_its_quote_and_is_said_to_be_a_models(answer):
    first, second = answer.claims[0].citations[0], answer.claims[1].citations[0]
    translated = dataclasses.replace(first, translation="Der Leuchtturm brannte 1987 wieder.")
    claims = (dataclasses.replace(answer.claims[0], citations=(translated,)), answer.claims[1])
    answer = dataclasses.replace(answer, claims=claims)
    row, other = sources_block(answer, 3, None)["spots"]
    assert (row["excerpt"], row["translation"]) == (QUOTE, "Der Leuchtturm brannte 1987 wieder.")
    assert row["translated"] == "Translation by the language model, not the source’s words"
    assert "translation" not in other
    panel = source_block(DOCUMENTS[1], citation_spot(translated, 3))
    assert (panel["quote"], panel["translation"]) == (QUOTE, "Der Leuchtturm brannte 1987 wieder.")
    assert panel["translated"] == row["translated"]
    assert source_block(DOCUMENTS[2], citation_spot(second, 3))["translation"] == ""
    lines = copy_text(answer).split("\n")
    below = lines[next(i for i, line in enumerate(lines) if QUOTE in line and line.startswith("[1]")) + 1]
    assert below.strip() == f"{row['translated']}: Der Leuchtturm brannte 1987 wieder."


def test_an_excerpt_ends_at_a_word():
    assert excerpt("short  text\nhere") == "short text here"
    long = excerpt("several words " * 100)
    assert len(long) <= 222
    assert re.search(r"(several|words) …$", long)


# Where sources differ, and from when an answer is

DIFFERENT = Disagreement(
    "disputed",
    "V80 or V20",
    (
        Claim("Vela used V80 cards.", (citation(DOCUMENTS[1], QUOTE, 1),), "supported", speaker="Gazette"),
        Claim("Vela used V20 cards.", (citation(DOCUMENTS[2], LOG_QUOTE, 2),), "supported", speaker="Courier"),
    ),
)


def test_a_disagreement_shows_each_side_with_its_speaker_and_its_chip() -> None:
    block = disagreement_block(DIFFERENT, 3, "3.2")
    assert (block["kind"], block["headline"], block["opened"]) == ("differ", "Sources differ: V80 or V20", "3.2")
    assert [(side["speaker"], side["spots"][0]["reference"]) for side in block["sides"]] == [
        ("Gazette", "3.1"),
        ("Courier", "3.2"),
    ]


def test_an_answer_says_from_when_it_is() -> None:
    day = datetime.date(2025, 1, 30)
    answer = Answer("?", "answered", DIFFERENT.sides, (), as_of=AsOf(day, day, "stated", note="The newest is Gazette."))
    assert as_of_text(answer) == "As of 30 January 2025. The newest is Gazette."
    assert as_of_text(answer) in copy_text(answer)
    assert as_of_text(Answer("?", "refused", (), ())) == ""
