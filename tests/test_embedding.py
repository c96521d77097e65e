"""The embedders: the real built-in network, and OpenAI's protocol against a real server on the loopback."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import pickle
import shutil
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.errors import AssistantError, ModelError, SettingsError
from assistant.models.files import MODELS_DIR
from assistant.search.embedding import BuiltInEmbedding, open_embedder
from assistant.search.embedding_server import OpenAIEmbedder
from assistant.settings import load_settings

KEY = "sk-test-0123456789"
MIXED = [
    "Tin.",
    "The harbour extension was finished in May, two years late. " * 9,
    "",
    "Who paid for the bridge?",
    "Rain fell on the hills while the valley stayed dry. " * 3,
]


@pytest.fixture(scope="module")
def built_in() -> BuiltInEmbedding:
    return BuiltInEmbedding(threads=2)


def test_likeness(built_in: BuiltInEmbedding) -> None:
    question, near, far = built_in.embed(
        [
            "When did the new tram line open?",
            "Passengers rode the first trams on the line on 3 May.",
            "Beat the eggs with sugar until they are pale.",
        ]
    )
    assert question @ near > 0.4
    assert question @ far < 0.15


def test_shape_type_and_unit_length(built_in: BuiltInEmbedding) -> None:
    vectors = built_in.embed(MIXED)
    assert vectors.shape == (len(MIXED), built_in.dimension) == (5, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_texts(built_in: BuiltInEmbedding) -> None:
    assert built_in.embed([]).shape == (0, 384)


def test_a_text_has_one_vector_whatever_stands_beside_it(built_in: BuiltInEmbedding) -> None:
    alone = np.concatenate([built_in.embed([text]) for text in MIXED])
    assert np.array_equal(built_in.embed(MIXED), alone)
    assert np.array_equal(built_in.embed(MIXED[::-1]), alone[::-1])
    assert np.array_equal(BuiltInEmbedding(threads=1).embed(MIXED), alone)


def test_a_vector_that_the_caller_changes_stays_what_it_was(built_in: BuiltInEmbedding) -> None:
    first = built_in.embed(["a harbour"])
    kept = first.copy()
    first[:] = 0
    np.testing.assert_array_equal(built_in.embed(["a harbour"]), kept)


def test_only_256_tokens_are_read(built_in: BuiltInEmbedding) -> None:
    # "word" is one token; two of the 256 are markers.
    full, longer, shorter = built_in.embed(["word " * 254, "word " * 254 + "tram eggs", "word " * 253 + "tram"])
    assert np.array_equal(full, longer)
    assert not np.array_equal(full, shorter)


def test_a_very_long_text(built_in: BuiltInEmbedding) -> None:
    assert built_in.embed(["The harbour was extended. " * 4_000]).shape == (1, 384)


def test_llama_index_interface_gives_the_same_vectors(built_in: BuiltInEmbedding) -> None:
    expected = built_in.embed(MIXED).tolist()
    assert built_in.get_text_embedding_batch(MIXED) == expected
    assert built_in.get_text_embedding(MIXED[0]) == built_in.get_query_embedding(MIXED[0]) == expected[0]

    async def asked() -> tuple[Any, Any, Any]:
        return (
            await built_in.aget_text_embedding_batch(MIXED),
            await built_in.aget_text_embedding(MIXED[0]),
            await built_in.aget_query_embedding(MIXED[0]),
        )

    assert asyncio.run(asked()) == (expected, expected[0], expected[0])


def test_the_name_tells_the_file(built_in: BuiltInEmbedding) -> None:
    checksum = next(line for line in (MODELS_DIR / "SHA256SUMS").read_text().splitlines() if "model.onnx" in line)
    assert built_in.name == f"built-in all-MiniLM-L6-v2 int8 {checksum[:8]}"


def test_threads_may_share_one(built_in: BuiltInEmbedding) -> None:
    fresh, results = BuiltInEmbedding(threads=1), {}
    workers = [threading.Thread(target=lambda i=i: results.update({i: fresh.embed(MIXED)})) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(results) == 4
    assert all(np.array_equal(result, built_in.embed(MIXED)) for result in results.values())


def test_it_survives_pickling(built_in: BuiltInEmbedding) -> None:
    restored = pickle.loads(pickle.dumps(built_in))  # noqa: S301 - our own bytes; LlamaIndex does so for its workers
    assert np.array_equal(restored.embed(MIXED[:1]), built_in.embed(MIXED[:1]))


def test_a_damaged_model_is_not_loaded(tmp_path: Path) -> None:
    models = Path(shutil.copytree(MODELS_DIR, tmp_path / "models"))
    with (models / "embedder/model.onnx").open("r+b") as file:
        file.truncate(1_000_000)
    with pytest.raises(AssistantError, match=r"model\.onnx is damaged.*make clean && make chat"):
        BuiltInEmbedding(folder=models).embed(["tram"])
    (models / "embedder/model.onnx").unlink()
    with pytest.raises(AssistantError, match=r"model\.onnx is missing.*make clean && make chat"):
        BuiltInEmbedding(folder=models).embed(["tram"])


def test_the_settings_choose(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # away from an assistant.toml
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    built_in = open_embedder(load_settings(embedder="built-in", threads=3))
    assert isinstance(built_in, BuiltInEmbedding)
    assert built_in.threads == 3
    served = open_embedder(load_settings(embedder="openai", openai_api_key=KEY, embedding_model="some/model"))
    assert isinstance(served, OpenAIEmbedder)
    assert served.name == "openai some/model"


# ---- a server that speaks OpenAI's protocol ----

Reply = tuple[int, Any]
"""HTTP status and body: an object that becomes JSON, or text that is sent as it is."""


@dataclass
class Server:
    """What it was asked, and what it replies to the n-th request (the last reply is repeated)."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    replies: list[Callable[[list[str]], Reply]] = field(default_factory=list)


