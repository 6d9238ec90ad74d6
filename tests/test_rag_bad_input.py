"""What bad input gets from the engine: a one-line error in both languages, or the stated degraded answer."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from shipped import KOREAN_TRAP, SECURED, TRAP, Newsroom

from index.build import ingest
from index.local_store import DATABASE, LocalStore
from index.types import Filter
from rag.assemble import open_gisa, open_store
from rag.errors import GisaError, IndexDamagedError, IndexMissingError, IndexStoreError, ModelFileError, QuestionError
from rag.question import has_language
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.types import Answer
from seeds.article import Article
from seeds.loaders import shipped_articles

pytest_plugins = ["shipped"]


def told(error: GisaError) -> None:
    """One line in English, one in Korean, both saying something."""
    for line, language in ((error.en, "en"), (error.ko, "ko")):
        assert line.strip()
        assert "\n" not in line
        assert has_language(line, language)  # type: ignore[arg-type]


def sound(newsroom: Newsroom, answer: Answer) -> None:
    """A refusal without citations, or an answer whose citations stand in their articles."""
    assert answer.refused == (answer.answered_by == "none") == (not answer.citations)
    assert all(newsroom.stands(citation) for citation in answer.citations)
    assert answer.answer.strip()


class TestQuestions:
    @pytest.mark.parametrize("question", ["", " \n ", "?", "🙂🙃🎉", "123", "한국이 GPU를 몇 장? " * 700, "a" * 10_000])
    def test_no_question(self, newsroom: Newsroom, question: str) -> None:
        with pytest.raises(QuestionError) as caught:
            newsroom.ask(question)
        told(caught.value)
        assert caught.value.exit_code == 2

    @pytest.mark.parametrize(
        "question",
        [
            "韓国は何枚のGPUを確保しますか?",
            "Combien de processeurs graphiques la Corée va-t-elle obtenir cette année ?",
        ],
    )
    def test_another_language(self, newsroom: Newsroom, question: str) -> None:
        with pytest.raises(QuestionError) as caught:
            newsroom.ask(question)
        told(caught.value)

    @pytest.mark.parametrize("question", ["GPU", "엔비디아", "Korea", "왜?", "how", "ㅋㅋㅋ뭐", "NULL", "' OR 1=1 --"])
    def test_one_word(self, newsroom: Newsroom, question: str) -> None:
        try:
            sound(newsroom, newsroom.ask(question))
        except QuestionError as error:
            told(error)

    @pytest.mark.parametrize(
        ("question", "language"),
        [
            ("How many GPUs is 한국 securing?", "en"),
            ("Korea가 securing하는 GPU는 몇 장인가?", "ko"),
            ("How many GPUs is Korea securing? 🙂", "en"),
        ],
    )
    def test_mixed_languages(self, newsroom: Newsroom, question: str, language: str) -> None:
        answer = newsroom.ask(question)
        assert answer.language == language
        assert SECURED in answer.citations[0].quote

    def test_long_but_allowed(self, newsroom: Newsroom) -> None:
        question = ("I have been reading about chips and wondered about many things. " * 28) + TRAP
        assert 1800 < len(question) <= 2000
        sound(newsroom, newsroom.ask(question))

    @pytest.mark.parametrize("odd", ['"', "%", "*", "(", "near(", "AND", "--", "\x00", "\u202e", "[1]"])
    def test_signs_that_mean_something_elsewhere(self, newsroom: Newsroom, odd: str) -> None:
        answer = newsroom.ask(f"How many GPUs is Korea securing {odd}?")
        sound(newsroom, answer)
        assert SECURED in answer.citations[0].quote

    def test_the_name_of_a_place_in_a_prompt(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask("How many GPUs is Korea securing {question}?")
        sound(newsroom, answer)
        article = newsroom.ask(TRAP).citations[0].article_id  # found, though the reader may think it no answer
        assert article in [*(one.article_id for one in answer.citations), *(one.id for one in answer.nearest)]


class TestCollection:
    def room(self, newsroom: Newsroom, store: LocalStore, tmp_path: Path) -> Newsroom:
        settings = Settings(home=tmp_path)
        return Newsroom(
            Retriever(store, newsroom.retriever._embedder, newsroom.settings.home / "cache"), settings, newsroom.reader
        )

    def test_empty(self, newsroom: Newsroom, own_store: LocalStore, tmp_path: Path) -> None:
        with pytest.raises(IndexMissingError) as caught:
            self.room(newsroom, own_store, tmp_path).ask(TRAP)
        told(caught.value)
        assert "gisa index add" in caught.value.en
        assert "gisa index add" in caught.value.ko

    def test_all_articles_removed_while_open(self, newsroom: Newsroom, own_store: LocalStore, tmp_path: Path) -> None:
        text = "가람시는 20일 섬 마을에 첫 도서관을 열었다. 도서관은 책 1만2000권을 갖췄다."
        article = Article("library", "섬 마을 도서관", text, ((0, len(text)),))
        ingest(own_store, newsroom.retriever._embedder, [article])
        room = self.room(newsroom, own_store, tmp_path)
        answer = room.ask("섬 마을 도서관에 책이 몇 권 있나?")
        assert "1만2000권" in answer.citations[0].quote
        own_store.remove("library")
        with pytest.raises(IndexMissingError):
            room.ask("섬 마을 도서관에 책이 몇 권 있나?")

    @pytest.mark.parametrize("question", [TRAP, KOREAN_TRAP])
    def test_filter_that_lets_nothing_through(self, newsroom: Newsroom, question: str) -> None:
        answer = newsroom.ask(question, where=Filter(article_ids=("no-such-article",)))
        assert answer.refused
        assert answer.citations == answer.nearest == ()
        assert has_language(answer.answer, answer.language)

    def test_never_made(self, tmp_path: Path) -> None:
        with pytest.raises(IndexMissingError) as caught:
            open_store(Settings(home=tmp_path))
        told(caught.value)

    def test_damaged_before_it_is_opened(self, tmp_path: Path) -> None:
        settings = Settings(home=tmp_path)
        settings.index_folder.mkdir(parents=True)
        (settings.index_folder / DATABASE).write_bytes(b"this is no database" * 1000)
        with pytest.raises(IndexDamagedError) as caught:
            open_store(settings)
        told(caught.value)

    def test_damaged_while_it_is_open(self, newsroom: Newsroom, own_store: LocalStore, tmp_path: Path) -> None:
        ingest(own_store, newsroom.retriever._embedder, shipped_articles()[:1])
        room = self.room(newsroom, own_store, tmp_path)
        room.ask("영국의 AI 스타트업은?")
        with sqlite3.connect(tmp_path / "index" / DATABASE) as other:
            other.execute("DROP TABLE chunks")
        with pytest.raises(IndexStoreError) as caught:
            room.ask("영국에 들어오는 GPU는 몇 개인가?")
        told(caught.value)


class TestModels:
    @pytest.mark.parametrize("llm", [True, False])
    def test_a_path_where_nothing_is(self, tmp_path: Path, embedder_folder: Path, llm: bool) -> None:
        """Of a language model, and of an embedder."""
        nothing = {"model": "/no/such/model.gguf"}
        values = {"embedder": {"model": str(embedder_folder)}, "llm": nothing} if llm else {"embedder": nothing}
        with pytest.raises(ModelFileError) as caught:
            open_gisa(Settings(home=tmp_path, **values), llm=llm)
        told(caught.value)
        assert "/no/such/model.gguf" in caught.value.en

    @pytest.mark.parametrize("question", [TRAP, KOREAN_TRAP])
    def test_server_out_of_reach(
        self, tmp_path: Path, embedder_folder: Path, newsroom: Newsroom, dead_server: str, question: str
    ) -> None:
        """Everything as a user has it: only the address is wrong."""
        settings = Settings(
            home=tmp_path,
            embedder={"model": str(embedder_folder)},
            llm={"base_url": dead_server, "model": "none"},
            answer={"sure_odds": 1000.0},  # in doubt: the model is to tell
        )
        with open_gisa(settings) as gisa:
            answer = gisa.ask(question)
        assert answer.answered_by == "extract"
        assert answer.model is None
        assert SECURED in answer.citations[0].quote
        assert any("GISA_LLM__BASE_URL" in notice for notice in answer.notices)
        assert all(has_language(notice, answer.language) for notice in answer.notices)
