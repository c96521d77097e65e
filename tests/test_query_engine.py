"""The LlamaIndex query engine: nodes with exact offsets, refusals, filters, asynchronous questions, agents' tools."""

from __future__ import annotations

import asyncio

import pytest
from llama_index.core.schema import QueryBundle
from llama_index.core.tools import QueryEngineTool

from assistant.pipeline import Assistant
from assistant.query_engine import FootnoteQueryEngine
from assistant.types import Answer, Filters

RECALL = "Why was the Luhang car recalled?"
ELSEWHERE = "What is the best recipe for sourdough bread?"


def test_each_cited_sentence_is_a_node_with_its_offsets(sample: Assistant) -> None:
    response = FootnoteQueryEngine(assistant=sample).query(RECALL)
    answer = response.metadata["answer"]
    assert isinstance(answer, Answer)
    assert str(response) == answer.text
    assert len(response.source_nodes) == len(answer.citations) > 0
    for source, citation in zip(response.source_nodes, answer.citations, strict=True):
        node = source.node
        text = sample.document(node.metadata["document_id"]).text
        assert text[node.start_char_idx : node.end_char_idx] == node.text == citation.quote
        assert node.source_node is not None
        assert node.source_node.node_id == citation.document == node.metadata["document"]
        assert source.score is not None
        assert "document_id" not in node.get_content("llm")


def test_a_refusal_has_no_nodes_and_says_so(sample: Assistant) -> None:
    response = FootnoteQueryEngine(assistant=sample).query(QueryBundle(ELSEWHERE))
    assert response.source_nodes == []
    assert response.metadata["status"] == "refused"
    assert str(response).startswith("The sources do not answer this question.")


def test_filters_narrow_every_question(sample: Assistant) -> None:
    only = Filters(documents=("briefings/dunmere-memo.docx",))
    response = FootnoteQueryEngine(assistant=sample, filters=only).query(RECALL)
    assert {source.node.metadata["document"] for source in response.source_nodes} == set(only.documents)


def test_it_can_be_asked_from_a_loop_and_as_a_tool(sample: Assistant) -> None:
    engine = FootnoteQueryEngine(assistant=sample)
    assert str(asyncio.run(engine.aquery(RECALL))) == str(engine.query(RECALL))
    tool = QueryEngineTool.from_defaults(engine, name="documents")
    assert tool.call(RECALL).content == asyncio.run(tool.acall(RECALL)).content == str(engine.query(RECALL))


def test_it_asks_an_assistant_and_nothing_else() -> None:
    with pytest.raises(TypeError, match="not a str"):
        FootnoteQueryEngine(assistant="assistant").query(RECALL)
