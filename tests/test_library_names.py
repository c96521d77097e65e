"""What a document says of names and days: stored with it, and gone with it."""

import datetime
from pathlib import Path

from assistant.search.library import FileState, Library
from assistant.types import Alias, DateMention, Document, Span

TEXT = "Nobody Owns The Sea (NOTS) met on Monday."


def test_aliases_and_mentions_come_back_with_their_place_and_go_with_their_document(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    alias = Alias("Nobody Owns The Sea", "NOTS", Span(0, 26))
    day = datetime.date(2025, 1, 27)
    mention = DateMention(Span(31, 40), "on Monday", day, day)
    document = Document(name="a.txt", text=TEXT, sha256="0", media_type="text/plain")
    with library.transaction():
        document_id, _ = library.add(
            document, FileState("/f", "a.txt", 1, 1, "1"), [], [], [], aliases=[alias], mentions=[mention]
        )
    assert library.aliases() == [("a.txt", alias)]
    assert library.mentions(document_id) == [mention]
    with library.transaction():
        library.remove(document_id)
    assert library.aliases() == []
    library.close()
