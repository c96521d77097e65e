"""A zip archive that holds a document (.docx, .epub) -> its parts, unless unpacking them would fill the memory."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO

from assistant.errors import ReadError
from assistant.ingest.formats.source import Source, unreadable

LARGEST_UNPACKED = 200_000_000
"""In bytes, all parts together."""
LARGE_PART = 10_000_000
LARGEST_RATIO = 200
"""Of a large part's size to its size in the file; real documents stay below 50."""
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError, EOFError, OSError, ValueError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive whose declared sizes are acceptable; zipfile never unpacks more of a part than is declared."""

    source: Source
    zip: zipfile.ZipFile
    damaged: str
    """What is said of the file if it or a part of it is broken, such as "is damaged, or is no Word file"."""
    remedy: str

    def read(self, path: str) -> bytes:
        """Unpack one part.

        Raises:
            ReadError: it is missing, damaged or encrypted.
        """
        try:
            return self.zip.read(path)
        except BROKEN:
            raise self.broken() from None
        except RuntimeError:  # what zipfile raises where a password is needed
            raise locked(self.source) from None

    def __contains__(self, path: str) -> bool:
        return path in self.zip.NameToInfo

    def broken(self) -> ReadError:
        """The error that says so."""
        return unreadable(self.source, self.damaged, self.remedy)


def open_archive(source: Source, damaged: str, remedy: str) -> Archive:
    """Open the archive in memory.

    Raises:
        ReadError: it is no archive, or far larger unpacked than any text.
    """
    try:
        archive = zipfile.ZipFile(BytesIO(source.data))
    except BROKEN:
        raise unreadable(source, damaged, remedy) from None
    parts = archive.infolist()
    bomb = any(p.file_size > max(LARGE_PART, LARGEST_RATIO * p.compress_size) for p in parts)
    if bomb or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise unreadable(source, "is far larger when unpacked than any text", "Take it out of the folder.")
    return Archive(source, archive, damaged, remedy)


def locked(source: Source) -> ReadError:
    """The error for a file that opens only with its owner's password or licence."""
    return unreadable(
        source, "is locked: its text is encrypted", "Get a copy without protection, or take it out of the folder."
    )
