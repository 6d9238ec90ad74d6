"""Picks the sentences that answer: few, for the model judges each one by itself, and each costs it a second.

A sentence is scored by its own dense similarity, by late interaction (each word of the question finds its best match
among the sentence's words, as they were read in the chunk: Khattab & Zaharia 2020, arXiv:2004.12832), by its chunk, by
the question's terms and names it holds, by Korean words for those of an English question, by whether it has the kind of
thing asked for, and by its article's age.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.store import Store
from index.types import ArticleInfo, Candidate, Hit, Sentence
from index.vocabulary import group_frequency
from rag.kinds import kind_match
from rag.neutral import Floats, Neutral, standard, unit
from rag.question import Question
from rag.types import Evidence

CHUNKS = 12
"""Sentences come from this many of the best chunks."""
DENSE, WORDS, CHUNK, TERMS, TRANSLATED, KIND, YEAR = 0.5, 1.5, 0.5, 0.7, 0.7, 0.5, 0.2
"""Weights, on scores in standard deviations (YEAR: for each year younger): see docs/decisions.md."""
OLDEST_YEARS = 3.0


@dataclass(frozen=True, slots=True)
class _Row:
    candidate: Candidate
    sentence: Sentence
    terms: tuple[str, ...]
    dense: float
    chunk: float
    words: float


def best_sentences(
    question: Question, question_words: Floats, hits: Sequence[Hit], *, store: Store, neutral: Neutral, limit: int
) -> list[Evidence]:
    """The `limit` sentences most likely to answer, best first. `question_words` is float32 (w, d), not normalised."""
    rows = _rows(question_words, hits[:CHUNKS], store, neutral)
    if not rows:
        return []
    scores = (
        DENSE * standard(np.array([row.dense for row in rows], np.float32))
        + WORDS * standard(np.array([row.words for row in rows], np.float32))
        + CHUNK * np.array([row.chunk for row in rows], np.float32)
        + TERMS * standard(_term_shares(question, rows, store))
        + TRANSLATED * standard(_translated_shares(question, rows, store))
        + KIND * np.array([kind_match(question, row.sentence.text, row.candidate.article) for row in rows], np.float32)
        + YEAR * _youth([row.candidate.article for row in rows])
    )
    order = np.argsort(-scores, kind="stable")[:limit]
    return [_evidence(rows[i], float(scores[i])) for i in order]


def _rows(question_words: Floats, hits: Sequence[Hit], store: Store, neutral: Neutral) -> list[_Row]:
    words = store.words([hit.candidate.chunk.id for hit in hits])
    none = np.empty((0, question_words.shape[1]), np.float32)
    by_sentence = [
        vectors
        for hit, its in zip(hits, words, strict=True)
        for vectors in its or [none] * len(hit.candidate.chunk.sentences)
    ]
    late = iter(_late(question_words, by_sentence, neutral))
    return [
        _Row(hit.candidate, sentence, terms, dense, hit.score, next(late))
        for hit in hits
        for sentence, terms, dense in zip(
            hit.candidate.chunk.sentences,
            hit.candidate.sentence_terms,
            hit.sentence_scores,
            strict=True,
        )
    ]


def _late(question_words: Floats, by_sentence: Sequence[Floats], neutral: Neutral) -> list[float]:
    """For each sentence the mean, over the question's words, of the best cosine among its words; 0 without words.

    All sentences at once: a product for each would be 60 small ones, and each of those waits for all threads.
    """
    lengths = np.array([len(vectors) for vectors in by_sentence])
    late = np.zeros(len(by_sentence), np.float32)
    there = lengths > 0
    if len(question_words) and there.any():
        asked = unit(question_words - neutral.question_word)
        alike = asked @ unit(np.concatenate(by_sentence) - neutral.document_word).T
        starts = np.cumsum(lengths[there]) - lengths[there]
        late[there] = np.maximum.reduceat(alike, starts, axis=1).mean(axis=0)
    return late.tolist()


def _term_shares(question: Question, rows: Sequence[_Row], store: Store) -> Floats:
    """The share of the question terms' idf mass in each sentence, float32 (n,)."""
    chunks = store.statistics().chunks
    frequency = store.document_frequency(question.terms)
    idf = {t: math.log(1 + (chunks - f + 0.5) / (f + 0.5)) for t, f in frequency.items()}
    mass = sum(idf.values()) or 1.0
    return np.array([sum(w for t, w in idf.items() if t in row.terms) / mass for row in rows], np.float32)


def _translated_shares(question: Question, rows: Sequence[_Row], store: Store) -> Floats:
    """The share of the idf mass of an English question's words that each sentence has in Korean, float32 (n,)."""
    groups = list(question.translations.values())
    frequency = group_frequency(groups, store)
    chunks = store.statistics().chunks
    idf = [math.log(1 + (chunks - f + 0.5) / (f + 0.5)) for f in frequency]
    held = [set(row.terms) for row in rows]
    shares = np.zeros(len(rows), np.float32)
    for group, weight in zip(groups, idf, strict=True):
        shares += weight * np.array([any(has.issuperset(word) for word in group) for has in held], np.float32)
    return shares / (sum(idf) or 1.0)


def _youth(articles: Sequence[ArticleInfo]) -> Floats:
    """Years by which each article is younger than OLDEST_YEARS before the newest; undated ones get the mean."""
    days = np.array([a.published.toordinal() if a.published else np.nan for a in articles], np.float64)
    if np.isnan(days).all():
        return np.zeros(len(articles), np.float32)
    years = np.maximum((days - np.nanmax(days)) / 365.25, -OLDEST_YEARS)
    return np.nan_to_num(years, nan=float(np.nanmean(years))).astype(np.float32)


def _evidence(row: _Row, score: float) -> Evidence:
    return Evidence(
        article=row.candidate.article,
        chunk_id=row.candidate.chunk.id,
        start=row.sentence.start,
        end=row.sentence.end,
        text=row.sentence.text,
        context=row.candidate.chunk.text,
        score=score,
        words=row.words,
        around=row.candidate.chunk.sentences,
        terms=row.candidate.sentence_terms,
    )
