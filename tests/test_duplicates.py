from assistant.ingest.articles.duplicates import copies

WORDS = [f"word{number}" for number in range(200)]
TEXT = " ".join(WORDS)


def test_a_copy_is_found_whatever_small_change_was_made() -> None:
    changed = " ".join([*WORDS[:100], "changed", *WORDS[101:]])
    assert copies([TEXT, changed]) == {1: 0}
    assert copies([TEXT, TEXT.upper()]) == {1: 0}


def test_a_text_that_adds_something_is_no_copy() -> None:
    assert copies([TEXT, " ".join(WORDS[:100] + [f"new{n}" for n in range(30)])]) == {}


def test_short_texts_and_other_texts_are_none() -> None:
    assert copies(["One two three.", "One two three.", TEXT]) == {}


def test_a_part_of_an_earlier_text_adds_nothing() -> None:
    assert copies([TEXT, " ".join(WORDS[50:150])]) == {1: 0}
