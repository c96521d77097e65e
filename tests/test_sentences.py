import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language.sentences import continuations, split_sentences
from assistant.types import Span


def cut(text: str) -> list[str]:
    return [text[s.start : s.end] for s in split_sentences(text, 0, len(text))]


@pytest.mark.parametrize(
    "sentences",
    [
        ["The U.S. Navy left port.", "It was late."],
        ["He met U.S. officials on Jan. 30 in Bonn.", "Then he left."],
        ["Exports rose from USD 1.2 bn. to USD 3 bn. within a year.", "Imports fell."],
        ["Der Umsatz stieg auf 1,2 Mrd. Euro im Jahr.", "Das war viel."],
        ["Am 30. Jan. 2025 trat sie zurück.", "Niemand kam."],
        ["Am 30. Januar 2025 trat sie zurück.", "Niemand kam."],
        ["Im 3. Quartal sank der Preis.", "Danach stieg er."],
        ["Mr. Wu met Ms. Li.", "Dr. Ott was absent."],
        ["The port reopened on 3 May.", "Repairs cost 4 million."],  # "May." was taken for an abbreviation
        ["(He stayed.)", "They went."],
        ["The U.S. (and the U.K.) Treasury agreed.", "So it was."],
        ["“It is over.”", "She left the room."],
        ["She went (he stayed).", "They returned."],
        ["“Was it over [for good]?”", "It was."],
        ["他走了。", "她说：“好的。”", "真的吗？", "是。"],
        ["• One point is made.", "• Another point follows."],
        ["No. 5 was the best.", "He is 30.", "Janet says so."],
        ["Prices rose by 4.5%.", "US officials knew."],
        ["It stands on page 12.", "Separately, prices rose."],
        ["The rate is 3.5 per cent.", "It was 2.5 before."],
        ["Wait, is that so?", "Yes!", "Good."],
    ],
    ids=lambda sentences: sentences[0],
)
def test_sentences_end_where_a_reader_would_end_them(sentences: list[str]) -> None:
    glue = "" if "他" in sentences[0] else " "
    assert cut(glue.join(sentences)) == sentences


def test_offsets_count_characters_not_bytes() -> None:
    text = "😀 First. 🇩🇪🧑‍🚀 Second one. 深度 Third."
    spans = split_sentences(text, 0, len(text))
    assert [text[s.start : s.end] for s in spans] == ["😀 First.", "🇩🇪🧑‍🚀 Second one.", "深度 Third."]


def test_offsets_are_those_of_the_whole_text() -> None:
    text = "Same words. Same words. Same words."
    assert [tuple(s) for s in split_sentences(text, 12, 35)] == [(12, 23), (24, 35)]


def test_a_line_break_inside_a_sentence_does_not_end_it() -> None:
    assert cut("The talks in\nGeneva went on.\nNobody left.") == ["The talks in\nGeneva went on.", "Nobody left."]


@given(
    st.lists(
        st.one_of(
            st.text(max_size=20),
            st.sampled_from(
                [". ", "U.S. ", "30. Jan. ", "。", "”", ") ", "\u2028", "\x0b", "\u00a0", "😀", "Mr. ", "...", "? A"]
            ),
        ),
        max_size=20,
    ).map("".join)
)
def test_sentences_are_in_order_and_cover_every_character(text: str) -> None:
    spans = split_sentences(f"xx{text}yy", 2, 2 + len(text))
    position = 2
    for span in spans:
        assert not f"xx{text}yy"[position : span.start].strip()
        inner = f"xx{text}yy"[span.start : span.end]
        assert inner
        assert inner == inner.strip()
        assert span.start >= position
        position = span.end
    assert position <= 2 + len(text)
    assert not text[position - 2 :].strip()


@pytest.mark.parametrize("piece", ["x. y. ", "word ", "a.", "「好」。", "((", ". . ", "Mr. "])
def test_a_very_long_line_takes_no_more_than_linear_time(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    started = time.monotonic()
    split_sentences(text, 0, len(text))
    assert time.monotonic() - started < 10


def test_a_very_long_line_is_cut_into_the_same_sentences_as_a_short_one() -> None:
    text = "He met Ms. Li on Jan. 30 in the old town hall. " * 1_000
    assert set(cut(text)) == {"He met Ms. Li on Jan. 30 in the old town hall."}


def cut_in_two(first: str, gap: str, second: str) -> bool:
    text = f"{first}{gap}{second}"
    spans = (Span(0, len(first)), Span(len(first) + len(gap), len(text)))
    return continuations(text, spans) == (1,)


def test_a_sentence_that_a_page_break_cut_goes_on() -> None:
    assert cut_in_two("The council met for three days, and the public", "\n\n", "applauded when it left.")
    assert cut_in_two("Both have resigned, the chairman, Ann Example, and,", "\n\n", "Ben Sample, his deputy.")


def test_whole_sentences_headings_and_words_between_do_not() -> None:
    whole = "The council met for three days, and the public left."
    assert not cut_in_two(whole, "\n\n", "applause followed.")
    assert not cut_in_two("A short heading", "\n\n", "applause followed.")
    assert not cut_in_two(whole[:-6], "\n\n", "Applause followed.")
    assert not cut_in_two(whole[:-6], "\n\nPage 7\n\n", "applause followed.")
    assert not cut_in_two(whole[:-6], " ", "applause followed.")
