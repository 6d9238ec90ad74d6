"""The command line in this process, with a stand-in for what `rag.assemble` opens: exact output and exit codes."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

import pytest
from rich.cells import cell_len
from typer.core import TyperGroup

from index.errors import ArticleNotFoundError, IndexBusyError, IndexDamagedError, IndexMissingError
from index.store import Damage
from index.types import ArticleInfo, Filter
from rag.errors import ModelServerError, QuestionError
from rag.types import Answer, Citation, Claim, Drafted, Event, Evidence, Found, Restarted, SearchResult
from seeds.errors import ModelFileError
from ui import cli, words
from ui.help import HELP, speaking

QUESTION = "How many servers will Garam buy?"
KOREAN = "가람전자는 서버를 몇 대 들여오나?"
QUOTE = "가람전자는 내년 3월까지 서버 3만2천대를 들여온다고 밝혔다."
GARAM = ArticleInfo("garam", "가람전자 서버 투자", "한빛일보", None, date(2025, 10, 31), "day", "ko", None, "g.md")
UNDATED = ArticleInfo("old", "Plain notes", None, None, None, "day", "en", None, "old.md")
CITATION = Citation(1, "garam", GARAM.title, GARAM.publisher, "2025-10-31", None, QUOTE, 0, len(QUOTE))
ANSWER = Answer(
    question=QUESTION,
    language="en",
    answer="Garam will buy 32,000 servers by March 2026 [1].",
    refused=False,
    answered_by="llm",
    citations=(CITATION,),
    claims=(Claim("32,000 servers", "quantity", True, 1), Claim("March 2026", "date", True, 1)),
    timings_ms={"retrieve": 31, "generate": 5210, "verify": 3, "total": 5244},
    model="some-model",
    settings="0123456789ab",
)
REFUSAL = replace(
    ANSWER,
    answer="The articles do not say that.",
    refused=True,
    answered_by="none",
    citations=(),
    claims=(),
    model=None,
    nearest=(GARAM, UNDATED),
    notices=("The model did not answer in time.",),
)
QUOTED = replace(ANSWER, answer=f"{QUOTE} [1]", answered_by="extract", model=None)
EVIDENCE = Evidence(GARAM, "c1", 0, len(QUOTE), QUOTE, 1.2345)
TOO_LONG = QuestionError("The question is too long. Shorten it.", "질문이 너무 깁니다. 줄이세요.")
EMPTY = QuestionError("There is no question. Write one.", "질문이 없습니다. 적어 주세요.")

Reply = Answer | Exception


@dataclass
class Store:
    """A collection as far as commands look at one."""

    infos: list[ArticleInfo] = field(default_factory=list)
    damage: list[Damage] = field(default_factory=list)
    asked: list[Filter | None] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def articles(self, where: Filter | None = None) -> list[ArticleInfo]:
        self.asked.append(where)
        wanted = where.publishers if where else ()
        return [one for one in self.infos if not wanted or one.publisher in wanted]

    def remove(self, article_id: str) -> None:
        if article_id not in [one.id for one in self.infos]:
            raise ArticleNotFoundError(f"There is no article {article_id!r}.", f"{article_id!r} 기사가 없습니다.")
        self.done.append(f"remove {article_id}")

    def verify(self) -> list[Damage]:
        return self.damage

    def flush(self) -> None:
        self.done.append("flush")

    def rebuild(self) -> None:
        self.done.append("rebuild")

    def close(self) -> None:
        self.done.append("close")


@dataclass
class Gisa:
    """Answers as it was told, question by question."""

    replies: dict[str, Reply]
    hits: tuple[Evidence, ...] = ()
    store: Store = field(default_factory=lambda: Store([GARAM]))
    events: tuple[Event, ...] = ()
    asked: list[tuple[str, str, Filter | None]] = field(default_factory=list)

    def __enter__(self) -> Gisa:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()

    def ask(
        self,
        question: str,
        *,
        language: str = "auto",
        where: Filter | None = None,
        listen: Callable[[Event], None] = lambda event: None,
    ) -> Answer:
        self.asked.append((question, language, where))
        for event in self.events:
            listen(event)
        reply = self.replies[question]
        if isinstance(reply, Answer):
            return reply
        raise reply

    def search(
        self, question: str, *, language: str = "auto", limit: int = 5, where: Filter | None = None
    ) -> SearchResult:
        self.asked.append((question, language, where))
        return SearchResult(question, "en", self.hits[:limit])


@dataclass
class Run:
    """What one command line did."""

    code: int
    out: str
    err: str


class Desk:
    """Runs command lines against the stand-ins."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.gisa = Gisa({QUESTION: ANSWER, KOREAN: replace(ANSWER, language="ko", answer="3만2천대입니다 [1].")})
        self.store = Store([GARAM, UNDATED])
        self.opened: list[dict[str, Any]] = []
        self.failing: Exception | None = None
        self.first_build: int | None = None
        self._capsys = capsys

    def open_gisa(self, settings: object, *, on_first_build: Callable[[int], None], **told: Any) -> Gisa:
        self.opened.append(told)
        if self.failing:
            raise self.failing
        if self.first_build:
            on_first_build(self.first_build)
        return self.gisa

    def open_store(self, settings: object) -> Store:
        if self.failing:
            raise self.failing
        return self.store

    def __call__(self, *arguments: str | Path) -> Run:
        code = cli.main([str(argument) for argument in arguments])
        shown = self._capsys.readouterr()
        return Run(code, shown.out, shown.err)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Desk:
    desk = Desk(capsys)
    assemble = ModuleType("rag.assemble")
    assemble.open_gisa = desk.open_gisa  # type: ignore[attr-defined]
    assemble.open_store = desk.open_store  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rag.assemble", assemble)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    for name in ("GISA_LANG", "GISA_DEBUG", "LC_ALL", "LC_MESSAGES", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    return desk


