"""tantivy: a question's words -> the passages that hold the rarest of them (BM25). Derived, rebuilt from the library.

The only file that imports tantivy. Latin text is lower-cased, stripped of accents and stemmed as English, without
stop words; Chinese, which has no spaces, is indexed by pairs of neighbouring characters.
"""

from __future__ import annotations

import math
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import tantivy

from assistant.search.columns import authors_of, folded, languages_of, outlet_of
from assistant.search.filters import Scope
from assistant.search.seals import begin, compare, seal
from assistant.search.trouble import explained
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
    """The words of all passages of a library, under one folder.

    `elsewhere` opens it where it may not be written to, which tantivy does even to read it: through links to its files,
    in a temporary folder. It then shows what was on the disk when it was opened.
    """

    def __init__(self, folder: Path, *, elsewhere: bool = False) -> None:
        self._folder = folder
        self.elsewhere = elsewhere
        with self._reported():
            self._links = _linked(folder) if elsewhere else None
            opened = Path(self._links.name) if self._links else folder
            opened.mkdir(parents=True, exist_ok=True)
            self._index = _opened(opened)
            self._index.register_tokenizer(_ANALYZER, _analyzer())

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """The errors of tantivy, and those of the disk, in the user's words."""
        try:
            yield
        except BaseException as error:
            # A file that is not what tantivy wrote makes it panic, and that is an error of no other kind.
            if not isinstance(error, (ValueError, OSError)) and type(error).__name__ != "PanicException":
                raise
            raise explained(error, f"The word index at {self._folder}", self._folder.parent) from error

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

    def begin_writing(self) -> None:
        """Note that its files may change from here on."""
        begin(self._folder)

    def end_writing(self) -> None:
        """Note how its files are left."""
        with self._reported():
            seal(self._folder, _files(self._folder))

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
            hits = searcher.search(tantivy.Query.all_query(), limit=searcher.num_docs, count=False).hits
            return set(_ids(searcher, hits))

    def search(
        self, text: str, count: int, scope: Scope | None = None, also: Sequence[str] = (), also_weight: float = 1.0
    ) -> list[Match]:
        """The `count` passages that match the words of `text` best; of those that a scope admits, or of all.

        Words of `also` that are none of the text's count `also_weight` times as much as its own.
        """
        query = self._query(text, also, also_weight)
        if query is None or count < 1:
            return []
        if scope is not None:
            conditions = [(tantivy.Occur.Must, query), *_conditions(self._index.schema, scope)]
            query = tantivy.Query.boolean_query(conditions)
        with self._reported():
            searcher = self._searcher()
            hits = searcher.search(query, limit=count, count=False).hits
            ids = _ids(searcher, hits)
        matches = [Match(i, float(score)) for i, (score, _) in zip(ids, hits, strict=True)]
        return sorted(matches, key=lambda match: (-match.score, match.passage_id))

    def _query(self, text: str, also: Sequence[str], also_weight: float) -> tantivy.Query | None:
        own = self._words(text)
        added = [word for word in self._words(" ".join(also)) if word not in own] if also_weight else []
        terms = [_term(self._index.schema, *word) for word in own]
        terms += [tantivy.Query.boost_query(_term(self._index.schema, *word), also_weight) for word in added]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms]) if terms else None

    def _words(self, text: str) -> list[tuple[str, str]]:
        """Each word of a text once, with each field that it is looked up in."""
        return [
            *((name, token) for token in self._tokens(text) for name in ("body", "heading")),
            *(("chinese", pair) for pair in dict.fromkeys(chinese_pairs(text))),
        ]

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


def words_are_whole(folder: Path, *, thorough: bool = False) -> bool:
    """What the files of a word index say of it, without opening it; `thorough` reads all of them.

    Files of words are never written again, and which of them count changes at once: a writer that did not end leaves
    those whole that it found.
    """
    seen = compare(folder, _files(folder), thorough=thorough)
    if seen.ended:
        return not (seen.changed or seen.missing or seen.added)
    return all(name.endswith(".json") for name in seen.changed)


def remove_words(folder: Path) -> None:
    """Delete the whole index, if there is one, for it to be made again.

    Raises:
        AssistantError: it cannot be deleted.
    """
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise explained(error, f"The word index at {folder}", folder.parent) from error


def _files(folder: Path) -> list[Path]:
    """All that tantivy wrote, but its locks."""
    skipped = (".tantivy", "seal.")
    return sorted(f for f in folder.glob("*") if f.is_file() and not f.name.startswith(skipped))


