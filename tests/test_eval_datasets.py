"""Golden and retrieval sets: what loads, and what each malformed one is told."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from eval.datasets import GOLDEN, DataError, NoRelevantError, load_golden, load_retrieval

QUESTION: dict[str, Any] = {
    "id": "a",
    "question": "How many?",
    "language": "en",
    "answerable": True,
    "kind": "how-many",
    "facts": [["26만", "260,000"]],
    "articles": ["003"],
}
PASSAGES = [{"id": "p1", "text": "서울은 수도다."}, {"id": "p2", "title": "부산", "text": "부산은 항구다.", "page": 3}]
QUERIES = [{"id": "q1", "text": "수도는?", "relevant": ["p1"], "answers": ["서울"]}]


def golden(folder: Path, *questions: dict[str, Any]) -> Path:
    path = folder / "set.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "questions": list(questions)}), encoding="utf-8")
    return path


def retrieval(folder: Path, passages: list[Any], queries: list[Any]) -> Path:
    for name, records in (("corpus.jsonl", passages), ("queries.jsonl", queries)):
        lines = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in records]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["golden", "golden_b", "heldout"])
def test_our_own_sets_load(name: str) -> None:
    path = GOLDEN.with_name(f"{name}.yaml")
    told = yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]
    loaded = load_golden(path)
    assert (loaded.name, loaded.sha256) == (path.stem, hashlib.sha256(path.read_bytes()).hexdigest())
    assert [question.id for question in loaded.questions] == [question["id"] for question in told]
    assert [len(question.facts) for question in loaded.questions] == [len(q.get("facts", [])) for q in told]


@pytest.mark.parametrize(
    ("change", "en", "ko"),
    [
        ({"facts": []}, "facts: it is empty", "facts: 비어 있음"),
        ({"articles": []}, "articles: it is empty", "articles: 비어 있음"),
        ({"facts": [["26만"], []]}, "facts.1: it is empty", "facts.1: 비어 있음"),
        ({"facts": [[" "]]}, "facts.0.0: it is empty", "facts.0.0: 비어 있음"),
        ({"facts": [[2026]]}, "facts.0.0: 2026 is no text (put it in quotation marks)", "글이 아님(따옴표로 감싸세요)"),
        ({"facts": "26만"}, 'facts: "26만" is no list', "목록이 아님"),
        ({"language": "fr"}, 'language: "fr" is none of ko, en', "ko, en 가운데 하나여야 함"),
        ({"answerable": "yes"}, 'answerable: "yes" is not true or false', "true나 false여야 함"),
        ({"answerable": False}, "facts: a question without an answer has none", "답이 없는 질문에는 없어야 함"),
        ({"why": "x"}, "why: goes with answerable: false", "why: answerable: false일 때만"),
        ({"fact": []}, "fact: no key here (there are id, question,", "fact: 없는 키"),
        ({"question": ""}, "question: it is empty", "question: 비어 있음"),
        ({"id": 7}, "id: 7 is no text", "id: 7: 글이 아님"),
    ],
)
def test_bad_question_is_named(tmp_path: Path, change: dict[str, Any], en: str, ko: str) -> None:
    with pytest.raises(DataError, match=r"line \d+: question [b2]: ") as caught:
        load_golden(golden(tmp_path, QUESTION, QUESTION | {"id": "b"} | change))
    assert en in caught.value.en
    assert ko in caught.value.ko
    assert "\n" not in caught.value.en + caught.value.ko


MANY_WRONGS = """\
version: 2
extra: 1
questions:
  - id: a
    question: "How?"
    language: en
    answerable: true
    facts: [["x"],
            []]
  - question: "Who?"
    id: a
    language: en
    answerable: false

  - 7
