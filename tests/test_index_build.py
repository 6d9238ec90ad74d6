"""Ingest: articles become searchable entries, once, in batches that stay; bad ones are reported and the rest go in."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from entries import unit

from index import build
from index.build import embedded_text, entries, ingest
from index.errors import DiskFullError
from index.local_store import LocalStore
from index.store import Entry
from index.text import terms
from index.types import Filter, Span, Vectors, Words
from seeds.article import Article
from seeds.errors import ArticleFileError
from seeds.loaders import FileProblem, load_each

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder

BODIES = {
    "kimchi": "전남의 한 김치 공장이 수출을 두 배로 늘렸다. 공장장은 일본 주문이 몰렸다고 말했다.",
    "tram": "시는 내년 3월 노면전차 12대를 들여온다. 차량은 현대로템(Hyundai Rotem)이 만든다.",
    "whale": "동해에서 혹등고래 두 마리가 발견됐다. 연구진은 H100 장비로 울음소리를 분석했다.",
}


def _article(article_id: str, text: str | None = None, **more: object) -> Article:
    text = text or BODIES[article_id]
    values = {"title": f"{article_id} 소식", "source": f"{article_id}.md", "published": date(2025, 5, 1)} | more
    return Article(article_id, text=text, body=((0, len(text)),), **values)  # type: ignore[arg-type]


ARTICLES = [_article(article_id) for article_id in BODIES]


class CountingEmbedder:
    """Counts what it is given; equal texts get equal vectors."""

    name = "counting@1"
    dimension = 8

    def __init__(self) -> None:
        self.seen: list[str] = []

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self.documents(texts)

    def documents(self, texts: Sequence[str]) -> Vectors:
        self.seen += texts
        return np.concatenate([np.empty((0, 8), np.float32), *(unit(sum(map(ord, text)), 1) for text in texts)])

    def words(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> tuple[Vectors, list[list[Words]]]:
        """One row a span: its text's code points summed."""
        parts = [[text[start:end] for start, end in its] for text, its in zip(texts, spans, strict=True)]
        return self.documents(texts), [[np.full((1, 2), sum(map(ord, p)), np.float32) for p in its] for its in parts]

    def question_words(self, texts: Sequence[str]) -> tuple[Vectors, list[Words]]:
        return self.queries(texts), [np.full((1, 2), sum(map(ord, text)), np.float32) for text in texts]


@pytest.fixture
def counting() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def store(tmp_path: Path, counting: CountingEmbedder) -> Iterator[LocalStore]:
    with LocalStore(tmp_path, embedder=counting.name, dimension=counting.dimension) as opened:
        yield opened


def test_an_entry_holds_chunks_terms_names_and_vectors(counting: CountingEmbedder) -> None:
    article = ARTICLES[1]
    (made,) = entries([article], counting)
    (chunk,) = made.chunks
    assert [sentence.text for sentence in chunk.sentences] == [
        "시는 내년 3월 노면전차 12대를 들여온다.",
        "차량은 현대로템(Hyundai Rotem)이 만든다.",
    ]
    assert embedded_text(article, chunk) == f"tram 소식\n{chunk.text}"
    np.testing.assert_array_equal(made.vectors, counting.documents([embedded_text(article, chunk)]))
    np.testing.assert_array_equal(
        made.sentence_vectors, counting.documents([sentence.text for sentence in chunk.sentences])
    )
    np.testing.assert_allclose(  # kept in eight bits, with one scale a word
        np.concatenate(made.word_vectors[0]),
        [[sum(map(ord, sentence.text))] * 2 for sentence in chunk.sentences],
        rtol=1e-6,
    )
    first, second = (tuple(terms(sentence.text)) for sentence in chunk.sentences)
    assert made.sentence_terms == ((first, second),)
    assert made.terms == ((*terms(article.title), *first, *second),)
    assert ("현대로템", "Hyundai Rotem") in made.names


def test_articles_embedded_together_get_what_they_get_alone(counting: CountingEmbedder) -> None:
    long = _article(
        "long", "\n\n".join(f"{i}번째 문단은 서로 다른 이야기를 길게 이어 간다. 그래도 끝은 있다." for i in range(40))
    )
    several = [ARTICLES[0], long, ARTICLES[2]]
    for article, made in zip(several, entries(several, counting), strict=True):
        (alone,) = entries([article], counting)
        assert made.chunks == alone.chunks
        assert (made.terms, made.sentence_terms, made.names) == (alone.terms, alone.sentence_terms, alone.names)
        np.testing.assert_array_equal(made.vectors, alone.vectors)
        np.testing.assert_array_equal(made.sentence_vectors, alone.sentence_vectors)


