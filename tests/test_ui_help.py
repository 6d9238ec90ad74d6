"""Help in both languages, and the command that another room brings."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
import typer
from desk import Desk, Run
from rich.cells import cell_len
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

import eval.cli
from index.errors import ArticleNotFoundError, IndexMissingError
from rag.errors import ModelServerError, QuestionError
from seeds.errors import ModelFileError
from ui import cli, words
from ui.help import HELP, speaking

pytest_plugins = ["desk"]


def commands(tree: TyperGroup, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path]
    for name, command in tree.commands.items():
        found += commands(command, (*path, name)) if isinstance(command, TyperGroup) else [(*path, name)]
    return found


EVAL = [("eval", *path) for path in commands(speaking(eval.cli.app, "en", eval.cli.HELP))]
COMMANDS = [path for path in commands(speaking(cli.app, "en")) if path != ("eval",)] + EVAL


def test_every_command_of_the_contract_is_there() -> None:
    assert {" ".join(path) for path in COMMANDS} == {
        "", "ask", "search", "index", "index add", "index list", "index remove", "index verify", "index rebuild",
        "index export", "index import",
        "models", "models pull", "models list", "serve", "mcp", "keys", "keys create", "keys list", "keys revoke",
        "eval", "eval run", "eval retrieval", "eval judge", "eval report", "eval compare", "eval new",
    }  # fmt: skip


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry point as an installed gisa has it."""
    told = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    (point,) = told["project"]["entry-points"][cli.COMMANDS].items()
    entries = EntryPoints([EntryPoint(*point, cli.COMMANDS)])
    monkeypatch.setattr("importlib.metadata.entry_points", entries.select)


@pytest.mark.usefixtures("entry")
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_of_every_command_in_both_languages(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]
) -> None:
    english = desk(*path, "--help")
    assert (english.code, english.err) == (0, "")
    assert not re.search(r"[가-힣]", english.out.replace("한국은 GPU를 몇 장 확보하나요?", ""))
    monkeypatch.setenv("GISA_LANG", "ko")
    korean = desk(*path, "--help")
    assert "이 도움말을 보여 주고" in korean.out
    assert f"Usage: {' '.join(('gisa', *path))} " in english.out
    assert f"사용법: {' '.join(('gisa', *path))} " in korean.out
    assert not re.search(r"Usage|OPTIONS|COMMAND|ARGS", korean.out)
    for line in (english.out + korean.out).splitlines():
        assert cell_len(line) <= 80


def texts() -> dict[str, tuple[str, str]]:
    return {key: (said.en, said.ko) for key, said in HELP.items()} | eval.cli.HELP


@pytest.mark.parametrize("key", texts())
def test_every_help_is_in_two_languages(key: str) -> None:
    english, korean = texts()[key]
    assert re.search(r"[가-힣]", korean)
    assert "gisa ask" in english or not re.search(r"[가-힣]", english)


def keys(command: TyperCommand | TyperGroup) -> Iterator[str | None]:
    """What the help of a command, of its options and of all below it is declared as."""
    yield command.help
    yield from (one.help for one in command.params if isinstance(one, (TyperArgument, TyperOption)))
    for below in command.commands.values() if isinstance(command, TyperGroup) else ():
        assert isinstance(below, (TyperCommand, TyperGroup))
        yield from keys(below)


def test_every_help_is_of_something_there_is() -> None:
    declared = {key for app in (cli.app, eval.cli.app) for key in keys(typer.main.get_command(app))}
    ours = {key for key in declared if key and not key.endswith(".")}  # typer's own are whole sentences
    assert {key for key in texts() if not key.endswith(".")} == ours


@pytest.mark.parametrize(
    ("path", "named"), [(["serve"], ["chat page", "/v1"]), ([], ["judge", "--file"])], ids=["serve", "gisa"]
)
def test_help_names_what_there_is(desk: Desk, path: list[str], named: list[str]) -> None:
    shown = desk(*path, "--help").out
    assert all(word in shown for word in named)


def test_help_documents_the_exit_codes_there_are(desk: Desk) -> None:
    documented = set(map(int, re.findall(r"^ (\d+)  ", desk("--help").out, re.M)))
    errors = [QuestionError, IndexMissingError, ModelFileError, ModelServerError, ArticleNotFoundError]
    assert {error.exit_code for error in errors} | {0, 1, 3, 4, 7, 10, 11, 130} == documented


def test_group_without_a_command_shows_its_help(desk: Desk) -> None:
    shown = desk("index")
    assert (shown.code, shown.err) == (2, "")
    assert "rebuild" in shown.out


# The eval command, which another package brings


@pytest.mark.usefixtures("entry")
def test_eval_hands_over_all_that_follows(desk: Desk) -> None:
    shown = desk("eval", "retrieval", "--help")
    assert (shown.code, shown.err) == (0, "")
    assert "Usage: gisa eval retrieval" in shown.out
    assert "--data" in shown.out


@pytest.mark.usefixtures("entry")
def test_eval_errors_are_one_line(desk: Desk) -> None:
    assert desk("eval", "rum") == Run(2, "", "No such command 'rum'. Did you mean 'run'? See `gisa eval --help`.\n")


def test_eval_that_is_not_installed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **of: EntryPoints())
    assert desk("eval", "run") == Run(2, "", f"{words.NOT_INSTALLED.en}\n")
