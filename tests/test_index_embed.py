"""The sentence-transformers embedder: shapes, prompts, precision, batches, names, words, models that do not load."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding, Transformer
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertModel,
    BertTokenizerFast,
    ByT5Tokenizer,
    PreTrainedTokenizerBase,
)

from index.sentence_transformer import SentenceTransformerEmbedder, _computes_bfloat16
from index.types import Words
from seeds.errors import ModelFileError

KOREAN = "정부는 2030년까지 그래픽처리장치 5만 장을 확보하기로 했다."
ENGLISH = "The government decided to secure 50,000 graphics processors by 2030."
TEXTS = [KOREAN, "짧다.", ENGLISH, "", "가나다 " * 900, "🙂🙂", "\u0000x"]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another sentence-transformers model: two small random layers, CLS pooling, no prompts, unnormalised output."""
    folder = tmp_path_factory.mktemp("toy")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij"]
    (folder / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=40,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder / "bert")
    BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=40).save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"))
    SentenceTransformer(modules=[transformer, Pooling(32, pooling_mode="cls")], device="cpu").save(
        str(folder / "model")
    )
    return folder / "model"


def test_vectors_are_float32_of_unit_norm_in_the_order_of_the_texts(embedder: SentenceTransformerEmbedder) -> None:
    vectors = embedder.documents(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), embedder.dimension) == (7, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([embedder.documents([text]) for text in TEXTS])
    assert np.all(np.sum(vectors * alone, axis=1) > 0.999)


def test_no_texts(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.queries([]).shape == embedder.documents([]).shape == (0, 384)
    assert embedder.queries([]).dtype == np.float32


def test_queries_and_documents_have_the_prompts_of_the_model_card(
    embedder_folder: Path, embedder: SentenceTransformerEmbedder
) -> None:
    # E5's model card: every input starts with "query: " or "passage: ".
    plain = SentenceTransformer(str(embedder_folder), device="cpu", local_files_only=True)
    for ours, prefix in ((embedder.queries, "query: "), (embedder.documents, "passage: ")):
        theirs = plain.encode([prefix + KOREAN], show_progress_bar=False, prompt="")
        assert float(ours([KOREAN])[0] @ theirs[0]) > 0.999
    assert float(embedder.queries([KOREAN])[0] @ embedder.documents([KOREAN])[0]) < 0.999


def test_meaning_crosses_languages(embedder: SentenceTransformerEmbedder) -> None:
    documents = embedder.documents([KOREAN, "어제 서울에는 눈이 많이 내렸다.", "축구 대표팀이 결승에 올랐다."])
    assert int(np.argmax(documents @ embedder.queries(["How many GPUs will the government buy?"])[0])) == 0


def test_texts_beyond_the_limit_are_cut_there(embedder: SentenceTransformerEmbedder) -> None:
    long = "가나다 " * 900
    one, two = embedder.documents([long, long + KOREAN])
    np.testing.assert_allclose(one, two, atol=1e-6)


def test_either_precision_gives_the_same_name_and_nearly_the_same_vectors(embedder_folder: Path) -> None:
    exact = SentenceTransformerEmbedder(embedder_folder, precision="float32")
    half = SentenceTransformerEmbedder(embedder_folder, precision="bfloat16")
    assert exact.name == half.name
    texts = [KOREAN, ENGLISH, "짧다."]
    one, other = exact.documents(texts), half.documents(texts)
    assert np.all(np.sum(one * other, axis=1) > 0.999)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        ("processor : 0\nflags\t\t: fpu avx2 avx512f avx512_bf16 amx_tile\n", True),
        ("flags : fpu avx2 avx512f\n", False),
        ("Features : fp asimd bf16\n", True),
        ("model name : bf16 in its name only\n", False),
    ],
)
def test_bfloat16_is_for_processors_that_compute_in_it(tmp_path: Path, cpuinfo: str, expected: bool) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    assert _computes_bfloat16(torch.device("cpu"), tmp_path / "cpuinfo") is expected
    assert _computes_bfloat16(torch.device("cpu"), tmp_path / "missing") is False


