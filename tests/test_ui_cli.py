"""`gisa ask` and `gisa search` with a stand-in engine: exact output and exit codes."""

from __future__ import annotations

import io
import json
import re
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from desk import (
    ANSWER,
    CITATION,
    EVIDENCE,
    KOREAN,
    QUESTION,
    QUOTE,
    QUOTED,
    REFUSAL,
    TOO_LONG,
    UNDATED,
    Desk,
    Reply,
    Run,
)

from index.types import Filter
from rag.errors import DiskFullError, GisaError, IndexDamagedError, IndexMissingError, ModelFileError
from rag.types import Answer
from ui import cli

pytest_plugins = ["desk"]


def test_ask_prints_answer_source_quote_and_how(desk: Desk) -> None:
    assert desk("ask", QUESTION) == Run(
        0,
        "Garam will buy 32,000 servers by March 2026 [1].\n"
        "\n"
        "[1] 가람전자 서버 투자, 한빛일보, 2025-10-31\n"
        f"    {QUOTE}\n"
        "\n"
        "Written by some-model, checked against the quoted sentences · 5.2 s\n",
        "",
    )
    assert desk.gisa.asked == [(QUESTION, "auto", None)]
    assert desk.gisa.store.done == ["close"]


def test_a_korean_question_is_spoken_to_in_korean(desk: Desk) -> None:
    assert desk("ask", KOREAN).out.splitlines()[-1] == "some-model 작성, 인용 문장과 대조함 · 5.2초"


def test_words_without_quotation_marks_are_one_question(desk: Desk) -> None:
    assert desk("ask", *QUESTION.split()).code == 0
    assert desk.gisa.asked[0][0] == QUESTION


def test_a_quote_is_said_to_be_one_and_shown_once(desk: Desk) -> None:
    desk.gisa.replies[QUESTION] = QUOTED
    shown = desk("ask", QUESTION)
    assert shown.out == (
        f"{QUOTE} [1]\n\n[1] 가람전자 서버 투자, 한빛일보, 2025-10-31\n\n"
        "Quoted from the articles, nothing asserted · 5.2 s\n"
    )


def test_a_refusal_shows_nearest_articles_and_notices_and_returns_3(desk: Desk) -> None:
    desk.gisa.replies[QUESTION] = REFUSAL
    assert desk("ask", QUESTION) == Run(
        3,
        "The articles do not say that.\n"
        "\n"
        "Nearest articles\n"
        "  · 가람전자 서버 투자, 한빛일보, 2025-10-31\n"
        "  · Plain notes, no date\n"
        "\n"
        "The model did not answer in time.\n"
        "Not answered: the articles do not say it · 5.2 s\n",
        "",
    )


def test_json_is_the_answer_object_on_one_line(desk: Desk) -> None:
    desk.gisa.replies[QUESTION] = replace(ANSWER, notices=("Slow today.",))
    shown = desk("ask", "--json", QUESTION)
    assert shown.out == json.dumps(ANSWER.to_json(), ensure_ascii=False) + "\n"
    assert list(json.loads(shown.out)) == [
        "question",
        "language",
        "answer",
        "refused",
        "answered_by",
        "citations",
        "claims",
        "timings_ms",
        "model",
        "settings",
        "statements",
    ]
    assert (shown.code, shown.err) == (0, "Slow today.\n")


def test_json_refusal_returns_3(desk: Desk) -> None:
    desk.gisa.replies[QUESTION] = REFUSAL
    shown = desk("ask", "--json", QUESTION)
    assert (shown.code, json.loads(shown.out)["refused"]) == (3, True)


