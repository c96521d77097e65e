"""`assistant sources show` and `assistant index --dry-run`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

from test_cli import Assistant, assistant, folder

from assistant.search.lock import writing
from assistant.settings import load_settings

__all__ = ["assistant", "folder"]  # fixtures

STORY = "\n\n".join(
    " ".join(f"the {n}th barge of {m} unloaded its coal" for n in range(m, m + 8)).capitalize() + "."
    for m in range(10, 90, 10)
)


def write(folder: Path, name: str, date: str, publisher: str, text: str = STORY) -> None:
    head = "\n".join(["---", f"date: {date}" if date else "", f"publisher: {publisher}", "---"])
    (folder / name).write_text(f"{head}\n\n{text}\n", encoding="utf-8")


def test_an_article_says_where_else_it_stands(assistant: Assistant, folder: Path) -> None:
    write(folder, "a.md", "2025-01-02", "The Quay")
    write(folder, "b.md", "2025-01-05", "Coast\n  Digest", STORY.replace("unloaded its coal", "unloaded coal", 3))
    write(folder, "c.md", "", "Weekly")
    assert assistant("index", str(folder)).code == 0
    assert (
        "     also in    b.md, article 1 (Coast Digest, 2025-01-05)\n"
        "                c.md, article 1 (Weekly, date unknown)\n"
    ) in assistant("sources", "show", "a.md").out
    assert (
        "     reprint of a.md, article 1 (The Quay, 2025-01-02)\n"
        "     also in    c.md, article 1 (Weekly, date unknown)\n"
    ) in assistant("sources", "show", "b.md").out
    shown = assistant("sources", "show", "port.txt").out
    assert "also in" not in shown
    assert "reprint of" not in shown
    for name in "defgh":
        write(folder, f"{name}.md", "", "Weekly")
    assistant("index", str(folder))
    assert "                and 2 more\n" in assistant("sources", "show", "a.md").out


def test_a_dry_run_needs_no_lock_and_changes_nothing(assistant: Assistant, folder: Path) -> None:
    assistant("index", str(folder))
    library = load_settings().library_dir
    (folder / "new.txt").write_text("A bridge was opened in July.")
    before = {
        path: path.read_bytes() for path in library.rglob("*") if path.is_file() and "library.db-" not in path.name
    }
    with writing(library, "indexing something long"):
        planned = assistant("index", str(folder), "--dry-run")
    assert (planned.code, planned.err) == (0, "")
    assert "would read: new.txt\n" in planned.out
    after = {
        path: path.read_bytes() for path in library.rglob("*") if path.is_file() and "library.db-" not in path.name
    }
    assert after == before


def test_relative_dates_and_an_article_s_own_publisher_are_shown(assistant: Assistant, folder: Path) -> None:
    lines = [
        {"title": "A", "text": "The mill burned on Friday, as one did last November.", "date": "2025-01-05"},
        {"title": "B", "text": "The dam broke last year.", "publisher": "Dam Post"},
    ]
    (folder / "two.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assistant("index", str(folder))
    shown = assistant("sources", "show", "two.jsonl", "--passages").out
    assert (
        "       A The mill burned on Friday, as one did last November.\n"
        "       “on Friday”: 2025-01-03\n"
        "       “last November”: 2024-11-01 to 2024-11-30\n"
    ) in shown
    assert "“last year”" not in shown  # of an unknown day
    assert shown.count("     publisher  Dam Post (stated)\n") == 1
