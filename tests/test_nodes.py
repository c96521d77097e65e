"""Our search in LlamaIndex programs: the documentation's examples run, and rerankers cannot bend offsets."""

import re
from pathlib import Path

import pytest
from fakes import LetterEmbedder
from library_parts import made_document
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.core.tools import RetrieverTool

from assistant.search.index import open_for_writing
from assistant.search.nodes import FootnoteRetriever, rerank
from assistant.search.retriever import retrieve
from assistant.types import Filters

DOCS = Path(__file__).parent.parent / "docs" / "retriever.md"


@pytest.fixture
def index(tmp_path):
    with open_for_writing(tmp_path / "library", LetterEmbedder()) as opened:
        opened.store([made_document("a.txt", ["aaa", "bbb"], title=None), made_document("b.txt", ["aab"], title=None)])
        yield opened


class Backwards(BaseNodePostprocessor):
    """Turns the order round, spoils the texts, drops one and makes one up."""

    def _postprocess_nodes(self, nodes, query_bundle=None):
        assert query_bundle.query_str == "aaa"
        for node in nodes:
            node.node.text = "spoilt"
            node.node.start_char_idx = 99
        made_up = NodeWithScore(node=TextNode(id_="777", text="invented"), score=9.0)
        turned = [
            NodeWithScore(node=n.node, score=score) for n, score in zip(reversed(nodes), (5.0, None, 3.0), strict=True)
        ]
        return [made_up, *turned[:2]]


def test_a_reranker_changes_order_and_scores_and_nothing_else(index):
    evidence = retrieve("aaa", index, 3)
    turned = rerank("aaa", evidence, Backwards())
    assert [e.passage for e in turned] == [evidence[2].passage, evidence[1].passage]
    assert [(e.rank, e.score) for e in turned] == [(1, 5.0), (2, evidence[1].score)]
    assert turned[0].vector_rank == evidence[2].vector_rank


def test_a_tool_of_a_llamaindex_agent_takes_it_with_filters(index):
    retriever = FootnoteRetriever(index, count=2, filters=Filters(documents=("b.txt",)))
    (node,) = RetrieverTool.from_defaults(retriever).call("aaa").raw_output
    assert node.node.metadata["document"] == "b.txt"
    assert (node.node.text, node.node.start_char_idx, node.node.end_char_idx) == ("aab", 0, 3)


def test_the_examples_of_the_documentation_run(sample_settings, monkeypatch, capsys):
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(sample_settings.data_dir))
    monkeypatch.setenv("ASSISTANT_LIBRARY", "sample")
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL):
        exec(block, names)  # noqa: S102  # our own documentation
    assert 1 <= len(capsys.readouterr().out.splitlines()) <= 5
    assert names["best"]
