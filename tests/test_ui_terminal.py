"""How answers look on a terminal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from desk import ANSWER, CITATION, EVIDENCE, QUESTION, QUOTE, REFUSAL, Desk, visible
from rich.cells import cell_len

from rag.types import Drafted, Found, Restarted

pytest_plugins = ["desk"]


def test_terminal_highlights_what_bears_out_the_claims(terminal: Desk) -> None:
    shown = terminal("ask", QUESTION).out
    assert re.findall(r"\x1b\[1;33m(.+?)\x1b\[0m", shown) == ["내년 3월", "3만2천대"]


def test_terminal_looks_as_plain_text_does(terminal: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for question, reply in {QUESTION: ANSWER, "Refuse?": REFUSAL}.items():
        terminal.gisa.replies[question] = reply
        coloured = visible(terminal("ask", question).out)
        with monkeypatch.context() as plain:
            plain.delenv("FORCE_COLOR")
            assert [line.rstrip() for line in coloured.splitlines()] == terminal("ask", question).out.splitlines()


def test_terminal_lines_fit_80_columns_with_double_width_letters(terminal: Desk) -> None:
    long = " ".join([QUOTE] * 6)
    terminal.gisa.replies[QUESTION] = replace(ANSWER, citations=(replace(CITATION, quote=long, title="긴 제목 " * 20),))
    lines = visible(terminal("ask", QUESTION).out).splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert "".join(long.split()) in "".join("".join(lines).split())


def test_terminal_shows_the_draft_on_stderr_only_and_marks_it(terminal: Desk) -> None:
    terminal.gisa.events = (Found((EVIDENCE,)), Drafted("False "), Restarted(), Drafted("Garam buys"), Drafted(" 99"))
    shown = terminal("ask", QUESTION)
    drawn = visible(shown.err)
    assert drawn.index("Evidence") < drawn.index("Draft, being checked") < drawn.index("Garam buys 99")
    assert "False" not in drawn[drawn.rindex("Draft, being checked") :]
    assert "99" not in shown.out
    assert visible(shown.out).startswith(ANSWER.answer)


def test_elsewhere_no_draft_is_shown(desk: Desk) -> None:
    desk.gisa.events = (Found((EVIDENCE,)), Drafted("Garam buys 99"))
    assert desk("ask", QUESTION).err == ""


def test_no_color_means_none(terminal: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[(?:\d+;)*[34]\d", terminal("ask", QUESTION).out)
