"""The same passages and vectors -> LlamaIndex's default retriever (`VectorStoreIndex.as_retriever`) on Chroma.

LlamaIndex's own package for Chroma is a dependency that nobody needs but this file; what it does for a question, one
`query` of the collection with the filters as `where`, and nodes made from what comes back, is done here. Imports
chromadb although only `assistant.search.vectors` may: it is what is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from llama_index.core import VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import BaseNode, TextNode
from llama_index.core.vector_stores import FilterOperator, MetadataFilter, MetadataFilters
from llama_index.core.vector_stores.types import BasePydanticVectorStore, VectorStoreQuery, VectorStoreQueryResult
from llama_index.core.vector_stores.utils import metadata_dict_to_node, node_to_metadata_dict

from assistant.search.library import open_library
from assistant.search.rows import VectorRows
from evals.bench.made_library import QuestionEmbedder

BATCH = 2_000
_COMPARED = {FilterOperator.EQ: "$eq", FilterOperator.GTE: "$gte", FilterOperator.LTE: "$lte"}


def _collection(folder: Path) -> Any:
    client = chromadb.PersistentClient(str(folder), ChromaSettings(anonymized_telemetry=False))
    return client.get_or_create_collection(
        "passages", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )


def build_peer(library_folder: Path, folder: Path) -> None:
    """Store the library's passages as LlamaIndex stores nodes: text, vector, and the node as metadata."""
    library, rows = open_library(library_folder), VectorRows(library_folder / "vectors" / "rows")
    collection = _collection(folder)
    ids = sorted(library.passage_ids())
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        stored = library.passages(part)
        nodes = [TextNode(id_=str(i), text=stored[i][0].text, metadata=_metadata(stored[i][1])) for i in part]
        collection.add(
            ids=[node.node_id for node in nodes],
            embeddings=rows.vectors(np.array(part, dtype=np.int64)),
            documents=[node.text for node in nodes],
            metadatas=[node_to_metadata_dict(node, remove_text=True, flat_metadata=True) for node in nodes],
        )
    library.close()


def _metadata(article: Any) -> dict[str, Any]:
    return {"publisher": article.publisher, "day": int(article.date.strftime("%Y%m%d"))}


class ChromaStore(BasePydanticVectorStore):
    """A Chroma collection as LlamaIndex asks it."""

    stores_text: bool = True
    collection: Any

    @property
    def client(self) -> Any:
        """The collection."""
        return self.collection

    def add(self, nodes: Any, **_: Any) -> list[str]:
        """Not needed: the collection is filled beforehand."""
        raise NotImplementedError

    def delete(self, ref_doc_id: str, **_: Any) -> None:
        """Not needed."""
        raise NotImplementedError

    def query(self, query: VectorStoreQuery, **_: Any) -> VectorStoreQueryResult:
        """The nearest nodes."""
        found = self.collection.query(
            query_embeddings=[query.query_embedding],
            n_results=query.similarity_top_k,
            where=_where(query.filters),
            include=["documents", "metadatas", "distances"],
        )
        nodes: list[BaseNode] = []
        for text, metadata in zip(found["documents"][0], found["metadatas"][0], strict=True):
            node = metadata_dict_to_node(metadata)
            node.set_content(text)
            nodes.append(node)
        similarities = [1.0 - distance for distance in found["distances"][0]]
        return VectorStoreQueryResult(nodes=nodes, similarities=similarities, ids=found["ids"][0])


def _where(filters: MetadataFilters | None) -> Any:
    simple = [f for f in (filters.filters if filters else ()) if isinstance(f, MetadataFilter)]
    conditions = [{f.key: {_COMPARED[f.operator]: f.value}} for f in simple]
    return None if not conditions else conditions[0] if len(conditions) == 1 else {"$and": conditions}


class _AsLlamaIndex(BaseEmbedding):
    """The questions' embedder as LlamaIndex takes it."""

    inner: Any

    def _get_query_embedding(self, query: str) -> list[float]:
        row: list[float] = self.inner.embed([query])[0].tolist()
        return row

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_query_embedding(text)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def open_peer(folder: Path, embedder: QuestionEmbedder, count: int) -> Callable[[str, Any], int]:
    """LlamaIndex's retriever, to be asked with a text and a filter."""
    store = ChromaStore(collection=_collection(folder))
    index = VectorStoreIndex.from_vector_store(store, embed_model=_AsLlamaIndex(inner=embedder))

    def asked(text: str, wanted: Any) -> int:
        conditions: list[MetadataFilter | MetadataFilters] = []
        if wanted.since:
            for operator, day in ((FilterOperator.GTE, wanted.since), (FilterOperator.LTE, wanted.until)):
                number = int(day.strftime("%Y%m%d"))
                conditions.append(MetadataFilter(key="day", value=number, operator=operator))
        if wanted.publisher:
            conditions.append(MetadataFilter(key="publisher", value=wanted.publisher, operator=FilterOperator.EQ))
        filters = MetadataFilters(filters=conditions) if conditions else None
        return len(index.as_retriever(similarity_top_k=count, filters=filters).retrieve(text))

    return asked
