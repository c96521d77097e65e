"""The house stands as it is drawn: who imports whom, the README's tree, the lock files, no stray words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import assistant
from assistant.settings import Settings

ROOT = Path(__file__).parent.parent
PACKAGES = ("assistant", "ui", "evals")


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def importing(folder: str, prefix: str) -> list[str]:
    return [
        str(path.relative_to(ROOT))
        for path in modules(folder)
        if any(name == prefix or name.startswith(f"{prefix}.") for name in imports(path))
    ]


STOREYS = [
    {"types", "errors"},
    {"addresses", "private", "toml_file", "unicode_text"},
    {"permission"},
    {"settings"},
    {"language"},
    {"server"},
    {"models"},
    {"search"},
    {"ingest", "answer"},
    {"conversations", "indexing", "repair", "in_thread"},
    {"pipeline"},
    {"query_engine"},
    {"cli"},
]
"""The rooms of `assistant`, the lowest first. None imports one above it, nor its neighbour."""
MODELS = ROOT / "assistant" / "models"
ROOMS_OF_ANSWER = ["attribution", "citing", "question", "reading", "quoting", "checking", "writing", "beside"]


def room_of(name: str, inside: str) -> str | None:
    """Which room of a package a module lies in; None for one that lies elsewhere."""
    return name.removeprefix(f"{inside}.").split(".")[0] if name.startswith(f"{inside}.") else None


def climbing(inside: str, storeys: list[set[str]]) -> list[str]:
    """The imports that run up, or to a neighbour's."""
    floor = {room: number for number, rooms in enumerate(storeys) for room in rooms}
    found = []
    for path in modules(inside.replace(".", "/")):
        if path.is_relative_to(MODELS) and path != MODELS / "files.py":
            continue  # the scripts that make the models: nothing imports them
        here = room_of(".".join(path.relative_to(ROOT).with_suffix("").parts), inside)
        for name in sorted(imports(path)):
            there = room_of(name, inside)
            if here == there or here not in floor or there not in floor:
                continue
            if floor[there] >= floor[here]:
                found.append(f"{path.relative_to(ROOT)}: {name}")
    return found


def test_every_room_of_the_library_has_its_storey() -> None:
    rooms = {path.stem if path.is_file() else path.name for path in (ROOT / "assistant").iterdir()}
    drawn = {room for rooms in STOREYS for room in rooms}
    assert rooms - drawn - {"__init__", "__pycache__", "py", "sample"} == set()


def test_no_storey_of_the_library_reaches_up_or_to_its_neighbour() -> None:
    assert climbing("assistant", STOREYS) == []


def test_an_answer_goes_through_its_rooms_one_way() -> None:
    assert climbing("assistant.answer", [{room} for room in ROOMS_OF_ANSWER]) == []


@pytest.mark.parametrize(
    ("folder", "forbidden"), [("assistant", "ui"), ("assistant", "evals"), ("ui", "evals"), ("evals", "ui")]
)
def test_no_package_reaches_where_it_must_not(folder: str, forbidden: str) -> None:
    assert importing(folder, forbidden) == []


@pytest.mark.parametrize(
    ("outsider", "door"),
    [("chromadb", "assistant/search/vectors.py"), ("tantivy", "assistant/search/words.py")],
)
def test_an_outsider_is_imported_in_one_file(outsider: str, door: str) -> None:
    benchmarks = {"evals/bench/peers.py", "evals/bench/search_peer.py"}  # which measure the outsider itself
    assert [path for folder in PACKAGES for path in importing(folder, outsider) if path not in benchmarks] == [door]


def test_streamlit_is_imported_only_by_the_page() -> None:
    assert importing("assistant", "streamlit") == []
    assert importing("evals", "streamlit") == []


PUBLIC = {f"assistant.{name}" for name in ("conversations", "types", "errors", "settings")}
INSIDE = {
    "evals/ablation.py": "switches single steps of the search off, which nobody else wants to",
    "evals/bench/answer.py": "lets another library choose from the passages that were read, with the same network",
    "evals/bench/made_library.py": "stores made passages with made vectors, past reading and embedding",
    "evals/bench/measure.py": "times reading, embedding and storing one by one",
    "evals/bench/peers.py": "lets other libraries embed with the same network",
    "evals/bench/search_measure.py": "times the embedder and the search one by one",
    "evals/bench/search_peer.py": "hands the library's vectors to another retriever",
}
"""Who may import from within the library, and why: what measures its parts has to know them."""


