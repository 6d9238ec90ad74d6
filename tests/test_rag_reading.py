"""The reader: passages, hints, spans, its weights on disk, and what it points at in made-up articles."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import NAMES

from index.text import sentences
from index.types import Sentence
from rag.errors import ModelFileError
from rag.reading.hints import hinted
from rag.reading.passage import WINDOW_CHARACTERS, Passage, window
from rag.reading.reader import LONGEST, Reader, best_spans, without_particle

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder

TEXT = (
    "한결시의회가 10일 본회의를 열어 조명훈 의장에 대한 불신임안을 가결했다. 표결에는 22명이 참여해 찬성 13표, 반대 "
    "8표, 기권 1표가 나왔다. 불신임안은 시민당 배은주 의원이 대표 발의했고 모두 11명이 이름을 올렸다. 의장 직무는 "
    "이정아 제1부의장이 대신하고, 문상현 제2부의장은 오는 24일 치러지는 선거의 관리를 책임진다."
)


def passage(text: str = TEXT, title: str = "한결시의회 의장 불신임") -> Passage:
    return Passage(title, tuple(sentences(text, [(0, len(text))])))


def sentences_of(*lengths: int) -> list[Sentence]:
    found, at = list[Sentence](), 0
    for length in lengths:
        found.append(Sentence(at, at + length, "가" * length))
        at += length + 1
    return found


class TestPassage:
    def test_bounds_are_where_the_sentences_stand(self) -> None:
        one = passage()
        assert one.text.startswith("한결시의회 의장 불신임\n한결시의회가")
        assert [one.text[start:end] for start, end in one.bounds] == [s.text for s in one.sentences]

    def test_without_a_headline(self) -> None:
        assert passage(title="").bounds[0] == (0, len(passage().sentences[0].text))

    @pytest.mark.parametrize(
        ("lengths", "at", "most", "expected"),
        [
            ((100,), 0, 350, (0, 1)),
            ((900,), 0, 350, (0, 1)),  # one longer sentence is read whole
            ((100, 100, 100, 100), 2, 350, (0, 3)),  # those before come first
            ((100, 100, 100, 100), 0, 350, (0, 3)),
            ((50, 50, 50, 50, 50, 50, 50), 3, 160, (1, 4)),
            ((10, 400, 10), 1, 350, (1, 2)),
        ],
    )
    def test_window(self, lengths: tuple[int, ...], at: int, most: int, expected: tuple[int, int]) -> None:
        assert window(sentences_of(*lengths), at, most) == expected

    @given(st.lists(st.integers(1, 300), min_size=1, max_size=12), st.data())
    def test_window_holds_the_sentence_and_the_limit(self, lengths: list[int], data: st.DataObject) -> None:
        its = sentences_of(*lengths)
        at = data.draw(st.integers(0, len(its) - 1))
        first, last = window(its, at)
        assert first <= at < last
        length = sum(lengths[first:last]) + last - first - 1
        assert length <= WINDOW_CHARACTERS or last - first == 1


class TestHints:
    def test_names_as_the_passage_writes_them(self) -> None:
        assert hinted("What did Bae Eun-ju table?", NAMES, passage()) == "What did Bae Eun-ju (배은주) table?"
        shipped = passage("엔비디아는 5개를 보냈다.")
        assert hinted("How many did NVIDIA ship?", NAMES, shipped) == "How many did NVIDIA (엔비디아) ship?"

    def test_words_that_the_passage_has(self) -> None:
        """Of the Korean words for an English one those that stand in the passage; none behind a word of a name."""
        known = replace(passage(), terms=frozenset({"찬성", "불신임", "은행"}))
        assert hinted("How many were in favour of it?", NAMES, known) == "How many were in favour 찬성 of it?"
        assert hinted("What did the Bank of Korea say?", NAMES, known) == "What did the Bank of Korea say?"

    @pytest.mark.parametrize("question", ["배은주 의원이 낸 것은?", "Who stands in for the speaker?", ""])
    def test_nothing_to_gloss(self, question: str) -> None:
        assert hinted(question, NAMES, passage()) == question


class TestSpans:
    def test_the_greatest_sum_in_order(self) -> None:
        start, end = np.array([0, 5, 1, 0], np.float32), np.array([3, 0, 2, 1], np.float32)
        assert best_spans(start, end, 1) == [(1, 2, 7.0)]  # the end at 0 stands before the start at 1

    def test_no_longer_than_an_answer(self) -> None:
        start, end = np.zeros(100, np.float32), np.zeros(100, np.float32)
        start[0], end[99], end[3] = 5, 9, 1
        ((first, last, score),) = best_spans(start, end, 1)
        assert last - first < LONGEST
        assert score == 9.0

    @given(st.lists(st.tuples(st.floats(-9, 9, width=32), st.floats(-9, 9, width=32)), min_size=1, max_size=40))
    def test_as_trying_every_pair(self, pairs: list[tuple[float, float]]) -> None:
        start, end = (np.array(column, np.float32) for column in zip(*pairs, strict=True))
        tried = max(start[i] + end[j] for i in range(len(start)) for j in range(i, min(len(end), i + LONGEST)))
        assert best_spans(start, end, 1)[0][2] == pytest.approx(float(tried))

    def test_the_next_best_shares_no_token(self) -> None:
        start, end = np.array([1, 5, 4, 0, 2], np.float32), np.array([0, 5, 4, 0, 1], np.float32)
        assert best_spans(start, end, 5) == [(1, 1, 10.0), (2, 2, 8.0), (4, 4, 3.0), (0, 0, 1.0), (3, 3, 0.0)]

    @pytest.mark.parametrize(
        ("text", "words", "expected"),
        [
            ("배은주가 냈다.", "배은주가", "배은주"),
            ("이름은 배은주다.", "배은주", "배은주"),
            ("대전지방법원에 신청했다.", "대전지방법원에", "대전지방법원"),
            ("찬성 13표, 반대 8표", "13표, ", "13표"),
            ("오는 24일까지 정한다.", "오는 24일", "오는 24일"),
            ("일손이 모자라 닫았다.", "일손이 모자라", "일손이 모자라"),
        ],
    )
    def test_without_particle(self, text: str, words: str, expected: str) -> None:
        at = text.index(words)
        start, end = without_particle(text, at, at + len(words))
        assert text[start:end] == expected


class TestReader:
    @pytest.mark.parametrize(
        ("question", "expected"),
        [
            ("찬성은 몇 표였나?", "13표"),
            ("반대표는 몇 표 나왔나?", "8표"),
            ("불신임안을 대표로 낸 의원은 누구인가?", "배은주"),
            ("Which member 의원 tabled the no-confidence motion 불신임안?", "배은주"),
            ("의장 직무를 대신하는 사람은?", "이정아"),
        ],
    )
    def test_points_at_the_words(self, reader: Reader, question: str, expected: str) -> None:
        best = reader.read([question], [passage()])[0]
        assert expected in best.text
        assert len(best.text) < len(expected) + 12
        assert TEXT[best.start : best.end] == best.text
        assert best.span > 0

    def test_what_answers_scores_above_what_does_not(self, reader: Reader) -> None:
        other = passage("가람전자는 내년까지 공장을 짓는다. 공장은 부산에 선다.", "가람전자 새 공장")
        readings = reader.read(["찬성은 몇 표였나?"] * 2, [other, passage()])
        assert readings[0].passage == 1
        best_of_other = max((reading.score for reading in readings if reading.passage == 0), default=-1.0)
        assert best_of_other < 0 < readings[0].score

    def test_batches_do_not_matter(self, reader: Reader) -> None:
        """A passage is read the same alone and among others, padded or not (but for rounding in bfloat16)."""
        others = [passage("짧다."), passage(TEXT[:90]), passage()] * 6
        alone = reader.read(["찬성은 몇 표였나?"], [passage()])[0]
        among = reader.read(["찬성은 몇 표였나?"] * len(others), others)
        same = next(reading for reading in among if reading.passage == 2)
        assert same.text == alone.text
        assert same.score == pytest.approx(alone.score, abs=0.3)

    def test_no_passages(self, reader: Reader) -> None:
        assert reader.read([], []) == []

    @pytest.mark.parametrize("text", ["가" * 6000, "𒀀𒀁𒀂 𒀃𒀄.", "🙂🙃", " . ", "a" * 3000])
    def test_odd_texts_are_read_or_passed_over(self, reader: Reader, text: str) -> None:
        """Longer than the network reads, of a script it has no tokens for, without words."""
        one = Passage("", (Sentence(0, len(text), text),))
        for reading in reader.read(["몇 개인가?"], [one]):
            assert text[reading.start : reading.end] == reading.text

    def test_a_long_question(self, reader: Reader) -> None:
        assert reader.read(["이 일은 왜 그렇게 되었나? " * 120], [passage()])


class TestWeights:
    def test_the_shipped_file_is_the_pinned_one(self) -> None:
        folder = Path(__file__).parents[1] / "rag" / "data"
        weights = folder / "reader.safetensors"
        assert weights.stat().st_size <= 25_000_000
        pinned = (folder / "reader.safetensors.sha256").read_text().split()[0]
        assert hashlib.sha256(weights.read_bytes()).hexdigest() == pinned

    @pytest.mark.parametrize("content", [None, b"", b"not weights", b"\x10\0\0\0\0\0\0\0{}"])
    def test_missing_or_damaged(
        self, embedder: SentenceTransformerEmbedder, tmp_path: Path, content: bytes | None
    ) -> None:
        from rag.reading.open import own

        path = tmp_path / "reader.safetensors"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ModelFileError) as caught:
            own(embedder, path)
        for line in (caught.value.en, caught.value.ko):
            assert str(path) in line
            assert "make reader" in line
            assert "\n" not in line

    def test_of_another_embedder(self, embedder: SentenceTransformerEmbedder, tmp_path: Path) -> None:
        from rag.reading.model import ReaderNetwork
        from rag.reading.weights import load, save

        path = tmp_path / "other.safetensors"
        save(ReaderNetwork(embedder.encoder), embedder.encoder, path, embedder="other@123")
        with pytest.raises(ModelFileError, match="other@123"):
            load(embedder.encoder, path, embedder=embedder.name)

    def test_other_bytes_than_pinned(self, embedder: SentenceTransformerEmbedder, tmp_path: Path) -> None:
        from rag.reading.model import ReaderNetwork
        from rag.reading.weights import load, save

        path = tmp_path / "reader.safetensors"
        save(ReaderNetwork(embedder.encoder), embedder.encoder, path, embedder=embedder.name)
        with pytest.raises(ModelFileError):
            load(embedder.encoder, path, embedder=embedder.name, sha256="0" * 64)

    def test_a_round_trip_changes_little(self, embedder: SentenceTransformerEmbedder, tmp_path: Path) -> None:
        """Eight bits of the difference to the embedder, then its own precision: a 128th of each weight."""
        import torch

        from rag.reading.model import ReaderNetwork
        from rag.reading.weights import load, save

        encoder = copy.deepcopy(embedder.encoder).float()  # the embedder itself stays in its precision
        network, path = ReaderNetwork(encoder), tmp_path / "reader.safetensors"
        with torch.no_grad():
            for weight in network.upper.parameters():
                weight.add_(0.01 * torch.randn_like(weight))
        save(network, encoder, path, embedder=embedder.name)
        again = load(embedder.encoder, path, embedder=embedder.name)
        for (_, one), (_, other) in zip(network.upper.named_parameters(), again.upper.named_parameters(), strict=True):
            assert ((one - other.float()).abs() <= one.abs() / 128 + 0.001).all()


def test_an_extractive_model_of_transformers(tmp_path: Path) -> None:
    """Made here, untrained: what it points at is chance, but it points within sentences."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertForQuestionAnswering, PreTrainedTokenizerFast

    from rag.reading.open import extractive

    words = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "찬성": 4, "13표": 5}
    plain = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=plain, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(tmp_path)
    config = BertConfig(vocab_size=6, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    BertForQuestionAnswering(config).save_pretrained(tmp_path)
    reader = extractive(str(tmp_path))
    assert reader.name == str(tmp_path)
    readings = reader.read(["찬성은 몇 표였나?"], [passage()])
    assert readings
    assert all(TEXT[one.start : one.end] == one.text for one in readings)


def test_no_such_model(tmp_path: Path) -> None:
    from rag.reading.open import extractive

    with pytest.raises(ModelFileError, match="extractive question answering"):
        extractive(str(tmp_path))
