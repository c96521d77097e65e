"""Folders of files and the library -> a Plan: what is new, changed, renamed or gone, without reading a document.

A file is known by its path on the disk, so that a folder inside a folder that was indexed before stores nothing
twice. A file whose size and time stamp are as they were is taken to be unchanged; any other is compared by its digest.
"""

from __future__ import annotations

import hashlib
import itertools
import stat
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.ingest.sync.listing import Filter, Listing, leads_out, list_paths, shown_path, unmatched_patterns
from assistant.ingest.user.sources_file import Given, Sources, load_sources
from assistant.search.index import Index
from assistant.search.library import FileState, StoredFile

EVERYTHING = Filter()
INGEST_VERSION = 4  # raise it when reading or cutting changes: every document is then read anew
CUT_ALIKE = frozenset({3})  # earlier versions that cut as this one does: their texts are described anew, and not read


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, and why."""

    name: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sync will do; the names of files, by what becomes of them."""

    to_read: tuple[tuple[str, Path, FileState], ...] = ()
    """(name in the library, file, its state)"""
    replaced: dict[str, int] = field(default_factory=dict)
    """Names whose stored document the newly read one replaces, with that document's id."""
    renamed: tuple[tuple[StoredFile, str, FileState], ...] = ()
    touched: tuple[tuple[StoredFile, FileState], ...] = ()
    removed: tuple[StoredFile, ...] = ()
    updated: tuple[tuple[StoredFile, FileState], ...] = ()
    """Files that are as they were, but of which the user says something else: nothing is read or embedded."""
    described: tuple[tuple[StoredFile, FileState], ...] = ()
    """Files that an earlier version read, which noted less: the stored text is described anew, nothing is embedded."""
    unchanged: int = 0
    """How many files are as they were, the touched ones included."""
    unreadable_formats: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    """Files that --include and --exclude leave out."""
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    """Sentences on what is likely a mistake, and does no harm."""
    sources: Mapping[str, Sources] = field(default_factory=dict)
    """What the `sources.toml` of each folder says."""

    @property
    def added(self) -> list[str]:
        """Names that are new to the library."""
        return [name for name, _, _ in self.to_read if name not in self.replaced]

    @property
    def changed(self) -> list[str]:
        """Names that are read anew."""
        return [name for name, _, _ in self.to_read if name in self.replaced]

    def given(self, state: FileState) -> Given:
        """What the user says of a file of this plan."""
        return self.sources[state.root].given(state.path) if state.root in self.sources else Given()


@dataclass(frozen=True, slots=True)
class _NewFile:
    path: Path
    state: FileState
    sha256: str


