"""The golden questions are well formed, and each answerable one is proved by the articles it names."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frontmatter
import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from eval.answers import holds, normalised

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT.parent / "shared" / "articles"
GOLDEN_FILE = ROOT / "eval" / "data" / "golden.yaml"
SCHEMA = json.loads((ROOT / "eval" / "data" / "golden.schema.json").read_text(encoding="utf-8"))
GOLDEN = yaml.safe_load(GOLDEN_FILE.read_text(encoding="utf-8"))
QUESTIONS: list[dict[str, Any]] = GOLDEN["questions"]
ANSWERABLE = [q for q in QUESTIONS if q["answerable"]]
UNANSWERABLE = [q for q in QUESTIONS if not q["answerable"]]
RUN = 26  # no run of so many non-space characters of a source may be committed

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
KINDS = {"how-many", "how-much", "when", "who", "where", "which", "what", "why", "how", "yes-no"}
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NUMBER = re.compile(r"[0-9]{3}")


def texts(value: Any) -> Iterator[str]:
    """Every text in a part of the set."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def missing_facts(text: str, question: dict[str, Any]) -> list[list[str]]:
    return [forms for forms in question["facts"] if not any(holds(text, form) for form in forms)]


@pytest.fixture(scope="module")
def bodies() -> dict[str, str]:
    """Source number -> body of our article."""
    posts = [frontmatter.load(str(path)) for path in sorted((ROOT / "seeds" / "articles").glob("*.md"))]
    return {str(post["source"])[:3]: post.content for post in posts}


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """Source number -> text as published."""
    if not SOURCES.is_dir():
        pytest.skip(f"the published articles are not at {SOURCES}")
    return {path.name[:3]: path.read_text(encoding="utf-8") for path in SOURCES.glob("*.txt")}


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("26만 장 이상", "26만장", True),
        ("more than 260,000 GPUs", "260000", True),
        ("GPU ２６만장", "26만", True),
        ("£36.5 billion", "5 billion", False),
        ("125만장", "25만", False),
        ("110,000", "10,000", False),
        ("version 3.25", "3.2", False),
        ("in 2026.", "2026", True),
        ("PETER KYLE", "Peter Kyle", True),
    ],
)
def test_matching_rule(text: str, form: str, expected: bool) -> None:
    assert holds(text, form) is expected


def test_follows_its_schema() -> None:
    VALIDATOR.check_schema(SCHEMA)
    assert list(VALIDATOR.iter_errors(GOLDEN)) == []


def test_is_written_as_our_own_sets_are() -> None:
    """Stricter than the schema, which is for everybody's sets."""
    for q in QUESTIONS:
        assert SLUG.fullmatch(q["id"]), q["id"]
        assert q["kind"] in KINDS, q["id"]
        assert all(NUMBER.fullmatch(number) for number in [*q.get("articles", ()), *q.get("nearest", ())]), q["id"]
        assert all(text == text.strip() and "\n" not in text for text in texts(q)), q["id"]
        assert q["sentences"] if q["answerable"] else q["why"] and "nearest" in q, q["id"]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": ""},
        {"language": "fr"},
        {"answerable": "yes"},
        {"answerable": False},
        {"facts": []},
        {"facts": [[]]},
        {"articles": []},
        {"articles": "003"},
        {"why": "both kinds at once"},
        {"question": " "},
    ],
)
def test_schema_refuses_a_bad_question(change: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid({"version": 1, "questions": [ANSWERABLE[0] | change]})


def test_schema_takes_the_smallest_set_there_is() -> None:
    asked = {"id": "내 질문", "question": "누가?", "language": "ko"}
    for more in ({"answerable": True, "facts": [["나"]], "articles": ["제목"]}, {"answerable": False}):
        assert VALIDATOR.is_valid({"version": 1, "questions": [asked | more]})


def test_counts() -> None:
    languages = Counter(q["language"] for q in QUESTIONS)
    assert len(QUESTIONS) >= 80
    assert len(UNANSWERABLE) >= 20
    assert all(count >= 0.4 * len(QUESTIONS) for count in (languages["ko"], languages["en"]))
    assert sum(bool(q["nearest"]) for q in UNANSWERABLE) >= 20, "tempting questions point to an article"


def test_spread() -> None:
    per_article = Counter(number for q in ANSWERABLE for number in q["articles"])
    assert set(per_article) == {"000", "001", "002", "003", "004"}
    assert min(per_article.values()) >= 15
    assert {q["kind"] for q in ANSWERABLE} == KINDS == set(SCHEMA["$defs"]["kind"]["examples"])


def test_ids_and_questions_are_unique() -> None:
    for key in ("id", "question"):
        assert [value for value, count in Counter(q[key] for q in QUESTIONS).items() if count > 1] == []


def test_language_of_each_question() -> None:
    wrong = [q["id"] for q in QUESTIONS if bool(re.search("[가-힣]", q["question"])) != (q["language"] == "ko")]
    assert wrong == []


def test_sentences_stand_in_the_articles(bodies: dict[str, str]) -> None:
    for q in ANSWERABLE:
        for sentence in q["sentences"]:
            assert any(sentence in bodies[number] for number in q["articles"]), (q["id"], sentence)


def test_each_sentence_holds_every_fact() -> None:
    missing = {(q["id"], s): facts for q in ANSWERABLE for s in q["sentences"] if (facts := missing_facts(s, q))}
    assert missing == {}


def test_facts_stand_in_the_published_articles(sources: dict[str, str]) -> None:
    texts = {q["id"]: " ".join(sources[number] for number in q["articles"]) for q in ANSWERABLE}
    assert {q["id"]: facts for q in ANSWERABLE if (facts := missing_facts(texts[q["id"]], q))} == {}


def test_no_question_answers_itself() -> None:
    assert [q["id"] for q in ANSWERABLE if not missing_facts(q["question"], q)] == []


def test_no_form_matches_by_chance() -> None:
    """Small numbers carry their unit, and a form is said once."""
    for q in ANSWERABLE:
        for forms in q["facts"]:
            packed = [normalised(form) for form in forms]
            assert len(set(packed)) == len(packed), (q["id"], "forms that only differ in what matching removes")
            assert not [form for form in packed if form.isdigit() and len(form) < 4], (q["id"], "a bare small number")


def test_nearest_articles_exist(bodies: dict[str, str]) -> None:
    assert {number for q in UNANSWERABLE for number in q["nearest"]} <= set(bodies)


def test_nothing_is_copied_from_the_published_articles(sources: dict[str, str]) -> None:
    packed = {number: "".join(text.split()) for number, text in sources.items()}
    written = [text for q in QUESTIONS for text in (q["question"], q.get("why", ""), *q.get("sentences", ()))]
    for text in written:
        run = "".join(text.split())
        copied = [
            run[i : i + RUN] for i in range(len(run) - RUN + 1) if any(run[i : i + RUN] in t for t in packed.values())
        ]
        assert copied == [], text
