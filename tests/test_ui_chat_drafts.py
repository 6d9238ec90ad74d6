"""Feedback made into drafts of golden questions: what is filled in, what is left to a person, where it is written."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from eval.datasets import DataError, load_golden
from rag.errors import IndexStoreError
from ui.chat.drafts import ARTICLES, CHECK_FACTS, FACTS, FOLDER, NUMBERS, REVIEW, SENTENCES, WHY, draft, write
from ui.chat.opinions import Opinion

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "eval" / "data" / "golden.schema.json").read_text(encoding="utf-8")
)
QUOTE = "가람전자는 내년 3월까지 서버 3만2천대를 들여온다고 밝혔다."
CITED = {"number": 1, "article_id": "garam", "title": "가람전자 서버 투자", "quote": QUOTE}
ANSWER: dict[str, Any] = {
    "language": "en",
    "answer": "Garam will buy 32,000 servers [1].",
    "refused": False,
    "citations": [CITED],
    "claims": [
        {"text": "32,000 servers", "supported": True},
        {"text": "by May", "supported": False},
        {"text": "32,000 servers", "supported": True},
    ],
    "nearest": [],
}
REFUSAL = ANSWER | {
    "answer": "The articles do not say that.",
    "refused": True,
    "citations": [],
    "claims": [],
    "nearest": [{"id": "garam", "title": "가람전자 서버 투자"}],
}
LIKED = Opinion(
    number=7,
    thumb="up",
    comment=None,
    at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
    question="How many of them?",
    standalone="How many servers will Garam buy?",
    answer=ANSWER,
    answer_id="abc",
)
SOURCES = {"garam": "/somewhere/003_ab.txt"}


def problems(told: dict[str, Any]) -> set[str]:
    """Where the question of a draft is not as the schema wants it: the keys concerned."""
    form = "answerable" if told["answerable"] else "unanswerable"
    validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{form}", "$defs": SCHEMA["$defs"]})
    return {
        str(error.absolute_path[0]) if error.absolute_path else error.message for error in validator.iter_errors(told)
    }


def test_a_liked_answer_fills_in_all_there_is_to_say() -> None:
    made = draft(LIKED, SOURCES)
    question = made.told["questions"][0]
    assert question == {
        "id": made.id,
        "question": "How many servers will Garam buy?",
        "language": "en",
        "answerable": True,
        "kind": "how-many",
        "facts": [["32,000 servers"]],
        "articles": ["003"],
        "sentences": [QUOTE],
    }
    assert made.id.startswith("draft-how-many-servers-will-garam-buy-")
    assert problems(question) == set()
    assert made.told["draft"] == {
        "to_do": [REVIEW, CHECK_FACTS],
        "thumb": "up",
        "comment": None,
        "asked": "How many of them?",
        "answer": "Garam will buy 32,000 servers [1].",
        "nearest": [],
        "at": "2026-11-20T09:30:00+00:00",
    }


def test_facts_of_an_answer_that_was_not_liked_are_for_a_person_to_say() -> None:
    made = draft(replace(LIKED, thumb="down", comment="Not 32,000."), SOURCES)
    question = made.told["questions"][0]
    assert (question["facts"], question["sentences"]) == ([], [QUOTE])
    assert made.told["draft"]["to_do"] == [REVIEW, FACTS]
    assert made.told["draft"]["comment"] == "Not 32,000."
    assert problems(question) == {"facts"}


def test_a_refusal_that_was_right_is_a_question_without_an_answer() -> None:
    made = draft(replace(LIKED, answer=REFUSAL), SOURCES)
    question = made.told["questions"][0]
    assert (question["answerable"], question["why"], question["nearest"]) == (False, "", ["003"])
    assert "facts" not in question
    assert made.told["draft"]["to_do"] == [REVIEW, WHY]
    assert problems(question) == {"why"}


def test_a_refusal_that_was_wrong_has_everything_left_to_say() -> None:
    made = draft(replace(LIKED, thumb="down", answer=REFUSAL), SOURCES)
    question = made.told["questions"][0]
    assert question["answerable"] is True
    assert made.told["draft"]["to_do"] == [REVIEW, FACTS, ARTICLES, SENTENCES]
    assert made.told["draft"]["nearest"] == ["가람전자 서버 투자"]
    assert problems(question) == {"facts", "articles", "sentences"}


@pytest.mark.parametrize("source", [None, "notes.txt", "2025-notes.txt"])
def test_an_article_without_a_number_is_known_by_its_id(source: str | None) -> None:
    made = draft(LIKED, {"garam": source} if source else {})
    assert made.told["questions"][0]["articles"] == ["garam"]
    assert made.told["draft"]["to_do"] == [REVIEW, CHECK_FACTS, NUMBERS]
    assert problems(made.told["questions"][0]) == set(), "an id names an article too"


def test_a_korean_question_has_an_id_of_its_own() -> None:
    asked = replace(LIKED, standalone="가람전자는 서버를 언제\n들여오나?", answer=ANSWER | {"language": "ko"})
    question = draft(asked, SOURCES).told["questions"][0]
    assert re.fullmatch(r"draft-[0-9a-f]{8}", question["id"])
    assert (question["question"], question["kind"]) == ("가람전자는 서버를 언제 들여오나?", "when")
    assert draft(replace(asked, answer_id="other"), SOURCES).id != question["id"]


def test_a_draft_is_no_golden_set_until_a_person_made_it_one(tmp_path: Path) -> None:
    path = write(draft(LIKED, SOURCES), tmp_path)
    with pytest.raises(DataError, match="draft"):
        load_golden(path)
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    del told["draft"]
    path.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    assert load_golden(path).questions[0].facts == (("32,000 servers",),)


def test_a_draft_never_takes_the_place_of_a_file(tmp_path: Path) -> None:
    made = draft(LIKED, SOURCES)
    first = write(made, tmp_path)
    assert first == tmp_path / FOLDER / f"{made.id}.yaml"
    first.write_text("reviewed by hand", encoding="utf-8")
    second, third = write(made, tmp_path), write(made, tmp_path)
    assert [path.name for path in (second, third)] == [f"{made.id}-2.yaml", f"{made.id}-3.yaml"]
    assert first.read_text(encoding="utf-8") == "reviewed by hand"
    assert second.read_text(encoding="utf-8") == made.text()
    assert sorted(path.name for path in first.parent.iterdir()) == sorted(path.name for path in (first, second, third))


def test_where_no_draft_can_be_written_the_reason_is_told(tmp_path: Path) -> None:
    (tmp_path / "eval").write_text("in the way", encoding="utf-8")
    with pytest.raises(IndexStoreError, match=r"cannot be written"):
        write(draft(LIKED, SOURCES), tmp_path)


def test_a_draft_that_cannot_be_finished_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(IndexStoreError, match="full"):
        write(draft(LIKED, SOURCES), tmp_path)
    assert list((tmp_path / FOLDER).iterdir()) == []


@given(comment=st.text(), asked=st.text(), quote=st.text(min_size=1), said=st.text())
@example(comment="\x85", asked="\u2028", quote="가\x85나", said="\u2029")
def test_whatever_readers_typed_is_kept_as_text(comment: str, asked: str, quote: str, said: str) -> None:
    answer = ANSWER | {"answer": said, "citations": [CITED | {"quote": quote}]}
    opinion = replace(LIKED, comment=comment, question=asked, answer=answer)
    made = draft(opinion, SOURCES)
    assert yaml.safe_load(made.text()) == made.told
    assert made.told["draft"]["comment"] == comment
    assert made.told["questions"][0]["sentences"] == [quote]
