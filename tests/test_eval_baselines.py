"""The peers as they are: real libraries, the real embedder, two tiny articles, a model over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from model_server import PROMPT_TOKENS, WRITTEN_TOKENS, Served, model_server

from eval.baselines.extract import BestByBM25, BestByVectors
from eval.baselines.llama_index import marks
from eval.baselines.peer import Model, Passage, Peer, document
from eval.baselines.refusals import refuses
from seeds.article import Article

BRIDGE = "부산시는 3월 4일 새 다리를 열었다. 다리의 길이는 1,200m이고 공사비는 350억 원이 들었다."
MELONS = "성주군의 참외 수확량이 올해 4만 톤으로 늘었다. 참외 농가는 3,800곳이다."
REPLY = "The bridge cost 35 billion won [1]."
ARTICLES = [
    Article(
        "bridge", "부산에 새 다리", f"사진=부산시\n{BRIDGE}\n무단 전재 금지", ((7, 7 + len(BRIDGE)),),
        publisher="시험일보", published=date(2025, 3, 1), published_precision="month",
    ),
    Article("melon", "참외 수확", MELONS, ((0, len(MELONS)),)),
]  # fmt: skip
QUESTION = "부산의 새 다리 공사비는 얼마인가?"


@pytest.fixture(scope="module", autouse=True)
def _closed_loop() -> Iterator[None]:
    """llama-index runs coroutines on the thread's event loop, and where there is none leaves one of its own open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def served() -> Iterator[Served]:
    with model_server([REPLY]) as server:
        yield server


def model(served: Served) -> Model:
    return Model("m", served.url, "key", context_tokens=8192, max_tokens=256)


def asked(peer: Peer, served: Served, told: Model) -> tuple[str, tuple[Passage, ...], tuple[Passage, ...] | None]:
    """What each peer must do: one greedy request of at most 256 tokens, with question and passages in it."""
    peer.add(ARTICLES)
    reply = peer.ask(QUESTION)
    assert len(served.requests) == 1
    request = served.requests[0]
    assert (request["max_tokens"], request["temperature"]) == (256, 0.0)
    assert not request.get("stream")
    assert QUESTION in served.prompt()
    assert "350억 원" in served.prompt()
    assert "무단 전재" not in served.prompt(), "rights lines are not given to peers"
    for passage in reply.given:
        assert passage.text.strip() in served.prompt(), "what is recorded as given was sent"
    (call,) = told.wire.take()
    assert (call.prompt_tokens, call.written_tokens) == (PROMPT_TOKENS, WRITTEN_TOKENS)
    assert told.wire.take() == []
    assert reply.refused is None
    return reply.text, reply.given, reply.cited


def test_document_is_headline_source_and_body() -> None:
    assert document(ARTICLES[0]) == f"부산에 새 다리\n시험일보, 2025-03\n\n{BRIDGE}"
    assert document(ARTICLES[1]) == f"참외 수확\n\n{MELONS}"


def test_llama_index_query_engine(served: Served, embedder_folder: Path) -> None:
    from eval.baselines.llama_index import QueryEngine

    told = model(served)
    peer = QueryEngine(embedder_folder, told)
    text, given, cited = asked(peer, served, told)
    assert (text, cited) == (REPLY, None)
    assert [passage.article for passage in given] == ["bridge", "melon"], "the nearest first"
    assert given[0].text == document(ARTICLES[0])
    assert peer.vectors == 2
    assert "expert Q&A system" in served.prompt(), "its own prompt"


def test_llama_index_citation_engine(served: Served, embedder_folder: Path) -> None:
    from eval.baselines.llama_index import CitationEngine

    told = model(served)
    text, given, cited = asked(CitationEngine(embedder_folder, told), served, told)
    assert text == REPLY
    assert [passage.article for passage in given] == ["bridge", "melon"]
    assert cited == given[:1], "[1] is the first source"
    assert "Source 2:" in served.prompt()
    assert not given[0].text.startswith("Source"), "the label is not the article's"


def test_haystack(served: Served, embedder_folder: Path) -> None:
    from eval.baselines.haystack import Haystack

    told = model(served)
    peer = Haystack(embedder_folder, told)
    text, given, cited = asked(peer, served, told)
    assert (text, cited) == (REPLY, None)
    assert [passage.article for passage in given] == ["bridge", "melon"]
    assert peer.vectors == 2
    assert "I don't know based on these documents" in served.prompt()