def private_imports(path: Path) -> set[str]:
    """What a file imports of the library that neither `assistant` itself nor a public module of it offers."""
    offered = {f"assistant.{name}" for name in assistant.__all__} | PUBLIC
    used = {name for name in imports(path) if name.startswith("assistant.")}
    return {name for name in used if name not in offered and name.rsplit(".", 1)[0] not in PUBLIC}


@pytest.mark.parametrize("folder", ["ui", "evals"])
def test_page_and_evaluation_use_what_the_library_offers_and_nothing_within_it(folder: str) -> None:
    found = {path.relative_to(ROOT).as_posix(): private_imports(path) for path in modules(folder)}
    assert {name: private for name, private in found.items() if private and name not in INSIDE} == {}


def test_who_may_look_within_the_library_does() -> None:
    assert [name for name in INSIDE if not private_imports(ROOT / name)] == []


@pytest.mark.parametrize(
    ("line", "private"),
    [
        ("from assistant import Answer, check_support", set()),
        ("from assistant.types import Answer", set()),
        ("from assistant import pipeline", {"assistant.pipeline"}),
        ("import assistant.pipeline", {"assistant.pipeline"}),
        (
            "def f():\n    from assistant.answer.checking.support import Support",
            {"assistant.answer.checking.support", "assistant.answer.checking.support.Support"},
        ),
    ],
)
def test_what_lies_within_the_library_is_told_from_what_it_offers(line: str, private: set[str], tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(line)
    assert private_imports(tmp_path / "one.py") == private


def test_all_that_the_library_offers_is_there() -> None:
    assert [name for name in assistant.__all__ if not hasattr(assistant, name)] == []


def test_the_library_is_imported_without_what_takes_its_time() -> None:
    heavy = ("chromadb", "llama_index", "tantivy", "onnxruntime", "openai", "numpy", "typer")
    seen = f"import sys, assistant; print([m for m in {heavy} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", seen], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_first_what_it_is(package: str) -> None:
    silent = [str(p.relative_to(ROOT)) for p in modules(package) if not ast.get_docstring(ast.parse(p.read_text()))]
    assert silent == []


def tree_in_readme() -> set[str]:
    """The paths that the README's tree names, folders without their slash."""
    text = (ROOT / "README.md").read_text("utf-8")
    block = text.split("## What is where", 1)[1].split("```", 2)[1]
    paths: set[str] = set()
    folders: list[str] = []
    for line in block.splitlines():
        match = re.match(r"(?P<indent> *)(?P<name>[\w./-]+?)(?P<slash>/?)(?: {2,}.*)?$", line)
        if not match or not match["name"]:
            continue
        depth = len(match["indent"]) // 2
        folders = [*folders[:depth], match["name"]]
        paths.add("/".join(folders))
    return paths


def test_the_tree_in_the_readme_is_true() -> None:
    named = tree_in_readme()
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
    files = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in modules(package)
        if path.name != "__init__.py"
    }
    # A file is in the tree by its own name, or because its folder is.
    missing = [
        f for f in sorted(files) if f not in named and not any(p.as_posix() in named for p in _leaf_folders(f, named))
    ]
    assert missing == []


def test_the_readme_names_every_setting() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    for name in Settings.model_fields:
        variable = name.upper() if name.startswith("openai") else f"ASSISTANT_{name.upper()}"
        assert f"| `{variable}` |" in text


def _leaf_folders(file: str, named: set[str]) -> list[Path]:
    """The folders of a file that the tree names without naming anything inside them."""
    return [p for p in Path(file).parents if not any(n.startswith(f"{p.as_posix()}/") for n in named)]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_has_hashes_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text
    pinned = re.findall(r"^\S+==\S+", text, re.MULTILINE)
    assert len(pinned) > 50
    for block in re.split(r"\n(?=\S)", text):
        if "==" in block.split("\n", 1)[0]:
            assert "--hash=sha256:" in block
    assert not re.search(r"^(?:torch|nvidia)", text, re.MULTILINE)


def test_every_dependency_has_both_bounds_and_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    lines = re.findall(r'^    "([A-Za-z][\w.-]*)(.*?)",(.*)$', text.split("[project.scripts]")[0], re.MULTILINE)
    assert len(lines) > 25
    for name, bounds, comment in lines:
        assert ">=" in bounds, name
        assert "<" in bounds, name
        assert comment.strip().startswith("# "), name


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    suspicious = re.compile(r"/(?:work|home/\w+|Users/\w+)/\w+")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".lock", ".json", ".jsonl", ".txt", ".css", ".js"} or path.name in {
            "Makefile",
            "run",
        }:
            found += [name for line in path.read_text("utf-8").splitlines() if suspicious.search(line)]
    assert found == []
