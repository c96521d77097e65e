"""A sentence that a page break cut in two, from the file to both kinds of answer: read as one, cited as two spans."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_model_server import FakeModelServer, Reply
from fakes import LetterEmbedder

from assistant.answer.writing.generative import generate_claims
from assistant.answer.writing.prompt import build_prompt
from assistant.ingest.sync.sync import make_plan, sync
from assistant.search.index import open_for_writing
from assistant.server.model import open_model
from assistant.settings import Settings
from assistant.types import Evidence, Span

FIRST = "Both have resigned since then, the chairman, Ann Example, and the old"
SECOND = "director, Ben Sample, who led the port for 12 years."
TEXT = f"The port of Lund has new heads.\n\n{FIRST}\n\n{SECOND} Nobody was surprised."
PLACES = [Span(TEXT.index(part), TEXT.index(part) + len(part)) for part in (FIRST, SECOND)]


@pytest.fixture
def evidence(tmp_path: Path) -> Iterator[Evidence]:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "port.txt").write_text(TEXT)
    with open_for_writing(tmp_path / "library", LetterEmbedder()) as index:
        sync(make_plan([tmp_path / "papers"], index, 900), index, 900)
        ((passage, article),) = index.library.passages(index.library.passage_ids()).values()
        yield Evidence(passage, article, 1, 1.0)


def test_the_library_keeps_which_sentence_goes_on(evidence: Evidence) -> None:
    (first,) = evidence.passage.joined
    assert list(evidence.passage.sentences[first : first + 2]) == PLACES


@pytest.mark.parametrize("pointer", ["1.2-1.3", "1.2", "1.3"])
def test_a_model_sees_one_sentence_and_its_claim_cites_both_halves(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch, pointer: str
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ASSISTANT_LLM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    prompt = build_prompt("Who resigned?", (), [evidence], 16_000, 1_000)
    body = str(prompt.messages[-1].content).splitlines()
    assert [line for line in body if line.startswith("[1.")] == [
        "[1.1] The port of Lund has new heads.",
        f"[1.2-1.3] {FIRST} {SECOND}",
        "[1.4] Nobody was surprised.",
    ]
    claim = "Ann Example and Ben Sample, who led the port for 12 years, have resigned."
    with FakeModelServer([Reply(f"{claim} [{pointer}]\nNobody was surprised. [1.4]\n")]) as server:
        settings = Settings(llm="scripted", openai_base_url=server.url, llm_timeout_seconds=20)
        answer = generate_claims("Who resigned?", (), [evidence], open_model(settings), settings)
    assert [c.state for c in answer.claims] == ["supported", "supported"]
    assert [(c.number, Span(c.start, c.end), c.quote) for c in answer.claims[0].citations] == [
        (1, PLACES[0], FIRST), (2, PLACES[1], SECOND),
    ]  # fmt: skip
    assert answer.dropped_pointers == 0