def test_txtai(served: Served, embedder_folder: Path) -> None:
    from eval.baselines.txtai import SHORT_CONTEXT, TxtAI

    told = model(served)
    peer = TxtAI(embedder_folder, told, SHORT_CONTEXT)
    text, given, cited = asked(peer, served, told)
    assert text == REPLY
    assert peer.vectors == 4, "two headlines, two paragraphs"
    assert len(given) == 3, "as told"
    assert cited is not None
    assert len(cited) == 1
    assert cited[0] in given


def test_peers_embed_questions_and_passages_as_the_model_wants(embedder_folder: Path, served: Served) -> None:
    """Against transformers' own tokenizer input: e5 reads "query: " and "passage: " in front."""
    from eval.baselines.llama_index import QueryEngine
    from eval.baselines.txtai import TxtAI
    from index.sentence_transformer import SentenceTransformerEmbedder

    plain = SentenceTransformerEmbedder(embedder_folder, precision="float32")
    expected = plain.queries([QUESTION])[0], plain.documents([BRIDGE])[0]
    llama = QueryEngine(embedder_folder, model(served))._embedding
    txtai = TxtAI(embedder_folder, model(served))._embeddings
    for query, passage in (
        (llama.get_query_embedding(QUESTION), llama.get_text_embedding(BRIDGE)),
        (txtai.transform(QUESTION, "query"), txtai.transform(BRIDGE, "data")),
    ):
        assert expected[0] @ query == pytest.approx(1, abs=1e-4)
        assert expected[1] @ passage == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("method", ["BM25", "vectors"])
def test_best_chunk_is_quoted(method: str, embedder_folder: Path) -> None:
    peer = BestByBM25() if method == "BM25" else BestByVectors(embedder_folder)
    peer.add(ARTICLES)
    reply = peer.ask(QUESTION)
    assert "350억 원" in reply.text
    assert (reply.given, reply.cited, reply.refused) == ((Passage("bridge", reply.text),),) * 2 + (False,)
    assert peer.vectors == 2


def test_bm25_without_a_word_in_common_refuses() -> None:
    peer = BestByBM25()
    peer.add(ARTICLES)
    assert peer.ask("Zebra?").refused


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Water is wet [2], which occurs in the evening [1].", [2, 1]),
        ("So it is [1, 3].", [1, 3]),
        ("So it is [1][1].", [1]),
        ("No source of that number [7], [0].", []),
        ("None at all: 2025.", []),
    ],
)
def test_marks(text: str, numbers: list[int]) -> None:
    assert marks(text, 3) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "Empty Response",
        "I don't know based on these documents.",
        "I don’t know.",
        "I'm not able to answer that from the context.",
        "I cannot find this in the sources.",
        "The sources do not mention the name of the designer.",
        "The provided sources don't contain any information about Samsung's profit.",
        "There is no information about the price in the context.",
        "None of the sources are helpful.",
        "The price is not specified in the text.",
        "The exact figure cannot be determined from the given context.",
        "It is unknown who designed the bridge.",
        "제공된 문서에는 해당 정보가 없습니다.",
        "기사에서 찾을 수 없습니다.",
        "주어진 자료로는 알 수 없습니다.",
        "설계자는 언급되지 않았습니다.",
        "설계자는 언급되어 있지 않습니다.",
        "잘 모르겠습니다.",
        "구체적인 금액은 명시되지 않았습니다.",
        "관련 내용이 포함되어 있지 않습니다.",
    ],
)
def test_refusals_are_recognised(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "The bridge cost 35 billion won.",
        "More than 260,000 GPUs [1].",
        "Nvidia, not AMD, supplies the chips.",
        "It will open in 2026 and not before.",
        "No, the plan covers 14,000 farms.",
        "공사비는 350억 원이다.",
        "다리는 아직 열리지 않았다.",
        "정부는 GPU 26만 장을 확보한다.",
        "참외 농가는 3,800곳으로, 없어서는 안 될 곳이다.",
    ],
)
def test_answers_are_no_refusals(text: str) -> None:
    assert not refuses(text)
