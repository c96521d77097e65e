from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import Document as LlamaDocument

from assistant.ingest.articles.split import split_articles
from assistant.ingest.blocks.split import split_blocks
from assistant.ingest.passage_splitter import PassageSplitter
from assistant.ingest.passages import SENTENCE_LIMIT, split_passages
from assistant.types import Article, Document, Exclusion, Heading, Passage, Span

SENTENCE = "The council met for three days and agreed on a plan for the harbour. "
PIECES = [
    "\n", "\n\n", "\n \n", " ", "\x0b", "\x0c", "\u2028", "\u2029", "\x85", "\u00a0", "\u2003", "\ufeff", "\u200b",
    "😀", "e\u0301", "深度求素。", "The harbour is old. ", "Harbour plan", "# Plan\n", "- item\n", "Title (Reuters)\n",
    "Read: It (BBC)\n", "Keywords: a, b\n", SENTENCE, "x" * 300, "1. ", "He said: “No.” ",
]  # fmt: skip


def document(text: str, **fields: object) -> Document:
    return Document(name="a.txt", text=text, sha256="", media_type="text/plain", **fields)  # type: ignore[arg-type]


def whole(text: str) -> list[Article]:
    return [Article(document="a.txt", span=Span(0, len(text)))]


def passages(text: str, limit: int = 300, **fields: object) -> list[Passage]:
    return split_passages(document(text, **fields), whole(text), limit)[0]


texts = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(st.characters(exclude_characters="\r"), max_size=30)), max_size=25
)


@settings(max_examples=150, deadline=None)
@given(texts.map("".join), st.integers(20, 900))
def test_whatever_the_text_passages_are_exact_and_cover_it(text: str, limit: int) -> None:
    doc = document(text)
    articles = split_articles(doc)
    found, exclusions = split_passages(doc, articles, limit)
    covered = [0] * len(text)
    for passage in found:
        assert text[passage.span.start : passage.span.end] == passage.text
        inside = articles[passage.article_index].span
        assert inside.start <= passage.span.start < passage.span.end <= inside.end
        assert passage.sentences[0].start == passage.span.start
        assert passage.sentences[-1].end == passage.span.end
        assert all(a.end <= b.start for a, b in pairwise(passage.sentences))
        assert all(text[s.start : s.end].strip() == text[s.start : s.end] != "" for s in passage.sentences)
        # A sentence is longer, or one that a page break cut: it is not parted.
        assert len(passage.text) <= limit or len(passage.sentences) == 1 + len(passage.joined) <= 2
        for sentence in passage.sentences:
            for i in range(*sentence):
                covered[i] += 1
    for exclusion in exclusions:
        for i in range(*exclusion.span):
            covered[i] += 1
    assert all(count == 1 for count, character in zip(covered, text, strict=True) if not character.isspace())
    assert all(count <= 1 for count in covered)
    assert [p.span for p in found] == sorted(p.span for p in found)


@settings(max_examples=100, deadline=None)
@given(texts.map("".join))
def test_a_heading_only_ever_opens_a_passage(text: str) -> None:
    doc = document(text)
    headings = {b.span.start for b in split_blocks(doc) if b.is_heading}
    for passage in split_passages(doc, whole(text), 900)[0]:
        starts = [s.start in headings for s in passage.sentences]
        assert starts == sorted(starts, reverse=True)


def test_repeated_text_gets_its_own_offsets() -> None:
    text = "\n".join(f"{SENTENCE}It was day {n}." for n in (1, 2, 3))
    found = passages(text, 75)
    assert [text[p.span.start : p.span.end] for p in found] == [p.text for p in found]
    repeated = [p.span for p in found if p.text == SENTENCE.strip()]
    assert [s.start for s in repeated] == [i for i in range(len(text)) if text.startswith(SENTENCE, i)]


def test_the_llama_index_parser_gives_true_offsets_on_repeated_text() -> None:
    text = f"{SENTENCE * 3}\n" + "Nobody said more. " * 20
    source = LlamaDocument(text=text, metadata={"desk": "harbour"})
    nodes = PassageSplitter(passage_characters=90).get_nodes_from_documents([source])
    spans = [(node.start_char_idx, node.end_char_idx) for node in nodes]
    assert [text[start:end] for start, end in spans] == [node.get_content() for node in nodes]
    assert _are_apart(spans)
    assert all(node.ref_doc_id == source.node_id and node.metadata["desk"] == "harbour" for node in nodes)
    others = SentenceSplitter(chunk_size=40, chunk_overlap=0).get_nodes_from_documents([LlamaDocument(text=text)])
    assert not _are_apart([(node.start_char_idx, node.end_char_idx) for node in others])  # why we have one of our own


