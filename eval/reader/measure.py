"""`python -m eval.reader.measure`: the reader by itself, the right article given.

F1 by characters against the best accepted span, as KorQuAD's; whether the best sentence is one that answers; and the
area under the curve of the best score of questions that can be answered against those that cannot, read in the
article that tempts. And how long a batch of full passages takes.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from eval.newsroom.data import SHARED, NewsroomQuestion, articles, questions
from eval.reader.corpus import shipped
from eval.reader.examples import article_source
from index.names import NameBook, mine
from rag.assemble import open_embedder, open_reader
from rag.reading.hints import hinted
from rag.reading.passage import WINDOW_CHARACTERS, Passage, window
from rag.reading.reader import BATCH, Reader, Reading
from rag.settings import load_settings
from seeds.article import Article

TIMES = 30
_LEFT_OUT = re.compile(r"[\s\W_]+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one question was read. `f1` and `sentence` are None where nothing answers."""

    question: NewsroomQuestion
    best: Reading
    f1: float | None
    exact: bool | None
    sentence: bool | None


def f1(said: str, accepted: Sequence[str]) -> float:
    """The best F1 of characters, white space and marks apart."""

    def one(right: str) -> float:
        a, b = Counter(_LEFT_OUT.sub("", said)), Counter(_LEFT_OUT.sub("", right))
        shared = (a & b).total()
        return 2 * shared / (a.total() + b.total()) if shared else 0.0

    return max(map(one, accepted))


def passages_of(article: Article) -> list[Passage]:
    """The whole article, window after window; each begins with sentences of the one before it."""
    source, found, at = article_source(article), list[Passage](), 0
    while at < len(source.sentences):
        first, at = window(source.sentences, at)
        found.append(source.passage(first, at))
    return found


def read_in(reader: Reader, question: NewsroomQuestion, article: Article, names: NameBook) -> list[Reading]:
    passages = passages_of(article)
    asked = [hinted(question.question, names, passage) for passage in passages]
    return reader.read(asked, passages)


def outcome(reader: Reader, question: NewsroomQuestion, articles: dict[str, Article]) -> Outcome | None:
    wanted = [place.article for place in question.answers] or [str(question.near)]
    chosen = next((articles[name] for name in wanted if name in articles), None)
    if chosen is None or not question.single:
        return None
    book = NameBook(mine(chosen.text))
    best = max(read_in(reader, question, chosen, book), key=lambda reading: reading.score, default=None)
    if best is None:
        return None
    if not question.answerable:
        return Outcome(question, best, None, None, None)
    spans = [place.span for place in question.answers]
    told = f1(best.text, spans)
    sentences = [place.sentence for place in question.answers if place.article == chosen.id]
    at = [chosen.text.find(sentence) for sentence in sentences]
    inside = any(start >= 0 and start <= best.start < start + len(s) for start, s in zip(at, sentences, strict=True))
    return Outcome(question, best, told, told > 0.999, inside)


def figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    answered = [o for o in outcomes if o.f1 is not None]
    yes = np.array([o.best.score for o in answered])
    no = np.array([o.best.score for o in outcomes if o.f1 is None])
    area = float((yes[:, None] > no[None, :]).mean()) if len(yes) and len(no) else float("nan")
    return {
        "questions": len(answered),
        "f1": float(np.mean([o.f1 for o in answered])),
        "exact": float(np.mean([o.exact for o in answered])),
        "sentence": float(np.mean([o.sentence for o in answered])),
        "unanswerable": len(no),
        "auc": area,
    }


def milliseconds(reader: Reader, question: str, known: Sequence[Article]) -> float:
    """The median time to read BATCH passages that have nearly as many characters as a passage may."""
    full = [p for article in known for p in passages_of(article) if len(p.text) > 0.9 * WINDOW_CHARACTERS][:BATCH]
    taken: list[float] = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        reader.read([question] * len(full), full)
        taken.append(1000 * (time.perf_counter() - begun))
    return float(np.median(taken))


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--weights", type=Path)
    told.add_argument(
        "--sci", action="store_true", help="the set for measuring; without it what is kept back from training"
    )
    told.add_argument("--most", type=int, help="questions of each set")
    asked = told.parse_args()
    sets = [(articles(SHARED, "sci"), questions(SHARED, "sci"))] if asked.sci else list(shipped(kept=True))
    settings = load_settings(**({"reader": {"model": str(asked.weights)}} if asked.weights else {}))
    reader = open_reader(settings, open_embedder(settings))
    found: list[Outcome] = []
    for its, questions_ in sets:
        known = {article.id: article for article in its}
        about = [q for q in questions_ if known.keys() & {*(place.article for place in q.answers), q.near or ""}]
        found += [o for q in about[: asked.most] if (o := outcome(reader, q, known)) is not None]
    for lang in ("ko", "en"):
        asked_in = [o for o in found if o.question.lang == lang]
        Console().print(lang, _rounded(asked_in))
        for kind in sorted({o.question.kind for o in asked_in}):
            of_kind = [o for o in asked_in if o.question.kind == kind]
            if any(o.f1 is not None for o in of_kind):
                Console().print("  ", kind, _rounded(of_kind))
    its, questions_ = sets[0]
    took = milliseconds(reader, questions_[0].question, its)
    Console().print(f"{BATCH} passages of {WINDOW_CHARACTERS} characters: {took:.0f} ms (median of {TIMES})")


def _rounded(outcomes: Sequence[Outcome]) -> dict[str, float]:
    return {key: round(value, 3) for key, value in figures(outcomes).items()}


if __name__ == "__main__":
    main()
