"""`python -m eval.reader.fit`: fits what decides which reading answers (rag.decide), and writes rag/data/decision.json.

On questions kept back from the reader's training, asked of all shipped newsroom articles in one collection: what is
fitted sees readings of articles the reader never saw. The limits, below which gisa refuses and from which it asserts,
are chosen by odds cross-validated by article.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from eval import provenance
from eval.newsroom.collection import opened
from eval.newsroom.data import NewsroomQuestion
from eval.newsroom.score import matches
from eval.progress import track
from eval.reader.corpus import DESK, shipped
from eval.reader.measure import f1
from rag.assemble import Gisa
from rag.decide import (
    MOST,
    OF_ANSWER,
    OF_DOUBT,
    OF_JUDGED,
    OF_READING,
    Answering,
    Weights,
    of_answer,
    of_doubt,
    rejudged,
    to_judge,
)
from rag.pipeline import ALL, found_for, readings
from rag.question import Question, read
from rag.settings import load_settings
from rag.types import Evidence
from rag.wording import sentence, told
from seeds.article import Article

FOLDS = 5
EVERY = 7
"""Of the questions about the desk's articles, which are many, one in so many is asked: an odd number, for Korean and
English ones take turns."""
COST = 2.0
"""A false answer costs so many right ones."""
ASKED = 70
"""The language model judges readings of at most so many questions in doubt, of each language."""
LEAST = 15
"""So many right and wrong answers in doubt are needed to weigh the language model's odds."""
OUT = Path(__file__).parents[2] / "rag" / "data" / "decision.json"


@dataclass(frozen=True)
class Asked:
    """A question with its readings and which of them are right."""

    asked: NewsroomQuestion
    question: Question
    readings: list[Answering]
    right: list[bool]


Judge = Callable[[Question, Evidence], float]
"""The language model's log odds that a sentence answers."""


def is_right(question: NewsroomQuestion, one: Answering, said: str) -> bool:
    """Whether a reading answers: by what would be asserted where the set says what a right answer matches, else by the
    words."""
    if not question.answerable:
        return False
    if question.must:
        return matches(question, said)
    places = [place for place in question.answers if place.article == one.evidence.article.id]
    text = one.evidence.text
    same = [place.span for place in places if text in place.sentence or place.sentence in text]
    if not same:
        return False
    digits = re.sub(r"\D", "", one.reading.text)
    return any(f1(one.reading.text, [span]) >= 0.6 and digits == re.sub(r"\D", "", span) for span in same)


def ask_all(gisa: Gisa, wanted: Sequence[NewsroomQuestion]) -> list[Asked]:
    parts = gisa.parts
    names = parts.retriever.names
    found: list[Asked] = []
    for one in track(wanted, "questions", len(wanted)):
        question = read(one.question, names, one.lang)
        rows = readings(question, found_for(question, parts, None, ALL), parts)
        its = [Answering(item, reading, features, 0.0) for item, reading, features in rows]
        said = [told(question, reading.evidence, (reading.start, reading.end), names) for reading in its]
        right = [is_right(one, r, sentence(question, t, lambda: "")) for r, t in zip(its, said, strict=True)]
        found.append(Asked(one, question, its, right))
    return found


def kept_back() -> tuple[list[Article], list[NewsroomQuestion]]:
    """All shipped newsroom articles, and the single facts asked about those the reader was not trained on."""
    articles, wanted = list[Article](), list[NewsroomQuestion]()
    for its, _ in shipped(kept=False):
        articles += its
    for its, asked in shipped(kept=True):
        articles += its
        known = {article.id for article in its}
        about = [q for q in asked if q.single and known & {*(p.article for p in q.answers), q.near or ""}]
        wanted += about[:: EVERY if its[0].id.partition("-")[0] in DESK else 1]
    return articles, wanted