def _are_apart(spans: list[tuple[int, int]]) -> bool:
    return all(before[1] <= after[0] for before, after in pairwise(spans))


def test_paragraphs_are_kept_whole_where_they_fit() -> None:
    found = passages("\n\n".join(f"{SENTENCE}It was day {n}." for n in (1, 2, 3)), 220)
    assert [len(p.sentences) for p in found] == [4, 2]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    found = passages(SENTENCE * 10, 300)
    assert all(p.text.endswith("harbour.") and len(p.text) <= 300 for p in found)


def test_an_endless_sentence_is_cut_at_white_space() -> None:
    text = "word\n" * 3 + "word  " * 1000 + "y" * 5000
    found = passages(text)
    assert all(s.end - s.start <= SENTENCE_LIMIT for p in found for s in p.sentences)
    assert "".join(p.text for p in found).count("word") == 1003


def test_a_passage_knows_its_heading_and_opens_with_it() -> None:
    text = f"Harbour\n\nPlan agreed\n\n{SENTENCE}\n\nFish\n\n{SENTENCE}"
    assert [(p.heading, p.text.split("\n")[0]) for p in passages(text)] == [
        ("Harbour / Plan agreed", "Harbour"),
        ("Fish", "Fish"),
    ]


def test_the_marks_of_a_heading_are_no_part_of_what_it_says() -> None:
    text = f"## Plan ##\n{SENTENCE}\n\nFish\n====\n{SENTENCE}"
    start = text.index("Fish")
    headings = (Heading(Span(0, 10), 2), Heading(Span(start, start + 9), 1))
    assert [p.heading for p in passages(text, headings=headings)] == ["Plan", "Fish"]


def test_a_news_item_ends_behind_its_agency_s_code() -> None:
    found = passages(f"{SENTENCE * 2}rtr\n{SENTENCE * 2}abc/de\n{SENTENCE}Then it was over.", 900)
    assert [p.text[-8:] for p in found] == ["our. rtr", ". abc/de", "as over."]


def test_no_passage_holds_excluded_text() -> None:
    text = f"{SENTENCE}\nKeywords: fish, law\n{SENTENCE}again."
    doc = document(text)
    found, exclusions = split_passages(doc, whole(text), 900)
    assert not any("Keywords" in p.text for p in found)
    assert [text[e.span.start : e.span.end] for e in exclusions] == ["Keywords: fish, law"]


def test_what_the_format_excludes_in_mid_line_is_in_no_passage() -> None:
    text = f"{SENTENCE}ADVERT And {SENTENCE}"
    start = text.index("ADVERT")
    found = passages(text, 900, exclusions=(Exclusion(Span(start, start + 6), "advertisement"),))
    assert "".join(p.text for p in found).count("harbour") == 2
    assert not any("ADVERT" in p.text for p in found)


@pytest.mark.parametrize("text", ["", " \n\n\t", "\u2028"])
def test_a_text_of_white_space_has_no_passages(text: str) -> None:
    assert passages(text) == []


CUT = "The council met for three days about the harbour, and the public\n\napplauded when it left. Then all went home."


def test_a_sentence_that_a_page_break_cut_is_marked_as_one() -> None:
    (passage,) = passages(CUT)
    assert [CUT[slice(*s)] for s in passage.sentences] == [
        "The council met for three days about the harbour, and the public",
        "applauded when it left.",
        "Then all went home.",
    ]
    assert passage.joined == (0,)
    (passage,) = passages(CUT.replace("public\n\napplauded", "public left.\n\nApplause followed"))
    assert passage.joined == ()


def test_the_halves_of_a_sentence_are_not_parted_into_two_passages() -> None:
    first = "The harbour was full of ships that morning. "
    found = passages(first * 3 + CUT, limit=210)
    assert [p.text.startswith("The council met") for p in found] == [False, True]
    assert [p.joined for p in found] == [(), (0,)]


def test_the_pieces_of_an_endless_sentence_are_not_one() -> None:
    found = passages("\n".join(["word"] * 4_000), limit=900)
    assert len(found) > 5
    assert {p.joined for p in found} == {()}


def test_lines_without_stops_are_not_one_sentence() -> None:
    line = "a line of some forty letters or more, number {} of many"
    found = passages("\n\n".join(line.format(n) for n in range(300)), 900)
    assert max(len(p.text) for p in found) <= 900
    assert {p.joined for p in found} == {()}
