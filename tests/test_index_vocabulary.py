"""English words of a question and the Korean words for them. Expected words are from any dictionary."""

from importlib.resources import files

import pytest

from index.text import terms
from index.vocabulary import Group, group_frequency, translations


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
    assert tuple(terms(korean)) in translations(asked)[word]


def test_unknown_words_and_function_words_have_none() -> None:
    assert translations("How many of the Xyzzyx are there?") == {}


def test_each_word_once() -> None:
    assert list(translations("A bank is a bank.")) == ["bank"]


def test_a_group_is_as_frequent_as_its_most_frequent_word_and_a_word_as_its_rarest_term() -> None:
    groups: list[Group] = [(("회사",), ("기업",)), (("슈퍼", "컴퓨터"),), (("없음",),)]
    assert group_frequency(groups, Frequencies()) == [9, 4, 0]  # type: ignore[arg-type]


def test_every_line_of_the_list_has_both_sides_and_korean_on_the_right() -> None:
    lines = (files("index") / "data" / "vocabulary.tsv").read_text(encoding="utf-8").splitlines()
    entries = [line.split("\t") for line in lines if not line.startswith("#")]
    assert len(entries) > 1500
    for english, korean in entries:
        assert all(word.isascii() and word == word.strip() and word for word in english.split(", ")), english
        assert all("가" <= letter <= "힣" or letter.isdigit() for word in korean.split(", ") for letter in word), korean
    assert lines == [lines[0], *sorted(lines[1:])], "sorted, so that a line is found and a change is seen"