"""


def test_all_wrongs_are_told_at_once_by_line(tmp_path: Path) -> None:
    path = tmp_path / "set.yaml"
    path.write_text(MANY_WRONGS, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_golden(path)
    assert caught.value.en == (
        f"{path} cannot be measured on: line 1: version: 2 is not 1; "
        "line 2: extra: no key here (there are version, questions); line 4: question a: articles is missing; "
        "line 9: question a: facts.1: it is empty; line 11: the id a stands twice (line 4); "
        "line 15: question 3: 7 is no set of keys and values. Correct it and try again."
    )
    assert "9번째 줄: 질문 a: facts.1: 비어 있음; 11번째 줄: id a 이(가) 두 번 있음(4번째 줄)" in caught.value.ko


def test_no_more_than_twenty_wrongs_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_golden(golden(tmp_path, *[QUESTION | {"id": f"q{n}", "language": "fr"} for n in range(23)]))
    assert caught.value.en.count("none of ko, en") == 20
    assert "; and 3 more. Correct" in caught.value.en
    assert "; 그 밖에 3개. 고친" in caught.value.ko


def test_a_set_of_ones_own_may_be_small(tmp_path: Path) -> None:
    """Any ids, titles or numbers of articles; no kind, no sentences, no reason why."""
    own = {"id": "내 첫 질문", "question": "누가 왔나?", "language": "ko", "answerable": True}
    told = own | {"facts": [["가람"]], "articles": ["garam-2025", "가람전자 서버 투자"]}
    (question,) = load_golden(golden(tmp_path, told)).questions
    assert (question.kind, question.articles) == ("other", ("garam-2025", "가람전자 서버 투자"))
    assert load_golden(golden(tmp_path, own | {"answerable": False})).questions[0].facts == ()


@pytest.mark.parametrize(
    ("text", "line", "named"),
    [
        ("a: b: c", 1, "no YAML"),
        ("version: 1\nquestions: [", 2, "no YAML"),
        ("version: 1\nversion: 1\nquestions: []", 2, "version stands twice"),
        ("version: 1\nquestions: &all\n  - *all", 2, "holds itself"),
        ("[" * 3000, None, "nested too deeply"),
        ("", 1, "null is no set of keys and values"),
        ("version: 1\nquestions: 5", 2, "questions: 5 is no list"),
        ("version: 1\nquestions: []", 2, "questions: it is empty"),
    ],
)
def test_text_that_is_no_set(tmp_path: Path, text: str, line: int | None, named: str) -> None:
    path = tmp_path / "set.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_golden(path)
    assert named in caught.value.en
    assert line is None or f"line {line}: " in caught.value.en


def test_golden_ids_are_unique(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the id a stands twice"):
        load_golden(golden(tmp_path, QUESTION, QUESTION))


def test_missing_golden_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        load_golden(tmp_path / "none.yaml")


def test_retrieval_set(tmp_path: Path) -> None:
    data = load_retrieval(retrieval(tmp_path, PASSAGES, QUERIES))
    assert data.name == tmp_path.name
    assert [(one.id, one.title, one.text) for one in data.passages] == [
        ("p1", "", "서울은 수도다."),
        ("p2", "부산", "부산은 항구다."),
    ]
    assert [(one.id, one.relevant) for one in data.queries] == [("q1", ("p1",))]
    assert data.sha256["corpus.jsonl"] == hashlib.sha256((tmp_path / "corpus.jsonl").read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("passages", "queries", "named"),
    [
        ([*PASSAGES, "{"], QUERIES, "corpus.jsonl cannot be measured on: line 3 is not JSON"),
        ([PASSAGES[0], "", {"id": "p2"}], QUERIES, "line 3: text"),
        ([{"id": "", "text": "a"}], QUERIES, "line 1: id"),
        (["[]"], QUERIES, "line 1"),
        ([PASSAGES[0], PASSAGES[0]], QUERIES, "the id p1 stands twice"),
        ([], QUERIES, "corpus.jsonl cannot be measured on: it is empty"),
        (PASSAGES, [QUERIES[0] | {"relevant": ["p9"]}], "names passage p9"),
        (PASSAGES, [QUERIES[0] | {"relevant": []}], "line 1: relevant"),
        (PASSAGES, [QUERIES[0] | {"relevant": "p1"}], "line 1: relevant"),
        (PASSAGES, [{"id": "q", "text": "수도는?", "answerable": True}], "does not say which passages are relevant"),
    ],
)
def test_bad_retrieval_set(tmp_path: Path, passages: list[Any], queries: list[Any], named: str) -> None:
    with pytest.raises(DataError) as caught:
        load_retrieval(retrieval(tmp_path, passages, queries))
    assert named in caught.value.en


def test_folder_that_is_no_set_is_told_what_is_expected(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").touch()
    with pytest.raises(DataError) as caught:
        load_retrieval(tmp_path)
    for told in (caught.value.en, caught.value.ko):
        assert "queries.jsonl" in told
        assert all(f'"{key}"' in told for key in ("id", "text", "title", "relevant"))
    with pytest.raises(DataError, match=r"corpus\.jsonl and queries\.jsonl"):
        load_retrieval(tmp_path / "none")


def test_given_sets_load(shared: Path) -> None:
    sizes = {"korquad": (961, 2914), "autorag_ko": (720, 58), "belebele_en_ko": (488, 429), "ntrex_en_ko": (123, 59)}
    for name, size in sizes.items():
        data = load_retrieval(shared / "evaldata" / name)
        assert (len(data.passages), len(data.queries)) == size
    with pytest.raises(NoRelevantError, match="does not say which passages are relevant"):
        load_retrieval(shared / "evaldata" / "nomiracl_ko")


def test_the_example_of_the_documentation_loads(tmp_path: Path) -> None:
    document = Path(__file__).parent.parent / "docs" / "evaluation.md"
    example = document.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "set.yaml"
    path.write_text(example, encoding="utf-8")
    assert [question.answerable for question in load_golden(path).questions] == [True, False]
