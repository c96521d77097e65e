"""Settings and what lies on the disk -> what is in force, what is wrong, and the command that mends it."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import SecretStr

from assistant.errors import AssistantError, NoIndexError
from assistant.models.files import verify_models
from assistant.search.library import open_library
from assistant.settings import Settings

PACKAGES = (
    "footnote-assistant", "llama-index-core", "chromadb", "tantivy", "onnxruntime", "openai", "streamlit",
    "trafilatura", "pypdfium2", "sentencex",
)  # fmt: skip


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
    yield from _model_server(settings)


def _settings(settings: Settings) -> Iterator[Finding]:
    for name, value in settings:
        shown = "set (not shown)" if isinstance(value, SecretStr) else "unset" if value is None else str(value)
        yield Finding("Settings", name, _without_password(shown))


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
        summary, known, ids = library.summary(), library.fact("embedder"), library.passage_ids()
        library.close()
    except NoIndexError:
        yield Finding("Library", settings.library, "nothing is indexed yet", "Run: assistant index PATH")
        return
    except AssistantError as error:
        yield Finding("Library", settings.library, error.message, error.remedy)
        return
    counts = f"{summary.documents} documents, {summary.passages} passages, in {where}"
    yield Finding("Library", settings.library, counts, "" if summary.documents else "Run: assistant index PATH")
    days = f"{summary.oldest} to {summary.newest}" if summary.oldest else "none is known"
    yield Finding("Library", "dates", days)
    yield _embedder(settings, known)
    yield from _indexes(where, ids)


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
    """Both derived indexes, opened as they lie: what is missing in them is made at the next question, not here."""
    from assistant.search.vectors import VectorIndex
    from assistant.search.words import WordIndex

    openers: dict[str, Callable[[Path], VectorIndex | WordIndex]] = {"vectors": VectorIndex, "words": WordIndex}
    for name, opener in openers.items():
        try:
            held = opener(where / name).ids() if (where / name).is_dir() else set()
        except AssistantError as error:
            yield Finding("Library", name, error.message, error.remedy)
            continue
        behind = "" if passages <= held else "; what is missing is made at the next question"
        yield Finding("Library", name, f"{len(passages & held)} of {len(passages)} passages{behind}")


def _model_server(settings: Settings) -> Iterator[Finding]:
    if not settings.llm:
        yield Finding("Language model", "llm", "none: answers are the sources' own sentences")
        return
    from assistant.answer.model import open_model

    try:
        open_model(settings)
    except AssistantError as error:
        yield Finding("Language model", settings.llm, error.message, error.remedy)
        return
    server = _without_password(settings.openai_base_url or "OpenAI")
    yield Finding("Language model", settings.llm, f"at {server}; asked at the first question")


def _without_password(address: str) -> str:
    """An address without the name and password that it may carry."""
    return re.sub(r"(?<=://)[^/@\s]*@", "…@", address)
