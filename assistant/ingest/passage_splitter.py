"""LlamaIndex's documents -> nodes that are our passages: `split_passages` as a NodeParser.

In a file of its own, for LlamaIndex takes a second to import, which reading a file need not wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.node_parser import NodeParser
from llama_index.core.schema import BaseNode, NodeRelationship, TextNode
from pydantic import Field

from assistant.ingest.passages import split_passages
from assistant.types import Article, Document, Span


class PassageSplitter(NodeParser):
    """`split_passages` for LlamaIndex: documents in, nodes with true `start_char_idx` and `end_char_idx` out."""

    passage_characters: int = Field(default=900, gt=0)

    def _parse_nodes(self, nodes: Sequence[BaseNode], show_progress: bool = False, **kwargs: Any) -> list[BaseNode]:  # noqa: ARG002
        return [child for node in nodes for child in self._children(node)]

    def _postprocess_parsed_nodes(self, nodes: list[BaseNode], parent_doc_map: dict[str, Any]) -> list[BaseNode]:
        """As in every parser, but for the offsets: the base class replaces them by where it finds the text first."""
        spans = [(node, node.start_char_idx, node.end_char_idx) for node in nodes if isinstance(node, TextNode)]
        nodes = super()._postprocess_parsed_nodes(nodes, parent_doc_map)
        for node, start, end in spans:
            node.start_char_idx, node.end_char_idx = start, end
        return nodes

    def _children(self, node: BaseNode) -> list[BaseNode]:
        text = node.get_content()
        document = Document(name=node.node_id, text=text, sha256="", media_type="text/plain")
        whole = Article(document=node.node_id, span=Span(0, len(text)))
        passages, _ = split_passages(document, [whole], self.passage_characters)
        return [
            TextNode(
                text=passage.text,
                start_char_idx=passage.span.start,
                end_char_idx=passage.span.end,
                metadata={**node.metadata, "heading": passage.heading},
                relationships={NodeRelationship.SOURCE: node.as_related_node_info()},
            )
            for passage in passages
        ]
