"""The same documents -> what others' defaults take for them: Chroma's embedding function, LlamaIndex's pipeline.

Imports chromadb although only `assistant.search.vectors` may: it is what is measured here.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import MetadataMode

from assistant.models.files import model_file
from assistant.search.embedding import BUILT_IN_MODEL, BUILT_IN_TOKENIZER, BuiltInEmbedding, Embedder, Vectors
from evals.bench.measure import Measured, Stopwatch, passage_texts, peak_megabytes, share_of_tokens_read

CHROMA_BATCH = 1_000  # texts handed to Chroma at a time; its function embeds 32 at a time, whatever it gets
SHORT_TOKENS, SHORT_OVERLAP = 224, 20  # the largest chunks of which the network reads all


class _Session:
    """Our network in the place of the one that Chroma downloads.

    Chroma's has a third input, and leaves the mean over the tokens to its caller. Ours has taken it already; given
    for every token the same, Chroma's mean of it is the same again, and takes Chroma the time that it always takes.
    """

    def __init__(self, session: Any) -> None:
        self._session = session

    def run(self, names: None, feed: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        ids, mask = feed["input_ids"], feed["attention_mask"]
        vectors = self._session.run(names, {"input_ids": ids, "attention_mask": mask})[0]
        return [np.broadcast_to(vectors[:, np.newaxis, :], (*ids.shape, vectors.shape[1]))]


class ChromaDefault(ONNXMiniLM_L6_V2):
    """Chroma's default embedding function, with our model file where it looks for its own."""

    def __init__(self, folder: Path, clock: Stopwatch) -> None:
        super().__init__()
        self.DOWNLOAD_PATH = folder
        self._clock = clock
        home = folder / self.EXTRACTED_FOLDER_NAME
        home.mkdir(parents=True, exist_ok=True)
        for name in ("config.json", "special_tokens_map.json", "tokenizer_config.json", "vocab.txt"):
            (home / name).touch()  # it looks whether they are there, and does not read them
        shutil.copyfile(model_file(BUILT_IN_MODEL), home / "model.onnx")
        shutil.copyfile(model_file(BUILT_IN_TOKENIZER), home / "tokenizer.json")

    @cached_property
    def model(self) -> Any:
        """Our network, in a session that Chroma has set up."""
        return _Session(super().model)

    def __call__(self, input: Any) -> Any:  # noqa: A002  # Chroma's name for it
        """Chroma's own way, timed."""
        with self._clock.running():
            return super().__call__(input)


def chroma_default(documents: Path, work: Path, embedder: Embedder) -> Measured:  # noqa: ARG001
    """Chroma embeds and stores the texts of our passages; that they were read and cut is not counted against it."""
    texts = passage_texts(work / "library")
    whole, embedding = Stopwatch(), Stopwatch()
    function: Any = ChromaDefault(work / "chroma-model", embedding)  # Chroma's own types disagree on what it takes
    with whole.running():
        client = chromadb.PersistentClient(str(work / "chroma"), ChromaSettings(anonymized_telemetry=False))
        collection = client.create_collection("passages", embedding_function=function)
        for start in range(0, len(texts), CHROMA_BATCH):
            part = texts[start : start + CHROMA_BATCH]
            collection.add(ids=[str(start + i) for i in range(len(part))], documents=part)
    peak = peak_megabytes()
    count = sum(1 for path in documents.rglob("*.md"))
    return Measured(count, len(texts), whole.seconds, embedding.seconds, peak, share_of_tokens_read(texts))


class _TimedEmbedding(BuiltInEmbedding):
    """Our embedder as LlamaIndex takes it, and how long it took."""

    _clock: Stopwatch = Stopwatch()

    def embed(self, texts: Any) -> Vectors:
        with self._clock.running():
            return super().embed(texts)


def llamaindex_default(documents: Path, work: Path, embedder: Embedder) -> Measured:  # noqa: ARG001
    """LlamaIndex's default splitter (chunks of 1,024 tokens) and store; our embedder reads 256 of a chunk."""
    return _llamaindex(documents, work / "llamaindex", SentenceSplitter())


def llamaindex_short(documents: Path, work: Path, embedder: Embedder) -> Measured:  # noqa: ARG001
    """The same with chunks so short that our embedder reads all of them."""
    splitter = SentenceSplitter(chunk_size=SHORT_TOKENS, chunk_overlap=SHORT_OVERLAP)
    return _llamaindex(documents, work / "llamaindex-short", splitter)


def _llamaindex(documents: Path, store: Path, splitter: SentenceSplitter) -> Measured:
    model, whole = _TimedEmbedding(), Stopwatch()
    with whole.running():
        files = sorted(documents.rglob("*.md"))
        read = [Document(text=f.read_text("utf-8"), id_=f.relative_to(documents).as_posix()) for f in files]
        index = VectorStoreIndex.from_documents(read, embed_model=model, transformations=[splitter])
        index.storage_context.persist(str(store))
    peak = peak_megabytes()
    texts = [node.get_content(MetadataMode.EMBED) for node in index.docstore.docs.values()]
    return Measured(len(files), len(texts), whole.seconds, model._clock.seconds, peak, share_of_tokens_read(texts))
