"""The sample documents, indexed once for all tests that only ask; and an environment in which nothing is set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.ingest.sync.sync import make_plan, sync
from assistant.pipeline import Assistant, open_assistant
from assistant.search.embedding import Embedder, open_embedder
from assistant.search.index import open_for_writing
from assistant.settings import Settings

SAMPLE = Path(__file__).parent.parent / "assistant" / "sample" / "documents"


def index_folder(folder: Path, settings: Settings, embedder: Embedder | None = None) -> None:
    """What `assistant index` does, without its words."""
    with open_for_writing(settings.library_dir, embedder or open_embedder(settings)) as index:
        sync(make_plan([folder], index, settings.passage_characters), index, settings.passage_characters)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty working directory and own folders, nothing set or allowed and no key. Returns the working directory."""
    for name in list(os.environ):
        if name.startswith(("ASSISTANT_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture(scope="session")
def sample_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a library that holds the sample documents. Tests that write take a copy of `data_dir`."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("sample"), library="sample", llm=None)
    index_folder(SAMPLE, settings)
    return settings


@pytest.fixture(scope="session")
def sample(sample_settings: Settings) -> Iterator[Assistant]:
    """The sample, ready to be asked without a model."""
    assistant = open_assistant(sample_settings)
    yield assistant
    assistant.close()
