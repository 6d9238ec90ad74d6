"""txtai's RAG pipeline over a hybrid index.

As its authors' application has it (github.com/neuml/rag): text in paragraphs, the system prompt and template below, ten
paragraphs as context; beside it with the three of the pipeline's default, which make a much shorter prompt. Citations
by `output="reference"`, which names the paragraph nearest to the answer (its example "Build RAG pipelines with txtai").
`hybrid=True`: BM25 beside vectors, half and half, as its documentation has it for search by meaning and by words.

Its language models come through packages for llama.cpp or LiteLLM; `Generation` is its documented way to bring another
(example "Integrate LLM frameworks"). The model's own prompts are applied by txtai's sentence-transformers vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
from openai import OpenAI
from txtai import LLM, RAG, Embeddings  # type: ignore[import-untyped]
from txtai.pipeline import Segmentation  # type: ignore[import-untyped]
from txtai.pipeline.llm.generation import Generation  # type: ignore[import-untyped]

from eval.baselines.peer import TIMEOUT_S, Model, Passage, Reply, document
from seeds.article import Article

CONTEXT, SHORT_CONTEXT = 10, 3
SYSTEM = "You are a friendly assistant. You answer questions from users."
TEMPLATE = """Answer the following question using only the context below. Only include information
specifically discussed.

question: {question}
context: {context}
"""


class Served(Generation):  # type: ignore[misc]
    """txtai's seam for language models, over the OpenAI API. `path` is the model's name."""

    def __init__(self, path: str, *, model: Model, **options: Any) -> None:
        super().__init__(path, **options)
        self._temperature = model.temperature
        self._client = OpenAI(
            base_url=model.base_url,
            api_key=model.api_key,
            timeout=TIMEOUT_S,
            max_retries=0,
            http_client=httpx.Client(**model.wire.options()),
        )

    def stream(
        self, texts: Sequence[Any], maxlength: int, stream: bool, stop: list[str] | None, **_: Any
    ) -> Iterator[str]:
        """One whole reply for each text."""
        for messages in texts:
            told = self._client.chat.completions.create(
                model=self.path, messages=messages, max_tokens=maxlength, temperature=self._temperature, stop=stop
            )
            yield told.choices[0].message.content or ""


class TxtAI:
    """The pipeline over its index, with so many paragraphs as context."""

    def __init__(self, embedder: Path, model: Model, context: int = CONTEXT) -> None:
        self._embeddings = Embeddings(path=str(embedder), hybrid=True, content=True)
        llm = LLM(model.name, method=f"{Served.__module__}.{Served.__qualname__}", model=model)
        self._rag = RAG(self._embeddings, llm, system=SYSTEM, template=TEMPLATE, context=context, output="reference")
        self._max_tokens = model.max_tokens
        self._rows: dict[str, Passage] = {}

    @property
    def vectors(self) -> int:
        return len(self._rows)

    def add(self, articles: Sequence[Article]) -> None:
        paragraphs = Segmentation(paragraphs=True)
        self._rows = {
            f"{article.id}/{number}": Passage(article.id, text)
            for article in articles
            for number, text in enumerate(paragraphs(document(article)))
        }
        self._embeddings.index((row, passage.text) for row, passage in self._rows.items())

    def ask(self, question: str) -> Reply:
        told = self._rag(question, maxlength=self._max_tokens)
        found = self._embeddings.search(question, self._rag.context)  # the search that the pipeline made
        given = tuple(self._rows[row["id"]] for row in found)
        return Reply(told["answer"], given, (self._rows[told["reference"]],) if told["reference"] else ())
