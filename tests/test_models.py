"""The built-in model files: all listed, all whole, and a damaged one is named with the remedy."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from assistant.errors import AssistantError, InputError
from assistant.models import build_embedder
from assistant.models.files import MODELS_DIR, model_file, recorded_checksums, sha256_of, verify_models

TOKENIZER = "embedder/tokenizer.json"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(MODELS_DIR, tmp_path / "models", ignore=shutil.ignore_patterns("__pycache__")))


def test_every_model_file_is_whole() -> None:
    assert [file.name for file in verify_models()] == ["embedder/model.onnx", TOKENIZER, "reader/model.onnx"]
    assert all(file.ok and re.fullmatch("[0-9a-f]{64}", file.sha256) for file in verify_models())


def test_no_model_file_is_left_out_of_the_list() -> None:
    loaded = {path.relative_to(MODELS_DIR).as_posix() for path in MODELS_DIR.rglob("*.onnx")}
    loaded |= {path.relative_to(MODELS_DIR).as_posix() for path in MODELS_DIR.rglob("tokenizer.json")}
    assert loaded <= set(recorded_checksums())


def test_each_model_folder_states_origin_and_licence() -> None:
    for folder in {MODELS_DIR / Path(name).parent for name in recorded_checksums()}:
        assert "Apache License" in (folder / "LICENSE").read_text(encoding="utf-8")
        assert "Origin" in (folder / "README.md").read_text(encoding="utf-8")


def test_one_changed_byte_is_found(models: Path) -> None:
    file = models / TOKENIZER
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    file.write_bytes(damaged)
    assert [found.name for found in verify_models(models) if not found.ok] == [TOKENIZER]
    with pytest.raises(AssistantError, match=r"tokenizer\.json is damaged.*make clean && make chat"):
        model_file(TOKENIZER, models)


def test_a_missing_file_is_found(models: Path) -> None:
    (models / TOKENIZER).unlink()
    assert [found.name for found in verify_models(models) if not found.ok] == [TOKENIZER]
    with pytest.raises(AssistantError, match=r"tokenizer\.json is missing.*make clean && make chat"):
        model_file(TOKENIZER, models)


def test_a_folder_where_a_file_should_be(models: Path) -> None:
    (models / TOKENIZER).unlink()
    (models / TOKENIZER).mkdir()
    with pytest.raises(AssistantError, match="cannot be read"):
        model_file(TOKENIZER, models)


@pytest.mark.parametrize("content", [None, b"no-checksum-here\n", b"\xff\xfe\n"])
def test_a_damaged_list(models: Path, content: bytes | None) -> None:
    if content is None:
        (models / "SHA256SUMS").unlink()
    else:
        (models / "SHA256SUMS").write_bytes(content)
    with pytest.raises(AssistantError, match=r"list of model files.*make clean && make chat"):
        verify_models(models)


def test_an_unknown_name() -> None:
    with pytest.raises(AssistantError, match="not listed"):
        model_file("embedder/other.onnx")


def test_the_builder_refuses_other_weights(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no model\.safetensors"):
        build_embedder.build(tmp_path, tmp_path / "out")
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(InputError, match="not the published model"):
        build_embedder.build(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_sha256_is_the_standard_one(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")  # the example of FIPS 180-2
    assert sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
