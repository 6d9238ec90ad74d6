"""Training the reader: examples, augmentation, a run broken off and taken up again, and what is fitted."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from eval.newsroom.data import NewsroomQuestion, Place
from eval.reader.augment import renamed, renumbered
from eval.reader.corpus import DESK_KEPT, NEWSROOM_KEPT, Corpus, shipped
from eval.reader.examples import newsroom_items, sampled, squad_items
from eval.reader.fit import asserting_limit, crossed, figures, fitted, quoting_limit
from eval.reader.measure import f1, passages_of
from eval.reader.train import Training
from seeds.article import Article

TEXT = (
    "가람시는 20일 섬 마을에 첫 도서관을 열었다. 배은주 관장은 책 1만2000권을 갖췄다고 말했다. 문상현 시장은 내년에 "
    "분관 3곳을 더 짓겠다고 밝혔다.\n\n예산은 45억원이다. 이 가운데 12억원은 도에서 낸다."
)
ARTICLE = Article("lib-01", "섬 마을 도서관", TEXT, ((0, len(TEXT)),))
ASKED = NewsroomQuestion(
    id="1", lang="ko", question="도서관에 책이 몇 권 있나?", kind="count", answerable=True,
    answers=(Place(article="lib-01", sentence="배은주 관장은 책 1만2000권을 갖췄다고 말했다.", span="1만2000권"),),
)  # fmt: skip
HEAD = NewsroomQuestion(
    id="2", lang="ko", question="배은주 관장은 어디서 일하나?", kind="person", answerable=True,
    answers=(Place(article="lib-01", sentence="배은주 관장은 책 1만2000권을 갖췄다고 말했다.", span="배은주"),),
)  # fmt: skip
NONE = NewsroomQuestion(id="3", lang="ko", question="분관은 언제 여나?", kind="date", answerable=False, near="lib-01")


class TestExamples:
    @pytest.mark.parametrize("seed", range(40))
    def test_answers_stand_in_their_passage(self, seed: int) -> None:
        """Whatever the window, the names and the numbers: the span is as long and of the same form."""
        items = newsroom_items([ARTICLE], [ASKED, HEAD, NONE])
        rng = random.Random(seed)
        for item in items:
            for example in sampled(item, rng, 1.0):
                for start, end in example.answers:
                    said = example.passage.text[start:end]
                    assert len(said) in (len("1만2000권"), len("배은주"))
                    assert said.endswith("권") or len(said) == 3
                if item.question == NONE.question:
                    assert example.answers == ()

    def test_negatives_hold_no_answer(self) -> None:
        (item,) = newsroom_items([ARTICLE], [ASKED])
        rng = random.Random(0)
        for _ in range(60):
            for example in sampled(item, rng, 1.0):
                if not example.answers:
                    assert "1만2000권" not in example.passage.text

    def test_other_kinds_are_left_out(self) -> None:
        listed = ASKED.model_copy(update={"kind": "list"})
        assert newsroom_items([ARTICLE], [listed]) == []

    def test_squad_format(self, tmp_path: Path) -> None:
        path = tmp_path / "s.json"
        path.write_text(
            '{"data": [{"title": "Isle", "paragraphs": [{"context": "It opened in 2020. Kim runs it.", "qas": ['
            '{"id": "a", "question": "Who runs it?", "answers": [{"text": "Kim", "answer_start": 19}]}]}]}]}'
        )
        (item,) = squad_items(path)
        assert item.answers == ((19, 22),)
        assert [s.text for s in item.source.sentences] == ["It opened in 2020.", "Kim runs it."]
        (other,) = squad_items(path, {"a": "누가 운영하나?"}, titled=False)
        assert (other.question, other.source.title) == ("누가 운영하나?", "")


class TestAugmentation:
    def test_numbers_change_alike_and_keep_their_length(self) -> None:
        _, title, (one, two) = renumbered(random.Random(1), "5곳은 어디?", "12명", "12명 가운데 5곳", "2024년 12명")
        assert len(one) == len("12명 가운데 5곳")
        assert "5곳" in one  # the question names it
        assert "2024년" in two
        assert title[:2] == one[:2] == two[-3:-1]

    def test_people_get_other_names_of_the_same_length(self) -> None:
        question, _, (text,) = renamed(["배은주", "문상현"], random.Random(3), "배은주는?", "", "배은주와 문상현")
        assert len(text) == len("배은주와 문상현")
        assert question[:3] == text[:3]
        assert text != "배은주와 문상현"

    def test_without_people(self) -> None:
        assert renamed([], random.Random(0), "누구?", "제목", "글") == ("누구?", "제목", ["글"])


def test_what_is_kept_back_is_not_trained_on() -> None:
    trained = {article.id for its, _ in shipped(kept=False) for article in its}
    kept = {article.id for its, _ in shipped(kept=True) for article in its}
    assert trained
    assert kept
    assert trained.isdisjoint(kept)
    numbers = {name.partition("-")[0]: int(name.rpartition("-")[2]) for name in sorted(kept, reverse=True)}
    assert numbers["pol"] == numbers["eco"] == NEWSROOM_KEPT
    assert numbers["loc"] == DESK_KEPT


class TestMeasure:
    @pytest.mark.parametrize(
        ("said", "accepted", "expected"),
        [
            ("13표", ["13표"], 1.0),
            ("약 13표", ["13표"], 6 / 7),
            ("서울", ["부산"], 0.0),
            ("부산", ["서울", "부산 "], 1.0),
        ],
    )
    def test_f1_by_characters(self, said: str, accepted: list[str], expected: float) -> None:
        assert f1(said, accepted) == pytest.approx(expected)

    def test_passages_cover_the_article(self) -> None:
        found = {sentence.start for passage in passages_of(ARTICLE) for sentence in passage.sentences}
        assert len(found) == 5


class TestFit:
    def test_weights_separate_what_can_be(self) -> None:
        rng = np.random.default_rng(0)
        right = rng.random(400) < 0.5
        features = np.column_stack([np.where(right, 2.0, -2.0) + rng.normal(size=400), rng.normal(size=400)])
        weights = fitted(features, right)
        assert weights.weights[0] > 5 * abs(weights.weights[1])
        groups = [str(k // 4) for k in range(400)]
        assert ((crossed(features, right, groups) > 0) == right).mean() > 0.95

    def test_the_limit_parts_what_can_be_answered_from_what_cannot(self) -> None:
        odds, can = np.linspace(-5, 0, 51), np.linspace(-5, 0, 51) > -2.05
        assert quoting_limit(odds, can) == pytest.approx(-2.0)

    def test_what_is_asserted_from_when_a_wrong_answer_costs_two_right_ones(self) -> None:
        """From 1.6 on six right and one wrong gain 4; from 2.0 on three gain 3; from .4 on seven and two gain 3."""
        odds = np.array([2.2, 2.1, 2.0, 1.9, 1.8, 1.7, 1.6, 0.5, 0.4])
        right = np.array([True, True, True, False, True, True, True, False, True])
        assert asserting_limit(odds, right, 0.3) == pytest.approx(1.6)

    def test_figures_by_hand(self) -> None:
        """Asserted from .7: two of four, one of them right; of three answers one wrong; one refused."""
        odds, right = np.array([2.0, 1.0, 0.0, -3.0, -4.0]), np.array([True, False, True, True, False])
        can = np.array([True, True, True, True, False])
        assert figures(odds, right, can, -1.0, 0.7) == {
            "right": 1 / 4, "wrong": 1 / 3, "refused": 1 / 4, "answered": 0.0,
        }  # fmt: skip


@pytest.mark.usefixtures("embedder_folder")
def test_a_run_that_was_broken_off_ends_as_one_that_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """A few steps of the real training on three questions, weights compared to the last bit."""
    import torch

    from eval.reader import train

    monkeypatch.setenv("GISA_HOME", str(home))
    monkeypatch.setattr(train, "SAVE_EVERY", 1)
    monkeypatch.setattr(train, "BATCH_TOKENS", 200)
    items = tuple(newsroom_items([ARTICLE], [ASKED, HEAD, NONE]))
    corpus = Corpus(items, (), {}, 1.0, {"newsroom": len(items)})

    def weights(out: Path) -> dict[str, torch.Tensor]:
        return dict(torch.load(out / "checkpoint.pt", weights_only=True)["heads"])

    whole = Training(tmp_path / "whole", corpus, seed=3, rate=1e-4, passes=2)
    whole.run()
    assert (tmp_path / "whole" / "reader.safetensors").exists()

    broken = Training(tmp_path / "broken", corpus, seed=3, rate=1e-4, passes=2)
    keep, kept = broken._keep, []

    def breaking(optimizer: torch.optim.Optimizer, done: int) -> None:
        keep(optimizer, done)
        kept.append(done)
        if len(kept) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(broken, "_keep", breaking)
    with pytest.raises(KeyboardInterrupt):
        broken.run()
    Training(tmp_path / "broken", corpus, seed=3, rate=1e-4, passes=2).run()
    for one, other in zip(weights(tmp_path / "whole").values(), weights(tmp_path / "broken").values(), strict=True):
        assert torch.equal(one, other)
