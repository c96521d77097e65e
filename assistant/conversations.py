"""Questions and answers -> a SQLite file that outlives a page refresh, a stopped answer and a new index."""

from __future__ import annotations

import atexit
import datetime
import os
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from assistant.errors import AssistantError, DamagedError, InputError, StorageError
from assistant.private import private_database
from assistant.search import trouble
from assistant.types import Answer, Role, Turn, answer_from_json, answer_to_json

TurnState = Literal["complete", "stopped", "failed"]
Verdict = Literal["up", "down"]

SCHEMA_VERSION = 1
TITLE_CHARACTERS = 80
BUSY_SECONDS = 10.0
"""How long a write waits for another one; each takes milliseconds."""

_SCHEMA = """
CREATE TABLE chats (id TEXT PRIMARY KEY, title TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE turns (
    chat TEXT NOT NULL REFERENCES chats(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    content TEXT NOT NULL,
    answer_json TEXT,
    state TEXT NOT NULL CHECK (state IN ('complete', 'stopped', 'failed')),
    created TEXT NOT NULL,
    PRIMARY KEY (chat, position)
);
CREATE TABLE feedback (
    chat TEXT NOT NULL,
    position INTEGER NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('up', 'down')),
    comment TEXT NOT NULL DEFAULT '',
    created TEXT NOT NULL,
    PRIMARY KEY (chat, position),
    FOREIGN KEY (chat, position) REFERENCES turns(chat, position) ON DELETE CASCADE
);
"""


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation, as a list of them shows it."""

    id: str
    title: str
    created: datetime.datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the reader thought of one answer."""

    verdict: Verdict
    comment: str = ""


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A message as it was stored. Questions have even positions; the answer to one stands at the next."""

    position: int
    role: Role
    content: str
    state: TurnState
    created: datetime.datetime
    answer: Answer | None = None
    """None for questions, for failed answers, and where another version wrote what this one cannot read."""
    feedback: Feedback | None = None


class Conversations:
    """The store of chats. Every call opens its own connection, so that any thread may call it."""

    def __init__(self, path: Path) -> None:
        """Open the store, or make an empty one at `path`.

        Raises:
            AssistantError: the file cannot be written, is no such store, or a newer version made it.
        """
        self.path = path
        try:
            private_database(path)
        except OSError as error:
            raise self._unusable(error) from error
        with self._connection(writes=False) as connection:
            is_new = self._version(connection) == 0
        if is_new:  # only then: the page opens the store at every click, and a writer waits for all others
            with self._connection() as connection:
                self._prepare(connection)
            with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection, suppress(sqlite3.OperationalError):
                connection.execute("PRAGMA journal_mode = WAL")  # readers and a writer side by side; kept by the file

    def create(self, title: str) -> Chat:
        """Begin a chat; the title is shortened to one line."""
        chat = Chat(str(uuid.uuid4()), one_line(title), _now())
        with self._connection() as connection:
            connection.execute("INSERT INTO chats VALUES (?, ?, ?)", (chat.id, chat.title, chat.created.isoformat()))
        return chat

    def list(self) -> tuple[Chat, ...]:
        """All chats, the one last written in first."""
        with self._connection(writes=False) as connection:
            rows = connection.execute(
                "SELECT id, title, created FROM chats ORDER BY coalesce("
                "(SELECT max(turns.created) FROM turns WHERE turns.chat = chats.id), created) DESC, rowid DESC"
            ).fetchall()
            return tuple(_chat(row) for row in rows)

    def get(self, chat_id: str) -> Chat:
        """One chat.

        Raises:
            InputError: there is none by this id.
        """
        with self._connection(writes=False) as connection:
            return _chat(self._existing(connection, chat_id))

    def turns(self, chat_id: str) -> tuple[StoredTurn, ...]:
        """The messages of a chat, in order.

        Raises:
            InputError: there is no such chat.
            AssistantError: it is damaged.
        """
        with self._connection(writes=False) as connection:
            self._existing(connection, chat_id)
            rows = connection.execute(
                "SELECT turns.*, feedback.verdict, feedback.comment FROM turns"
                " LEFT JOIN feedback USING (chat, position) WHERE chat = ? ORDER BY position",
                (chat_id,),
            ).fetchall()
            return tuple(_turn(row) for row in rows)

    def add_user_turn(self, chat_id: str, content: str) -> StoredTurn:
        """Store a question, before anything tries to answer it.

        Raises:
            InputError: there is no such chat.
        """
        with self._connection() as connection:
            self._existing(connection, chat_id)
            (last,) = connection.execute("SELECT max(position) FROM turns WHERE chat = ?", (chat_id,)).fetchone()
            # The place after a question is kept for its answer, even where none was ever given.
            position = 0 if last is None else (last // 2 + 1) * 2
            turn = StoredTurn(position, "user", content, "complete", _now())
            self._insert(connection, chat_id, turn)
        return turn

    def add_answer(
        self,
        chat_id: str,
        question_position: int,
        content: str,
        *,
        answer: Answer | None = None,
        state: TurnState = "complete",
    ) -> StoredTurn:
        """Store the answer to the question at `question_position`, in the place of an earlier try.

        Raises:
            InputError: there is no such chat, or no question at this position.
        """
        turn = StoredTurn(question_position + 1, "assistant", content, state, _now(), answer)
        with self._connection() as connection:
            self._existing(connection, chat_id)
            self._existing_turn(connection, chat_id, question_position, "user")
            connection.execute("DELETE FROM turns WHERE chat = ? AND position = ?", (chat_id, turn.position))
            self._insert(connection, chat_id, turn)
        return turn

    def rename(self, chat_id: str, title: str) -> None:
        """Give a chat another title.

        Raises:
            InputError: there is no such chat, or the title is empty.
        """
        if not title.strip():
            raise InputError("A chat needs a title.", "Type at least one character.")
        with self._connection() as connection:
            self._existing(connection, chat_id)
            connection.execute("UPDATE chats SET title = ? WHERE id = ?", (one_line(title), chat_id))

    def delete(self, chat_id: str) -> None:
        """Delete a chat with its messages and feedback.

        Raises:
            InputError: there is no such chat.
        """
        with self._connection() as connection:
            self._existing(connection, chat_id)
            connection.execute("DELETE FROM chats WHERE id = ?", (chat_id,))

    def set_feedback(self, chat_id: str, position: int, verdict: Verdict | None, comment: str = "") -> None:
        """Store what the reader thinks of the answer at `position`; None takes it back.

        Raises:
            InputError: there is no such answer.
        """
        with self._connection() as connection:
            self._existing_turn(connection, chat_id, position, "assistant")
            if verdict is None:
                connection.execute("DELETE FROM feedback WHERE chat = ? AND position = ?", (chat_id, position))
            else:
                connection.execute(
                    "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?)",
                    (chat_id, position, verdict, comment, _now().isoformat()),
                )

    @contextmanager
    def _connection(self, *, writes: bool = True) -> Iterator[sqlite3.Connection]:
        """One connection and one transaction: everything in the block is stored, or nothing is.

        Those who only read wait for nobody.
        """
        try:
            with closing(sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA foreign_keys = ON")
                # A writer takes its turn at once: a reader that turns into one half-way would fail instead of waiting.
                connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
                try:
                    yield connection
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
        except UnicodeEncodeError as error:
            raise InputError(
                f"{error.object!a} is no text that can be stored.", "Type it again, as UTF-8 text."
            ) from None
        except (sqlite3.Error, ValueError, TypeError) as error:  # the file's trouble, or a row that is no row of ours
            raise self._unusable(error) from error

    def _version(self, connection: sqlite3.Connection) -> int:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise AssistantError(
                f"The stored chats in {self.path} were written by a newer version of this program.",
                "Update the program, or move that file away to begin with no chats.",
            )
        return int(version)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        if self._version(connection) == 0:  # another process may have been quicker
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _existing(self, connection: sqlite3.Connection, chat_id: str) -> sqlite3.Row:
        row: sqlite3.Row | None = connection.execute("SELECT * FROM chats WHERE id = ?", (chat_id,)).fetchone()
        if row is None:
            raise InputError("This chat does not exist, or was deleted.", "Begin a new chat, or choose another one.")
        return row

    def _existing_turn(self, connection: sqlite3.Connection, chat_id: str, position: int, role: Role) -> None:
        query = "SELECT 1 FROM turns WHERE chat = ? AND position = ? AND role = ?"
        if connection.execute(query, (chat_id, position, role)).fetchone() is None:
            raise InputError("This message does not exist, or was deleted.", "Open the chat again.")

    def _insert(self, connection: sqlite3.Connection, chat_id: str, turn: StoredTurn) -> None:
        answer_json = None if turn.answer is None else answer_to_json(turn.answer)
        connection.execute(
            "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?)",
            (chat_id, turn.position, turn.role, turn.content, answer_json, turn.state, turn.created.isoformat()),
        )

    def _unusable(self, error: Exception) -> AssistantError:
        return _explained(error, self.path)


def check_conversations(path: Path) -> int:
    """See that a store of chats is whole, without writing to it. Returns how many chats it holds.

    Raises:
        AssistantError: it is damaged, or cannot be opened.
    """
    address = f"{path.absolute().as_uri()}?mode=ro"
    beside = any(path.with_name(f"{path.name}{ending}").exists() for ending in ("-wal", "-shm"))
    try:
        # Where nobody has it open nothing is written: SQLite would make two files beside it even to read it.
        with closing(sqlite3.connect(address if beside else f"{address}&immutable=1", uri=True)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
            if found != ["ok"]:
                raise _damaged(" ".join(found[0].split()), path)
            return int(connection.execute("SELECT count(*) FROM chats").fetchone()[0])
    except sqlite3.Error as error:
        raise _explained(error, path) from error


def _explained(error: Exception, path: Path) -> AssistantError:
    """What went wrong with the store, and what mends it and loses nothing."""
    explained = trouble.explained(error, f"The store of chats {path}", path.parent)
    return _damaged(str(error), path) if isinstance(explained, DamagedError) else explained


def _damaged(reason: str, path: Path) -> DamagedError:
    return DamagedError(
        f"The stored chats in {path} cannot be used, because the file is damaged ({reason}).",
        f"To begin with no chats, move it away; what can still be read in it is kept so: mv {path} {path}.damaged",
    )


def open_conversations(path: Path) -> tuple[Conversations, str]:
    """The store at a path, and nothing; where the disk takes no store, one for this program's life, and why that is.

    A full disk or a folder that may only be read stops nobody from asking.

    Raises:
        AssistantError: the file is no such store, or damaged, or there is no other place either.
    """
    try:
        return Conversations(path), ""
    except StorageError as error:
        return unkept_conversations(), str(error)


def unkept_conversations() -> Conversations:
    """A store that goes with this program: in memory where the system has a folder for that.

    Raises:
        AssistantError: there is no place for it.
    """
    memory = Path("/dev/shm")  # noqa: S108  (a folder of its own in it, for this user alone)
    try:
        folder = tempfile.mkdtemp(prefix="footnote-", dir=memory if os.access(memory, os.W_OK) else None)
    except OSError as error:
        raise trouble.explained(error, "A folder for chats that are not kept", Path(tempfile.gettempdir())) from error
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Conversations(Path(folder) / "conversations.db")


def history(turns: tuple[StoredTurn, ...]) -> tuple[Turn, ...]:
    """What the next question needs of a chat: questions with the answers they got; failed ones say nothing."""
    return tuple(Turn(t.role, t.content, _cited(t)) for t in turns if t.state != "failed" and t.content)


def _cited(turn: StoredTurn) -> tuple[str, ...]:
    """The titles of what an answer cited, each once."""
    citations = turn.answer.citations if turn.answer else ()
    return tuple(dict.fromkeys(citation.title for citation in citations if citation.title))


def one_line(text: str, characters: int = TITLE_CHARACTERS) -> str:
    """The text on one line, cut at a word where it is longer than `characters`."""
    line = " ".join(text.split())
    if len(line) <= characters:
        return line
    cut = line[: characters - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[characters // 2 :] else cut).rstrip() + "…"


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _chat(row: sqlite3.Row) -> Chat:
    return Chat(row["id"], row["title"], datetime.datetime.fromisoformat(row["created"]))


def _turn(row: sqlite3.Row) -> StoredTurn:
    return StoredTurn(
        position=row["position"],
        role=row["role"],
        content=row["content"],
        state=row["state"],
        created=datetime.datetime.fromisoformat(row["created"]),
        answer=_stored_answer(row["answer_json"]),
        feedback=None if row["verdict"] is None else Feedback(row["verdict"], row["comment"]),
    )


def _stored_answer(answer_json: str | None) -> Answer | None:
    if answer_json is None:
        return None
    try:
        return answer_from_json(answer_json)
    except ValidationError:  # another version's answer: its words are in `content`, only its citations are lost
        return None
