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


@pytest.mark.parametrize("path", [GOLDEN, GOLDEN.with_name("heldout.yaml")], ids=lambda path: path.stem)
def test_our_own_sets_load(path: Path) -> None:
    told = yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]
    loaded = load_golden(path)
    assert (loaded.name, loaded.sha256) == (path.stem, hashlib.sha256(path.read_bytes()).hexdigest())
    assert [question.id for question in loaded.questions] == [question["id"] for question in told]
    assert [len(question.facts) for question in loaded.questions] == [len(q.get("facts", [])) for q in told]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"facts": []}, "needs facts and articles"),
        ({"articles": []}, "needs facts and articles"),
        ({"facts": [["26만"], []]}, "a fact needs forms"),
        ({"facts": [[" "]]}, "a fact needs forms"),
        ({"facts": [[2026]]}, "facts.0.0"),
        ({"language": "fr"}, "language"),
        ({"answerable": "yes"}, "answerable"),
        ({"fact": []}, "fact"),
        ({"question": ""}, "question"),
    ],
)
def test_bad_question_is_named(tmp_path: Path, change: dict[str, Any], named: str) -> None:
    with pytest.raises(DataError, match="question b: ") as caught:
        load_golden(golden(tmp_path, QUESTION, QUESTION | {"id": "b"} | change))
    assert named in caught.value.en
    assert "\n" not in caught.value.en + caught.value.ko


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("questions: [", "set.yaml"),
        ("- 1", "set.yaml"),
        ("version: 1\nquestions: []", "questions"),
        ("version: 1\nquestions: [7]", "questions.0"),
    ],
)
def test_bad_golden_file(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "set.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=named):
        load_golden(path)


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
