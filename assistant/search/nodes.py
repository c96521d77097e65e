"""Evidence -> LlamaIndex nodes and back: our search in any LlamaIndex program, and its rerankers in ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from assistant.errors import SettingsError
from assistant.search.index import Index
from assistant.search.ranking import Ranking
from assistant.search.retriever import retrieve
from assistant.types import Evidence, Filters


class FootnoteRetriever(BaseRetriever):
    """`retrieve` for LlamaIndex: any of its query engines and agents can ask a library."""

    def __init__(
        self, index: Index, count: int = 12, filters: Filters | None = None, ranking: Ranking | None = None
    ) -> None:
        super().__init__()
        self._library_index = index
        self._count = count
        self._filters = filters
        self._ranking = ranking or Ranking()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = retrieve(query_bundle.query_str, self._library_index, self._count, self._filters, self._ranking)
        return [as_node(evidence) for evidence in found]


def as_node(evidence: Evidence) -> NodeWithScore:
    """A piece of evidence as LlamaIndex knows it: text, exact offsets into its document, and where it is from."""
    passage, article = evidence.passage, evidence.article
    node = TextNode(
        id_=str(passage.id),
        text=passage.text,
        start_char_idx=passage.span.start,
        end_char_idx=passage.span.end,
        metadata={
            "document": passage.document,
            "document_id": passage.document_id,
            "title": article.title,
            "heading": passage.heading or None,
            "publisher": article.publisher,
            "outlet": article.outlet,
            "author": article.author,
            "date": article.date.isoformat() if article.date else None,
            "reprints": list(evidence.reprints),
        },
    )
    return NodeWithScore(node=node, score=evidence.score)


def open_cross_encoder(name: str, count: int) -> BaseNodePostprocessor:
    """A cross-encoder of sentence-transformers that keeps the `count` best; it is loaded, or fetched, here.

    Raises:
        SettingsError: sentence-transformers is not installed, or has no such model.
    """
    try:
        from llama_index.core.postprocessor import SentenceTransformerRerank

        return SentenceTransformerRerank(model=name, top_n=count)
    except ImportError as error:
        raise SettingsError(
            f"ASSISTANT_RERANKER={name} needs the package sentence-transformers, which is not installed.",
            "Install it: pip install sentence-transformers   or unset ASSISTANT_RERANKER.",
        ) from error
    except Exception as error:  # the library raises whatever a file or a server gave it
        raise SettingsError(
            f"The cross-encoder {name} could not be loaded: {error}",
            "See that the name is right and that it can be fetched, or unset ASSISTANT_RERANKER.",
        ) from error


def rerank(question: str, evidence: Sequence[Evidence], postprocessor: BaseNodePostprocessor) -> list[Evidence]:
    """The evidence in the order, and with the scores, of any LlamaIndex postprocessor; what it leaves out is left out.

    Only order and scores are taken from it. Passages are ours as they were, so that offsets stay exact whatever it
    does to the nodes' texts; a node that it made up is dropped.
    """
    by_id = {str(one.passage.id): one for one in evidence}
    nodes = postprocessor.postprocess_nodes([as_node(one) for one in evidence], QueryBundle(question))
    kept = {node.node.node_id: node.score for node in nodes if node.node.node_id in by_id}
    return [
        replace(by_id[node_id], rank=place, score=by_id[node_id].score if score is None else float(score))
        for place, (node_id, score) in enumerate(kept.items(), start=1)
    ]