def fitted(features: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> Weights:
    scale = StandardScaler().fit(features)
    deviation = np.where(scale.scale_ > 0, scale.scale_, 1.0)
    model = LogisticRegression(C=1.0, max_iter=2000).fit((features - scale.mean_) / deviation, right)
    return Weights(scale.mean_, deviation, model.coef_[0], float(model.intercept_[0]))


def crossed(
    features: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], groups: Sequence[str]
) -> npt.NDArray[np.float64]:
    """Log odds of each row by weights fitted on the groups of other folds."""
    odds = np.empty(len(right))
    for known, held in GroupKFold(FOLDS).split(features, right, groups):
        weights = fitted(features[known], right[known])
        odds[held] = [weights.odds(row) for row in features[held]]
    return odds


def quoting_limit(odds: npt.NDArray[np.float64], answerable: npt.NDArray[np.bool_]) -> float:
    """The log odds from which a reading is quoted: refused answerable and answered unanswerable questions, each share
    over what it may be at most, are together the least."""
    refused, answered = 0.08, 0.15

    def cost(at: float) -> float:
        return float((odds[answerable] < at).mean() / refused + (odds[~answerable] >= at).mean() / answered)

    return float(min(np.unique(np.round(odds, 3)), key=cost))


def asserting_limit(odds: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], quoting: float) -> float:
    """The log odds from which a reading is asserted: right answers less COST for each wrong one are then the most."""

    def gain(at: float) -> float:
        asserted = odds >= at
        return float((asserted & right).sum() - COST * (asserted & ~right).sum())

    return float(max(np.sort(odds[odds >= quoting]), key=gain))


def figures(
    odds: npt.NDArray[np.float64],
    right: npt.NDArray[np.bool_],
    answerable: npt.NDArray[np.bool_],
    quoting: float,
    asserting: float,
) -> dict[str, float]:
    """What the limits give: shares of answerable questions asserted right and refused, of unanswerable ones answered,
    and of all answers that assert something wrong."""
    asserted = odds >= asserting
    return {
        "right": float((asserted & right)[answerable].mean()),
        "wrong": float((asserted & ~right).sum() / max(int((odds >= quoting).sum()), 1)),
        "refused": float((odds[answerable] < quoting).mean()),
        "answered": float((odds[~answerable] >= quoting).mean()),
    }


