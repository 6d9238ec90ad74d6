"""Chunks: whole sentences, exact offsets, sensible lengths, breaks at paragraphs, stable ids."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.chunk import split
from index.types import Sentence
from seeds.article import Article


def _article(*parts: str, article_id: str = "a") -> tuple[Article, list[Sentence]]:
    """An article whose text is `parts` in a row; those that are blank are the gaps between sentences."""
    sentences: list[Sentence] = []
    text = ""
    for part in parts:
        if part.strip():
            sentences.append(Sentence(len(text), len(text) + len(part), part))
        text += part
    return Article(article_id, "제목", text, ((0, len(text)),)), sentences


def _sentence(length: int) -> str:
    return "가" * (length - 1) + "."


def _lengths(*parts: str) -> list[int]:
    return [len(chunk.text) for chunk in split(*_article(*parts))]


def test_nothing_to_cut() -> None:
    assert split(Article("a", "t", "", ()), []) == ()


def test_a_short_article_is_one_chunk_that_joins_its_sentences_by_single_spaces() -> None:
    article, sentences = _article("첫 문장.", "\n\n", "둘째 문장.")
    (chunk,) = split(article, sentences)
    assert chunk.text == "첫 문장. 둘째 문장."
    assert (chunk.article_id, chunk.position, chunk.start, chunk.end) == ("a", 0, 0, len(article.text))
    assert chunk.sentences == tuple(sentences)
    assert chunk.id == hashlib.sha256("a\x000\x00첫 문장. 둘째 문장.".encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    ("parts", "lengths"),
    [
        ([_sentence(99), " "] * 10, [499, 499]),  # five sentences and four spaces each
        ([_sentence(900), " ", _sentence(100)], [900, 100]),  # an over-long sentence stands alone
        ([_sentence(100), " ", _sentence(900), " ", _sentence(100)], [100, 900, 100]),
        ([_sentence(250), " ", _sentence(250), " ", _sentence(60)], [562]),  # a short tail joins its neighbour
        ([_sentence(340), " ", _sentence(340), " ", _sentence(60)], [340, 401]),  # ... or fills up the last chunk
    ],
)
def test_lengths(parts: list[str], lengths: list[int]) -> None:
    assert _lengths(*parts) == lengths


def test_a_paragraph_break_is_preferred_once_the_chunk_is_half_full() -> None:
    # Nine sentences of 100: 500 + 400 by length alone; the blank line after the fourth turns it round.
    plain = [_sentence(100), " "] * 9
    broken = [*plain[:7], "\n\n", *plain[8:]]
    assert _lengths(*plain) in ([504, 403], [403, 504])
    assert _lengths(*broken) == [403, 504]
    early = [*plain[:3], "\n\n", *plain[4:]]  # after the second: 201 characters are too few to stop there
    assert _lengths(*early)[0] > 250


def test_something_left_out_of_the_body_is_a_break_as_well() -> None:
    parts = [_sentence(100), " "] * 9
    article, sentences = _article(*parts)
    gap = sentences[3].end
    caption = " (사진 제공) "
    text = article.text[:gap] + caption + article.text[gap:]
    moved = [Sentence(s.start + len(caption), s.end + len(caption), s.text) for s in sentences[4:]]
    chunks = split(Article("a", "t", text, ((0, gap), (gap + len(caption), len(text)))), [*sentences[:4], *moved])
    assert [len(chunk.sentences) for chunk in chunks] == [4, 5]
    assert all("사진" not in chunk.text for chunk in chunks)


def test_a_subhead_stays_with_what_it_heads() -> None:
    body = [_sentence(100), " "] * 4
    parts = [*body[:-1], "\n\n", "새로운 소제목", "\n\n", *body]
    first, second = split(*_article(*parts))
    assert first.text.endswith(".")
    assert second.text.startswith("새로운 소제목")


def test_ids_depend_on_article_position_and_text_only() -> None:
    parts = [_sentence(300), " ", "나" * 300 + ".", " ", _sentence(300)]
    first = split(*_article(*parts))
    assert [chunk.id for chunk in first] == [chunk.id for chunk in split(*_article(*parts))]
    assert len({chunk.id for chunk in first}) == len(first) > 1
    other = split(*_article(*parts, article_id="b"))
    assert not {chunk.id for chunk in first} & {chunk.id for chunk in other}
    assert all(re.fullmatch(r"[0-9a-f]{16}", chunk.id) for chunk in first)


@given(st.lists(st.tuples(st.integers(1, 900), st.sampled_from([" ", "\n", "\n\n"])), max_size=40))
def test_every_sentence_is_in_one_chunk_in_order_and_no_chunk_is_too_long(drawn: list[tuple[int, str]]) -> None:
    article, sentences = _article(*(part for length, gap in drawn for part in (_sentence(length), gap)))
    chunks = split(article, sentences)
    assert [sentence for chunk in chunks for sentence in chunk.sentences] == sentences
    assert [chunk.position for chunk in chunks] == list(range(len(chunks)))
    for chunk in chunks:
        assert (chunk.start, chunk.end) == (chunk.sentences[0].start, chunk.sentences[-1].end)
        assert len(chunk.text) <= 700 or len(chunk.sentences) == 1
    # Two neighbours that fit into one chunk of the target length are never left apart.
    for one, two in pairwise(chunks):
        assert len(one.text) + 1 + len(two.text) > 500 or len(one.text) >= 250
