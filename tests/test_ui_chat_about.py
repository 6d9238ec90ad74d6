"""How an article writes what an answer says: pairs written by hand."""

from __future__ import annotations

import pytest

from rag.errors import Language
from ui.chat import words
from ui.chat.about import as_written


@pytest.mark.parametrize(
    ("claim", "quote", "written"),
    [
        ("260,000", "새 GPU를 26만장 이상 들여온다.", "26만장"),
        ("260,000 GPUs", "서버 3만2천대와 GPU 26만장을 들여온다.", "26만장"),
        ("more than 260,000", "새 GPU를 26만장 이상 들여온다.", "26만장"),
        ("2 trillion won", "센터를 짓는 데 2조원을 쓴다.", "2조원"),
        ("31 October 2025", "2025년 10월 31일에 발표했다.", "2025년 10월 31일"),
        ("26,000", "새 GPU를 26만장 이상 들여온다.", None),
        ("60%", "기업의 55%가 쓴다.", None),
        ("Nvidia", "엔비디아가 밝혔다.", None),
        ("260,000", "", None),
    ],
)
def test_a_figure_as_the_sentence_writes_it(claim: str, quote: str, written: str | None) -> None:
    assert as_written(claim, quote) == written


@pytest.mark.parametrize("language", ["ko", "en"])
def test_words_for_the_script_are_whole(language: Language) -> None:
    told = words.for_script(language)
    assert set(told) == set(words.CHAT)
    assert all(told.values())


def test_both_languages_have_the_same_names_in_braces() -> None:
    import string

    def names(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for said in words.CHAT.values():
        assert names(said.en) == names(said.ko)


def test_every_word_the_scripts_say_is_there() -> None:
    import re
    from importlib import resources

    scripts = [one for one in resources.files("ui.chat").joinpath("static").iterdir() if one.name.endswith(".js")]
    text = "".join(one.read_text(encoding="utf-8") for one in scripts)
    said = set(re.findall(r'say\("(\w+)"', text))
    assert said
    assert said <= set(words.CHAT)


def test_examples_are_of_articles_that_come_with_gisa() -> None:
    from seeds.loaders import shipped_articles

    assert {one.article_id for one in words.EXAMPLES} <= {article.id for article in shipped_articles()}
