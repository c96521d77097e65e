"""tantivy: a question's words -> the passages that hold the rarest of them (BM25). Derived, rebuilt from the library.

The only file that imports tantivy. Latin text is lower-cased, stripped of accents and stemmed as English, without
stop words; Chinese, which has no spaces, is indexed by pairs of neighbouring characters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import tantivy

from assistant.errors import AssistantError
from assistant.types import Article, Passage

_ANALYZER = "english"
_MEMORY_BYTES = 50_000_000  # of the writer, before it spills to disk
_CHINESE_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
HEADING_BOOST = 0.5
"""Words of headings, titles and outlets count half. Measured with 0, 0.3, 0.5, 0.7 and 1, after fusion (the retriever
says on what): evidence among the first five 0.877, 0.880, 0.884, 0.881, 0.867 on dev, 0.929 each on the sample; the
first passage answers 0.789 each on dev, 0.727, 0.758, 0.758, 0.727, 0.727 on the sample, 0.448, 0.436, 0.431, 0.419,
0.387 on news."""
_STOP_WORDS = """
    a about after all an and any are as at be been before but by can could did do does for from had has have he her him
    his how i if in into is it its just me more most much my no not now of on only or other our out over she should so
    some such than that the their them then there these they this those to under up us was we were what when where which
    while who whom whose why will with would you your"""


class Match(NamedTuple):
    """A passage and its BM25 score, above 0."""

    passage_id: int
    score: float


class WordIndex:
    """The words of all passages of a library, under one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with self._reported():
            folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(_schema(), path=str(folder), reuse=True)
            self._index.register_tokenizer(_ANALYZER, _analyzer())

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """The errors of tantivy, and those of the disk, in the user's words."""
        try:
            yield
        except (ValueError, OSError) as error:
            raise AssistantError(
                f"The word index at {self._folder} cannot be used: {error}.",
                f"Remove that folder; it is made again from the library: rm -r {self._folder}",
            ) from error

    def update(self, passages: Sequence[tuple[Passage, Article]], removed: Iterable[int] = ()) -> None:
        """Add passages and delete others, in one commit; a passage that is here already is replaced."""
        gone = [*removed, *(p.id for p, _ in passages)]
        if not gone:
            return
        with self._reported():
            writer = self._index.writer(heap_size=_MEMORY_BYTES, num_threads=1)
            try:
                # Not `delete_documents_by_term`: on numbers it silently deletes nothing (tantivy 0.27).
                writer.delete_documents_by_query(tantivy.Query.term_set_query(self._index.schema, "id", gone))
                for passage, article in passages:
                    writer.add_document(_entry(passage, article))
                writer.commit()
                writer.wait_merging_threads()
            finally:
                del writer  # its lock goes with it, even where an exception still holds this frame
            self._index.reload()

    def _searcher(self) -> tantivy.Searcher:
        """What was committed last, by whichever process."""
        self._index.reload()
        return self._index.searcher()

    def ids(self) -> set[int]:
        """The passages whose words are here."""
        with self._reported():
            searcher = self._searcher()
            if searcher.num_docs == 0:
                return set()
            hits = searcher.search(tantivy.Query.all_query(), limit=searcher.num_docs).hits
            return {int(searcher.doc(address)["id"][0]) for _, address in hits}

    def search(self, text: str, count: int, document_ids: Sequence[int] | None = None) -> list[Match]:
        """The `count` passages that match the words of `text` best; of some documents only, or of all."""
        words = [
            *((name, token) for token in self._tokens(text) for name in ("body", "heading")),
            *(("chinese", pair) for pair in dict.fromkeys(chinese_pairs(text))),
        ]
        if not words or (document_ids is not None and not document_ids):
            return []
        schema = self._index.schema
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, _term(schema, *word)) for word in words])
        if document_ids is not None:
            inside = tantivy.Query.term_set_query(schema, "document", list(document_ids))
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, tantivy.Query.const_score_query(inside, 0.0))]
            )
        with self._reported():
            searcher = self._searcher()
            hits = searcher.search(query, limit=count).hits
            matches = [Match(int(searcher.doc(address)["id"][0]), float(score)) for score, address in hits]
        return sorted(matches, key=lambda match: (-match.score, match.passage_id))

    def rarity(self, stem: str) -> float:
        """Inverse document frequency of a stem among the n passages, d of which hold it, as BM25 has it.

        That is ln(1 + (n - d + 0.5) / (d + 0.5)).
        """
        field = "chinese" if _CHINESE_RUN.match(stem) else "body"
        query = tantivy.Query.term_query(self._index.schema, field, stem, index_option="freq")
        with self._reported():
            searcher = self._index.searcher()
            # Not `doc_freq`, which counts deleted passages too. The type stubs of tantivy forget `count`.
            holding = int(getattr(searcher.search(query, limit=1, count=True), "count"))  # noqa: B009
        return math.log(1.0 + (searcher.num_docs - holding + 0.5) / (holding + 0.5))

    def _tokens(self, text: str) -> list[str]:
        """Each stem of a text once, in order."""
        return list(dict.fromkeys(_STEMMER.analyze(_CHINESE_RUN.sub(" ", text))))


def stems(text: str) -> list[str]:
    """The stems of a text in order, as this index sees them: Latin words and pairs of Chinese characters."""
    return [*_STEMMER.analyze(_CHINESE_RUN.sub(" ", text)), *chinese_pairs(text)]


def chinese_pairs(text: str) -> list[str]:
    """Every two neighbouring Chinese characters; a character that stands alone is its own."""
    return [run[i : i + 2] for run in _CHINESE_RUN.findall(text) for i in range(max(1, len(run) - 1))]


def _analyzer() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.remove_long(40))
    builder = builder.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold())
    return (
        builder.filter(tantivy.Filter.custom_stopword(_STOP_WORDS.split()))
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


_STEMMER = _analyzer()


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=True, indexed=True)
    builder.add_unsigned_field("document", stored=False, indexed=True)
    builder.add_text_field("body", tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_text_field("heading", tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_text_field("chinese", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _entry(passage: Passage, article: Article) -> tantivy.Document:
    heading = f"{article.title or ''} {passage.heading} {article.outlet or ''} {article.publisher or ''}"
    entry = tantivy.Document()
    entry.add_unsigned("id", passage.id)
    entry.add_unsigned("document", passage.document_id)
    entry.add_text("body", _CHINESE_RUN.sub(" ", passage.text))
    entry.add_text("heading", _CHINESE_RUN.sub(" ", heading))
    entry.add_text("chinese", " ".join(chinese_pairs(f"{heading} {passage.text}")))
    return entry


def _term(schema: tantivy.Schema, field: str, token: str) -> tantivy.Query:
    query = tantivy.Query.term_query(schema, field, token, index_option="freq")
    return tantivy.Query.boost_query(query, HEADING_BOOST) if field == "heading" else query
