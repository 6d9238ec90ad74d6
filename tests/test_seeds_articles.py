"""The shipped articles: front matter, every fact of their sources, and no sentence of their sources."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path

import frontmatter
import pytest
import yaml

REPO = Path(__file__).resolve().parents[1]
ARTICLES = sorted((REPO / "seeds" / "articles").glob("*.md"))
FACTS_FILE = REPO / "tests" / "data" / "seed_facts.yaml"
FACTS: dict[str, list[dict[str, object]]] = yaml.safe_load(FACTS_FILE.read_text(encoding="utf-8"))
PUBLISHED_SOURCES = REPO.parent / "shared" / "articles"
LONGEST_SHARED_RUN = 25  # characters, white space removed

KEYS = {"id", "title", "publisher", "published", "published_precision", "language", "source", "rights"}
# From the task that gave us the sources: file number -> id, publisher, author, date, precision of the date.
EXPECTED = {
    "000": ("uk-sovereign-ai-2025-07", "NVIDIA 블로그", None, date(2025, 7, 1), "month"),
    "001": ("us-uk-ai-alliance-2025-09", "애플경제", "전윤미", date(2025, 9, 19), "day"),
    "002": ("nvidia-europe-vivatech-2025-06", "AI타임스", "박찬", date(2025, 6, 1), "month"),
    "003": ("korea-nvidia-gpu-2025-10", "뉴스핌", "양태훈", date(2025, 10, 31), "day"),
    "004": ("sovereign-ai-gpu-2024-09", "AI타임스", None, date(2024, 9, 30), "month"),
}


@cache
def read(path: Path) -> frontmatter.Post:
    return frontmatter.loads(path.read_text(encoding="utf-8"))


def sentences(body: str) -> list[str]:
    """Split news prose, in which every sentence ends with "다." and no quotation holds a full stop."""
    prose = "\n".join(line for line in body.splitlines() if not line.startswith("#"))
    return [s for s in re.split(r"(?<=다\.)\s+", prose) if s.strip()]


def holds(sentence: str, parts: list[str | list[str]]) -> bool:
    return all(any(form in sentence for form in ([part] if isinstance(part, str) else part)) for part in parts)


def stands(fact: dict[str, object], body: str) -> bool:
    match fact:
        case {"any": [*forms]}:
            return any(str(form) in sentence for form in forms for sentence in sentences(body))
        case {"all": [*parts]}:
            return any(holds(sentence, parts) for sentence in sentences(body))
    raise AssertionError(f"a fact needs `any` or `all`: {fact}")


def shared_runs(ours: str, theirs: str) -> list[str]:
    """Runs of LONGEST_SHARED_RUN + 1 characters, white space aside, that stand in both."""
    n = LONGEST_SHARED_RUN + 1
    a, b = re.sub(r"\s", "", ours), re.sub(r"\s", "", theirs)
    runs = {b[i : i + n] for i in range(len(b) - n + 1)}
    return [a[i : i + n] for i in range(len(a) - n + 1) if a[i : i + n] in runs]


def test_there_is_one_article_for_each_source() -> None:
    assert [path.name[:3] for path in ARTICLES] == sorted(EXPECTED)
    assert [read(path)["id"] for path in ARTICLES] == list(FACTS)


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
def test_front_matter(path: Path) -> None:
    post = read(path)
    article_id, publisher, author, published, precision = EXPECTED[path.name[:3]]
    assert set(post.metadata) == KEYS | ({"author"} if author else set())
    assert (post["id"], post["publisher"], post.get("author")) == (article_id, publisher, author)
    assert (post["published"], post["published_precision"], post["language"]) == (published, precision, "ko")
    assert re.fullmatch(path.name[:3] + r"_[0-9a-f]{16}\.txt", str(post["source"]))
    assert post["title"].strip()
    assert "gisa" in post["rights"]
    assert "Apache-2.0" in post["rights"]


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
def test_body_is_plain_news_prose(path: Path) -> None:
    blocks = read(path).content.split("\n\n")
    assert all(block.startswith("## ") or block.endswith("다.") for block in blocks)
    assert all("\n" not in block for block in blocks)
    assert not any(re.match(r"\s*([-*|>]|\d+\.\s|#\s)", block) for block in blocks)
    assert all(len(sentence) <= 200 for sentence in sentences(read(path).content))


@pytest.mark.parametrize(
    ("path", "fact"),
    [
        pytest.param(path, fact, id=f"{path.name[:3]}: {fact['fact']}")
        for path in ARTICLES
        for fact in FACTS[str(read(path)["id"])]
    ],
)
def test_fact_of_the_source_is_told(path: Path, fact: dict[str, object]) -> None:
    assert set(fact) in ({"fact", "any"}, {"fact", "all"})
    assert stands(fact, read(path).content), f"{path.name} lacks: {fact}"


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        ({"any": ["4,000개", "4000개"]}, True),
        ({"all": ["나라", ["4000개", "4,000개"]]}, True),
        ({"all": ["나라", "2026년"]}, False),
        ({"any": ["소제목"]}, False),
    ],
    ids=["one form", "one sentence", "two sentences", "subhead"],
)
def test_the_fact_check_itself(fact: dict[str, object], expected: bool) -> None:
    assert stands(fact, "## 소제목\n\n그 나라는 칩 4,000개를 산다. 도입은 2026년에 끝난다.") is expected


def test_the_overlap_check_itself() -> None:
    run = "가나다라마바사아자차카타파하거너더러머버서어저처커터"
    assert shared_runs(f"앞 {run[:9]} {run[9:]} 뒤", f"다른 글 {run}") == [run]
    assert shared_runs(run[:25], run) == []


@pytest.mark.parametrize("path", [*ARTICLES, FACTS_FILE], ids=lambda path: path.name)
def test_no_run_of_26_characters_is_the_publishers(path: Path) -> None:
    if not PUBLISHED_SOURCES.is_dir():
        pytest.skip("the published sources (../shared/articles) are not on this machine")
    texts = [source.read_text(encoding="utf-8") for source in sorted(PUBLISHED_SOURCES.glob("*.txt"))]
    assert len(texts) == len(ARTICLES)
    assert [run for text in texts for run in shared_runs(path.read_text(encoding="utf-8"), text)] == []


def test_the_sources_named_are_the_ones_given() -> None:
    if not PUBLISHED_SOURCES.is_dir():
        pytest.skip("the published sources (../shared/articles) are not on this machine")
    assert [read(path)["source"] for path in ARTICLES] == sorted(p.name for p in PUBLISHED_SOURCES.glob("*.txt"))
