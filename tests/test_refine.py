"""What a language model is asked about articles, and what is taken of its replies."""

import datetime
import json
from collections.abc import Callable

import pytest
from fake_model_server import FakeModelServer, Reply
from test_cli import Assistant, assistant, folder
from test_plan import known
from test_sync import Desk, desk

from assistant.errors import ModelError
from assistant.ingest.user.refine import OPENING, Ask, RefineReport, refine

__all__ = ["assistant", "desk", "folder"]

FOUND = {"title": "Plums in winter", "outlet": "Orchard Weekly", "author": "Ann\nExample", "date": "17 January 2025"}
TEXT = (
    "we took this over from Orchard Weekly of 17 January 2025, where Ann Example calls it: Plums in winter. They keep."
)


def refined(desk: Desk, ask: Ask) -> RefineReport:
    desk.embedder.texts.clear()
    with desk.index() as index:
        return refine(index, ask)


def scripted(*replies: str | ModelError) -> tuple[Callable[[str, str], str], list[str]]:
    """A model that gives these replies in turn, and what it was shown."""
    shown: list[str] = []

    def ask(instructions: str, text: str) -> str:
        assert "Never guess" in instructions
        shown.append(text)
        reply = replies[min(len(shown), len(replies)) - 1]
        if isinstance(reply, ModelError):
            raise reply
        return reply

    return ask, shown


@pytest.fixture
def plums(desk: Desk) -> Desk:
    for path in ("apples.txt", "fruit/berries.md"):
        (desk.folder / path).unlink()
    desk.write("plums.txt", TEXT)
    desk.sync()
    return desk


def test_what_stands_in_the_text_is_filled_in_and_marked(plums: Desk) -> None:
    ask, shown = scripted(f"Here it is: {json.dumps(FOUND)}.")
    report = refined(plums, ask)
    assert (report.articles, report.changed, report.warnings, shown) == (1, 1, (), [TEXT])
    document, [article] = known(plums, "plums.txt")
    assert (article.title, article.outlet, article.author) == ("Plums in winter", "Orchard Weekly", "Ann Example")
    assert {article.title_how, article.outlet_how, article.author_how, article.date_how} == {"inferred"}
    assert article.date == document.date == datetime.date(2025, 1, 17)
    assert "language model" in article.date_basis
    assert (plums.hits("Weekly"), plums.embedder.texts) == (["plums.txt"], [])


@pytest.mark.parametrize(
    "said",
    [
        {"outlet": "Orchard Daily"},  # invented
        {"outlet": "Orchard Week"},  # half a word
        {"author": "ann example"},  # not to the letter
        {"date": "17.01.2025"},  # not as it is written
        {"date": "January 2025"},  # no day
        {"title": ""},
        {"title": None, "author": "x" * 500},
    ],
)
def test_what_does_not_stand_there_is_not_taken(plums: Desk, said: dict[str, str]) -> None:
    read = known(plums, "plums.txt")
    report = refined(plums, scripted(json.dumps(said))[0])
    assert (report.changed, known(plums, "plums.txt")) == (0, read)


def test_what_is_stated_or_given_stays(desk: Desk) -> None:
    desk.write("plums.txt", f"---\nauthor: Ben\ndate: 2025-01-02\n---\n{TEXT}")
    desk.write("sources.toml", '[[source]]\nmatch = "plums.txt"\noutlet = "Mine"\n')
    desk.sync()
    refined(desk, scripted(json.dumps(FOUND))[0])
    _, [article] = known(desk, "plums.txt")
    assert (article.author, article.date, article.outlet) == ("Ben", datetime.date(2025, 1, 2), "Mine")
    (desk.folder / "sources.toml").unlink()
    desk.sync()  # what the user no longer says gives way to what was found
    assert known(desk, "plums.txt")[1][0].outlet == "Orchard Weekly"


def test_the_same_opening_is_asked_about_once(plums: Desk) -> None:
    ask, shown = scripted('{"author": null}')
    plums.write("long.txt", "They keep well in winter, as all of us know. " * 100)
    plums.sync()
    refined(plums, ask)
    refined(plums, ask)
    assert sorted(len(text) for text in shown) == [len(TEXT), OPENING]


def test_a_failing_model_costs_nothing_but_a_warning(plums: Desk) -> None:
    for number in range(5):
        plums.write(f"{number}.txt", f"plums keep well in the year {number}, as all of us know.")
    plums.sync()
    ask, shown = scripted(ModelError("It is down."))
    report = refined(plums, ask)
    assert (len(shown), report.changed, len(report.warnings)) == (3, 0, 4)
    assert report.warnings[0] == "Not refined: 0.txt, from character 0 on: It is down."
    ask, shown = scripted("no idea", "[1]", '{"title": 7}', json.dumps(FOUND))
    report = refined(plums, ask)
    assert (len(shown), report.changed, len(report.warnings)) == (6, 1, 3)


def test_on_the_command_line(assistant: Assistant, folder: object, monkeypatch: pytest.MonkeyPatch) -> None:
    without = assistant("index", str(folder), "--refine")
    assert without.code == 2
    assert "ASSISTANT_LLM" in without.error[1]
    monkeypatch.setenv("ASSISTANT_LLM", "scripted")
    with FakeModelServer(lambda request: Reply('{"outlet": "The port of Lund"}')) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        done = assistant("index", str(folder), "--refine")
    assert done.code == 0
    assert done.out.endswith("Refined: 1 of 2 articles, from their own words.\n")
    assert len(server.requests) == 2
    assert "outlet     The port of Lund (inferred)" in assistant("sources", "show", "port").out