@dataclass(slots=True)
class _Comparison:
    """A plan in the making, before new files are matched with those that are gone."""

    new: list[_NewFile] = field(default_factory=list)
    changed: list[tuple[StoredFile, Path, FileState]] = field(default_factory=list)
    touched: list[tuple[StoredFile, FileState]] = field(default_factory=list)
    updated: list[tuple[StoredFile, FileState]] = field(default_factory=list)
    described: list[tuple[StoredFile, FileState]] = field(default_factory=list)
    unchanged: int = 0
    failures: list[Failure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    """How files are read now: the length of passages, and what the user says in each folder's `sources.toml`."""

    passage_characters: int
    sources: dict[str, Sources] = field(default_factory=dict)
    """By folder, as far as they were asked for."""

    def given(self, root: str, path: str) -> Given:
        """What is said of a file.

        Raises:
            InputError: the folder's `sources.toml` cannot be used.
        """
        if root not in self.sources:
            self.sources[root] = load_sources(Path(root))
        return self.sources[root].given(path)


def make_plan(paths: Sequence[Path], index: Index, passage_characters: int, wanted: Filter = EVERYTHING) -> Plan:
    """Compare folders (or single files) with the library, as `compare` does. Nothing is changed."""
    return compare(paths, index.library.files(), passage_characters, wanted)


def compare(
    paths: Sequence[Path], known: Sequence[StoredFile], passage_characters: int, wanted: Filter = EVERYTHING
) -> Plan:
    """Compare folders (or single files) with what a library holds. Nothing is opened but files that look changed.

    A file that is not wanted counts as gone: it leaves the library.

    Raises:
        InputError: a path does not exist, or holds nothing that is wanted and can be read; or the `sources.toml` of a
            folder cannot be used.
    """
    listings = list_paths(paths, wanted)
    reading = _Reading(passage_characters)
    stored = {Path(f.state.root, f.state.path): f for f in known}
    found = _Comparison()
    present: set[Path] = set()
    for listing in listings:
        _note_unreachable(found, listing)
        for path in listing.readable:
            if path not in present:
                _compare(found, path, listing.root, stored.get(path), reading)
                present.add(path)
    gone = [f for path, f in stored.items() if path not in present and any(a.covers(path) for a in listings)]
    renamed, new = _match_renamed(gone, found.new)
    taken = {f.name for f in stored.values()}
    kept = {old.id for old, _ in renamed}
    return Plan(
        renamed=tuple((file, _free_name(file_now, taken), file_now.state) for file, file_now in renamed),
        to_read=(
            *((known.name, path, state) for known, path, state in found.changed),
            *((_free_name(file, taken), file.path, file.state) for file in new),
        ),
        replaced={known.name: known.id for known, _, _ in found.changed},
        touched=tuple(found.touched),
        updated=tuple(found.updated),
        described=tuple(found.described),
        removed=tuple(f for f in gone if f.id not in kept),
        unchanged=found.unchanged,
        unreadable_formats=tuple(dict.fromkeys(shown_path(path, a.root) for a in listings for path in a.others)),
        excluded=tuple(dict.fromkeys(shown_path(path, a.root) for a in listings for path in a.excluded)),
        failures=tuple(found.failures),
        warnings=(*found.warnings, *unmatched_patterns(wanted, listings), *_unmatched_entries(reading, listings)),
        sources=reading.sources,
    )


def _note_unreachable(found: _Comparison, listing: Listing) -> None:
    """What lies in the folder, and is not entered."""
    for folder in listing.unlisted:
        name = shown_path(folder, listing.root)
        found.failures.append(Failure(name, f"The folder {name} cannot be opened.", "Check its rights."))
    for link in listing.links:
        name = shown_path(link, listing.root)
        try:
            target = link.resolve(strict=True)
        except (OSError, RuntimeError):  # gone by now, or a ring of links
            target = link.parent
        if link.is_relative_to(target):
            found.failures.append(
                Failure(name, f"{name} is a link that leads in a ring, back to a folder around it.", "Remove the link.")
            )
        else:
            found.warnings.append(f"{name} is a link to a folder, and is not followed. Name that folder as well.")
    for link in listing.file_links:
        name = shown_path(link, listing.root)
        if leads_out(link, listing.root):
            found.warnings.append(
                f"{name} is a link to a file outside the folder, and is passed over. Name it as well, or copy the file."
            )
        else:
            found.warnings.append(f"{name} is a link to a file of the same folder, which is read once.")


def _unmatched_entries(reading: _Reading, listings: Sequence[Listing]) -> list[str]:
    """A sentence for each pattern of a `sources.toml` that means no file; only who lists the whole folder can tell."""
    return [
        sentence
        for listing in listings
        if listing.whole_folder and str(listing.root) in reading.sources
        for sentence in reading.sources[str(listing.root)].unmatched(
            [shown_path(path, listing.root) for path in (*listing.readable, *listing.excluded)]
        )
    ]


def _compare(found: _Comparison, path: Path, root: Path, known: StoredFile | None, reading: _Reading) -> None:
    """Add one file to what it is: new, changed, touched, updated, described, unchanged, or a failure."""
    try:
        state = _state(path, root, known, reading)
        if known and known.state == state:
            found.unchanged += 1
            return
        described = replace(state, metadata_key=known.state.metadata_key, recipe=known.state.recipe) if known else None
        same_file = known is not None and known.state == described
        digest = known.sha256 if known and same_file else _sha256(path)
    except (OSError, ValueError) as error:
        name = shown_path(path, root)
        reason = error.strerror if isinstance(error, OSError) else str(error)
        found.failures.append(Failure(name, f"{name} cannot be opened: {reason}.", "Check its name and its rights."))
        return
    if known is None:
        found.new.append(_NewFile(path, state, digest))
    elif known.sha256 != digest or not _cut_alike(known.state.recipe, state.recipe):
        found.changed.append((known, path, state))
    elif known.state.recipe != state.recipe:
        found.described.append((known, state))
    elif known.state.metadata_key != state.metadata_key:
        found.updated.append((known, state))
    else:
        found.touched.append((known, state))
        found.unchanged += 1


def _cut_alike(earlier: str, now: str) -> bool:
    """Whether a file was read and cut as it would be now, by its recipes."""
    version, _, rest = earlier.partition(":")
    current = {str(INGEST_VERSION), *map(str, CUT_ALIKE)}
    return earlier == now or (version in current and rest == now.partition(":")[2])


def _state(path: Path, root: Path, known: StoredFile | None, reading: _Reading) -> FileState:
    """The file as it stands now, under the folder with which it is known."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # a pipe would be waited on for ever
        raise ValueError("it is not a regular file")
    base, relative = (known.state.root, known.state.path) if known else (str(root), path.relative_to(root).as_posix())
    try:
        f"{base}/{relative}".encode()
    except UnicodeEncodeError:
        raise ValueError("its path is not valid UTF-8") from None
    given = reading.given(base, relative)
    recipe = f"{INGEST_VERSION}:{reading.passage_characters}" + (f":{given.keep_key}" if given.keep else "")
    return FileState(base, relative, status.st_size, status.st_mtime_ns, recipe, given.key)


def _match_renamed(
    gone: Iterable[StoredFile], new: Iterable[_NewFile]
) -> tuple[list[tuple[StoredFile, _NewFile]], list[_NewFile]]:
    """A new file with the content and format of one that is gone is that one, renamed; the others are new."""
    waiting: dict[tuple[str, str, str], list[StoredFile]] = defaultdict(list)
    for file in gone:
        waiting[file.sha256, Path(file.state.path).suffix.lower(), file.state.recipe].append(file)
    renamed: list[tuple[StoredFile, _NewFile]] = []
    added: list[_NewFile] = []
    for candidate in new:
        matches = waiting[candidate.sha256, candidate.path.suffix.lower(), candidate.state.recipe]
        if matches:
            renamed.append((matches.pop(0), candidate))
        else:
            added.append(candidate)
    return renamed, added


def _free_name(file: _NewFile, taken: set[str]) -> str:
    """The path inside its folder; where another folder of the library has it already, with its folder's name."""
    relative, root = file.state.path, Path(file.state.root)
    names = (relative, f"{root.name}/{relative}", file.path.as_posix().lstrip("/"))
    numbered = (f"{relative} ({number})" for number in itertools.count(2))
    name = next(name for name in itertools.chain(names, numbered) if name not in taken)
    taken.add(name)
    return name


def _sha256(file: Path) -> str:
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
