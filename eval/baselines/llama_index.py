"""llama-index's own question answering, twice.

`QueryEngine`: VectorStoreIndex.as_query_engine. Chunks of 512 tokens that overlap by 50, and four of them: what
"Basic strategies" of its documentation (optimizing, chunk sizes) changes the default of two chunks of 1024 to, for
finer embeddings; 1024 tokens would not fit into this embedder besides.

`CitationEngine`: CitationQueryEngine as its example shows it (examples/query_engine/citation_query_engine): three
chunks of the default size, cut into citation chunks of 512 tokens, numbered. Its prompt says that an answer must cite,
and that it should be indicated when no source is helpful.

Both: HuggingFaceEmbedding with the prompts of the model's card as query_instruction and text_instruction, the default
prompts for chat models, the default response mode ("compact": one request when all fits into the context, as it does).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import httpx
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.embeddings.huggingface import HuggingFaceEmbedding  # type: ignore[import-untyped]
from llama_index.llms.openai_like import OpenAILike

from eval.baselines.peer import TIMEOUT_S, Model, Passage, Reply, document
from seeds.article import Article

CHUNK_TOKENS, OVERLAP_TOKENS, TOP_K = 512, 50, 4
CITED_TOP_K, CITATION_CHUNK_TOKENS = 3, 512
_MARK = re.compile(r"\[(\d+(?:\s*,\s*\d+)*)\]")
_LABEL = re.compile(r"\ASource \d+:\n")


class QueryEngine:
    """VectorStoreIndex.as_query_engine."""

    def __init__(self, embedder: Path, model: Model) -> None:
        self._embedding = HuggingFaceEmbedding(
            model_name=str(embedder), query_instruction="query: ", text_instruction="passage: "
        )
        self._llm = _llm(model)
        self.vectors = 0

    def add(self, articles: Sequence[Article]) -> None:
        documents = [Document(id_=article.id, text=document(article)) for article in articles]
        index = VectorStoreIndex.from_documents(
            documents, embed_model=self._embedding, transformations=[self._splitter()]
        )
        self.vectors = len(index.index_struct.nodes_dict)
        self._engine = self._over(index)

    def ask(self, question: str) -> Reply:
        response = self._engine.query(question)
        assert isinstance(response, Response)
        text = str(response)
        given = tuple(
            Passage(node.node.ref_doc_id or "", _LABEL.sub("", node.node.get_content()))
            for node in response.source_nodes
        )
        return Reply(text, given, self._cited(text, given))

    def _splitter(self) -> SentenceSplitter:
        return SentenceSplitter(chunk_size=CHUNK_TOKENS, chunk_overlap=OVERLAP_TOKENS)

    def _over(self, index: VectorStoreIndex) -> BaseQueryEngine:
        return index.as_query_engine(llm=self._llm, similarity_top_k=TOP_K)

    def _cited(self, text: str, given: Sequence[Passage]) -> tuple[Passage, ...] | None:
        """It answers without citations."""
        return None


class CitationEngine(QueryEngine):
    """CitationQueryEngine: [n] in its answers is the n-th of its sources."""

    def _splitter(self) -> SentenceSplitter:
        return SentenceSplitter()

    def _over(self, index: VectorStoreIndex) -> BaseQueryEngine:
        return CitationQueryEngine.from_args(
            index, llm=self._llm, similarity_top_k=CITED_TOP_K, citation_chunk_size=CITATION_CHUNK_TOKENS
        )

    def _cited(self, text: str, given: Sequence[Passage]) -> tuple[Passage, ...]:
        return tuple(given[number - 1] for number in marks(text, len(given)))


def marks(text: str, sources: int) -> list[int]:
    """Numbers of the sources that a text cites as [1] or [1, 2], each once, in order."""
    numbers = [int(n) for group in _MARK.findall(text) for n in re.findall(r"\d+", group)]
    return [n for n in dict.fromkeys(numbers) if 1 <= n <= sources]


def _llm(model: Model) -> OpenAILike:
    return OpenAILike(
        model=model.name,
        api_base=model.base_url,
        api_key=model.api_key,
        is_chat_model=True,
        context_window=model.context_tokens,
        max_tokens=model.max_tokens,
        temperature=model.temperature,
        timeout=TIMEOUT_S,
        max_retries=0,
        http_client=httpx.Client(**model.wire.options()),
    )