def _linked(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder of links to the files of an index."""
    made = tempfile.TemporaryDirectory(prefix="footnote-words-", ignore_cleanup_errors=True)
    for file in _files(folder):
        if file.suffix == ".json":
            shutil.copyfile(file, Path(made.name, file.name))
        else:
            Path(made.name, file.name).symlink_to(file.absolute())
    return made


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


def _opened(folder: Path) -> tantivy.Index:
    """The index of a folder; one by an earlier version, with other fields, is removed, for reconciling to make it."""
    try:
        return tantivy.Index(_schema(), path=str(folder), reuse=True)
    except ValueError as error:
        if "schema does not match" not in str(error):
            raise
        shutil.rmtree(folder)
        folder.mkdir()
        return tantivy.Index(_schema(), path=str(folder), reuse=True)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    builder.add_unsigned_field("document", indexed=True)
    builder.add_unsigned_field("article", indexed=True)
    builder.add_integer_field("day", indexed=True, fast=True)
    for name in ("publisher", "outlet", "author", "language"):  # whole names
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("body", tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_text_field("heading", tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_text_field("chinese", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _entry(passage: Passage, article: Article) -> tantivy.Document:
    heading = f"{article.title or ''} {passage.heading} {article.outlet or ''} {article.publisher or ''}"
    entry = tantivy.Document()
    entry.add_unsigned("id", passage.id)
    entry.add_unsigned("document", passage.document_id)
    entry.add_unsigned("article", passage.article_index)
    if article.date:
        entry.add_integer("day", article.date.toordinal())
    outlet = outlet_of(article.outlet, article.publisher, article.relayed_by)
    for field, names in (
        ("publisher", [article.publisher]),
        ("outlet", [outlet]),
        ("author", authors_of(article.author)),
        ("language", languages_of(article.language)),
    ):
        for name in filter(None, names):
            entry.add_text(field, folded(name))
    entry.add_text("body", _CHINESE_RUN.sub(" ", passage.text))
    entry.add_text("heading", _CHINESE_RUN.sub(" ", heading))
    entry.add_text("chinese", " ".join(chinese_pairs(f"{heading} {passage.text}")))
    return entry


def _conditions(schema: tantivy.Schema, scope: Scope) -> list[tuple[tantivy.Occur, tantivy.Query]]:
    """What a passage must meet to be in a scope; none of it counts for its score."""
    queries = []
    if scope.since or scope.until:
        first, last = scope.since or date.min, scope.until or date.max
        kind = tantivy.FieldType.Integer
        queries.append(tantivy.Query.range_query(schema, "day", kind, first.toordinal(), last.toordinal()))
    for field, names in (
        ("publisher", scope.publishers),
        ("outlet", scope.outlets),
        ("author", scope.authors),
        ("language", scope.languages),
    ):
        if names:
            queries.append(tantivy.Query.term_set_query(schema, field, list(names)))
    if scope.documents is not None:
        queries.append(tantivy.Query.term_set_query(schema, "document", list(scope.documents)))
    if scope.articles:
        queries.append(
            tantivy.Query.boolean_query([(tantivy.Occur.Should, _place(schema, *a)) for a in scope.articles])
        )
    conditions = [(tantivy.Occur.Must, tantivy.Query.const_score_query(query, 0.0)) for query in queries]
    if scope.not_documents:
        others = tantivy.Query.term_set_query(schema, "document", list(scope.not_documents))
        conditions.append((tantivy.Occur.MustNot, others))
    return conditions


def _ids(searcher: tantivy.Searcher, hits: list[tuple[Any, tantivy.DocAddress]]) -> list[int]:
    values: list[Any] = searcher.fast_field_values("id", [address for _, address in hits])
    return [int(value) for value in values]


def _place(schema: tantivy.Schema, document: int, article: int) -> tantivy.Query:
    terms = (("document", document), ("article", article))
    parts = [(tantivy.Occur.Must, tantivy.Query.term_query(schema, field, number)) for field, number in terms]
    return tantivy.Query.boolean_query(parts)


def _term(schema: tantivy.Schema, field: str, token: str) -> tantivy.Query:
    query = tantivy.Query.term_query(schema, field, token, index_option="freq")
    return tantivy.Query.boost_query(query, HEADING_BOOST) if field == "heading" else query
