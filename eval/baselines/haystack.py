"""haystack's hybrid retrieval-augmented generation.

Pipeline and prompt are those of its documentation's hybrid example (docs, "AsyncPipeline"; the same prompt stands on
the pages of several integrations), which tells the model to say so when the documents do not answer: embedding and
BM25 retrievers over an InMemoryDocumentStore, joined by reciprocal rank fusion (cookbook, "Running Haystack Pipelines
in Asynchronous Environments"). Five documents go to the model, as in the cookbook's "Hybrid RAG Pipeline"; documents
are 150 words that overlap by 50 (tutorial 30), for the 512 of the hybrid tutorial are more than this embedder reads.

Its sentence-transformers embedders are a package of their own since haystack 3. Ours here do what they do, by the
documented way to write a component, with gisa's embedder inside (in float32, as the others have it), which applies the
model's own prompts. BM25 splits Korean at spaces, as it comes: haystack has no setting for morphemes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")

from haystack import Document, Pipeline, component
from haystack.components.builders import ChatPromptBuilder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.dataclasses import ChatMessage
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import Secret

from eval.baselines.peer import TIMEOUT_S, Model, Passage, Reply, document
from index.embed import Embedder
from index.sentence_transformer import SentenceTransformerEmbedder
from seeds.article import Article

SPLIT_WORDS, OVERLAP_WORDS, TOP_K = 150, 50, 5
PROMPT = (
    ChatMessage.from_system(
        """
        You are a precise, factual QA assistant.
        According to the following documents:
        {% for document in documents %}
        {{document.content}}
        {% endfor %}

        If an answer cannot be deduced from the documents, say "I don't know based on these documents".

        When answering:
        - be concise
        - write the documents that support your answer

        Answer the given question
        """
    ),
    ChatMessage.from_user("{{query}}"),
    ChatMessage.from_system("Answer:"),
)


@component
class TextEmbedder:
    """A question's vector."""

    def __init__(self, model: Embedder) -> None:
        self._model = model

    @component.output_types(embedding=list[float])
    def run(self, text: str) -> dict[str, Any]:
        return {"embedding": self._model.queries([text])[0].tolist()}


@component
class DocumentEmbedder:
    """Documents with their vectors."""

    def __init__(self, model: Embedder) -> None:
        self._model = model

    @component.output_types(documents=list[Document])
    def run(self, documents: list[Document]) -> dict[str, Any]:
        vectors = self._model.documents([one.content or "" for one in documents])
        return {
            "documents": [replace(one, embedding=row.tolist()) for one, row in zip(documents, vectors, strict=True)]
        }


class Haystack:
    """Two pipelines over one store: one takes documents in, one answers."""

    def __init__(self, embedder: Path, model: Model) -> None:
        encoder = SentenceTransformerEmbedder(embedder, precision="float32")
        self._store = InMemoryDocumentStore()
        self._indexing = _indexing(self._store, encoder)
        self._asking = _asking(self._store, encoder, model)

    @property
    def vectors(self) -> int:
        return self._store.count_documents()

    def add(self, articles: Sequence[Article]) -> None:
        documents = [Document(content=document(article), meta={"article": article.id}) for article in articles]
        self._indexing.run({"splitter": {"documents": documents}})

    def ask(self, question: str) -> Reply:
        inputs = {
            "text_embedder": {"text": question},
            "bm25_retriever": {"query": question},
            "prompt_builder": {"query": question},
        }
        told = self._asking.run(inputs, include_outputs_from={"document_joiner"})
        documents: list[Document] = told["document_joiner"]["documents"]
        given = tuple(Passage(str(one.meta["article"]), one.content or "") for one in documents)
        return Reply(told["llm"]["replies"][0].text or "", given)


def _indexing(store: InMemoryDocumentStore, encoder: Embedder) -> Pipeline:
    pipeline = Pipeline()
    pipeline.add_component("splitter", DocumentSplitter("word", split_length=SPLIT_WORDS, split_overlap=OVERLAP_WORDS))
    pipeline.add_component("embedder", DocumentEmbedder(encoder))
    pipeline.add_component("writer", DocumentWriter(store))
    pipeline.connect("splitter", "embedder")
    pipeline.connect("embedder", "writer")
    return pipeline


def _asking(store: InMemoryDocumentStore, encoder: Embedder, model: Model) -> Pipeline:
    pipeline = Pipeline()
    pipeline.add_component("text_embedder", TextEmbedder(encoder))
    pipeline.add_component("embedding_retriever", InMemoryEmbeddingRetriever(store))
    pipeline.add_component("bm25_retriever", InMemoryBM25Retriever(store))
    pipeline.add_component("document_joiner", DocumentJoiner("reciprocal_rank_fusion", top_k=TOP_K))
    pipeline.add_component("prompt_builder", ChatPromptBuilder(list(PROMPT), required_variables="*"))
    generator = OpenAIChatGenerator(
        Secret.from_token(model.api_key),
        model.name,
        api_base_url=model.base_url,
        generation_kwargs={"max_tokens": model.max_tokens, "temperature": model.temperature},
        timeout=TIMEOUT_S,
        max_retries=0,
        http_client_kwargs=model.wire.options(),
    )
    pipeline.add_component("llm", generator)
    pipeline.connect("text_embedder.embedding", "embedding_retriever.query_embedding")
    pipeline.connect("embedding_retriever", "document_joiner")
    pipeline.connect("bm25_retriever", "document_joiner")
    pipeline.connect("document_joiner", "prompt_builder.documents")
    pipeline.connect("prompt_builder.prompt", "llm.messages")
    return pipeline
