import gc
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import AssistantError
from assistant.search.vectors import VectorIndex, remove_vectors

AXES = np.eye(4, dtype=np.float32)


def unit(*numbers):
    vector = np.array(numbers, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def in_another_process(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def index(tmp_path):
    opened = VectorIndex(tmp_path / "vectors")
    opened.add([1, 2, 3], np.array([unit(1, 0, 0, 0), unit(3, 4, 0, 0), unit(0, 0, 1, 0)]))
    return opened


def test_the_nearest_come_first_with_their_cosines(index):
    found = index.nearest(AXES[0], 3)
    assert [n.passage_id for n in found] == [1, 2, 3]
    assert [n.similarity for n in found] == pytest.approx([1.0, 0.6, 0.0], abs=1e-6)  # 3 / sqrt(3² + 4²) = 0.6
    assert [n.passage_id for n in index.nearest(AXES[1], 3)] == [2, 1, 3]  # 0.8, 0, 0: of equals the lower id first
    assert index.nearest(-AXES[0], 3)[-1].similarity == pytest.approx(-1.0)


def test_more_than_there_is_gives_all_there_is(index):
    assert len(index.nearest(AXES[0], 5_000)) == 3


def some(*ids):
    return np.array(ids, dtype=np.int64)


def test_the_search_can_be_kept_to_some_passages_and_is_then_exact(index):
    assert index.nearest(AXES[0], 3, some(3)) == [(3, pytest.approx(0.0))]
    assert index.nearest(AXES[0], 3, some(2, 3)) == [(2, pytest.approx(0.6)), (3, pytest.approx(0.0))]
    assert [n.passage_id for n in index.nearest(AXES[1], 2, some(1, 3))] == [1, 3]  # both 0: the lower id first
    assert [n.passage_id for n in index.nearest(AXES[1], 1, some(1, 2, 3, 99))] == [2]
    assert index.nearest(AXES[0], 3, some(99)) == index.nearest(AXES[0], 3, some()) == []


def test_an_id_that_is_stored_again_is_replaced(index):
    index.add([1], AXES[3:])
    assert index.ids() == {1, 2, 3}
    assert index.nearest(AXES[3], 1)[0].passage_id == 1
    assert index.nearest(AXES[0], 1)[0].passage_id == 2
    assert index.nearest(AXES[3], 1, some(1)) == [(1, pytest.approx(1.0))]


def test_what_was_removed_is_not_found(index):
    index.remove([1, 77])
    assert index.ids() == {2, 3}
    assert [n.passage_id for n in index.nearest(AXES[0], 3)] == [2, 3]
    index.remove([])
    assert index.ids() == {2, 3}


def test_an_empty_index_finds_nothing(tmp_path):
    index = VectorIndex(tmp_path / "vectors")
    assert index.ids() == set()
    assert index.nearest(AXES[0], 5) == []
    assert index.nearest(AXES[0], 5, some(1)) == []
    index.add([], np.empty((0, 4), dtype=np.float32))
    assert index.ids() == set()


def test_it_is_still_there_after_it_was_closed(index, tmp_path):
    index.close()
    again = VectorIndex(tmp_path / "vectors")
    assert again.ids() == {1, 2, 3}
    assert again.nearest(AXES[2], 1)[0].passage_id == 3


def test_more_vectors_than_a_call_takes_and_more_than_are_kept_in_memory(tmp_path):
    vectors = np.random.default_rng(0).standard_normal((4_500, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = VectorIndex(tmp_path / "vectors")
    index.add(range(1, 4_501), vectors)
    assert index.ids() == set(range(1, 4_501))
    exact = np.argsort(-(vectors @ vectors[7]))[:20] + 1
    assert len({n.passage_id for n in index.nearest(vectors[7], 20)} & set(exact.tolist())) >= 19
    assert len(index.nearest(vectors[7], 1_000)) == 1_000
    index.remove(range(1, 4_001))
    assert index.ids() == set(range(4_001, 4_501))
    assert len(index.nearest(vectors[7], 1_000)) == 500


def test_what_another_process_wrote_is_seen_by_a_new_index(index, tmp_path):
    assert index.nearest(AXES[3], 1)[0].similarity == pytest.approx(0.0)
    in_another_process(
        "import sys, numpy as np; from pathlib import Path; from assistant.search.vectors import VectorIndex\n"
        "index = VectorIndex(Path(sys.argv[1])); index.add([4], np.eye(4)[3:]); index.remove([1])",
        tmp_path / "vectors",
    )
    index.nearest(AXES[3], 3)  # the old one may be behind, but it works
    new = VectorIndex(tmp_path / "vectors")
    assert new.nearest(AXES[3], 1) == [(4, pytest.approx(1.0))]
    assert new.ids() == {2, 3, 4}


def test_two_libraries_can_be_open_at_once(index, tmp_path):
    other = VectorIndex(tmp_path / "other")
    other.add([9], AXES[:1])
    index.add([4], AXES[3:])
    other.close()
    assert index.nearest(AXES[3], 1)[0].passage_id == 4


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_opening_many_times_keeps_no_files_open(tmp_path):
    def open_files():
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    VectorIndex(tmp_path / "vectors").add([1], AXES[:1])
    before = open_files()
    for _ in range(20):
        VectorIndex(tmp_path / "vectors").nearest(AXES[0], 1)
    assert open_files() < before + 20  # a few: their threads end a little later


def test_a_damaged_folder_is_reported_with_the_way_out(index, tmp_path):
    index.close()
    (tmp_path / "vectors" / "chroma.sqlite3").write_bytes(b"no database " * 1_000)
    with pytest.raises(AssistantError, match=r"vector index at .* cannot be used") as caught:
        VectorIndex(tmp_path / "vectors")
    assert "assistant index --repair" in caught.value.remedy


def test_damage_further_in_is_reported_when_it_is_met(tmp_path):
    vectors = np.random.default_rng(0).standard_normal((2_500, 8)).astype(np.float32)
    VectorIndex(tmp_path / "vectors").add(range(1, 2_501), vectors)
    damaged = [file for file in (tmp_path / "vectors").glob("*/*") if file.is_file()]
    assert damaged
    for file in damaged:
        file.write_bytes(b"x" * 50)
    with pytest.raises(AssistantError, match="cannot be used"):
        VectorIndex(tmp_path / "vectors").nearest(vectors[0], 5)


def test_vectors_of_another_length_are_refused(index):
    with pytest.raises(AssistantError, match="dimension"):
        index.add([4], np.eye(3, dtype=np.float32)[:1])
    with pytest.raises(AssistantError, match="dimension"):
        index.nearest(np.ones(3, dtype=np.float32), 1)


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AssistantError, match="cannot be used"):
        VectorIndex(tmp_path / "file" / "vectors")


def test_the_index_can_be_removed_and_made_again(index, tmp_path):
    index.close()
    remove_vectors(tmp_path / "vectors")
    remove_vectors(tmp_path / "vectors")  # not there: nothing to do
    assert VectorIndex(tmp_path / "vectors").ids() == set()


def test_nothing_is_sent_anywhere_whatever_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("CHROMA_OTEL_COLLECTION_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("ANONYMIZED_TELEMETRY", "true")
    said = in_another_process(
        """if True:
        import os, sys
        asked = []
        def hook(event, arguments):
            if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
                asked.append((event, arguments))
        sys.addaudithook(hook)
        os.chdir(sys.argv[1])
        with open(".env", "w") as file:
            file.write("OPENAI_API_KEY=sk-x\\nCHROMA_OTEL_COLLECTION_ENDPOINT=http://127.0.0.1:9\\n")
        import numpy as np
        from pathlib import Path
        from assistant.search.vectors import VectorIndex
        index = VectorIndex(Path(sys.argv[1]) / "vectors")
        index.add([1], np.eye(4)[:1])
        print(index.nearest(np.eye(4)[0], 1)[0].passage_id, asked)
        """,
        tmp_path,
    )
    assert said.strip() == "1 []"
