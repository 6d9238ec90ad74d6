"""English words of a question and the Korean words for them. Expected words are from any dictionary."""

import re
from importlib.resources import files

import pytest

from index.text import terms
from index.vocabulary import Group, group_frequency, translated


class Frequencies:
    """The one call that is made of a store."""

    def document_frequency(self, asked: dict[str, None]) -> dict[str, int]:
        told = {"회사": 5, "기업": 9, "슈퍼": 4, "컴퓨터": 6}
        return {term: told.get(term, 0) for term in asked}


@pytest.mark.parametrize(
    ("asked", "word", "korean"),
    [
        ("Which companies invest?", "companies", "기업"),
        ("Which companies invest?", "invest", "투자"),
        ("Who is INVESTING there?", "investing", "투자"),
        ("What did the universities build?", "universities", "대학"),
        ("Was the earthquake strong?", "earthquake", "지진"),
    ],
)
def test_a_word_in_any_inflection(asked: str, word: str, korean: str) -> None:
    found = {one.english: one for one in translated(asked)}
    assert korean in found[word].korean
    assert tuple(terms(korean)) in found[word].group
    assert asked[found[word].start : found[word].end].lower() == word


@pytest.mark.parametrize(
    ("asked", "phrase", "korean"),
    [
        ("Which ruling-party members left?", "ruling-party", "여당"),
        ("Did the interest rate change?", "interest rate", "금리"),
        ("Who sits on the Supreme Court?", "supreme court", "대법원"),
    ],
)
def test_a_phrase_is_found_before_its_words(asked: str, phrase: str, korean: str) -> None:
    found = {one.english: one.korean for one in translated(asked)}
    assert korean in found[phrase]
    assert not set(phrase.replace("-", " ").split()) & set(found)


def test_words_that_a_comma_parts_are_no_phrase() -> None:
    assert "interest rate" not in {one.english for one in translated("Of what interest, rate by rate?")}


def test_of_two_words_with_one_stem_the_nearer_one() -> None:
    """officer and office have one stem in Porter's algorithm, and so have department and depart."""
    found = {one.english: one.korean for one in translated("Which officers of the department?")}
    assert "사무실" not in found["officers"]
    assert "출발" not in found["department"]


def test_unknown_words_and_function_words_have_none() -> None:
    assert list(translated("How many of the Xyzzyx are there?")) == []


def test_a_group_is_as_frequent_as_its_most_frequent_word_and_a_word_as_its_rarest_term() -> None:
    groups: list[Group] = [(("회사",), ("기업",)), (("슈퍼", "컴퓨터"),), (("없음",),)]
    assert group_frequency(groups, Frequencies()) == [9, 4, 0]  # type: ignore[arg-type]


def test_every_line_of_the_list_has_both_sides_and_korean_on_the_right() -> None:
    lines = (files("index") / "data" / "vocabulary.tsv").read_text(encoding="utf-8").splitlines()
    entries = [line.split("\t") for line in lines if not line.startswith("#")]
    assert len(entries) > 10_000
    for english, korean in entries:
        assert all(re.fullmatch("[a-z]+(?:[ -][a-z]+)*", word) for word in english.split(", ")), english
        assert all(re.fullmatch("[가-힣A-Za-z0-9]+(?: [가-힣A-Za-z0-9]+)*", word) for word in korean.split(", ")), (
            korean
        )
    assert lines == [lines[0], *sorted(lines[1:])], "sorted, so that a line is found and a change is seen"
