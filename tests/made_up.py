"""Made-up evidence, for tests that need no index and no model."""

from __future__ import annotations

from datetime import date

from index.names import NameBook
from index.types import ArticleInfo, Sentence
from rag.errors import Language
from rag.question import Question, read
from rag.types import Evidence
from seeds.article import Precision

NAMES = NameBook()


def article(
    name: str = "a", published: date | None = date(2025, 3, 20), precision: Precision = "day", title: str = "소식"
) -> ArticleInfo:
    return ArticleInfo(name, title, "한빛일보", None, published, precision, "ko", None, f"{name}.md")


def evidence(
    text: str, about: ArticleInfo | None = None, *, context: str | None = None, words: float = 0.8
) -> Evidence:
    """A sentence that stands at the beginning of its chunk and its article."""
    return Evidence(
        about or article(), "c1", 0, len(text), text, context or text, 1.0, words, (Sentence(0, len(text), text),)
    )


def question(text: str, language: Language | str = "auto") -> Question:
    return read(text, NAMES, str(language))
