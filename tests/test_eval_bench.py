"""The bench against llama-index's engine: the peer as its documentation shows it, timed in turn with ours."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest
from llama_index.core.llms import MockLLM

from eval.bench.citation_engine import PeerEmbedding, Timing, choose, in_turn, peer, ratio
from eval.datasets import GoldenQuestion
from index.types import Vectors
from seeds.article import Article

SUBJECTS = ("harbour", "garlic", "rocket", "piano")


class BySubject:
    """Embeds a text by which of four words stand in it."""

    name, dimension = "by-subject", 5

    def queries(self, texts: Sequence[str]) -> Vectors:
        rows = np.array([[*(subject in text for subject in SUBJECTS), 0.01] for text in texts], np.float32)
        return rows.reshape(len(texts), self.dimension) / np.linalg.norm(rows, axis=-1, keepdims=True)

    documents = queries


def question(name: str, *, answerable: bool = True) -> GoldenQuestion:
    facts, articles = ((("yes",),), ("000",)) if answerable else ((), ())
    return GoldenQuestion(
        id=name, question=name, language="en", answerable=answerable, kind="what", facts=facts, articles=articles
    )


def test_peer_is_given_the_three_nearest_articles_numbered() -> None:
    texts = [f"The {subject} is in the news today.\nBy our reporter" for subject in SUBJECTS]
    articles = [
        Article(subject, f"About a {subject}", text, body=((0, text.index("\n")),))
        for subject, text in zip(SUBJECTS, texts, strict=True)
    ]
    prompt = peer(articles, BySubject(), MockLLM())("What of the garlic?")  # this model answers with its prompt
    assert "Query: What of the garlic?" in prompt
    sources = prompt[prompt.index("Below are several numbered sources") :]
    assert sources.index("Source 1:") < sources.index("The garlic is in the news") < sources.index("Source 2:")
    assert "Source 3:" in sources
    assert "Source 4:" not in sources
    assert "our reporter" not in sources, "only the body is indexed"


def test_peer_embedding_keeps_questions_and_documents_apart() -> None:
    class Apart(BySubject):
        def documents(self, texts: Sequence[str]) -> Vectors:
            return -self.queries(texts)

    embedding = PeerEmbedding(Apart())
    assert embedding.get_query_embedding("rocket")[2] > 0.9
    assert embedding.get_text_embedding("rocket")[2] < -0.9


def test_in_turn() -> None:
    log: list[str] = []

    def ours(text: str) -> str:
        log.append(f"ours {text}")
        return "yes"

    def theirs(text: str) -> str:
        log.append(f"theirs {text}")
        time.sleep(0.03)
        return "no"

    timings = list(in_turn(ours, theirs, [question("warm"), question("a"), question("b")]))
    assert log == ["ours warm", "theirs warm", "ours a", "theirs a", "ours b", "theirs b"]
    assert [timing.id for timing in timings] == ["a", "b"]
    for timing in timings:
        assert timing.ours_s < 0.03 <= timing.peer_s
        assert (timing.ours_right, timing.peer_right) == (True, False)


def test_ratio_of_medians_by_hand() -> None:
    timings = [Timing(str(a), a, b, ours_right=True, peer_right=True) for a, b in [(1, 30), (2, 8), (9, 10)]]
    assert ratio(timings) == (2, 10, pytest.approx(5))


def test_choice_is_spread_and_answerable() -> None:
    questions = [question(str(n), answerable=n % 3 != 2) for n in range(12)]  # answerable: 0 1 3 4 6 7 9 10
    assert [q.id for q in choose(questions, 3)] == ["0", "3", "6", "9"]
    assert len(choose(questions, 50)) == 8
