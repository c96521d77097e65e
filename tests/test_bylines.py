import pytest

from assistant.ingest.articles.bylines import byline, code_behind, is_sign_off, lone_name, name_behind, signature
from assistant.language.people import is_person, person_at

LONG = "The council met for three days and agreed on a plan for the harbour."


@pytest.mark.parametrize(
    ("ending", "agency", "editor"),
    [
        (" rtr", "Reuters", None),
        (" abx", None, "abx"),
        (" rtr/abx", "Reuters", "abx"),
        (" (dpa)", "dpa", None),
        (" (dpa/abx)", "dpa", "abx"),
    ],
)
def test_a_code_behind_the_last_sentence_says_agency_and_editor(ending: str, agency: str, editor: str) -> None:
    assert code_behind(LONG + ending) == (agency, editor)


@pytest.mark.parametrize("ending", ["", " (EU)", " and so on", " (see below)", " It is so."])
def test_what_else_ends_a_paragraph_is_no_code(ending: str) -> None:
    assert code_behind(LONG + ending) is None
    assert code_behind("Short. rtr") is None


def test_a_name_behind_the_last_sentence_signs_a_paragraph() -> None:
    assert name_behind(f"{LONG} Ann Example") == "Ann Example"
    assert name_behind(f"{LONG} The Harbour") is None
    assert name_behind(f"{LONG[:-1]} Ann Example") is None
    assert name_behind(f"{LONG} Harbour Times") is None


@pytest.mark.parametrize(
    "line",
    [
        "By Ann Example",
        "by Ann Example and Ben Sample",
        "BY ANN EXAMPLE",
        "*By Ann Example, harbour editor*",
        "Von Ann Example",
        "By Ann Example | 3 May 2025",
        "Text by Ann Example",
    ],
)
def test_a_line_that_names_the_author(line: str) -> None:
    assert byline(line) == "Ann Example"


def test_chinese_bylines() -> None:
    assert byline("作者：王小明") == "王小明"
    assert byline("本报记者 柳听澜") == "柳听澜"


@pytest.mark.parametrize(
    "line",
    [
        "By the editors",
        "By Monday morning",
        "By our staff",
        "Bye Ann Example",
        "By Harbour Times",
        "Stand by Ann Example",
    ],
)
def test_a_line_that_names_nobody(line: str) -> None:
    assert byline(line) is None


def test_a_name_alone_and_a_numbered_headline() -> None:
    assert lone_name("Ann van der Berg") == "Ann van der Berg"
    assert lone_name("I. Trade") is None
    assert lone_name("Harbour Street Review") is None


def test_signatures_and_sign_offs() -> None:
    assert signature("— AE") == "AE"
    assert signature("Ihre Anna Beispiel") == "Anna Beispiel"
    assert signature("- the first item of a list") is None
    assert is_sign_off("Have a pleasant read!")
    assert is_sign_off("Let’s get into it.")
    assert not is_sign_off("He likes to read.")


@pytest.mark.parametrize(
    "words",
    ["Ann Example", "CJ Sample", "C.J. Sample", "Jean-Paul Muster", "Li Wei", "Paweł Przykład", "Ann Al-Muster"],
)
def test_names_of_people(words: str) -> None:
    assert is_person(words)


@pytest.mark.parametrize("words", ["Ann", "Harbour Times", "Last Monday", "United Harbours", "ann example", "The Quay"])
def test_other_capitalised_words(words: str) -> None:
    assert not is_person(words)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ann Example on the harbour", "Ann Example"),
        ("Marxist economist Ann Example notes", "Ann Example"),
        ("Friends of the Quay advisory group member Ann Example", "Ann Example"),
        ("Morning Star international editor Ann Example", "Ann Example"),
        ("Ann Example criticises president Ben Sample", "Ann Example"),
        ("Ann Example's brother", "Ann Example"),
        ("nobody in particular", None),
    ],
)
def test_the_person_at_the_beginning_of_a_phrase(text: str, name: str | None) -> None:
    assert person_at(text) == name