def test_what_is_stored_as_it_is_costs_nothing(store: LocalStore, counting: CountingEmbedder) -> None:
    assert ingest(store, counting, ARTICLES).ids("added") == ["kimchi", "tram", "whale"]
    before, seen = store.fingerprint(), len(counting.seen)
    report = ingest(store, counting, ARTICLES)
    assert report.ids("unchanged") == ["kimchi", "tram", "whale"]
    assert report.ids("added") == report.ids("replaced") == []
    assert (store.fingerprint(), len(counting.seen)) == (before, seen)


def test_a_changed_article_takes_the_place_of_the_old(store: LocalStore, counting: CountingEmbedder) -> None:
    ingest(store, counting, ARTICLES)
    report = ingest(store, counting, [ARTICLES[0], _article("whale", "돌고래였다.")])
    assert (report.ids("unchanged"), report.ids("replaced")) == (["kimchi"], ["whale"])
    assert store.article("whale").text == "돌고래였다."
    assert store.lexical(["h100"], 5) == []
    assert store.verify() == []


def test_an_article_twice_in_one_run_is_stored_once(store: LocalStore, counting: CountingEmbedder) -> None:
    report = ingest(store, counting, [ARTICLES[0], ARTICLES[0], _article("kimchi", "새 글이다."), ARTICLES[1]])
    assert report.ids("added") == ["kimchi", "tram"]
    assert report.renamed == []
    assert store.article("kimchi").text == "새 글이다."


def test_an_id_that_another_file_has_gets_a_suffix(store: LocalStore, counting: CountingEmbedder) -> None:
    ingest(store, counting, ARTICLES)
    other = _article("tram", "다른 도시의 전차 이야기다.", source="other/tram.md")
    for outcome in ("added", "unchanged"):
        report = ingest(store, counting, [other])
        ((came, got),) = report.renamed
        assert came == "tram"
        assert got.startswith("tram-")
        assert report.outcomes == {got: outcome}
    assert store.article("tram") == ARTICLES[1]
    assert store.article(got).text == other.text
    # A copy elsewhere is the same article, and so is the same file by another path.
    assert ingest(store, counting, [replace(ARTICLES[1], source="copy/tram.md")]).outcomes == {"tram": "unchanged"}
    moved = _article("tram", "고쳐 쓴 글이다.", source=str(Path("tram.md").resolve()))
    assert ingest(store, counting, [moved]).outcomes == {"tram": "replaced"}


def _by(typed: str) -> str:
    """The id of an article `tram` whose suffix is made of that path."""
    return f"tram-{hashlib.sha256(typed.encode()).hexdigest()[:6]}"


def test_by_a_path_of_an_unknown_folder_only_like_articles_are_one(
    store: LocalStore, counting: CountingEmbedder
) -> None:
    """Older gisas stored paths as they were typed."""
    ingest(store, counting, [_article("tram", "전차가 다닌다.", source="0601/tram.md")])
    unlike = _article("tram", "다리가 놓였다.", title="다리", source="/crawl/0601/tram.md")
    assert ingest(store, counting, [unlike]).outcomes == {_by("/crawl/0601/tram.md"): "added"}
    like = _article("tram", "전차가 다닌다. 두 량이다.", source="/old/0601/tram.md")
    assert ingest(store, counting, [like]).outcomes == {"tram": "replaced"}


def test_an_id_made_of_a_typed_path_is_found_again(store: LocalStore, counting: CountingEmbedder) -> None:
    second = _article(_by("0602/tram.md"), "다리가 놓였다.", title="다리", source="0602/tram.md")
    ingest(store, counting, [ARTICLES[1], second])
    corrected = _article("tram", "다리가 두 개 놓였다.", title="다리", source="/crawl/0602/tram.md")
    assert ingest(store, counting, [corrected]).outcomes == {second.id: "replaced"}
    other = _article("tram", "배가 떴다.", title="배", source="/other/0602/tram.md")
    assert ingest(store, counting, [other]).outcomes == {_by("/other/0602/tram.md"): "added"}
    assert store.article(second.id).text == corrected.text


