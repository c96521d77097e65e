"""A model file's name -> its path, after its checksum was compared with `SHA256SUMS`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from assistant.errors import AssistantError

MODELS_DIR = Path(__file__).parent
CHECKSUMS = "SHA256SUMS"
REMEDY = "Reinstall: make clean && make chat (in a Git checkout, first: git checkout -- assistant/models)"


class ModelFile(NamedTuple):
    """One line of `SHA256SUMS`: the file, the checksum it should have, and whether it has it."""

    name: str
    sha256: str
    ok: bool


def sha256_of(file: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes; 23 MB take about 0.02 s."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def recorded_checksums(folder: Path = MODELS_DIR) -> dict[str, str]:
    """Every model file that belongs to this version, with the SHA-256 it should have.

    Raises:
        AssistantError: the list itself is missing or damaged.
    """
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
        pairs = [line.split(maxsplit=1) for line in lines if line.strip()]
        return {name.strip(): checksum for checksum, name in pairs}
    except (OSError, ValueError) as error:
        raise AssistantError(f"The list of model files, {folder / CHECKSUMS}, cannot be read.", REMEDY) from error


def verify_models(folder: Path = MODELS_DIR) -> list[ModelFile]:
    """Compare every model file with its checksum; a file that is missing or unreadable is not ok.

    Raises:
        AssistantError: the list of checksums is missing or damaged.
    """
    return [
        ModelFile(name, checksum, _problem(folder / name, checksum) is None)
        for name, checksum in recorded_checksums(folder).items()
    ]


def model_file(name: str, folder: Path = MODELS_DIR) -> Path:
    """The path of a model file such as `embedder/model.onnx`, known to be whole.

    Raises:
        AssistantError: it is missing, damaged, or not one of ours.
    """
    checksum = recorded_checksums(folder).get(name)
    if checksum is None:
        raise AssistantError(f"The model file {name} is not listed in {folder / CHECKSUMS}.", REMEDY)
    problem = _problem(folder / name, checksum)
    if problem is not None:
        raise AssistantError(f"The model file {folder / name} {problem}.", REMEDY)
    return folder / name


def _problem(file: Path, checksum: str) -> str | None:
    try:
        return None if sha256_of(file) == checksum else "is damaged: its checksum differs"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
