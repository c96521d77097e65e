"""A file -> all that is stored of it: its text, articles and passages, and what is known of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from assistant.errors import ReadError
from assistant.ingest.aliases import find_aliases
from assistant.ingest.articles.editors_words import with_introductions
from assistant.ingest.articles.split import describe, split_articles
from assistant.ingest.passages import split_passages
from assistant.ingest.readers import read_document
from assistant.ingest.user.given_values import apply_sources
from assistant.ingest.user.sources_file import Given, kept_spans
from assistant.language.languages import with_languages
from assistant.language.mentions import mentions_in
from assistant.search.library import FileState, ReadDocument
from assistant.search.tables import metadata_to_json

NOTHING_GIVEN = Given()


def prepare(
    path: Path, name: str, state: FileState, passage_characters: int, given: Given = NOTHING_GIVEN
) -> tuple[ReadDocument, list[str]]:
    """Read a file and cut it into articles and passages, with what the user says of it in place of what was read.

    Returns the words of `given.keep` that stand in no part that was left out, too.

    Raises:
        ReadError: it cannot be read, or holds nothing to index.
    """
    document = describe(read_document(path, name))
    articles = split_articles(document)
    passages, exclusions = split_passages(document, articles, passage_characters)
    not_found: list[str] = []
    if given.keep:
        kept, not_found = kept_spans(document.text, [e.span for e in exclusions], given.keep)
        document = replace(document, exclusions=tuple(e for e in document.exclusions if e.span not in kept))
        passages, exclusions = split_passages(document, articles, passage_characters, kept)
    if not passages:
        raise ReadError(f"{name} holds no sentences to index.", "Check that the file holds text.")
    document, articles = with_languages(document, with_introductions(document, articles, passages), passages)
    as_read = metadata_to_json(document, articles) if given.key else ""
    document, articles = apply_sources(document, articles, given)
    aliases = find_aliases(document.text, [passage.span for passage in passages])
    mentions = mentions_in(document.text, [(passage, articles[passage.article_index]) for passage in passages])
    return ReadDocument(document, state, articles, passages, exclusions, as_read, aliases, mentions), not_found
