"""Settings and what lies on the disk -> what is in force, what is wrong, and the command that mends it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import SecretStr

from assistant.addresses import without_password
from assistant.conversations import check_conversations
from assistant.errors import AssistantError, NoIndexError
from assistant.models.files import verify_models
from assistant.permission import not_allowed, remedy
from assistant.search.library import Library, open_library
from assistant.search.trouble import repair_command
from assistant.settings import Settings

PACKAGES = (
    "footnote-assistant", "llama-index-core", "chromadb", "tantivy", "onnxruntime", "openai", "streamlit",
    "trafilatura", "pypdfium2", "sentencex",
)  # fmt: skip
NAMED = 5  # damaged documents that are named one by one


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `remedy` is set where something is wrong."""

    section: str
    name: str
    value: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Everything worth knowing, section by section. Writes nothing and never prints a key."""
    yield from _settings(settings)
    yield from _versions()
    yield from _models()
    yield from _library(settings)
    yield from _chats(settings)
    yield from _model_server(settings)


def _settings(settings: Settings) -> Iterator[Finding]:
    missing = not_allowed(settings.file, settings.of_file)
    for name, value in settings:
        shown = "set (not shown)" if isinstance(value, SecretStr) else "unset" if value is None else str(value)
        shown = without_password(shown) if name == "openai_base_url" else shown
        if name in missing:
            yield Finding("Settings", name, f"{shown}, which {settings.file} was not allowed to set", remedy(missing))
        else:
            yield Finding("Settings", name, shown)


def _versions() -> Iterator[Finding]:
    yield Finding("Versions", "python", platform.python_version())
    for package in PACKAGES:
        try:
            yield Finding("Versions", package, version(package))
        except PackageNotFoundError:
            yield Finding("Versions", package, "not installed", "Install it anew: make clean && make chat")


def _models() -> Iterator[Finding]:
    try:
        for file in verify_models():
            remedy = "" if file.ok else "The file is missing or damaged. Install anew: make clean && make chat"
            yield Finding(
                "Model files", file.name, f"{'whole' if file.ok else 'DAMAGED'}, sha256 {file.sha256[:12]}…", remedy
            )
    except AssistantError as error:
        yield Finding("Model files", "checksums", error.message, error.remedy)


def _library(settings: Settings) -> Iterator[Finding]:
    where = settings.library_dir
    try:
        library = open_library(where)
    except NoIndexError:
        yield Finding("Library", settings.library, "nothing is indexed yet", "Run: assistant index PATH")
        return
    except AssistantError as error:
        yield Finding("Library", settings.library, error.message, error.remedy)
        return
    with closing(library):
        try:
            yield from _contents(settings, library)
        except AssistantError as error:
            yield Finding("Library", settings.library, error.message, error.remedy)


def _contents(settings: Settings, library: Library) -> Iterator[Finding]:
    where = settings.library_dir
    summary, known, ids = library.summary(), library.fact("embedder"), library.passage_ids()
    counts = f"{summary.documents} documents, {summary.passages} passages, in {where}"
    yield Finding("Library", settings.library, counts, "" if summary.documents else "Run: assistant index PATH")
    days = f"{summary.oldest} to {summary.newest}" if summary.oldest else "none is known"
    yield Finding("Library", "dates", days)
    yield from _texts(where, library)
    yield _embedder(settings, known)
    yield from _indexes(where, ids)


def _texts(where: Path, library: Library) -> Iterator[Finding]:
    """The library's file as SQLite sees it, and every text by its digest."""
    if library.read_only:
        yield Finding("Library", "rights", "the folder cannot be written to, or its disk is full: it is only read")
    mend = f"Mend it, from your documents: {repair_command(where)}"
    if wrong := library.check_pages():
        yield Finding("Library", "file", f"DAMAGED: {' '.join(wrong[0].split())}", mend)
        return
    damaged = [found.name for found in library.damaged_documents()]
    if damaged:
        named = ", ".join(damaged[:NAMED]) + (f" and {len(damaged) - NAMED} more" if len(damaged) > NAMED else "")
        yield Finding("Library", "texts", f"DAMAGED: {named}", mend)
    else:
        yield Finding("Library", "texts", "every text is as it was stored")


def _embedder(settings: Settings, known: str | None) -> Finding:
    from assistant.search.embedding import open_embedder  # a second of imports: only where something is indexed

    try:
        wanted = open_embedder(settings).name
    except AssistantError as error:
        return Finding("Library", "embedder", error.message, error.remedy)
    if known and known != wanted:
        return Finding(
            "Library",
            "embedder",
            f"{known}; the settings ask for {wanted}",
            "Change ASSISTANT_EMBEDDER back, or rebuild the vectors: assistant index --rebuild PATH",
        )
    return Finding("Library", "embedder", wanted)


def _indexes(where: Path, passages: set[int]) -> Iterator[Finding]:
    """Both derived indexes, as they lie: what is missing in them is made at the next question, not here."""
    from assistant.search.self_test import ENOUGH, examine_vectors
    from assistant.search.vectors import condition
    from assistant.search.words import WordIndex, words_are_whole

    mend = f"It is made again at the next question, or now: {repair_command(where)}"
    vectors, words = where / "vectors", where / "words"
    if not vectors.is_dir():
        yield _held("vectors", set(), passages)
    elif "damaged" in condition(vectors, thorough=True):
        yield Finding("Library", "vectors", "DAMAGED: its files are not as they were left", mend)
    else:  # in a process of its own, which damage may end
        tested = examine_vectors(vectors)
        if tested is None:
            yield Finding("Library", "vectors", "DAMAGED: it cannot be opened", mend)
        elif tested.found < ENOUGH:
            yield Finding("Library", "vectors", f"DAMAGED: it finds {tested.found:.0%} of the nearest passages", mend)
        else:
            yield _held("vectors", set(tested.ids), passages)
    try:
        if not words.is_dir():
            yield _held("words", set(), passages)
        elif not words_are_whole(words, thorough=True):
            yield Finding("Library", "words", "DAMAGED: its files are not as they were left", mend)
        else:
            yield _held("words", WordIndex(words, elsewhere=not os.access(words, os.W_OK)).ids(), passages)
    except AssistantError as error:
        yield Finding("Library", "words", error.message, error.remedy)


def _held(name: str, held: set[int], passages: set[int]) -> Finding:
    behind = "" if passages <= held else "; what is missing is made at the next question"
    return Finding("Library", name, f"{len(passages & held)} of {len(passages)} passages{behind}")


def _chats(settings: Settings) -> Iterator[Finding]:
    """The file of the chats, if there is one."""
    if not settings.conversations_file.exists():
        return
    try:
        chats = check_conversations(settings.conversations_file)
        yield Finding("Chats", settings.conversations_file.name, f"whole, {chats} chat{'s' * (chats != 1)}")
    except AssistantError as error:
        yield Finding("Chats", settings.conversations_file.name, error.message, error.remedy)


def _model_server(settings: Settings) -> Iterator[Finding]:
    if not settings.llm:
        yield Finding("Language model", "llm", "none: answers are the sources' own sentences")
        return
    from assistant.server.model import open_model

    try:
        open_model(settings)
    except AssistantError as error:
        yield Finding("Language model", settings.llm, error.message, error.remedy)
        return
    server = without_password(settings.openai_base_url or "OpenAI")
    yield Finding("Language model", settings.llm, f"at {server}; asked at the first question")
