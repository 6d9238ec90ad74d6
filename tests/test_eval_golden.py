"""The golden questions are well formed, and each answerable one is proved by the articles it names."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import frontmatter
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

JSON_TYPES: dict[str, type] = {"object": dict, "array": list, "string": str}
KEYWORDS = {
    "$schema", "$defs", "$ref", "title", "type", "const", "enum", "pattern", "required", "properties",
    "additionalProperties", "items", "minItems", "oneOf",
}  # fmt: skip


def violations(value: Any, schema: dict[str, Any], at: str = "$") -> list[str]:
    """What `value` breaks of the part of JSON Schema that golden.schema.json uses; any other keyword is an error."""
    assert set(schema) <= KEYWORDS, f"{at}: unchecked keywords {set(schema) - KEYWORDS}"
    if "$ref" in schema:
        return violations(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], at)
    if "oneOf" in schema:
        tried = [violations(value, option, at) for option in schema["oneOf"]]
        return [] if sum(not found for found in tried) == 1 else min(tried, key=len) or [f"{at}: more than one fits"]
    if "const" in schema:
        return [] if type(value) is type(schema["const"]) and value == schema["const"] else [f"{at}: {value!r}"]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{at}: {value!r} is none of {schema['enum']}"]
    if not isinstance(value, JSON_TYPES[schema["type"]]):
        return [f"{at}: {value!r} is no {schema['type']}"]
    if isinstance(value, str):
        return [] if re.search(schema["pattern"], value) else [f"{at}: {value!r} is not like {schema['pattern']}"]
    if isinstance(value, list):
        short = [f"{at}: too few items"] if len(value) < schema.get("minItems", 0) else []
        return short + [v for i, item in enumerate(value) for v in violations(item, schema["items"], f"{at}[{i}]")]
    assert isinstance(value, dict)
    assert schema["additionalProperties"] is False
    keys = [f"{at}: missing {key}" for key in schema["required"] if key not in value]
    keys += [f"{at}: unknown {key}" for key in value if key not in schema["properties"]]
    known = [(key, value[key]) for key in schema["properties"] if key in value]
    return keys + [v for key, item in known for v in violations(item, schema["properties"][key], f"{at}.{key}")]


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
    assert violations(GOLDEN, SCHEMA) == []


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "whence"},
        {"language": "fr"},
        {"answerable": "yes"},
        {"facts": []},
        {"articles": ["3"]},
        {"why": "both kinds at once"},
        {"question": " "},
    ],
)
def test_schema_refuses_a_bad_question(change: dict[str, Any]) -> None:
    assert violations(ANSWERABLE[0] | change, SCHEMA["properties"]["questions"]["items"])


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
    assert {q["kind"] for q in ANSWERABLE} == set(SCHEMA["$defs"]["kind"]["enum"])


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
