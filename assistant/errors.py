"""One small tree of errors. Each says what happened and the command that mends it.

AssistantError              exit code 1; the only error caught at the edges (CLI, chat, harness)
├── StorageError       1    a full disk, or a folder or file that cannot be written or read
├── DamagedError       1    what is stored is not what was stored
├── InputError         2    a question, option or path that cannot be used as it is
├── NothingLeftError   2    a filter that no passage of the library meets
├── SettingsError      2    a setting that is wrong or missing
├── NoIndexError       3    a question before anything was indexed
├── IndexMismatchError 3    the index was built with another embedder, or by another version
├── LockedError        4    another process is writing to the library
├── ReadError          5    a file that cannot be read; the others are
└── ModelError         6    a language model or embedding server that failed
"""

from __future__ import annotations

from typing import ClassVar


class AssistantError(Exception):
    """What happened, in the user's words, and in `remedy` the next step (a command where there is one)."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".rstrip()


class StorageError(AssistantError):
    """A disk that is full, or a folder or file that cannot be written or read. What is stored is whole."""


class DamagedError(AssistantError):
    """What is stored is not what was stored: the disk or another program changed it."""


class InputError(AssistantError):
    """A question, option or path that cannot be used as it is."""

    exit_code = 2


class NothingLeftError(AssistantError):
    """A filter that no passage of the library meets; the message says what there would be without it."""

    exit_code = 2


class SettingsError(AssistantError):
    """A setting that is wrong or missing."""

    exit_code = 2


class NoIndexError(AssistantError):
    """A question before anything was indexed."""

    exit_code = 3


class IndexMismatchError(AssistantError):
    """The index was built with another embedder, or by another version of the program."""

    exit_code = 3


class LockedError(AssistantError):
    """Another process is writing to the library."""

    exit_code = 4


class ReadError(AssistantError):
    """A file that cannot be read. The run goes on with the others and reports it by name."""

    exit_code = 5


class ModelError(AssistantError):
    """A language model or embedding server that failed, was refused, or said nothing usable."""

    exit_code = 6
