"""Settings, files and environment -> what a run's manifest says of them."""

from __future__ import annotations

import hashlib
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import assistant
from assistant.settings import Settings
from evals.cases import case_to_line
from evals.types import Case

PACKAGES = (
    "footnote-assistant", "chromadb", "llama-index-core", "numpy", "onnxruntime", "openai", "sentencex", "tantivy",
    "tokenizers",
)  # fmt: skip
IDENTITY = ("settings", "code", "models", "corpus", "cases")
"""What must be the same for two sittings to be one run."""


def identity(
    settings: Settings, cases: Sequence[Case], cases_file: Path, repeat: int, corpus: Mapping[str, str]
) -> dict[str, Any]:
    """Everything that the answers depend on, without keys, addresses' passwords, or this machine's paths.

    `corpus` gives every document's checksum by name.
    """
    from assistant import recorded_checksums

    lines = "".join(case_to_line(case) + "\n" for case in cases)
    return {
        "settings": public_settings(settings),
        "code": code_checksum(),
        "models": recorded_checksums(),
        "corpus": {
            "sha256": _sha256("".join(f"{digest}  {name}\n" for name, digest in sorted(corpus.items()))),
            "files": dict(sorted(corpus.items())),
        },
        "cases": {
            "file": cases_file.name,
            "sha256": hashlib.sha256(cases_file.read_bytes()).hexdigest(),
            "asked": len(cases),
            "asked_sha256": _sha256(lines),
            "repeat": repeat,
        },
    }


def environment() -> dict[str, Any]:
    """Versions and the commit: what helps to run it again, and may differ without the answers differing."""
    return {
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "platform": f"{platform.system()} {platform.machine()}",
        "commit": _commit(Path(assistant.__file__).resolve().parent),
    }


def public_settings(settings: Settings) -> dict[str, Any]:
    """The settings without the key and the data folder; of an address, no user and no password."""
    shown = settings.model_dump(mode="json", exclude={"openai_api_key", "data_dir"})
    address = shown["openai_base_url"]
    shown["openai_base_url"] = re.sub(r"//[^/@]*@", "//", address) if address else None
    return shown


def code_checksum() -> str:
    """Of the assistant's source files: an uncommitted change makes another program of it."""
    root = Path(assistant.__file__).resolve().parent
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        digest.update(f"{file.relative_to(root).as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Which parts of the identity two manifests do not share."""
    return [name for name in IDENTITY if first.get(name) != second.get(name)]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit(folder: Path) -> dict[str, Any] | None:
    """The checked-out commit, and whether anything differs from it; None outside a git checkout."""
    commit = _git(folder, "rev-parse", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return None if commit is None else {"sha": commit, "changed": bool(changed)}


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603, S607
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
