"""Retrieval over the shipped articles with the real embedder and store."""

from __future__ import annotations

from datetime import date

import pytest
from llama_index.core.retrievers import BaseRetriever
from shipped import KOREAN_TRAP, SECURED, TRAP, Newsroom

from index.types import Filter, Hit
from rag.errors import QuestionError
from rag.question import read
from rag.retrieve import Retriever
from rag.settings import RetrievalSettings

pytest_plugins = ["shipped"]


def hits(newsroom: Newsroom, text: str, where: Filter | None = None) -> list[Hit]:
    return newsroom.retriever.hits(read(text, newsroom.retriever.names), where)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (TRAP, SECURED),
        (KOREAN_TRAP, SECURED),
        ("Which city hosted VivaTech?", "비바테크"),
        ("Where is Nscale building its AI campus?", "러프턴"),
        ("엔스케일은 어디에 단지를 짓나?", "러프턴"),
        ("Who runs the sandbox for financial services?", "샌드박스"),
    ],
)
def test_the_chunk_that_answers_is_among_the_first_three(newsroom: Newsroom, text: str, part: str) -> None:
    assert any(part in hit.candidate.chunk.text for hit in hits(newsroom, text)[:3])


def test_best_first_each_chunk_once_with_a_score_for_each_sentence(newsroom: Newsroom) -> None:
    found = hits(newsroom, TRAP)
    scores = [hit.score for hit in found]
    assert scores == sorted(scores, reverse=True)
    assert len({hit.candidate.chunk.id for hit in found}) == len(found)
    assert all(len(hit.sentence_scores) == len(hit.candidate.chunk.sentences) for hit in found)


def test_the_same_question_gives_the_same_order(newsroom: Newsroom) -> None:
    first, second = hits(newsroom, TRAP), hits(newsroom, TRAP)
    assert [(h.candidate.chunk.id, h.score) for h in first] == [(h.candidate.chunk.id, h.score) for h in second]


def test_mined_names_are_found_from_the_other_script(newsroom: Newsroom) -> None:
    """One article writes 엔스케일(Nscale), another only Nscale, and a third only 엔스케일."""
    assert "Nscale" in newsroom.retriever.names.variants("엔스케일")
    found = {hit.candidate.article.id for hit in hits(newsroom, "엔스케일이 들여오는 GPU는 몇 개인가?")[:4]}
    assert any("NVIDIA" in newsroom.retriever.store.article(one).text for one in found)
    texts = [hit.candidate.chunk.text for hit in hits(newsroom, "엔스케일이 들여오는 GPU는 몇 개인가?")[:4]]
    assert any("Nscale" in text and "1만 개" in text for text in texts)


class TestCoverage:
    """How far the best lexical match goes decides how much lexical search counts."""

    def coverage(self, newsroom: Newsroom, text: str) -> float:
        question = read(text, newsroom.retriever.names)
        candidates = [hit.candidate for hit in newsroom.retriever.hits(question)]
        return newsroom.retriever._lexical(question, candidates)[1]

    def test_a_name_is_little_of_an_english_question(self, newsroom: Newsroom) -> None:
        """Nine of the ten words stand in no Korean article, and each weighs at least as much as the name."""
        assert 0 < self.coverage(newsroom, "Why did people at Nscale never worry about such quarrels?") < 0.3

    def test_a_korean_question_in_the_words_of_an_article(self, newsroom: Newsroom) -> None:
        assert self.coverage(newsroom, "엔스케일은 어디에 단지를 짓나?") > 0.5

    def test_words_that_no_article_has_cover_nothing(self, newsroom: Newsroom) -> None:
        assert self.coverage(newsroom, "Which whale sings loudest?") == 0


