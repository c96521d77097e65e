"""What the doctor finds: everything whole, nothing indexed, something damaged; and never a key."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.cli.doctor import Finding, examine
from assistant.conversations import Conversations
from assistant.settings import Settings

KEY = "sk-test-0123456789"


@pytest.fixture(autouse=True)
def _bare(bare: Path) -> None:
    pass


@pytest.fixture
def own(sample_settings: Settings, tmp_path: Path) -> Settings:
    """The sample library, to be damaged."""
    shutil.copytree(sample_settings.data_dir, tmp_path / "own", ignore=shutil.ignore_patterns("conversations"))
    return sample_settings.model_copy(update={"data_dir": tmp_path / "own"})


def findings(settings: Settings) -> dict[tuple[str, str], Finding]:
    return {(f.section, f.name): f for f in examine(settings)}


def wrong(settings: Settings) -> dict[tuple[str, str], Finding]:
    return {place: f for place, f in findings(settings).items() if f.remedy}


def test_a_healthy_library_has_nothing_wrong(sample_settings: Settings) -> None:
    found = findings(sample_settings)
    assert not [f for f in found.values() if f.remedy]
    assert [section for section, _ in found] == sorted(
        (section for section, _ in found),
        key=["Settings", "Versions", "Model files", "Library", "Chats", "Language model"].index,
    )
    assert found["Library", "sample"].value.startswith("21 documents, ")
    assert found["Library", "dates"].value.count("20") >= 2
    passages = found["Library", "words"].value.split()[0]
    assert found["Library", "vectors"].value == found["Library", "words"].value == f"{passages} of {passages} passages"
    assert found["Model files", "embedder/model.onnx"].value.startswith("whole, sha256 ")
    assert {name for section, name in found if section == "Settings"} == set(Settings.model_fields)


def test_nothing_indexed_is_wrong_and_the_command_is_named(tmp_path: Path) -> None:
    (found,) = wrong(Settings(data_dir=tmp_path)).values()
    assert (found.name, found.remedy) == ("default", "Run: assistant index PATH")
    assert not list(tmp_path.glob("libraries/*"))


def test_no_key_is_shown_wherever_it_stands(sample_settings: Settings) -> None:
    update = {
        "openai_api_key": SecretStr(KEY),
        "llm": "some-model",
        "openai_base_url": f"http://user:{KEY}@127.0.0.1:1/v1",
    }
    settings = sample_settings.model_copy(update=update)
    found = findings(settings)
    assert KEY not in str(found)
    assert found["Settings", "openai_api_key"].value == "set (not shown)"
    assert found["Settings", "openai_base_url"].value == "http://…@127.0.0.1:1/v1"
    assert "127.0.0.1:1" in found["Language model", "some-model"].value


def test_a_model_without_a_key_is_wrong(sample_settings: Settings) -> None:
    (found,) = wrong(sample_settings.model_copy(update={"llm": "gpt-4o"})).values()
    assert "OPENAI_API_KEY" in found.remedy


def test_a_damaged_library_is_wrong(own: Settings) -> None:
    for file in own.library_dir.glob("library.db*"):
        file.write_bytes(b"no database" * 500)
    ((place, found),) = wrong(own).items()
    assert place == ("Library", "sample")
    assert "assistant index --repair" in found.remedy


def test_damaged_vectors_are_wrong_and_the_rest_is_still_told(own: Settings) -> None:
    for file in (own.library_dir / "vectors").glob("chroma.sqlite3*"):
        file.write_bytes(b"no database" * 500)
    found = wrong(own)
    assert set(found) == {("Library", "vectors")}
    assert "assistant index --repair --library sample" in found["Library", "vectors"].remedy


def test_texts_and_chats_that_the_disk_changed_are_wrong_and_named(own: Settings) -> None:
    Conversations(own.conversations_file).create("Harbours")
    assert findings(own)["Chats", own.conversations_file.name].value == "whole, 1 chat"
    with sqlite3.connect(own.library_dir / "library.db") as db:
        (name,) = db.execute("SELECT name FROM documents ORDER BY name LIMIT 1").fetchone()
        db.execute("UPDATE documents SET text = text || '!' WHERE name = ?", (name,))
    db.close()
    content = bytearray(own.conversations_file.read_bytes())
    content[5_000:9_000] = b"\xa5" * 4_000
    own.conversations_file.write_bytes(content)
    found = wrong(own)
    assert set(found) == {("Library", "texts"), ("Chats", own.conversations_file.name)}
    assert found["Library", "texts"].value == f"DAMAGED: {name}"
    assert found["Library", "texts"].remedy.endswith("assistant index --repair --library sample")
    assert "rm " not in str(found.values())


def test_changed_files_of_both_indexes_are_wrong(own: Settings) -> None:
    changed = ["vectors/rows/*.rows", "words/*.term"]
    for file in (next(own.library_dir.glob(pattern)) for pattern in changed):
        status = file.stat()
        content = file.read_bytes()
        file.write_bytes(content[:100] + b"\xa5" + content[101:])
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))  # the disk itself leaves no new time
    assert set(wrong(own)) == {("Library", "vectors"), ("Library", "words")}


def test_indexes_that_are_gone_are_told_and_not_made_by_looking(own: Settings) -> None:
    shutil.rmtree(own.library_dir / "vectors")
    shutil.rmtree(own.library_dir / "words")
    found = findings(own)
    assert not [f for f in found.values() if f.remedy]
    for name in ("vectors", "words"):
        assert found["Library", name].value.startswith("0 of ")
        assert "next question" in found["Library", name].value
        assert not (own.library_dir / name).exists()


def test_another_embedder_than_the_librarys_is_wrong(sample_settings: Settings) -> None:
    update = {"embedder": "openai", "openai_api_key": SecretStr(KEY)}
    found = wrong(sample_settings.model_copy(update=update))
    assert set(found) == {("Library", "embedder")}
    assert "assistant index --rebuild PATH" in found["Library", "embedder"].remedy
