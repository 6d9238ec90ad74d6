"""Finds chunks for a question: dense and lexical candidates, scored together on the question's own terms.

Dense: the chunk's similarity, and the mean of its best sentence's and its article's best sentence's. Queries and
documents are first centred on their own language's mean (a language is a direction of its own in a multilingual model,
and it hides what a text is about), and what is near every question is marked down (Lample et al. 2018,
arXiv:1710.04087, "CSLS").
Lexical: BM25 over Kiwi morphemes, weighed by coverage, the share of the question's idf mass that the best match holds,
and by LEXICAL at least. A word of an English question is searched for by Korean words for it (docs/decisions.md).
Names: the share of the question's names that a candidate and its article have, in either script, as far as words do
not cover them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from index.embed import Embedder
from index.names import NameBook
from index.store import Store
from index.text import terms
from index.types import Candidate, Filter, Hit
from index.vocabulary import Group, group_frequency
from rag.errors import IndexMissingError, Language
from rag.evidence import best_sentences
from rag.neutral import Floats, Neutral, load_neutral, standard, unit
from rag.question import Question, read
from rag.settings import RetrievalSettings
from rag.types import Evidence

K1, B = 1.2, 0.75
HUB_NEIGHBOURS = 30
RAREST = 24
"""So many Korean words for those of an English question are searched for, the rarest ones."""
LEXICAL = 0.7
"""Least weight of BM25 beside the dense score, both in standard deviations: see docs/decisions.md."""


class Retriever(BaseRetriever):
    """gisa's retrieval behind llama-index's interface; `hits` is the same with all that the pipeline needs to know."""

    def __init__(
        self, store: Store, embedder: Embedder, cache: Path, settings: RetrievalSettings | None = None
    ) -> None:
        """`cache` is a folder for what is computed once for a model."""
        super().__init__()
        self.store = store
        self._cache = cache
        self._embed = lru_cache(maxsize=256)(self._embed_question)
        self._embedder = embedder
        self._settings = settings or RetrievalSettings()
        self._neutral: dict[Language, Neutral] = {}
        self._names: tuple[str, NameBook] | None = None

    @property
    def names(self) -> NameBook:
        """The gazetteer with the pairs mined from the collection as it stands now."""
        fingerprint = self.store.fingerprint()
        if self._names is None or self._names[0] != fingerprint:
            self._names = fingerprint, NameBook(self.store.names())
        return self._names[1]

    def text(self, article_id: str) -> str:
        return self.store.article(article_id).text

    def hits(self, question: Question, where: Filter | None = None) -> list[Hit]:
        """Chunks for a question, best first; at most three times `candidates` of the settings.

        Raises IndexMissingError when the collection is empty.
        """
        if not self.store.statistics().articles:
            raise IndexMissingError(
                "The collection is empty. Add articles with `gisa index add PATH`.",
                "기사 모음이 비어 있습니다. `gisa index add 경로`로 기사를 추가하세요.",
            )
        vector, _ = self._embed(question.text)
        centred = unit(vector - self.neutral(question.language).mean)
        k = self._settings.candidates
        scored, others = _lexical_terms(question)
        found = [*self.store.dense(centred, k, where)]
        found += [*self.store.lexical(scored, k, where), *self.store.lexical(self._rarest(others), k, where)]
        candidates = self.store.candidates(list(dict.fromkeys(found)))
        if not candidates:
            return []
        dense, by_sentence = self._dense(centred, question.language, candidates)
        lexical, coverage = self._lexical(question, candidates)
        scores = standard(dense) + max(coverage, LEXICAL) * standard(lexical)
        # A name that BM25 has scored already is not counted a second time.
        scores += self._settings.names_weight * (1 - coverage) * self._named(question, candidates)
        order = np.argsort(-scores, kind="stable")
        return [Hit(candidates[i], float(scores[i]), tuple(map(float, by_sentence[i]))) for i in order]

    def neutral(self, language: Language) -> Neutral:
        if language not in self._neutral:
            self._neutral[language] = load_neutral(self._embedder, language, self._cache)
        return self._neutral[language]

    def sentences(self, question: Question, hits: Sequence[Hit], limit: int) -> list[Evidence]:
        """The sentences of `hits` most likely to answer, best first."""
        _, words = self._embed(question.text)
        neutral = self.neutral(question.language)
        return best_sentences(question, words, hits, store=self.store, neutral=neutral, limit=limit)

    def _embed_question(self, text: str) -> tuple[Floats, Floats]:
        vectors, words = self._embedder.question_words([text])
        return vectors[0], words[0]

    def _dense(self, query: Floats, language: Language, candidates: Sequence[Candidate]) -> tuple[Floats, list[Floats]]:
        """Scores of the candidates, float32 (n,), and of each one's sentences."""
        means = self.store.statistics().document_means
        lengths = [len(c.sentence_vectors) for c in candidates]
        mean = np.stack([means[c.article.language] for c in candidates])
        rows = np.concatenate(
            [
                unit(np.stack([c.vector for c in candidates]) - mean),
                unit(np.concatenate([c.sentence_vectors for c in candidates]) - np.repeat(mean, lengths, axis=0)),
            ]
        )
        near = rows @ self.neutral(language).centred.T
        near = np.partition(near, -HUB_NEIGHBOURS, axis=1)[:, -HUB_NEIGHBOURS:].mean(axis=1)
        scores = rows @ query - near
        n = len(candidates)
        by_sentence = np.split(scores[n:], np.cumsum(lengths)[:-1])
        best = np.array([s.max() for s in by_sentence], np.float32)
        # What the rest of an article says tells of a chunk whom it is about.
        of_article: dict[str, float] = {}
        for candidate, its in zip(candidates, best, strict=True):
            of_article[candidate.article.id] = max(float(its), of_article.get(candidate.article.id, float(its)))
        beside = np.array([of_article[c.article.id] for c in candidates], np.float32)
        return scores[:n] + (best + beside) / 2, by_sentence

    def _rarest(self, others: Sequence[str]) -> list[str]:
        """Of terms that only find candidates those that stand in the fewest chunks: the common ones tell little apart,
        and their posting lists are long."""
        frequency = self.store.document_frequency(others)
        return sorted((term for term in frequency if frequency[term]), key=lambda term: frequency[term])[:RAREST]

    def _lexical(self, question: Question, candidates: Sequence[Candidate]) -> tuple[Floats, float]:
        """BM25 of the candidates, float32 (n,), and how much of the question the best one covers, 0 to 1.

        A word of an English question counts by the Korean ones for it, which are alternatives of one term.
        """
        statistics = self.store.statistics()
        scored, _ = _lexical_terms(question)
        groups: list[Group] = [*(((term,),) for term in scored), *question.translations.values()]
        said = _said(question.text)
        known = {part for word in question.words for part in re.split("[ -]", word.english)}
        unknown = [t for t in said if t not in scored and t not in known]
        frequency = group_frequency([*groups, *(((term,),) for term in unknown)], self.store)
        mass = [math.log(1 + (statistics.chunks - f + 0.5) / (f + 0.5)) for f in frequency]
        idf = dict(zip(groups, mass, strict=False))  # those of unknown words follow, and only count as not covered
        place = {term: i for i, term in enumerate({term for group in groups for word in group for term in word})}
        counts = np.zeros((len(candidates), len(place)))
        for row, candidate in zip(counts, candidates, strict=True):
            for term, times in Counter(filter(place.__contains__, candidate.terms)).items():
                row[place[term]] = times
        lengths = np.array([len(candidate.terms) for candidate in candidates])
        norm = K1 * (1 - B + B * lengths / statistics.average_terms)
        scores = np.zeros(len(candidates))
        for group, weight in idf.items():
            alternatives = [counts[:, [place[term] for term in word]].min(axis=1) for word in group]
            often = np.sum(alternatives, axis=0)
            scores += weight * often * (K1 + 1) / (often + norm)
        best = set(candidates[int(scores.argmax())].terms)
        covered = sum(weight for group, weight in idf.items() if any(best.issuperset(word) for word in group))
        return scores.astype(np.float32), covered / sum(mass) if mass else 0.0

    def _named(self, question: Question, candidates: Sequence[Candidate]) -> Floats:
        """The share of the question's names that each candidate has, and that its article's best candidate has, float32
        (n,), 0 to 2: an article gives a name in full once, and says "he" and "the company" afterwards."""
        names = self.names
        shares = np.zeros(len(candidates), np.float32)
        of_article: dict[str, float] = {}
        for i, candidate in enumerate(candidates if question.names else ()):
            text = "\n".join([candidate.article.title, *(sentence.text for sentence in candidate.chunk.sentences)])
            shares[i] = np.mean([names.occurs(name.text, text) for name in question.names])
            of_article[candidate.article.id] = max(float(shares[i]), of_article.get(candidate.article.id, 0.0))
        beside = np.array([of_article.get(candidate.article.id, 0.0) for candidate in candidates], np.float32)
        return shares + beside

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [
            NodeWithScore(
                node=TextNode(
                    id_=hit.candidate.chunk.id,
                    text=hit.candidate.chunk.text,
                    metadata={
                        "article_id": hit.candidate.article.id,
                        "title": hit.candidate.article.title,
                        "publisher": hit.candidate.article.publisher,
                        "published": str(hit.candidate.article.published or ""),
                    },
                ),
                score=hit.score,
            )
            for hit in self.hits(read(query_bundle.query_str, self.names))
        ]


@lru_cache(maxsize=256)
def _said(text: str) -> dict[str, None]:
    """The distinct terms of a text, in order."""
    return dict.fromkeys(terms(text))


def _lexical_terms(question: Question) -> tuple[list[str], list[str]]:
    """The terms that BM25 scores one by one, and those that find candidates.

    The English forms of the names in a Korean question ("Republic of Korea", "U.S.A.") are a dozen words, each rare in
    Korean articles: scored, they outweigh what is asked. A name in the other script counts by `_named` instead.
    """
    if question.language == "en":
        others = dict.fromkeys(t for group in question.translations.values() for word in group for t in word)
        return list(question.terms), list(others)
    said = _said(question.text)
    return [t for t in question.terms if t in said], [t for t in question.terms if t not in said]
