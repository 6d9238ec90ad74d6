"""The embedding model, behind a protocol that keeps queries and documents apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from index.types import Span, Vectors, Words


class Embedder(Protocol):
    """Turns texts into unit vectors. Queries and documents are different calls: many models embed them differently."""

    @property
    def name(self) -> str:
        """Identifies model, revision and precision: vectors of different names never share an index."""

    @property
    def dimension(self) -> int: ...

    def queries(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimension), unit norm; (0, dimension) for no texts."""

    def documents(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimension), unit norm; (0, dimension) for no texts. Sorted by length inside."""

    def words(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> tuple[Vectors, list[list[Words]]]:
        """`documents(texts)`, and from the same pass the vectors of the words in each span of each text.

        A word is a run without white space; its vector is the mean of the last hidden states of its tokens, read in
        the context of the whole text. Words are float32 (words, h), not normalised: whoever compares them centres
        first. A word that no token stands for, or beyond the model's length limit, is left out; a span may so be left
        with none, (0, h). h is the width of the model's last layer, for most models `dimension`.
        """

    def question_words(self, texts: Sequence[str]) -> tuple[Vectors, list[Words]]:
        """`queries(texts)`, and from the same pass the last hidden states of each question's own tokens, without those
        of prompt and model: float32 (tokens, h).

        Not normalised. h is that of `words`.
        """