# Answers


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


def test_a_quote_is_said_to_be_one(desk: Desk) -> None:
    desk.gisa.replies[QUESTION] = QUOTED
    shown = desk("ask", QUESTION)
    assert shown.out.startswith(f"{QUOTE} [1]\n\n[1] 가람전자 서버 투자")
    assert shown.out.endswith("Quoted from the articles, no model · 5.2 s\n")


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


# On a terminal


@pytest.fixture
def terminal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    return desk


def visible(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\].*?\x1b\\", "", text)


def test_terminal_highlights_what_bears_out_the_claims(terminal: Desk) -> None:
    shown = terminal("ask", QUESTION).out
    assert re.findall(r"\x1b\[1;33m(.+?)\x1b\[0m", shown) == ["내년 3월", "3만2천대"]


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


# The collection


def test_list_is_one_article_a_line_with_tabs(desk: Desk) -> None:
    assert desk("index", "list") == Run(
        0, "garam\t2025-10-31\t한빛일보\t가람전자 서버 투자\nold\t\t\tPlain notes\n", ""
    )


def test_list_is_a_table_on_a_terminal(terminal: Desk) -> None:
    lines = visible(terminal("--lang", "ko", "index", "list").out).splitlines()
    assert [re.split(r" {2,}", line.strip()) for line in lines] == [
        ["id", "게재일", "발행사", "제목"],
        ["garam", "2025-10-31", "한빛일보", "가람전자 서버 투자"],
        ["old", "Plain notes"],
    ]


def test_list_filters(desk: Desk) -> None:
    assert desk("index", "list", "--publisher", "한빛일보").out.count("\n") == 1
    assert desk.store.asked == [Filter(("한빛일보",))]


def test_list_of_an_empty_collection(desk: Desk) -> None:
    desk.store.infos = []
    assert desk("index", "list") == Run(0, "", "The collection is empty. Fill it with `gisa index add PATH`.\n")


def test_remove(desk: Desk) -> None:
    assert desk("index", "remove", "garam", "old") == Run(0, "Removed garam.\nRemoved old.\n", "")
    assert desk.store.done == ["remove garam", "remove old", "flush", "close"]


def test_remove_what_is_not_there_returns_8(desk: Desk) -> None:
    assert desk("index", "remove", "none") == Run(8, "", "There is no article 'none'.\n")


def test_verify_of_a_whole_collection(desk: Desk) -> None:
    assert desk("index", "verify") == Run(0, "No damage: 2 articles.\n", "")


def test_verify_names_each_damage_and_returns_6(desk: Desk) -> None:
    desk.store.damage = [Damage("vector index", "its sha256 is another", True), Damage("search term 'x'", "bad", True)]
    assert desk("index", "verify") == Run(
        6,
        "Damaged: vector index: its sha256 is another\nDamaged: search term 'x': bad\n",
        "Mend it with `gisa index rebuild`.\n",
    )
    desk.store.damage.append(Damage("database", "malformed", False))
    assert "cannot be rebuilt" in desk("index", "verify").err


def test_rebuild(desk: Desk) -> None:
    assert desk("index", "rebuild") == Run(0, "Rebuilt the index of 2 articles.\n", "")
    assert desk.store.done == ["rebuild", "close"]


# Models


def test_models_list(desk: Desk) -> None:
    shown = desk("models", "list")
    assert [line.split("\t") for line in shown.out.splitlines()] == [
        ["multilingual-e5-small", "embedder", "not here", "91.2 MB to download", "MIT"],
        ["qwen2.5-coder-1.5b-instruct", "LLM", "not here", "1.1 GB to download", "Apache-2.0"],
    ]


