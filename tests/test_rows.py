import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.search.rows import VectorRows

AXES = np.eye(3, dtype=np.float32)


def some(*ids):
    return np.array(ids, dtype=np.int64)


@pytest.fixture
def rows(tmp_path):
    made = VectorRows(tmp_path / "rows")
    made.add([3, 1, 2], np.array([[1, 0, 0], [0.6, 0.8, 0], [0, 0, 1]], dtype=np.float32))
    return made


def test_the_nearest_of_some_are_exact_and_equals_come_by_their_ids(rows):
    assert rows.nearest(AXES[0], 3, some(1, 2, 3)) == [
        (3, pytest.approx(1)), (1, pytest.approx(0.6)), (2, pytest.approx(0))
    ]  # fmt: skip
    assert rows.nearest(AXES[1], 2, some(2, 3)) == [(2, 0), (3, 0)]
    assert rows.nearest(AXES[1], 1, some(2, 3)) == [(2, 0)]
    assert (
        rows.nearest(AXES[0], 3, some(7)) == rows.nearest(AXES[0], 0, some(1)) == rows.nearest(AXES[0], 3, some()) == []
    )


def test_what_was_added_is_there_when_it_is_opened_again(rows, tmp_path):
    again = VectorRows(tmp_path / "rows")
    assert again.ids() == {1, 2, 3}
    again.add([9], AXES[1:2])
    assert VectorRows(tmp_path / "rows").nearest(AXES[1], 1, some(1, 9)) == [(9, pytest.approx(1))]


@pytest.mark.parametrize("extra", [b"", b"\x01", b"\x01" * 11, b"\x01" * 12])
@pytest.mark.parametrize("ids", [b"", b"\x07", b"\x07\0\0\0\0\0\0\0"])
def test_a_piece_that_a_crash_left_is_passed_over_and_written_over(rows, tmp_path, extra, ids):
    folder = tmp_path / "rows"
    if len(extra) == 12 and len(ids) == 8:
        pytest.skip("a whole row with its whole id is no piece")
    for name, data in (("0.rows", extra), ("0.ids", ids)):
        with (folder / name).open("ab") as file:
            file.write(data)
    again = VectorRows(folder)
    assert again.ids() == {1, 2, 3}
    again.add([8], AXES[2:])
    assert VectorRows(folder).ids() == {1, 2, 3, 8}
    assert VectorRows(folder).nearest(AXES[2], 2, some(3, 8)) == [(8, pytest.approx(1)), (3, pytest.approx(0))]


def test_writing_only_what_is_kept_leaves_the_same_answers(rows, tmp_path):
    rows.add([1], AXES[2:])  # replaced
    rows.compact([1, 3])
    for opened in (rows, VectorRows(tmp_path / "rows")):
        assert len(opened) == 2
        assert opened.ids() == {1, 3}
        assert opened.nearest(AXES[2], 2, some(1, 3)) == [(1, pytest.approx(1)), (3, pytest.approx(0))]
    assert sorted(file.name for file in (tmp_path / "rows").iterdir()) == ["1.ids", "1.rows"]


def test_a_crash_while_it_is_written_anew_leaves_the_old_rows(rows, tmp_path):
    (tmp_path / "rows" / "1.rows").write_bytes(b"half")
    (tmp_path / "rows" / "1.part").write_bytes(b"half")
    assert VectorRows(tmp_path / "rows").ids() == {1, 2, 3}


def test_vectors_of_another_length_are_refused(rows):
    with pytest.raises(ValueError, match="dimension"):
        rows.add([4], np.eye(4, dtype=np.float32)[:1])
    with pytest.raises(ValueError, match="dimension"):
        rows.nearest(np.ones(4, dtype=np.float32), 1, some(1))


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_it_is_what_going_through_all_by_hand_gives(tmp_path_factory, data):
    rows, kept = VectorRows(tmp_path_factory.mktemp("rows")), {}
    number = st.integers(-3, 3)
    for _ in range(data.draw(st.integers(0, 4))):
        ids = data.draw(st.lists(st.integers(1, 20), unique=True, max_size=8))
        vectors = np.array([data.draw(st.tuples(number, number)) for _ in ids], dtype=np.float32).reshape(-1, 2)
        rows.add(ids, vectors)
        kept |= dict(zip(ids, vectors, strict=True))
    within = sorted(data.draw(st.sets(st.integers(1, 20))))
    question = np.array(data.draw(st.tuples(number, number)), dtype=np.float32)
    by_hand = sorted(
        ((i, float(kept[i] @ question)) for i in within if i in kept), key=lambda pair: (-pair[1], pair[0])
    )
    assert rows.nearest(question, 5, some(*within)) == by_hand[:5]
