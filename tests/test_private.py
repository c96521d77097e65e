"""What is stored of documents, questions and prompts is for its user alone, also what was open before."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import LetterEmbedder

from assistant.conversations import Conversations
from assistant.ingest.sync.sync import make_plan, sync
from assistant.search.index import open_for_writing
from assistant.server.recording import Recorder
from assistant.settings import Settings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="this system has no file modes")


@pytest.fixture(autouse=True)
def _open_habit() -> Iterator[None]:
    before = os.umask(0o000)
    yield
    os.umask(before)


def index(settings: Settings, folder: Path) -> None:
    with open_for_writing(settings.library_dir, LetterEmbedder()) as opened:
        sync(make_plan([folder], opened, 900), opened, 900)


def open_to_others(folder: Path) -> list[str]:
    paths = [folder, *folder.rglob("*")]
    return [str(path) for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_the_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "a.txt").write_text("Apples ripen in autumn.")
    settings = Settings(data_dir=tmp_path / "own" / "data")
    index(settings, papers)
    chats = Conversations(settings.conversations_file)
    chats.add_user_turn(chats.create("Apples").id, "When do apples ripen?")
    assert len(list(settings.data_dir.rglob("*"))) > 10
    assert open_to_others(settings.data_dir.parent) == []
    for path in (settings.data_dir, *settings.data_dir.rglob("*")):  # as an earlier version left it
        path.chmod(0o777 if path.is_dir() else 0o666)
    index(settings, papers)
    Conversations(settings.conversations_file)
    assert open_to_others(settings.data_dir) == []
    assert stat.S_IMODE(papers.stat().st_mode) == 0o777  # which is not ours to close


def test_a_folder_that_holds_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    tmp_path.chmod(0o755)
    settings = Settings(data_dir=tmp_path)
    Conversations(settings.conversations_file)
    Conversations(tmp_path / "chats.db")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert open_to_others(tmp_path / "conversations") == []
    assert stat.S_IMODE((tmp_path / "chats.db").stat().st_mode) == 0o600


def test_recorded_prompts_are_closed_to_others(tmp_path: Path) -> None:
    new, old = tmp_path / "new" / "requests.jsonl", tmp_path / "old.jsonl"
    old.touch(0o666)
    Recorder(new)
    Recorder(old)
    assert open_to_others(new.parent) == []
    assert stat.S_IMODE(old.stat().st_mode) == 0o600
