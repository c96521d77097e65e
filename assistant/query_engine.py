"""An Assistant -> a LlamaIndex query engine, so that agents and other LlamaIndex programs can ask it.

tool = QueryEngineTool.from_defaults(FootnoteQueryEngine(assistant=open_assistant()), name="documents")
"""

from __future__ import annotations

from typing import Any

from llama_index.core.base.response.schema import Response
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.schema import NodeRelationship, NodeWithScore, RelatedNodeInfo, TextNode
from pydantic import SkipValidation

from assistant.pipeline import Assistant
from assistant.types import Answer, Citation, Filters


class FootnoteQueryEngine(CustomQueryEngine):
    """Answers with the text of an `Answer`, and one node for each sentence that it cites.

    A node's text is the cited sentence, and `start_char_idx` and `end_char_idx` are its offsets in the stored text of
    the document: `assistant.document(node.metadata["document_id"]).text[start:end]` is the text, to the letter. The
    response's `metadata["answer"]` is the `Answer` itself. A refusal has no nodes.
    """

    assistant: SkipValidation[Any]
    """The `Assistant` that is asked."""
    filters: Filters | None = None
    """What every search is narrowed to."""

    def custom_query(self, query_str: str) -> Response:
        """Ask, and wait for the answer."""
        return as_response(_assistant(self.assistant).ask(query_str, filters=self.filters))

    async def acustom_query(self, query_str: str) -> Response:
        """Ask beside the event loop; cancelling ends the answer."""
        return as_response(await _assistant(self.assistant).aask(query_str, filters=self.filters))


def as_response(answer: Answer) -> Response:
    """An answer in LlamaIndex's terms."""
    metadata = {"status": answer.status, "answerability": answer.answerability, "answer": answer}
    nodes = [NodeWithScore(node=_node(c), score=_score(answer, c)) for c in answer.citations]
    return Response(response=answer.text, source_nodes=nodes, metadata=metadata)


def _node(citation: Citation) -> TextNode:
    known = {
        "number": citation.number,
        "document": citation.document,
        "document_id": citation.document_id,
        "title": citation.title,
        "publisher": citation.publisher,
        "outlet": citation.outlet,
        "author": citation.author,
        "date": citation.date.isoformat() if citation.date else None,
        "date_how": citation.date_how,
        "page": citation.page,
    }
    metadata = {name: value for name, value in known.items() if value is not None}
    return TextNode(
        id_=f"{citation.document}:{citation.start}-{citation.end}",
        text=citation.quote,
        start_char_idx=citation.start,
        end_char_idx=citation.end,
        metadata=metadata,
        excluded_llm_metadata_keys=["document_id", "number"],
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=citation.document)},
    )


def _score(answer: Answer, citation: Citation) -> float | None:
    """The score of the best passage in which the sentence was found."""
    scores = [
        item.score
        for item in answer.evidence
        if item.passage.document == citation.document
        and item.passage.span.start <= citation.start
        and citation.end <= item.passage.span.end
    ]
    return max(scores, default=None)


def _assistant(given: Any) -> Assistant:
    if not isinstance(given, Assistant):
        raise TypeError(f"FootnoteQueryEngine asks an Assistant, not a {type(given).__name__}")
    return given