def test_json_is_utf8_on_any_terminal(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert cli.main(["ask", "--json", KOREAN]) == 0
    assert json.loads(raw.getvalue().decode())["question"] == QUESTION  # the stand-in's
    assert QUOTE in raw.getvalue().decode()


def test_a_terminal_without_hangul_gets_the_rest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert cli.main(["ask", QUESTION]) == 0
    sys.stdout.flush()
    assert b"Garam will buy 32,000 servers" in raw.getvalue()
    assert b"???? ?? ??, ????, 2025-10-31" in raw.getvalue()


def test_options_reach_the_engine(desk: Desk) -> None:
    shown = desk(
        "ask", QUESTION, "--language", "ko", "--no-llm", "--since", "2025-02", "--until", "2025-02",
        "--publisher", "한빛일보", "--article", "garam",
    )  # fmt: skip
    assert shown.code == 0
    within = Filter(("한빛일보",), ("garam",), date(2025, 2, 1), date(2025, 2, 28))
    assert desk.gisa.asked == [(QUESTION, "ko", within)]
    assert desk.opened[0]["llm"] is False


@pytest.mark.parametrize(
    ("told", "since", "until"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-03", date(2024, 2, 3), date(2024, 2, 3)),
    ],
)
def test_dates_may_be_days_months_or_years(desk: Desk, told: str, since: date, until: date) -> None:
    desk("search", QUESTION, "--since", told, "--until", told)
    assert desk.gisa.asked[0][2] == Filter(since=since, until=until)


def test_control_characters_never_reach_the_terminal(desk: Desk) -> None:
    desk.gisa.replies[QUESTION] = replace(
        ANSWER,
        answer="Red \x1b[31mtext\x07 [1].",
        citations=(replace(CITATION, title="T\x1b]0;x\x07", quote="q\x9b2J"),),
        claims=(),
    )
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", desk("ask", QUESTION).out)


# A file of questions


def as_read(answer: Answer) -> object:
    return json.loads(json.dumps(answer.to_json()))


def test_file_gives_one_object_a_line_and_errors_in_their_place(desk: Desk, tmp_path: Path) -> None:
    desk.gisa.replies |= {"x" * 3000: TOO_LONG, "뭐" * 3000: TOO_LONG, "Refuse?": REFUSAL}
    file = tmp_path / "questions.txt"
    file.write_text(
        f"{QUESTION}\n\n{'x' * 3000}\r\n  \n{'뭐' * 3000}\nRefuse?\nRefuse?\n{KOREAN}", encoding="utf-8-sig"
    )
    shown = desk("ask", "--file", file, "--json")
    assert (shown.code, shown.err) == (0, "The model did not answer in time.\n")  # once
    assert [json.loads(line) for line in shown.out.splitlines()] == [
        as_read(ANSWER),
        {"question": "x" * 3000, "error": {"code": "question", "message": "The question is too long. Shorten it."}},
        {"question": "뭐" * 3000, "error": {"code": "question", "message": "질문이 너무 깁니다. 줄이세요."}},
        as_read(REFUSAL),
        as_read(REFUSAL),
        as_read(replace(ANSWER, language="ko", answer="3만2천대입니다 [1].")),
    ]
    assert len(desk.opened) == 1


@pytest.mark.parametrize("as_json", [[], ["--json"]])
@pytest.mark.parametrize("kind", [IndexMissingError, IndexDamagedError, DiskFullError, ModelFileError])
def test_file_ends_with_the_code_of_what_would_fail_every_line(
    desk: Desk, tmp_path: Path, kind: type[GisaError], as_json: list[str]
) -> None:
    desk.gisa.replies["Second?"] = kind("Unusable. Add.", "쓸 수 없습니다. 추가하세요.")
    file = tmp_path / "questions.txt"
    file.write_text(f"{QUESTION}\nSecond?\n{KOREAN}\n", encoding="utf-8")
    shown = desk("ask", "--file", file, *as_json)
    assert (shown.code, shown.err) == (kind.exit_code, "Unusable. Add.\n")
    assert ANSWER.answer in shown.out  # what was answered before stays
    assert [asked[0] for asked in desk.gisa.asked] == [QUESTION, "Second?"]


def test_file_flushes_line_by_line(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    class Watched(dict[str, Reply]):
        def __getitem__(self, question: str) -> Reply:
            seen.append(capsys.readouterr().out)
            return ANSWER

    desk.gisa.replies = Watched()
    file = tmp_path / "questions.txt"
    file.write_text("one?\ntwo?\n", encoding="utf-8")
    desk("ask", "--file", file, "--json")
    assert [text.count("\n") for text in seen] == [0, 1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le"])
def test_file_may_be_in_any_encoding_korean_text_comes_in(desk: Desk, tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "질문.txt"
    file.write_bytes(f"{KOREAN}\n".encode(encoding))
    assert desk("ask", "--file", file, "--json").code == 0
    assert [asked[0] for asked in desk.gisa.asked] == [KOREAN]


def test_file_as_text_names_each_question(desk: Desk, tmp_path: Path) -> None:
    desk.gisa.replies["Bad?"] = TOO_LONG
    file = tmp_path / "questions.txt"
    file.write_text(f"Bad?\n{QUESTION}\n", encoding="utf-8")
    shown = desk("ask", "--file", file)
    assert shown.out.startswith(f"Q. Bad?\n\nQ. {QUESTION}\n{ANSWER.answer}\n")
    assert (shown.code, shown.err) == (0, "The question is too long. Shorten it.\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read (No such file or directory). Check the path."),
        (b"", "holds no question. Write one question a line."),
        (b" \n\r\n", "holds no question. Write one question a line."),
        (b"\xef\xbb\xbf\n", "holds no question. Write one question a line."),
        (bytes(range(256)) * 4, "is not readable text. Save it as UTF-8, one question a line."),
    ],
)
def test_bad_files_of_questions(desk: Desk, tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "questions.txt"
    if content is not None:
        file.write_bytes(content)
    assert desk("ask", "--file", file, "--json") == Run(2, "", f"{file} {message}\n")
    assert desk.opened == []  # no model was loaded for it


def test_a_folder_is_no_file_of_questions(desk: Desk, tmp_path: Path) -> None:
    shown = desk("ask", "--file", tmp_path)
    assert (shown.code, shown.err) == (2, f"{tmp_path} cannot be read (Is a directory). Check the path.\n")


def test_questions_from_standard_input(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{QUESTION}\n".encode())))
    assert desk("ask", "--file", "-", "--json").code == 0
    assert desk.gisa.asked[0][0] == QUESTION


# Search


def test_search_prints_a_short_list(desk: Desk) -> None:
    desk.gisa.hits = (EVIDENCE, replace(EVIDENCE, article=UNDATED, text="Two lines\nof it.", score=0.5))
    assert desk("search", QUESTION) == Run(
        0,
        "[1] 가람전자 서버 투자, 한빛일보, 2025-10-31  1.23\n"
        f"    {QUOTE}\n"
        "[2] Plain notes, no date  0.50\n"
        "    Two lines of it.\n",
        "",
    )
    assert desk.opened[0]["llm"] is False


def test_search_json_is_the_contract(desk: Desk) -> None:
    desk.gisa.hits = (EVIDENCE, EVIDENCE)
    shown = desk("search", "--json", "--limit", "1", QUESTION)
    hit = {
        "score": 1.2345,
        "article_id": "garam",
        "title": "가람전자 서버 투자",
        "published": "2025-10-31",
        "quote": QUOTE,
        "start": 0,
        "end": len(QUOTE),
    }
    assert json.loads(shown.out) == {"question": QUESTION, "language": "en", "hits": [hit]}


def test_search_that_finds_nothing_says_so_on_stderr(desk: Desk) -> None:
    assert desk("search", QUESTION) == Run(0, "", "Nothing found.\n")


def test_a_question_may_look_like_an_option(desk: Desk) -> None:
    desk.gisa.replies["--help me?"] = ANSWER
    assert desk("ask", "--", "--help me?").code == 0
    assert desk.gisa.asked[0][0] == "--help me?"
