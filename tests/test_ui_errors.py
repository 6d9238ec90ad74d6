"""What goes wrong is one line in the reader's language, with its exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from desk import EMPTY, KOREAN, QUESTION, Desk, Run

from index.errors import IndexBusyError, IndexDamagedError, IndexMissingError
from rag.errors import ModelServerError
from seeds.errors import ModelFileError
from ui import words

pytest_plugins = ["desk"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EMPTY, 2),
        (ModelFileError("Offline. Connect.", "오프라인입니다. 연결하세요."), 5),
        (IndexMissingError("Empty. Add.", "비었습니다. 추가하세요."), 6),
        (IndexDamagedError("Damaged. Verify.", "손상. 점검하세요."), 6),
        (IndexBusyError("Busy. Wait.", "사용 중. 기다리세요."), 6),
        (ModelServerError("No server. Start it.", "서버 없음. 켜세요."), 9),
    ],
)
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_an_error_is_one_line_in_the_readers_language(desk: Desk, error: Any, code: int, as_json: list[str]) -> None:
    desk.gisa.replies = {QUESTION: error, KOREAN: error}
    assert desk("ask", QUESTION, *as_json) == Run(code, "", f"{error.en}\n")
    assert desk("ask", KOREAN, *as_json) == Run(code, "", f"{error.ko}\n")
    desk.failing = error
    assert desk("ask", QUESTION, *as_json) == Run(code, "", f"{error.en}\n")


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        (["index", "list"], {}, "en"),
        (["index", "list"], {"LANG": "ko_KR.UTF-8"}, "ko"),
        (["index", "list"], {"LANG": "ko_KR.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        (["index", "list"], {"LANG": "ko_KR.UTF-8", "GISA_LANG": "en"}, "en"),
        (["index", "list"], {"GISA_LANG": "ko"}, "ko"),
        (["--lang", "ko", "index", "list"], {"GISA_LANG": "en"}, "ko"),
        (["--lang=ko", "index", "list"], {}, "ko"),
        (["--lang", "en", "search", KOREAN], {"LANG": "ko_KR.UTF-8"}, "en"),
        (["search", KOREAN], {}, "ko"),
        (["search", QUESTION], {"LANG": "ko_KR.UTF-8"}, "ko"),
    ],
)
def test_whose_language(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, arguments: list[str], environment: dict[str, str], language: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    desk.failing = IndexMissingError("en", "ko")
    assert desk(*arguments) == Run(6, "", f"{language}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask"], words.NO_QUESTION.en),
        (["search"], words.NO_QUESTION.en),
        (["ask", "a?", "--file", "b.txt"], "A question and --file were both given. Use one of them."),
        (["ask", "a?", "--since", "soon"], "--since: 'soon' is no date. Write 2025-10-31, 2025-10 or 2025."),
        (["ask", "a?", "--until", "2025-2-30"], "--until: '2025-2-30' is no date. Write 2025-10-31, 2025-10 or 2025."),
        (["ask", "a?", "--since", "2025", "--until", "2024"], "--since is later than --until. Swap them."),
        (["ask", "a?", "--publisher", "없는신문"], words.NO_MATCH.en),
        (["ask", "\udcff\udcfe?"], words.BAD_ARGUMENT.en),
        (["ask", "--qqq"], "No such option: --qqq. See `gisa ask --help`."),
        (["aks"], "No such command 'aks'. Did you mean 'ask'? See `gisa --help`."),
        (["index", "add"], "Missing argument 'PATH...'. See `gisa index add --help`."),
        (
            ["--lang", "ko", "index", "add"],
            "명령이 잘못되었습니다: 'PATH...' 값이 필요합니다. `gisa index add --help`를 보세요.",
        ),
        (
            ["--lang", "ko", "search", "a?", "--language", "fr"],
            "명령이 잘못되었습니다: '--language' 값이 잘못되었습니다('fr' is not one of 'auto', 'ko', 'en'). "
            "`gisa search --help`를 보세요.",
        ),
        (
            ["--lang", "fr", "search", "a?"],
            "Invalid value for '--lang' (env var: 'GISA_LANG'): 'fr' is not one of 'ko', 'en'. See `gisa --help`.",
        ),
        (["--lang", "ko", "aks"], "명령이 잘못되었습니다: 'aks' 명령은 없습니다. `gisa --help`를 보세요."),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line_and_returns_2(desk: Desk, arguments: Sequence[str], message: str) -> None:
    assert desk(*arguments) == Run(2, "", f"{message}\n")


def test_settings_that_are_wrong_return_2(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GISA_LLM__COLOUR", "blue")
    shown = desk("ask", QUESTION)
    assert (shown.code, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert "llm.colour" in shown.err


def test_first_build_is_announced_on_stderr(desk: Desk) -> None:
    desk.first_build = 5
    assert desk("ask", QUESTION, "--json").err == (
        "No collection yet: making one from the 5 articles that come with gisa.\n"
    )


def test_interrupt_is_quiet_and_returns_130(desk: Desk) -> None:
    desk.gisa.replies[QUESTION] = KeyboardInterrupt()  # type: ignore[assignment]
    assert desk("ask", QUESTION) == Run(130, "", "")


def test_what_nobody_foresaw_is_one_line_and_a_trace_in_a_file(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.gisa.replies[QUESTION] = ZeroDivisionError("inside")
    with pytest.raises(ZeroDivisionError) as caught:  # the interpreter hands it to the hook that main has set
        desk("ask", QUESTION)
    sys.excepthook(caught.type, caught.value, caught.tb)
    log = tmp_path / "errors.log"
    assert capsys.readouterr().err == (
        f"Something went wrong inside gisa (ZeroDivisionError). The details are in {log}: please report them.\n"
    )
    written = log.read_text(encoding="utf-8")
    assert "ZeroDivisionError: inside" in written
    assert "in ask" in written
    assert QUESTION not in written


def test_debugging_shows_the_trace(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GISA_DEBUG", "1")
    desk.gisa.replies[QUESTION] = ZeroDivisionError("inside")
    with pytest.raises(ZeroDivisionError) as caught:
        desk("ask", QUESTION)
    sys.excepthook(caught.type, caught.value, caught.tb)
    assert "Traceback" in capsys.readouterr().err
    assert not (tmp_path / "errors.log").exists()