def test_batches_are_bounded_by_tokens_and_every_text_is_in_one(toy: Path) -> None:
    embedder = SentenceTransformerEmbedder(toy, batch_tokens=100)
    texts = [" ".join("a" * n) for n in (1, 50, 3, 30, 8, 8, 8, 2, 60)]
    tokens = [min(n + 2, 40) for n in (1, 50, 3, 30, 8, 8, 8, 2, 60)]  # with [CLS] and [SEP], cut at 40
    batches = list(embedder._batches(texts))
    assert sorted(i for batch in batches for i in batch) == list(range(len(texts)))
    for batch in batches:
        assert max(tokens[i] for i in batch) * len(batch) <= 100
    assert tokens[batches[0][0]] == 40
    assert len(batches) == 3  # 40 40, then 32 10 10, then the rest


def test_progress_is_told_to_the_end(toy: Path) -> None:
    told: list[tuple[int, int]] = []
    embedder = SentenceTransformerEmbedder(toy, batch_tokens=20)
    embedder.documents(["a b", "c", "d e f", "g"], progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (4, 4)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_any_other_model_works_too(toy: Path) -> None:
    embedder = SentenceTransformerEmbedder(str(toy), precision="float32")
    assert embedder.dimension == 32
    vectors = embedder.documents(["a b c", "d", "a b c"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)
    np.testing.assert_allclose(embedder.queries(["a b c"])[0], vectors[0], atol=1e-6)  # it has no prompts


def test_the_name_tells_models_apart_that_look_alike(toy: Path, tmp_path: Path) -> None:
    names = {SentenceTransformerEmbedder(toy).name}
    for change in ("weights", "prompts", "copy"):
        folder = tmp_path / change / toy.name
        shutil.copytree(toy, folder)
        if change == "weights":
            changed = SentenceTransformer(str(folder), device="cpu")
            with torch.no_grad():
                next(iter(changed.parameters())).add_(0.5)
            changed.save(str(folder))
        elif change == "prompts":
            config = json.loads((folder / "config_sentence_transformers.json").read_text())
            config["prompts"] = {"query": "q: ", "document": "d: "}
            (folder / "config_sentence_transformers.json").write_text(json.dumps(config))
        names.add(SentenceTransformerEmbedder(folder).name)
    assert len(names) == 3  # the mere copy has the name of the original
    assert all(name.startswith("model@") for name in names)


def test_loading_and_embedding_is_quiet_and_needs_no_network(
    toy: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    SentenceTransformerEmbedder(toy).documents(["a"] * 40)
    assert capfd.readouterr() == ("", "")


# Words


@pytest.fixture(scope="module")
def plain(embedder_folder: Path) -> tuple[BertModel, PreTrainedTokenizerBase]:
    """The same model without sentence-transformers, to compare with."""
    model = BertModel.from_pretrained(embedder_folder, local_files_only=True)
    return model, AutoTokenizer.from_pretrained(embedder_folder, local_files_only=True)


def _states(plain: tuple[BertModel, PreTrainedTokenizerBase], text: str) -> tuple[list[str], Words]:
    """Pieces of the text between <s> and </s>, and their last hidden states."""
    model, tokenizer = plain
    features = tokenizer(text, return_tensors="pt")
    with torch.inference_mode():
        states = model(**features).last_hidden_state[0].numpy()
    pieces = [str(tokenizer.convert_ids_to_tokens(int(number))) for number in features["input_ids"][0]]
    return pieces[1:-1], states[1:-1]


def _by_piece(plain: tuple[BertModel, PreTrainedTokenizerBase], text: str) -> list[Words]:
    """Word vectors from the pieces alone: Metaspace marks each word's first piece, whatever its offsets are.

    A piece that is nothing but the mark stands for the space, not for the word.
    """
    pieces, states = _states(plain, text)
    starts = [i for i, piece in enumerate(pieces) if piece.startswith("▁")]
    ends = [*starts[1:], len(pieces)]
    return [
        np.mean([states[i] for i in range(a, b) if pieces[i] != "▁"], axis=0) for a, b in zip(starts, ends, strict=True)
    ]


def test_words_are_the_means_of_their_tokens_read_in_the_whole_text(
    embedder_folder: Path, plain: tuple[BertModel, PreTrainedTokenizerBase]
) -> None:
    embedder = SentenceTransformerEmbedder(embedder_folder, precision="float32")
    text = f"제목 한 줄\n{KOREAN} {ENGLISH}"
    start = text.index(KOREAN)
    spans = [(start, start + len(KOREAN)), (start + len(KOREAN) + 1, len(text))]
    _, (found,) = embedder.words([text], [spans])
    expected = _by_piece(plain, "passage: " + text)[1 + 3 :]  # after the prompt and the title
    assert [len(words) for words in found] == [len(KOREAN.split()), len(ENGLISH.split())] == [7, 10]
    np.testing.assert_allclose(np.concatenate(found), expected, atol=2e-4)
    # In another context the same words have other vectors, and none of them is of unit norm.
    _, ((alone,),) = embedder.words([KOREAN], [[(0, len(KOREAN))]])
    assert np.abs(alone - found[0]).max() > 0.05
    assert np.all(np.linalg.norm(alone, axis=1) > 1.5)


def test_words_come_with_the_vectors_of_the_documents(embedder: SentenceTransformerEmbedder) -> None:
    vectors, words = embedder.words(TEXTS, [[(0, len(text))] for text in TEXTS])
    assert np.all(np.sum(vectors * embedder.documents(TEXTS), axis=1) >= 0.9999)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert [len(its) for its in words] == [1] * len(TEXTS)
    assert {(its[0].dtype, its[0].shape[1]) for its in words} == {(np.dtype(np.float32), 384)}
    # Batches are made by length; each text must still have its own words.
    for text, (its,) in zip(TEXTS[:3], words, strict=False):
        _, ((alone,),) = embedder.words([text], [[(0, len(text))]])
        assert its.shape == alone.shape == (len(text.split()), 384)
        np.testing.assert_allclose(its, alone, atol=0.1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("㈜엔스케일(Nscale)은 ２０３０년까지  26만장을\t샀다.", 4),
        ("  앞뒤에 공백  ", 2),
        ("자모로 풀린 글", 3),
        ("GPU🙂🙂 좋다", 2),
        ("", 0),
        (" \n ", 0),
    ],
)
def test_words_of_text_that_the_tokenizer_normalises(
    embedder: SentenceTransformerEmbedder, text: str, words: int
) -> None:
    _, ((found,),) = embedder.words([text], [[(0, len(text))]])
    assert found.shape == (words, 384)


def test_words_beyond_the_limit_are_left_out(embedder: SentenceTransformerEmbedder) -> None:
    text = "가나다 " * 900 + KOREAN
    start = text.index(KOREAN)
    _, (found,) = embedder.words([text], [[(0, start), (start, len(text))]])
    assert 0 < len(found[0]) < 512
    assert found[1].shape == (0, 384)


def test_question_words_are_the_questions_own_tokens(
    embedder_folder: Path, plain: tuple[BertModel, PreTrainedTokenizerBase]
) -> None:
    embedder = SentenceTransformerEmbedder(embedder_folder, precision="float32")
    questions = [ENGLISH, "누가?", KOREAN]
    for question, found in zip(questions, embedder.question_words(questions)[1], strict=True):
        pieces, states = _states(plain, "query: " + question)
        assert "".join(pieces[:3]) == "▁query:"
        np.testing.assert_allclose(found, states[3:], atol=2e-4)
    assert [len(found) for found in embedder.question_words([""])[1]] == [0]
    assert embedder.question_words([])[1] == []


def test_no_words(embedder: SentenceTransformerEmbedder) -> None:
    vectors, words = embedder.words([], [])
    assert (vectors.shape, words) == ((0, 384), [])
    assert embedder.words([KOREAN], [[]])[1] == [[]]


def test_words_of_another_model(toy: Path) -> None:
    embedder = SentenceTransformerEmbedder(toy, precision="float32")
    vectors, (its, cut) = embedder.words(["a bc d", " ".join("a" * 60)], [[(0, 4), (5, 6)], [(0, 119)]])
    assert [words.shape for words in its] == [(2, 32), (1, 32)]
    assert cut[0].shape == (38, 32)  # its limit is 40 with [CLS] and [SEP]
    np.testing.assert_allclose(vectors, embedder.documents(["a bc d", " ".join("a" * 60)]), atol=1e-6)
    assert [found.shape for found in embedder.question_words(["a b"])[1]] == [(2, 32)]


@pytest.mark.parametrize(("limit", "expected"), [(40, {8, 16, 24, 32, 40}), (37, set(range(3, 38)))])
def test_batches_have_few_lengths_and_none_beyond_the_limit(toy: Path, limit: int, expected: set[int]) -> None:
    """Positions beyond its limit a model may not have; one text alone is not padded."""
    embedder = SentenceTransformerEmbedder(toy, precision="float32", batch_tokens=80)
    embedder._model.max_seq_length = limit
    lengths: list[int] = []
    embedder._model.register_forward_pre_hook(lambda _, given: lengths.append(given[0]["input_ids"].shape[1]))
    texts = [" ".join("abc"[n % 3] * n) for n in range(1, 60)]
    together = embedder.documents(texts)
    assert set(lengths) <= expected
    assert max(lengths) == limit
    lengths.clear()
    alone = np.concatenate([embedder.documents([text]) for text in texts])
    assert lengths == [min(n + 2, limit) for n in range(1, 60)]  # with [CLS] and [SEP]
    np.testing.assert_allclose(together, alone, atol=1e-5)


def _of_bytes(folder: Path) -> SentenceTransformer:
    """A transformer whose tokenizer, written in Python, does not tell offsets."""
    ByT5Tokenizer().save_pretrained(folder)
    BertModel(
        BertConfig(vocab_size=512, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
    ).save_pretrained(folder)
    return SentenceTransformer(modules=[Transformer(str(folder)), Pooling(32)], device="cpu")


def _static(folder: Path) -> SentenceTransformer:
    """A table of vectors: it has no states of tokens in context."""
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "a": 1, "b": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    return SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=32)], device="cpu")


@pytest.mark.parametrize("make", [_of_bytes, _static])
def test_a_model_that_does_not_tell_where_its_tokens_stand_has_no_words(
    tmp_path: Path, make: Callable[[Path], SentenceTransformer]
) -> None:
    make(tmp_path / "parts").save(str(tmp_path / "model"))
    embedder = SentenceTransformerEmbedder(tmp_path / "model", precision="float32")
    vectors, words = embedder.words(["a b", "b"], [[(0, 1), (2, 3)], [(0, 1)]])
    np.testing.assert_allclose(vectors, embedder.documents(["a b", "b"]), atol=1e-6)
    assert [[one.shape for one in its] for its in words] == [[(0, 32), (0, 32)], [(0, 32)]]
    assert [found.shape for found in embedder.question_words(["a"])[1]] == [(0, 32)]


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="gisa models pull") as caught:
        SentenceTransformerEmbedder(tmp_path)
    assert "\n" not in caught.value.en
    assert "임베딩 모델" in caught.value.ko


def test_damaged_weights(toy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(toy, folder)
    (weights,) = folder.rglob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelFileError, match="cannot be loaded"):
        SentenceTransformerEmbedder(folder)