def test_what_is_replaced_is_kept_for_its_owner_alone(
    store: LocalStore, counting: CountingEmbedder, tmp_path: Path
) -> None:
    first = _article("a/b c", "전차가 다닌다.", publisher="한빛일보", source="/in/a.md")
    ingest(store, counting, [first])
    changed = replace(first, text="전차가 섰다.", body=((0, 7),))
    (told,) = ingest(store, counting, [changed], keep=tmp_path / "kept").replaced
    assert (told.id, told.old, told.new) == ("a/b c", first.title, first.title)
    assert told.kept is not None
    assert (told.kept.stat().st_mode & 0o777, told.kept.parent) == (0o600, tmp_path / "kept")
    (again,) = load_each([told.kept])
    assert again == first


def test_bad_articles_are_reported_and_the_rest_go_in(store: LocalStore, counting: CountingEmbedder) -> None:
    problem = FileProblem(Path("bad.pdf"), ArticleFileError("Unreadable. Try another.", "읽을 수 없습니다."))
    report = ingest(
        store,
        counting,
        [
            problem,
            ARTICLES[0],
            Article("empty", "제목", "본문 밖", (), source="empty.md"),
            Article("blank", "제목", " \n ", ((0, 3),), source="blank.md"),
            _article("broken", "반쪽 글자 \ud800 이다.", source="broken.jsonl"),
            ARTICLES[1],
        ],
    )
    assert report.ids("added") == ["kimchi", "tram"]
    assert [str(found.path) for found in report.problems] == ["bad.pdf", "empty.md", "blank.md", "broken.jsonl"]
    assert all(found.error.ko and found.error.en for found in report.problems)


def test_files_are_taken_as_they_are_loaded(tmp_path: Path, store: LocalStore, counting: CountingEmbedder) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, text in BODIES.items():
        (folder / f"{name}.txt").write_text(f"{name} 소식 제목\n\n{text}\n", encoding="utf-8")
    (folder / "empty.txt").write_text("")
    report = ingest(store, counting, load_each([folder]))
    assert report.ids("added") == ["kimchi", "tram", "whale"]
    assert [found.path.name for found in report.problems] == ["empty.txt"]


def test_progress_counts_articles(store: LocalStore, counting: CountingEmbedder) -> None:
    told: list[tuple[int, int | None]] = []
    ingest(store, counting, ARTICLES, batch=2, progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 3), (3, 3)]
    told.clear()
    ingest(store, counting, iter(ARTICLES), progress=lambda done, total: told.append((done, total)))
    assert told == [(3, None)]