class TestEnglishFormsOfNames:
    """한국 and 엔비디아 are also "Republic of Korea" and "Nvidia Corporation": words of no Korean question."""

    ASKED = "한국 정부가 엔비디아와 함께 확보하기로 한 GPU는?"
    """Every word of it stands in one shipped sentence."""

    def retriever(self, newsroom: Newsroom, settings: RetrievalSettings) -> Retriever:
        ours = newsroom.retriever
        return Retriever(ours.store, ours._embedder, newsroom.settings.home / "cache", settings)

    def test_a_question_in_the_words_of_a_sentence_is_covered_whole(self, newsroom: Newsroom) -> None:
        assert {"republic", "korea"} <= set(read(self.ASKED, newsroom.retriever.names).terms)
        assert TestCoverage().coverage(newsroom, self.ASKED) == pytest.approx(1)

    def test_a_name_that_words_cover_is_not_counted_again(self, newsroom: Newsroom) -> None:
        scores = [
            [
                hit.score
                for hit in self.retriever(newsroom, RetrievalSettings(names_weight=weight)).hits(
                    read(self.ASKED, newsroom.retriever.names)
                )
            ]
            for weight in (0, 1.5)
        ]
        assert scores[0] == pytest.approx(scores[1])

    def test_names_count_where_words_cover_nothing(self, newsroom: Newsroom) -> None:
        without, with_names = (
            self.retriever(newsroom, RetrievalSettings(names_weight=weight)).hits(
                read("Where is Nscale building its AI campus?", newsroom.retriever.names)
            )[0]
            for weight in (0, 1.5)
        )
        assert with_names.score > without.score + 0.5

    def test_they_find_candidates_beside_the_words_and_not_in_their_place(self, newsroom: Newsroom) -> None:
        names = newsroom.retriever.names
        asked = read("미국에서 발표된 엔스케일 단지는 어디에 있나?", names)
        own = [term for term in asked.terms if not term.isascii()]
        latin = [term for term in asked.terms if term.isascii()]
        found = self.retriever(newsroom, RetrievalSettings(candidates=1)).hits(asked)
        by_words, by_names = (newsroom.retriever.store.lexical(its, 1) for its in (own, latin))
        assert by_names
        assert {*by_words, *by_names} <= {hit.candidate.chunk.id for hit in found}


class TestFilter:
    @pytest.mark.parametrize(
        "where", [Filter(until=date(2024, 12, 31)), Filter(since=date(2025, 10, 1)), Filter(publishers=("AI타임스",))]
    )
    def test_only_what_it_lets_through(self, newsroom: Newsroom, where: Filter) -> None:
        allowed = {info.id for info in newsroom.retriever.store.articles(where)}
        found = {hit.candidate.article.id for hit in hits(newsroom, TRAP, where)}
        assert found == allowed

    def test_nothing(self, newsroom: Newsroom) -> None:
        assert hits(newsroom, TRAP, Filter(publishers=("No Such Paper",))) == []


def test_few_candidates_are_still_the_best(newsroom: Newsroom) -> None:
    few = Retriever(
        newsroom.retriever.store,
        newsroom.retriever._embedder,
        newsroom.settings.home / "cache",
        RetrievalSettings(candidates=3),
    )
    found = few.hits(read(TRAP, few.names))
    assert 3 <= len(found) <= 9
    assert SECURED in found[0].candidate.chunk.text


class TestAsLlamaIndexRetriever:
    def test_nodes_in_the_same_order(self, newsroom: Newsroom) -> None:
        retriever: BaseRetriever = newsroom.retriever
        nodes = retriever.retrieve(TRAP)
        assert [node.node_id for node in nodes] == [hit.candidate.chunk.id for hit in hits(newsroom, TRAP)]
        assert SECURED in nodes[0].text
        assert nodes[0].metadata["published"] == "2025-10-31"
        assert nodes[0].score is not None

    def test_bad_questions_raise_ours(self, newsroom: Newsroom) -> None:
        with pytest.raises(QuestionError):
            newsroom.retriever.retrieve("🙂")


def test_of_the_korean_words_for_an_english_question_the_rarest_are_searched_for(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They find candidates; a long question has dozens, and the posting lists of the common ones are long."""
    retriever, searched = newsroom.retriever, list[list[str]]()
    monkeypatch.setattr(retriever.store, "lexical", lambda terms, k, where=None: searched.append(list(terms)) or [])
    text = (
        "How much money will companies and banks from America invest in data centers, artificial intelligence, power "
        "plants, research, training, chips, universities, industry and new jobs in Britain, Japan and Korea by the end "
        "of next year, as the government and the president announced?"
    )
    question = read(text, retriever.names)
    words = {term for group in question.translations.values() for word in group for term in word}
    frequency = retriever.store.document_frequency(words)
    assert sum(map(bool, frequency.values())) > 24, "too few words for this test"
    assert retriever.hits(question)
    others = searched[1]
    assert len(others) == 24
    assert max(frequency[term] for term in others) <= min(
        frequency[term] for term in words if frequency[term] and term not in others
    )