def fit(asked: Sequence[Asked], judge: Judge) -> dict[str, Any]:
    """The weights and limits for one language, with what they gave where they were chosen."""
    asked = [one for one in asked if one.readings]
    rows = np.array([reading.features for one in asked for reading in one.readings])
    truth = np.array([right for one in asked for right in one.right])
    # All questions about an article are in one fold: Korean and English ones are often of the same fact.
    groups = [one.asked.answers[0].article if one.asked.answers else str(one.asked.near) for one in asked]
    order = crossed(rows, truth, [group for one, group in zip(asked, groups, strict=True) for _ in one.readings])
    ordered: list[list[tuple[Answering, bool]]] = []
    features: list[tuple[float, ...]] = []
    labels: list[bool] = []
    at = 0
    for one in asked:
        its = order[at : at + len(one.readings)]
        at += len(one.readings)
        scored = [(replace(r, odds=float(o)), right) for r, o, right in zip(one.readings, its, one.right, strict=True)]
        scored.sort(key=lambda pair: -pair[0].odds)
        ordered.append(scored)
        features.append(of_answer([reading for reading, _ in scored]))
        labels.append(scored[0][1])
    told, right = np.array(features), np.array(labels)
    can = np.array([one.asked.answerable for one in asked])
    odds = crossed(told, right, groups)
    quoting = quoting_limit(odds, can)
    asserting = asserting_limit(odds, right, quoting)
    in_doubt = [k for k, at in enumerate(odds) if quoting <= at < asserting]
    doubtful = in_doubt[:: max(1, len(in_doubt) // ASKED)][:ASKED]
    of_doubtful = [
        Doubtful(ordered[k], [judge(asked[k].question, item) for item in to_judge([one for one, _ in ordered[k]])])
        for k in track(doubtful, "judged", len(doubtful))
    ]
    answer = fitted(told, right)
    judged, doubt, after = of_judged(of_doubtful, answer)
    return {
        "order": kept(fitted(rows, truth)),
        "answer": kept(answer),
        "judged": kept(judged),
        "doubt": kept(doubt),
        "quoting": round(quoting, 3),
        "asserting": round(asserting, 3),
        "fitted_on": {
            "questions": len(asked),
            "answerable": int(can.sum()),
            "first_right": round(float(right[can].mean()), 3),
            "found": round(float(np.mean([any(one.right) for one in asked if one.asked.answerable])), 3),
            "in_doubt": len(in_doubt),
            "judged": len(doubtful),
            "judged_first_right": round(float(np.mean([one.ordered[0][1] for one in of_doubtful])), 3),
            "judged_best_right": after,
            **{key: round(value, 3) for key, value in figures(odds, right, can, quoting, asserting).items()},
        },
    }


@dataclass(frozen=True)
class Doubtful:
    """A question in doubt: its readings in order, whether each is right, and what the model said of the first few."""

    ordered: list[tuple[Answering, bool]]
    judged: list[float]


def of_judged(doubtful: Sequence[Doubtful], answer: Weights) -> tuple[Weights, Weights, float]:
    """Weights of readings that were judged, of the best of them as an answer, and how often the best is then right;
    the odds alone, where too few were in doubt to tell."""
    pairs: list[tuple[float, float, bool]] = []
    for one in doubtful:
        asked = to_judge([r for r, _ in one.ordered])
        of = {id(item): at for item, at in zip(asked, one.judged, strict=True)}
        pairs += [(r.odds, of[id(r.evidence)], right) for r, right in one.ordered if id(r.evidence) in of]
    rows, truth = np.array([pair[:2] for pair in pairs]), np.array([pair[2] for pair in pairs])
    if not len(rows) or min(truth.sum(), (~truth).sum()) < LEAST:
        return alone(len(OF_JUDGED)), alone(len(OF_DOUBT)), float("nan")
    rows[:, 1] = np.clip(rows[:, 1], -MOST, MOST)
    weights = fitted(rows, truth)
    features: list[tuple[float, ...]] = []
    labels: list[bool] = []
    for one in doubtful:
        anew, said = rejudged([r for r, _ in one.ordered], one.judged, weights)
        right = {id(r.reading): is_ for r, is_ in one.ordered}
        features.append(of_doubt(answer, anew, said))
        labels.append(right[id(anew[0].reading)])
    return weights, fitted(np.array(features), np.array(labels)), round(float(np.mean(labels)), 3)


def alone(count: int) -> Weights:
    """Weights that leave the first of so many features as it is."""
    return Weights(np.zeros(count), np.ones(count), np.eye(count)[0], 0.0)


def kept(weights: Weights) -> dict[str, Any]:
    return {
        "mean": [round(float(x), 5) for x in weights.mean],
        "deviation": [round(float(x), 5) for x in weights.deviation],
        "weights": [round(float(x), 5) for x in weights.weights],
        "bias": round(weights.bias, 5),
    }


def main() -> None:
    told_ = argparse.ArgumentParser(description=__doc__)
    told_.add_argument("--out", type=Path, default=OUT)
    out = told_.parse_args().out
    articles, wanted = kept_back()
    written: dict[str, Any] = {
        "of_reading": OF_READING, "of_answer": OF_ANSWER, "of_judged": OF_JUDGED, "of_doubt": OF_DOUBT,
        "fitted": provenance.now(),
    }  # fmt: skip
    with opened(load_settings(), articles, llm=True) as gisa:
        writer, names = gisa.parts.writer, gisa.names
        assert writer is not None

        def judge(question: Question, item: Evidence) -> float:
            return writer.judge(question, item, names)

        asked = ask_all(gisa, wanted)
        for lang in ("ko", "en"):
            written[lang] = fit([one for one in asked if one.asked.lang == lang], judge)
            Console().print(lang, written[lang]["fitted_on"])
    out.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