def test_a_run_that_broke_off_goes_on_where_it_stopped(
    store: LocalStore, counting: CountingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = store.put

    def full_after_one(batch: Sequence[Entry]) -> None:
        if store.articles():
            raise DiskFullError("The disk is full.", "디스크가 가득 찼습니다.")
        put(batch)

    monkeypatch.setattr(store, "put", full_after_one)
    with pytest.raises(DiskFullError):
        ingest(store, counting, ARTICLES, batch=1)
    monkeypatch.undo()
    assert [info.id for info in store.articles()] == ["kimchi"]
    assert ingest(store, counting, ARTICLES, batch=1).ids("unchanged") == ["kimchi"]
    assert len(store.articles()) == 3


def test_what_a_stage_raises_comes_out_as_it_is_and_stops_the_others(
    store: LocalStore, counting: CountingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def unreadable() -> Iterator[Article]:
        yield ARTICLES[0]
        raise DiskFullError("The disk is full.", "디스크가 가득 찼습니다.")

    def endless() -> Iterator[Article]:
        for i in itertools.count():
            read.append(f"a{i}")
            yield _article(f"a{i}", f"{i}번째 소식이다.")

    with pytest.raises(DiskFullError):
        ingest(store, counting, unreadable(), batch=1)
    assert [info.id for info in store.articles()] == ["kimchi"]  # what was read before is stored

    def refused(*_: object) -> object:
        raise OverflowError

    with monkeypatch.context() as patched:
        patched.setattr(counting, "words", refused)
        with pytest.raises(OverflowError):
            ingest(store, counting, endless(), batch=1)

    def interrupted(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(store, counting, endless(), batch=1, progress=interrupted)
    assert len(read) < 30  # nobody reads far ahead of what is stored
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("gisa-")]


def test_stages_overlap(store: LocalStore, counting: CountingEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    embedding, storing = threading.Event(), threading.Event()
    put, words = store.put, counting.words

    def slow_words(texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> object:
        if "whale" in texts[0]:
            embedding.set()
            assert storing.wait(10)  # until an earlier batch is being stored
        return words(texts, spans)

    def slow_put(batch: Sequence[Entry]) -> None:
        assert embedding.wait(10)
        storing.set()
        put(batch)

    monkeypatch.setattr(counting, "words", slow_words)
    monkeypatch.setattr(store, "put", slow_put)
    ingest(store, counting, [ARTICLES[1], ARTICLES[2]], batch=1)
    assert len(store.articles()) == 2


def test_a_long_article_is_embedded_in_parts_of_bounded_size(
    counting: CountingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = _article("long", "\n\n".join(f"{i}번째 문단은 서로 다른 이야기를 길게 이어 간다." * 9 for i in range(60)))
    (whole,) = entries([long], counting)
    sizes: list[int] = []
    documents = counting.documents
    monkeypatch.setattr(counting, "documents", lambda texts: sizes.append(len(texts)) or documents(texts))
    monkeypatch.setattr(build, "SLAB", 7)
    (made,) = entries([long], counting)
    assert len(sizes) > 2
    assert max(sizes) <= 8 * 7
    np.testing.assert_array_equal(made.vectors, whole.vectors)
    np.testing.assert_array_equal(made.sentence_vectors, whole.sentence_vectors)
    for one, other in zip(made.word_vectors, whole.word_vectors, strict=True):
        np.testing.assert_array_equal(np.concatenate(one), np.concatenate(other))


def test_long_articles_make_small_batches(
    store: LocalStore, counting: CountingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "CHARACTERS", 60)
    stored: list[int] = []
    put = store.put
    monkeypatch.setattr(store, "put", lambda batch: stored.append(len(batch)) or put(batch))
    ingest(store, counting, ARTICLES)  # of 40 to 50 characters each
    assert stored == [2, 1]


def test_nothing_to_take_in(store: LocalStore, counting: CountingEmbedder) -> None:
    report = ingest(store, counting, [])
    assert (report.outcomes, report.problems) == ({}, [])


def test_with_the_real_model(tmp_path: Path, embedder: SentenceTransformerEmbedder) -> None:
    with LocalStore(tmp_path, embedder=embedder.name, dimension=embedder.dimension) as store:
        ingest(store, embedder, ARTICLES)
        assert store.verify() == []
        everything = entries(ARTICLES, embedder)
        for question, article_id in (
            ("How much did the kimchi factory export?", "kimchi"),
            ("누가 전차를 만드나?", "tram"),
            ("humpback whales in the East Sea", "whale"),
        ):
            query = embedder.queries([question])[0]
            scores = [float(vector @ query) for made in everything for vector in made.vectors]
            by_score = [everything[i].chunks[0].id for i in np.argsort(scores)[::-1]]
            assert store.dense(query, 3) == by_score
            assert store.candidates(by_score[:1])[0].article.id == article_id
        assert store.candidates(store.lexical(terms("H100 장비"), 1))[0].article.id == "whale"
        assert store.dense(query, 3, Filter(article_ids=("tram",))) == [everything[1].chunks[0].id]
        assert ("현대로템", "Hyundai Rotem") in store.names()


def test_the_given_articles_go_in_and_come_back(
    tmp_path: Path, shared: Path, counting: CountingEmbedder, store: LocalStore
) -> None:
    report = ingest(store, counting, load_each([shared / "articles"]))
    assert report.problems == []
    assert len(report.ids("added")) == 5
    assert store.verify() == []
    for info in store.articles():
        article = store.article(info.id)
        for candidate in store.candidates(store.dense(unit(0, 1)[0], 99, Filter(article_ids=(info.id,)))):
            for sentence in candidate.chunk.sentences:
                assert article.text[sentence.start : sentence.end] == sentence.text
                assert any(start <= sentence.start and sentence.end <= end for start, end in article.body)
