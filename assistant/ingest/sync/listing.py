"""A folder (or a single file) -> the files in it, by whether they can be read, are wanted, or cannot be reached."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import InputError
from assistant.ingest.readers import READABLE
from assistant.ingest.user.path_patterns import matches_any
from assistant.ingest.user.sources_file import FILE_NAME


@dataclass(frozen=True, slots=True)
class Filter:
    """Which files are wanted, by patterns of their paths within the folder; all that can be read if none is given."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def admits(self, path: str) -> bool:
        """Whether a file is wanted, by its path within the folder."""
        return (not self.include or matches_any(self.include, path)) and not matches_any(self.exclude, path)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder holds (or what a single file is), in the order of paths."""

    root: Path
    whole_folder: bool
    readable: tuple[Path, ...]
    others: tuple[Path, ...] = ()
    """Files of no kind that is read."""
    excluded: tuple[Path, ...] = ()
    """Files that could be read, but are not wanted."""
    unlisted: tuple[Path, ...] = ()
    """Folders that could not be opened: what was read from them before is kept."""
    links: tuple[Path, ...] = ()
    """Links to folders, which are not followed: they may lead in a ring."""
    file_links: tuple[Path, ...] = ()
    """Links to files that are passed over: they lead out of the folder, or to a file of it that is read anyway."""

    def covers(self, path: Path) -> bool:
        """Whether a file that is not among the readable ones is thereby known to be gone, or not wanted."""
        return path in self.excluded or (
            self.whole_folder
            and path.is_relative_to(self.root)
            and not any(path.is_relative_to(folder) for folder in self.unlisted)
        )


def list_paths(paths: Sequence[Path], wanted: Filter) -> list[Listing]:
    """The documents at each path.

    Raises:
        InputError: a path does not exist, or holds nothing that can be read; or nothing that can be is wanted.
    """
    listings = [_filtered(_list(path), wanted) for path in paths]
    if not any(listing.readable for listing in listings):
        raise InputError(
            "--include and --exclude leave no document to index.", "Correct the patterns. Nothing was changed."
        )
    return listings


def _list(path: Path) -> Listing:
    path = path.expanduser()
    if not path.exists():
        raise InputError(f"{path} does not exist.", "Name a folder of documents: assistant index PATH")
    listing = _folder(path.resolve()) if path.is_dir() else _file(path.parent.resolve() / path.name)
    if listing.file_links and not listing.readable:
        raise InputError(
            f"{path} holds only links, which lead out of it and are not followed.",
            "Name the files themselves, or copy them into the folder. Nothing was changed.",
        )
    if not listing.readable:
        formats = ", ".join(sorted(READABLE))
        raise InputError(
            f"{path} holds no document that can be read.", f"Formats that are read: {formats}. Nothing was changed."
        )
    return listing


def shown_path(path: Path, root: Path) -> str:
    """A file's name for people, printable even where the disk's bytes are no text."""
    return os.fsencode(path.relative_to(root)).decode("utf-8", "replace")


def leads_out(link: Path, root: Path) -> bool:
    """Whether a link's target lies outside a folder; a link to nowhere leads out of none."""
    return not Path(os.path.realpath(link)).is_relative_to(root)


def unmatched_patterns(wanted: Filter, listings: Sequence[Listing]) -> list[str]:
    """A sentence for each pattern that means no file of any folder."""
    paths = [shown_path(path, a.root) for a in listings for path in _all_files(a)]
    options = [("--include", p) for p in wanted.include] + [("--exclude", p) for p in wanted.exclude]
    return [
        f"{option} “{pattern}” matches no file."
        for option, pattern in options
        if not any(matches_any([pattern], path) for path in paths)
    ]


def _all_files(listing: Listing) -> tuple[Path, ...]:
    return (*listing.readable, *listing.excluded, *listing.others, *listing.file_links)


def _filtered(listing: Listing, wanted: Filter) -> Listing:
    admitted = {path: wanted.admits(shown_path(path, listing.root)) for path in _all_files(listing)}
    return Listing(
        listing.root,
        listing.whole_folder,
        readable=tuple(path for path in listing.readable if admitted[path]),
        others=tuple(path for path in listing.others if admitted[path]),
        excluded=tuple(path for path in (*listing.readable, *listing.file_links) if not admitted[path]),
        unlisted=listing.unlisted,
        links=listing.links,
        file_links=tuple(path for path in listing.file_links if admitted[path]),
    )


def _file(path: Path) -> Listing:
    return Listing(path.parent, False, readable=(path,)) if _is_readable(path) else Listing(path.parent, False, ())


def _folder(root: Path) -> Listing:
    """All files under a folder but the hidden ones."""
    files: list[Path] = []
    unlisted: list[Path] = []
    links: list[Path] = []

    def note_unlisted(error: OSError) -> None:
        unlisted.append(Path(error.filename))

    for folder, folders, names in os.walk(root, onerror=note_unlisted):
        folders[:] = [name for name in folders if not name.startswith(".")]  # os.walk enters those that are left
        links.extend(path for name in folders if (path := Path(folder, name)).is_symlink())
        files.extend(Path(folder, name) for name in names if not name.startswith((".", "~$")))
    files = sorted(file for file in files if file != root / FILE_NAME)
    readable = [f for f in files if _is_readable(f)]
    passed_over = _passed_over(readable, root)
    return Listing(
        root,
        True,
        readable=tuple(f for f in readable if f not in passed_over),
        others=tuple(f for f in files if not _is_readable(f)),
        unlisted=tuple(unlisted),
        links=tuple(sorted(links)),
        file_links=tuple(sorted(passed_over)),
    )


def _passed_over(files: Sequence[Path], root: Path) -> set[Path]:
    """The links among these files that lead out of the folder, or to one of these files, which is read by itself.

    Who may put a link there could else have any file read that the user may read. A link to nowhere is no such link:
    reading it says what is wrong with it.
    """
    links = {file for file in files if file.is_symlink() and file.exists()}
    plain = set(files) - links
    return {link for link in links if leads_out(link, root) or Path(os.path.realpath(link)) in plain}


def _is_readable(path: Path) -> bool:
    return path.suffix.lower() in READABLE
