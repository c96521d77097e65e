"""What a folder's `assistant.toml` would decide -> whether the user has allowed that, once and by name.

The folder one stands in may be anybody's. What its file says of the search or of the answers counts at once; where
texts and keys are sent to, what is loaded and where something is written, only once it was allowed: `assistant allow`.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

import platformdirs

from assistant.addresses import without_password
from assistant.errors import InputError, SettingsError
from assistant.private import write_private

CONSEQUENCES: Mapping[str, str] = {
    "data_dir": "libraries and chats are read and written there",
    "embedder": "texts and questions are sent to an embedding server",
    "llm": "questions and passages are sent to a language model",
    "openai_api_key": "whose key this is may see what is sent with it",
    "openai_base_url": "questions, passages and the key, also one of the environment, are sent there",
    "record": "requests are written there",
    "reranker": "a model is loaded, and may be fetched from the network",
}
"""The settings that need it, and what follows from them."""

NOT_SHOWN = "(not shown)"
Named = Mapping[str, str]
"""What a file says, setting by setting, as text."""


def allowed_file() -> Path:
    """Where it is kept what the user has allowed, in their own folder for settings."""
    return Path(platformdirs.user_config_dir("footnote", appauthor=False)) / "allowed.json"


def not_allowed(file: Path, named: Named) -> dict[str, str]:
    """Of what a file says, what needs to be allowed and is not.

    Raises:
        SettingsError: what was allowed cannot be read.
    """
    known = _known().get(str(file), {})
    return {name: value for name, value in named.items() if _needs(name, value) and known.get(name) != _digest(value)}


def check_allowed(file: Path, named: Named) -> None:
    """See that all that a file says is allowed.

    Raises:
        SettingsError: something is not; file, value, what would follow and the command that allows it are named.
    """
    missing = not_allowed(file, named)
    if missing:
        said = "; ".join(f"{shown(name, value)} ({CONSEQUENCES[name]})" for name, value in missing.items())
        raise SettingsError(f"{file} was not allowed to set this: {said}.", remedy(missing))


def remedy(missing: Named) -> str:
    """The command that allows what is missing."""
    return f"If you trust it, allow it once: {command(missing)}   (if not, go on in another folder)"


def command(missing: Named) -> str:
    """Each setting by its name and value."""
    return shlex.join(["assistant", "allow", *(shown(name, value) for name, value in missing.items())])


def allow(file: Path, named: Named, settings: Iterable[str]) -> dict[str, str]:
    """Remember that this file may set this, each given as "name=value" just as it stands in the file.

    Raises:
        InputError: the file says nothing of the kind, or something else by now.
        SettingsError: what is allowed cannot be read or written.
    """
    offered = {shown(name, value): name for name, value in named.items() if _needs(name, value)}
    wanted = list(dict.fromkeys(settings))
    for setting in wanted:
        if setting not in offered:
            there = f"It sets: {', '.join(offered)}." if offered else "There is nothing in it that must be allowed."
            raise InputError(f"{file} does not set {setting}.", there)
    names = [offered[setting] for setting in wanted]
    known = _known()
    known[str(file)] = known.get(str(file), {}) | {name: _digest(named[name]) for name in names}
    try:
        write_private(allowed_file(), json.dumps(known, ensure_ascii=True, indent=2) + "\n")
    except OSError as error:
        raise SettingsError(f"{allowed_file()} cannot be written: {error.strerror}.", "Check its rights.") from None
    return {name: named[name] for name in names}


def shown(name: str, value: str) -> str:
    """A setting with its value, as it is printed and typed: no key and no password."""
    if name == "openai_api_key":
        return f"{name}={NOT_SHOWN}"
    return f"{name}={without_password(value) if name == 'openai_base_url' else value}"


def _needs(name: str, value: str) -> bool:
    return name in CONSEQUENCES and (name, value) != ("embedder", "built-in")


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def _known() -> dict[str, dict[str, str]]:
    file = allowed_file()
    try:
        known = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        known = None
    if not isinstance(known, dict) or not all(isinstance(names, dict) for names in known.values()):
        raise SettingsError(f"{file}, where it is kept what you allowed, cannot be read.", "Remove it, and allow anew.")
    return known