def test_pull_of_an_unknown_model_returns_5(desk: Desk) -> None:
    shown = desk("models", "pull", "gpt-9")
    assert (shown.code, shown.out, shown.err.count("\n")) == (5, "", 1)
    assert "gpt-9" in shown.err


def test_pull_of_a_wrong_file_returns_5(desk: Desk, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.bin"
    wrong.write_bytes(b"not a model")
    shown = desk("models", "pull", "multilingual-e5-small", "--from-file", wrong)
    assert (shown.code, shown.out) == (5, "")
    assert str(wrong) in shown.err.splitlines()[-1]


def test_pull_of_a_file_needs_a_name(desk: Desk, tmp_path: Path) -> None:
    assert desk("models", "pull", "--from-file", tmp_path) == Run(
        2, "", "--from-file needs the model's name. See `gisa models list`.\n"
    )


# Errors


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
        (["ask", "a?", "--until", "2025-02-30"], "--until: '2025-02-30' is no date. Write 2025-10-31, 2025-10 or 2025."),
        (["ask", "a?", "--since", "2025", "--until", "2024"], "--since is later than --until. Swap them."),
        (["ask", "a?", "--publisher", "없는신문"], words.NO_MATCH.en),
        (["ask", "\udcff\udcfe?"], words.BAD_ARGUMENT.en),
        (["ask", "--qqq"], "No such option: --qqq. See `gisa ask --help`."),
        (["aks"], "No such command 'aks'. Did you mean 'ask'? See `gisa --help`."),
        (["index", "add"], "Missing argument 'PATH...'. See `gisa index add --help`."),
        (["--lang", "ko", "index", "add"], "명령이 잘못되었습니다: 'PATH...' 값이 필요합니다. `gisa index add --help`를 보세요."),
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


# Help


def commands(tree: TyperGroup, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path]
    for name, command in tree.commands.items():
        found += commands(command, (*path, name)) if isinstance(command, TyperGroup) else [(*path, name)]
    return found


COMMANDS = [path for path in commands(speaking(cli.app, "en")) if path != ("eval",)]


def test_every_command_of_the_contract_is_there() -> None:
    assert {" ".join(path) for path in COMMANDS} == {
        "", "ask", "search", "index", "index add", "index list", "index remove", "index verify", "index rebuild",
        "models", "models pull", "models list",
    }  # fmt: skip


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_of_every_command_in_both_languages(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]
) -> None:
    english = desk(*path, "--help")
    assert (english.code, english.err) == (0, "")
    assert not re.search(r"[가-힣]", english.out.replace("한국은 GPU를 몇 장 확보하나요?", ""))
    monkeypatch.setenv("GISA_LANG", "ko")
    korean = desk(*path, "--help")
    assert "이 도움말을 보여 주고 끝냅니다." in korean.out
    for line in (english.out + korean.out).splitlines():
        assert cell_len(line) <= 80
    for key, said in HELP.items():
        if key == " ".join(path) or key.startswith(f"{'.'.join(path)}."):
            assert said.en != said.ko


def test_help_documents_the_exit_codes_there_are(desk: Desk) -> None:
    documented = set(map(int, re.findall(r"^ (\d+)  ", desk("--help").out, re.M)))
    errors = [QuestionError, IndexMissingError, ModelFileError, ModelServerError, ArticleNotFoundError]
    assert {error.exit_code for error in errors} | {0, 1, 3, 4, 7, 130} == documented


def test_group_without_a_command_shows_its_help(desk: Desk) -> None:
    shown = desk("index")
    assert (shown.code, shown.err) == (2, "")
    assert "rebuild" in shown.out


def test_serve_is_not_offered_yet(desk: Desk) -> None:
    assert desk("serve").code == 2


# The eval command, which another package brings


def test_eval_hands_over_all_that_follows(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[str]] = []

    def evaluate(args: list[str], prog_name: str) -> None:
        told.append([prog_name, *args])
        raise SystemExit(7)

    monkeypatch.setattr(sys.modules[__name__], "evaluate", evaluate, raising=False)
    entry = EntryPoint("eval", f"{__name__}:evaluate", cli.COMMANDS)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **of: EntryPoints([entry]).select(**of))
    assert desk("eval", "retrieval", "--data", "x", "--help").code == 7
    assert told == [["gisa eval", "retrieval", "--data", "x", "--help"]]


def test_eval_that_is_not_installed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **of: EntryPoints())
    assert desk("eval", "run") == Run(2, "", f"{words.NOT_INSTALLED.en}\n")