def counted(text: str) -> list[float]:
    """A vector that a person can compute: how many letters, digits and spaces, plus one."""
    return [1.0 + sum(map(kind, text)) for kind in (str.isalpha, str.isdigit, str.isspace)]


def vectors(texts: list[str]) -> Reply:
    data = [{"object": "embedding", "index": i, "embedding": counted(text)} for i, text in enumerate(texts)]
    return 200, {"object": "list", "model": "m", "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def error(status: int, message: str = "so it is", code: str | None = None) -> Callable[[list[str]], Reply]:
    return lambda texts: (status, {"error": {"message": message, "type": "t", "param": None, "code": code}})


def rows(*embeddings: list[float]) -> Callable[[list[str]], Reply]:
    body = {"object": "list", "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    body["data"] = [{"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(embeddings)]
    return lambda texts: (200, body)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")  # a proxy of the machine must not be asked
    state = Server(replies=[vectors])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append(asked | {"path": self.path})
            state.keys.append(self.headers.get("Authorization"))
            reply = state.replies[min(len(state.requests), len(state.replies)) - 1]
            status, body = reply(asked["input"])
            text = body if isinstance(body, str) else json.dumps(body)
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if isinstance(body, str) else "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *arguments: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    http.shutdown()
    http.server_close()
    thread.join()


def embedder(server: Server, model: str = "some/local-model", **changes: Any) -> OpenAIEmbedder:
    return OpenAIEmbedder(model, KEY, server.url, **({"max_retries": 0, "timeout_seconds": 5.0} | changes))


def unit(text: str) -> list[float]:
    return [x / float(np.linalg.norm(counted(text))) for x in counted(text)]


def test_vectors_from_a_server(server: Server) -> None:
    texts = [f"text {'x' * i}" for i in range(70)]
    served = embedder(server)
    result = served.embed(texts)
    assert result.dtype == np.float32
    assert result == pytest.approx(np.array([unit(text) for text in texts]), abs=1e-6)
    assert [len(request["input"]) for request in server.requests] == [32, 32, 6]
    assert {(request["path"], request["model"]) for request in server.requests} == {
        ("/v1/embeddings", "some/local-model")
    }
    assert set(server.keys) == {f"Bearer {KEY}"}
    assert served.dimension == 3
    assert len(server.requests) == 3


def test_base64_is_read_as_openai_sends_it(server: Server) -> None:
    coded = base64.b64encode(np.array([3, 4], dtype="<f4").tobytes()).decode()
    server.replies = [rows(coded)]  # type: ignore[arg-type]
    assert embedder(server).embed(["x"]) == pytest.approx(np.array([[0.6, 0.8]]))


def test_no_texts_ask_no_server(server: Server) -> None:
    assert embedder(server).embed([]).shape[0] == 0
    assert server.requests == []


def test_the_dimension_is_asked_when_it_is_not_known(server: Server) -> None:
    served = embedder(server)
    assert served.dimension == 3
    assert served.embed([]).shape == (0, 3)
    assert len(server.requests) == 1


def test_a_failure_that_passes_is_tried_again(server: Server) -> None:
    server.replies = [error(500), vectors]
    assert embedder(server, max_retries=1).embed(["x"]).shape == (1, 3)
    assert len(server.requests) == 2


def test_a_failure_that_stays_is_not_tried_for_ever(server: Server) -> None:
    server.replies = [error(503)]
    with pytest.raises(ModelError, match="failed"):
        embedder(server, max_retries=1).embed(["x"])
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("reply", "said", "remedy"),
    [
        (
            error(400, "input too long"),
            r"refused the request \(error 400\): input too long",
            "OPENAI_BASE_URL",
        ),
        (error(401), "did not accept the key", "OPENAI_API_KEY"),
        (error(403), "may not use the embedding model “some/local-model”", "another model"),
        (
            error(404, "model gone"),
            "has no model “some/local-model”, or its address is wrong: model gone",
            "ASSISTANT_EMBEDDING_MODEL",
        ),
        (error(409), "error 409", "OPENAI_BASE_URL"),
        (error(422, "batch too large"), "error 422.*batch too large", "OPENAI_BASE_URL"),
        (error(429), "too many requests", "Wait a minute"),
        (error(429, code="insufficient_quota"), "no credit", "Add credit"),
        (error(500), "failed .error 500", "again in a moment"),
        (lambda texts: (200, "<html>Welcome</html>"), "something else than embeddings", "ends in /v1"),
        (lambda texts: (200, {"data": []}), "something else than embeddings", "ends in /v1"),
        (rows([1.0, 2.0], [2.0, 1.0]), "not one vector for each of 1 texts", "ends in /v1"),
        (rows([0.0, 0.0]), "without a direction", "ends in /v1"),
        (rows([float("nan"), 1.0]), "without a direction", "ends in /v1"),
    ],
)
def test_what_a_server_may_reply(server: Server, reply: Callable[[list[str]], Reply], said: str, remedy: str) -> None:
    server.replies = [reply]
    with pytest.raises(ModelError, match=said) as caught:
        embedder(server).embed(["x"])
    assert remedy in caught.value.remedy
    assert server.url.split("/")[2] in caught.value.message
    assert len(server.requests) == 1


