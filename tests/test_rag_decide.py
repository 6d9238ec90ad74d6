"""What decides between readings: features told by hand, weights as a logistic regression, limits."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from made_up import NAMES, article, evidence, question

from index.text import terms
from index.types import Sentence
from rag import decide as decide_module
from rag.decide import (
    OF_ANSWER,
    OF_DOUBT,
    OF_JUDGED,
    OF_READING,
    RIVAL,
    Answering,
    Model,
    Weights,
    answer_odds,
    decide,
    of_answer,
    of_doubt,
    of_reading,
    rejudged,
    rivals,
    to_judge,
)
from rag.reading.reader import Reading
from rag.types import Evidence


def reading(item: Evidence, words: str, span: float = 1.0, relevance: float = 2.0) -> Reading:
    start = item.start + item.text.index(words)
    return Reading(0, 0, start, start + len(words), words, span, relevance)


def features(asked: str, text: str, words: str, whole: str = "", **told: float) -> dict[str, float]:
    item = evidence(text, article("a", title="가람전자 소식"))
    found = of_reading(
        question(asked), item, reading(item, words, **told), best=1.5, names=NAMES, whole=lambda _: whole or text
    )
    assert len(found) == len(OF_READING)
    return dict(zip(OF_READING, found, strict=True))


class TestFeatures:
    def test_scores_pass_through_bounded(self) -> None:
        told = features("몇 대인가?", "서버 5대를 들인다.", "5대", span=99.0, relevance=-99.0)
        assert (told["span"], told["relevance"]) == (12.0, -12.0)
        assert told["rank"] == -0.5
        assert told["words"] == 0.8

    @pytest.mark.parametrize(
        ("asked", "words", "fits", "lacks"),
        [
            ("서버는 몇 대인가?", "5대", 1.0, 0.0),
            ("서버는 몇 대인가?", "부산", 0.0, 1.0),
            ("언제 들이나?", "5대", 0.0, 1.0),
            ("어디에 두나?", "부산", 1.0, 0.0),
            ("어디에 두나?", "5대", 0.0, 1.0),
            ("무엇을 들이나?", "서버", 0.0, 0.0),
            ("어느 교수가 들였나?", "부산", 0.0, 0.0),
        ],
    )
    def test_kind(self, asked: str, words: str, fits: float, lacks: float) -> None:
        told = features(asked, "회사는 부산에 서버 5대를 들인다.", words)
        assert (told["kind_fits"], told["kind_lacks"]) == (fits, lacks)

    @pytest.mark.parametrize(
        ("asked", "share"),
        [
            ("How many servers will NVIDIA buy?", 0.0),
            ("How many servers will Samsung Electronics buy?", 1.0),
            ("How many servers will NVIDIA and Samsung Electronics buy?", 0.5),
            ("How many servers will Korea buy?", 0.0),  # the home country is implied
        ],
    )
    def test_names_missing_from_the_article(self, asked: str, share: float) -> None:
        assert features(asked, "회사는 서버 5대를 들인다.", "5대", "엔비디아 소식이다.")["names_missing"] == share

    def test_a_name_that_only_another_part_of_the_article_has(self) -> None:
        text = "회사는 서버 5대를 들인다."
        for whole, expected in (("엔비디아 소식이다. " + text, 1.0), (text, 0.0)):
            told = features("How many servers will NVIDIA buy?", text, "5대", whole)
            assert (told["names_away"], told["names_missing"]) == (expected, 1.0 - expected)

    @pytest.mark.parametrize(
        ("asked", "missing"),
        [
            ("26만장은 어디에 쓰이나?", 0.0),
            ("27만장은 어디에 쓰이나?", 1.0),
            ("2025년에 몇 대를 들이나?", 0.0),  # the year of publication
            ("2031년에 몇 대를 들이나?", 1.0),
        ],
    )
    def test_numbers_missing_from_the_article(self, asked: str, missing: float) -> None:
        assert features(asked, "회사는 GPU 26만장을 들인다.", "GPU")["numbers_missing"] == missing

    def test_another_country(self) -> None:
        assert features("일본은 GPU 몇 장을 들이나?", "영국은 GPU 5장을 들인다.", "5장")["elsewhere"] == 1.0
        assert features("영국은 GPU 몇 장을 들이나?", "영국은 GPU 5장을 들인다.", "5장")["elsewhere"] == 0.0


def test_log_odds_are_those_of_a_logistic_regression() -> None:
    weights = Weights(np.array([1.0, 2.0]), np.array([2.0, 4.0]), np.array([0.5, -1.0]), 0.25)
    assert weights.odds((3.0, 10.0)) == pytest.approx(0.5 * 1.0 - 1.0 * 2.0 + 0.25)


def ordered(*told: tuple[str, float], article_of: str = "abcdefg") -> list[Answering]:
    """Readings of those words with those log odds, each of the one sentence of its article."""
    found: list[Answering] = []
    for (words, odds), name in zip(told, article_of, strict=False):
        item = evidence("서버 5대와 6대, 7대를 들인다.", article(name))
        found.append(Answering(item, reading(item, words), (0.0,) * len(OF_READING), odds))
    return found


class TestAnswerFeatures:
    def features(self, *told: tuple[str, float], article_of: str = "abcdefg") -> dict[str, float]:
        return dict(zip(OF_ANSWER, of_answer(ordered(*told, article_of=article_of)), strict=True))

    def test_the_margin_is_to_what_says_something_else(self) -> None:
        told = self.features(("5대", 3.0), ("5대", 2.0), ("6대", 0.5))
        assert (told["odds"], told["margin"]) == (3.0, 2.5)

    @pytest.mark.parametrize(("article_of", "again"), [("ab", 1.0), ("aa", 0.0)])
    def test_said_in_another_sentence(self, article_of: str, again: float) -> None:
        assert self.features(("5대", 3.0), ("5대", 2.0), article_of=article_of)["said_elsewhere"] == again
        assert self.features(("5대", 3.0), ("6대", 2.0), article_of=article_of)["said_elsewhere"] == 0.0


class TestWords:
    """Which words of a question the sentence lacks, and which the chunk and the headline lack too."""

    SENTENCES = ("공장은 부산에 있다.", "직원은 30명이다.")

    def shares(self, asked: str) -> tuple[float, float]:
        item = evidence(self.SENTENCES[1], article("plant", title="가람전자 소식"))
        first = Sentence(0, len(self.SENTENCES[0]), self.SENTENCES[0])
        second = Sentence(first.end + 1, first.end + 1 + len(self.SENTENCES[1]), self.SENTENCES[1])
        around = replace(
            item, start=second.start, end=second.end, around=(first, second),
            terms=tuple(tuple(terms(one)) for one in self.SENTENCES),
        )  # fmt: skip
        found = of_reading(
            question(asked),
            around,
            reading(around, "30명"),
            best=1.0,
            names=NAMES,
            whole=lambda _: " ".join(self.SENTENCES),
        )
        told = dict(zip(OF_READING, found, strict=True))
        return told["words_missing"], told["words_away"]

    def test_korean(self) -> None:
        missing, away = self.shares("부산 공장 직원 연봉")
        assert (missing, away) == (0.25, 0.5)

    def test_english_words_are_there_with_a_korean_one_for_them(self) -> None:
        missing, away = self.shares("How many employees does the factory have?")
        assert missing == 0.0
        assert 0 < away < 1


class TestJudged:
    SUM = Weights(np.zeros(2), np.ones(2), np.ones(2), 0.0)

    def test_the_sentences_of_the_best_readings(self) -> None:
        its = ordered(("5대", 3.0), ("6대", 2.0), ("7대", 1.0), ("5대", 0.5), ("6대", 0.0), article_of="aabcd")
        assert [item.article.id for item in to_judge(its)] == ["a", "b", "c"]

    def test_ordered_anew_by_what_the_model_says(self) -> None:
        its = ordered(("5대", 3.0), ("6대", 2.5), ("7대", 2.0), article_of="aab")
        anew, said = rejudged(its, [-4.0, 1.0], self.SUM)
        assert [(one.reading.text, one.odds) for one in anew] == [("7대", 3.0), ("5대", -1.0), ("6대", -1.5)]
        assert said == [1.0, -4.0, -4.0]

    def test_the_model_cannot_be_surer_than_all_else_together(self) -> None:
        _, said = rejudged(ordered(("5대", 3.0)), [40.0], self.SUM)
        assert said == [12.0]

    def test_features_of_the_best(self) -> None:
        at = OF_ANSWER.index("odds")
        only_odds = Weights(np.zeros(len(OF_ANSWER)), np.ones(len(OF_ANSWER)), np.eye(len(OF_ANSWER))[at], 0.0)
        anew, said = rejudged(ordered(("5대", 3.0), ("6대", 2.0)), [-4.0, 1.0], self.SUM)
        told = dict(zip(OF_DOUBT, of_doubt(only_odds, anew, said), strict=True))
        assert told == {"answer": 3.0, "odds": 3.0, "judged": 1.0, "margin": 4.0}


@pytest.mark.parametrize(
    ("told", "article_of", "quoted"),
    [
        ([("5대", 3.0), ("6대", 3.0 - RIVAL)], "ab", ["5대", "6대"]),
        ([("5대", 3.0), ("6대", 2.9 - RIVAL)], "ab", ["5대"]),
        ([("5대", 3.0), ("6대", 2.9), ("7대", 2.8)], "aab", ["5대", "7대"]),  # its sentence is quoted already
        ([("5대", 3.0), ("5대", 2.9), ("6대", 2.8), ("7대", 2.7)], "abcd", ["5대", "6대"]),
        ([("5대", 3.0)], "a", ["5대"]),
    ],
)
def test_what_is_nearly_as_likely_is_quoted_beside_it(
    told: list[tuple[str, float]], article_of: str, quoted: list[str]
) -> None:
    assert [one.reading.text for one in rivals(ordered(*told, article_of=article_of))] == quoted


class TestDecision:
    @pytest.fixture(autouse=True)
    def limits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        flat = Weights(np.zeros(1), np.ones(1), np.ones(1), 0.0)
        monkeypatch.setattr(
            decide_module, "model", lambda language: Model(flat, flat, flat, flat, quoting=-1.0, asserting=0.7)
        )

    @pytest.mark.parametrize(
        ("odds", "least", "expected"),
        [
            (0.7, None, "assert"),
            (0.6, None, "quote"),
            (-1.0, None, "quote"),
            (-1.1, None, "refuse"),
            (-math.inf, None, "refuse"),
            (-1.1, -5.0, "quote"),
            (2.5, 3.0, "refuse"),
        ],
    )
    def test_by_limits(self, odds: float, least: float | None, expected: str) -> None:
        assert decide(question("왜?"), odds, least) == expected

    @pytest.mark.parametrize(("sure", "expected"), [(None, "quote"), (0.4, "assert"), (0.6, "quote")])
    def test_the_upper_limit_of_the_settings(self, sure: float | None, expected: str) -> None:
        assert decide(question("왜?"), 0.5, sure=sure) == expected

    def test_nothing_read(self) -> None:
        assert answer_odds(question("왜?"), []) == -math.inf


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_fitted_weights_are_sane(language: str) -> None:
    """Shipped: one weight for each feature; what the reader is surer of is likelier right; limits in order."""
    fitted = decide_module.model(language)  # type: ignore[arg-type]
    assert len(fitted.order.weights) == len(OF_READING)
    assert len(fitted.answer.weights) == len(OF_ANSWER)
    assert len(fitted.judged.weights) == len(OF_JUDGED)
    assert len(fitted.doubt.weights) == len(OF_DOUBT)
    assert fitted.order.weights[OF_READING.index("span")] > 0
    assert fitted.order.weights[OF_READING.index("relevance")] > 0
    assert fitted.quoting < fitted.asserting
