"""What several commands share: the option --library, and the check that there is something to ask or to list."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.errors import NoIndexError
from assistant.settings import Settings

LibraryOption = Annotated[
    str | None,
    typer.Option("--library", "-l", help="Name of the library; ASSISTANT_LIBRARY or “default” if not given."),
]


def check_not_empty(settings: Settings) -> None:
    """See that there is something to be asked, before seconds are spent on importing what asks it.

    Raises:
        NoIndexError: there is no library, or an empty one.
    """
    from assistant.search.library import open_library

    library = open_library(settings.library_dir)
    documents = library.summary().documents
    library.close()
    if not documents:
        raise NoIndexError(
            f"The library “{settings.library}” is empty.", "Index a folder of documents: assistant index PATH"
        )