def test_the_number_of_numbers_may_not_change(server: Server) -> None:
    server.replies = [vectors, rows([1.0, 2.0])]
    served = embedder(server)
    served.embed(["x"])
    with pytest.raises(ModelError, match="2 numbers a vector after 3"):
        served.embed(["x"])


def test_a_server_that_is_not_there(server: Server) -> None:
    gone = copy.copy(server)
    gone.url = "http://127.0.0.1:9/v1"  # the discard port, on which nothing listens
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:9 cannot be reached.*network"):
        embedder(gone).embed(["x"])


def test_a_server_that_says_nothing(server: Server) -> None:
    release = threading.Event()

    def silent(texts: list[str]) -> Reply:
        release.wait(5)
        return vectors(texts)

    server.replies = [silent]
    with pytest.raises(ModelError, match=r"did not finish within 0\.2 seconds"):
        embedder(server, timeout_seconds=0.2).embed(["x"])
    release.set()


def test_no_status_is_forgotten(server: Server) -> None:
    served = embedder(server)
    for status in (*range(400, 430), 451, *range(500, 512), 599):
        server.replies = [error(status)]
        with pytest.raises(ModelError) as caught:
            served.embed(["x"])
        assert caught.value.message.endswith(".")
        assert caught.value.remedy


def test_the_key_is_never_shown(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    server.replies = [error(400, f"bad request by {KEY}")]
    served = embedder(server)
    with pytest.raises(ModelError) as caught:
        served.embed(["x"])
    assert "[key]" in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert KEY not in shown + repr(served) + caplog.text


def test_a_missing_key() -> None:
    with pytest.raises(SettingsError, match=r"OPENAI_API_KEY.*ASSISTANT_EMBEDDER=built-in"):
        OpenAIEmbedder("text-embedding-3-small", "  ")


def test_a_server_of_ones_own_needs_no_key(server: Server) -> None:
    assert OpenAIEmbedder("m", "", server.url, max_retries=0).embed(["x"]).shape == (1, 3)


@pytest.mark.parametrize("key", ["sk-ключ", "sk one", "sk\none", "sk-\x00"])
def test_a_key_that_cannot_be_one(key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        OpenAIEmbedder("m", key)
    assert key not in str(caught.value)


def test_space_around_a_key_is_dropped(server: Server) -> None:
    OpenAIEmbedder("m", f" {KEY}\n", server.url).embed(["x"])
    assert server.keys == [f"Bearer {KEY}"]


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://host/v1", "http://", "http://host:port/v1", "nonsense"])
def test_an_address_that_cannot_be_one(url: str) -> None:
    with pytest.raises(SettingsError, match=r"OPENAI_BASE_URL.*http://localhost:8080/v1"):
        OpenAIEmbedder("m", KEY, url)


def test_a_password_in_an_address_is_not_shown(server: Server) -> None:
    server.replies = [error(500)]
    url = server.url.replace("http://", "http://user:secret@")
    with pytest.raises(ModelError) as caught:
        OpenAIEmbedder("m", KEY, url, max_retries=0).embed(["x"])
    assert "secret" not in str(caught.value)
