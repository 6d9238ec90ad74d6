"""The documents say what is there: their commands, paths, links, keys, errors and settings are those of the code."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel
from typer.core import TyperCommand, TyperGroup, TyperOption

import eval.cli
import ui.cli
from index import sqlite
from index.types import ArticleInfo
from rag.settings import Settings
from rag.types import Answer, Citation, Claim, Evidence, Place, SearchResult, Statement
from seeds.article import Article
from seeds.errors import GisaError
from seeds.loaders import shipped_articles

ROOT = Path(__file__).parent.parent
ROOMS = ("seeds", "index", "rag", "ui", "eval")
DOCUMENTS = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/decisions.md",
    "docs/evaluation.md",
    "docs/chat.md",
    "docs/rest.md",
    "docs/scale.md",
    "docs/openai.md",
    "docs/mcp.md",
    "docs/widget.md",
    "docs/slack.md",
    "docs/kakaotalk.md",
)
BASES = {"GisaError", "SeedsError", "RagError"}  # never raised themselves
# Set outside of the settings tree: the folder that config.toml is in, and what the command line alone reads.
JUDGE = {"GISA_EVAL_JUDGE_URL", "GISA_EVAL_JUDGE_MODEL", "GISA_EVAL_JUDGE_KEY"}
VARIABLES = {"GISA_HOME", "GISA_LANG", "GISA_DEBUG", "GISA_EVAL_KEY", *JUDGE}
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_ROW = re.compile(r"^\| (.+) \|$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_PATH = re.compile(rf"(?<![\w/.-])(?:{'|'.join(ROOMS)}|docs|tests)/[\w./*-]*[\w/*]")


@cache
def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def section(document: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    level = heading.split(" ", maxsplit=1)[0]
    found = re.search(
        rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", text_of(document), re.MULTILINE | re.DOTALL
    )
    assert found, f"{document} has no heading {heading!r}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of all table rows, without backticks, headings and rules."""
    cells = [[cell.strip() for cell in line.split(" | ")] for line in _ROW.findall(text)]
    return [[cell.replace("`", "") for cell in row] for row in cells if row[0].startswith("`")]


def commands(document: str) -> Iterator[list[str]]:
    """The words of every `gisa` or `make` command: lines of shell blocks, and code within the text."""
    text = text_of(document)
    lines = [line for kind, block in _FENCE.findall(text) if kind == "sh" for line in block.splitlines()]
    for line in [*lines, *_CODE.findall(_FENCE.sub("", text))]:
        words = shlex.split(line, comments=True) if re.match(r"(?:GISA_\w+=\S+ )*(?:gisa|make) ", line) else []
        while words and re.match(r"GISA_\w+=", words[0]):
            words = words[1:]
        if words:
            yield words


def every(of: Iterable[str] = DOCUMENTS) -> list[Any]:
    """Test parameters: each document and each of its commands."""
    return [pytest.param(words, id=f"{document}: {' '.join(words)}") for document in of for words in commands(document)]


def modules() -> list[str]:
    """Every module of the rooms, as a path from the root."""
    return sorted(path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def command_of(words: list[str]) -> tuple[TyperCommand | TyperGroup, list[str]]:
    """The command that the words of a `gisa` command line name, and its arguments."""
    found: Any = typer.main.get_command(ui.cli.app)
    rest = words[1:]
    while isinstance(found, TyperGroup):
        while rest and rest[0].startswith("-"):
            takes_value = rest[0] in {"--lang"}
            assert rest[0] in {"--lang", "--help", "--version", "--verbose"}, words
            rest = rest[1 + takes_value :]
        if not rest:
            return found, []
        assert rest[0] in found.commands, f"no command {rest[0]!r} in {' '.join(words)!r}"
        name, rest = rest[0], rest[1:]
        found = found.commands[name] if name != "eval" else typer.main.get_command(eval.cli.app)
    return found, rest


@pytest.mark.parametrize("words", every())
def test_commands_are_there(words: list[str]) -> None:
    if words[0] == "make":
        assert all(word in targets() for word in words[1:] if "=" not in word)
        return
    command, arguments = command_of(words)
    known = {"--help"} | {
        option for one in command.params if isinstance(one, TyperOption) for option in (*one.opts, *one.secondary_opts)
    }
    assert {word for word in arguments if word.startswith("--")} <= known


def test_the_first_command_is_an_ask() -> None:
    assert next(commands("README.md"))[:2] == ["make", "ask"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_are_there(document: str) -> None:
    shown = _FENCE.sub(lambda found: found[0] if found[1] == "sh" else "", text_of(document))
    told = set(_PATH.findall(shown))
    missing = [path for path in told if not any(ROOT.glob(path.rstrip("/")))]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    links = [link for link in _LINK.findall(text_of(document)) if "://" not in link]
    for link in links:
        file, _, anchor = link.partition("#")
        target = (ROOT / document).parent / file if file else ROOT / document
        assert target.exists(), link
        if anchor:
            headings = _HEADING.findall(target.read_text(encoding="utf-8"))
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, link


def test_every_module_has_its_place_in_the_architecture() -> None:
    told = set(_CODE.findall(section("docs/architecture.md", "## Rooms")))
    assert {module for module in modules() if not module.endswith("__init__.py")} <= told


@pytest.mark.parametrize("document", DOCUMENTS)
def test_variables_are_settings(document: str) -> None:
    fields = set(setting_defaults())
    for name in set(re.findall(r"\bGISA_[A-Z_]+", text_of(document))) - VARIABLES:
        assert name.removeprefix("GISA_").lower().replace("__", ".") in fields, name


def test_the_settings_table_is_the_settings_tree() -> None:
    told = {row[0]: row[1] for row in rows(section("docs/architecture.md", "## Settings"))}
    defaults = setting_defaults()
    assert list(told) == list(defaults)
    for name, default in defaults.items():
        assert told[name] in ({str(default)} if default is not None else {"none", "all"}) or name == "home", name


def setting_defaults() -> dict[str, object]:
    """Dotted names of all settings with their defaults."""
    return dict(_defaults_of(Settings, ""))


def _defaults_of(group: type[BaseModel], within: str) -> Iterator[tuple[str, object]]:
    for name, field in group.model_fields.items():
        below = field.annotation
        if isinstance(below, type) and issubclass(below, BaseModel):
            yield from _defaults_of(below, f"{within}{name}.")
        else:
            yield f"{within}{name}", field.default


def test_the_error_table_is_the_error_tree() -> None:
    told = {row[0]: (row[1], int(row[2])) for row in rows(section("docs/architecture.md", "### Errors and exit codes"))}
    for module in modules():
        if re.search(r"^class \w+Error\(", text_of(module), re.MULTILINE):
            import_module(module.removesuffix(".py").replace("/", "."))
    tree = {error for error in _subclasses(GisaError) if error.__module__.split(".")[0] in ROOMS}
    assert told == {error.__name__: (error.code, error.exit_code) for error in tree if error.__name__ not in BASES}


def _subclasses(error: type[GisaError]) -> Iterator[type[GisaError]]:
    yield error
    for below in error.__subclasses__():
        yield from _subclasses(below)


def test_the_database_tables_are_those_of_the_schema() -> None:
    told = {row[0] for row in rows(section("docs/architecture.md", "### gisa.db"))}
    assert told == set(re.findall(r"CREATE TABLE (\w+)", sqlite.SCHEMA))


# The JSON contract


def example(heading: str) -> dict[str, Any]:
    block = next(block for kind, block in _FENCE.findall(section("docs/architecture.md", heading)) if kind == "json")
    loaded: dict[str, Any] = json.loads(block)
    return loaded


def keys_told(heading: str) -> list[set[str]]:
    """For each table of a section, the keys its first column tells."""
    tables = re.split(r"\n\n", section("docs/architecture.md", heading))
    return [{key for row in found for key in row[0].split(", ")} for table in tables if (found := rows(table))]


def shape(value: Any) -> Any:
    """Keys, in order, all the way down; what is no object or list counts for nothing."""
    if isinstance(value, dict):
        return [(key, shape(one)) for key, one in value.items()]
    if isinstance(value, (list, tuple)):
        return [shape(one) for one in value]
    return None


ARTICLE = ArticleInfo("a", "제목", "신문", None, None, "day", "ko", None, "a.md")


def test_the_answer_example_has_the_keys_of_an_answer() -> None:
    answer = Answer(
        question="q",
        language="en",
        answer="Five [1].",
        refused=False,
        answered_by="llm",
        citations=(Citation(1, "a", "제목", None, None, None, "다섯이다.", 0, 5),),
        claims=(Claim("Five", "quantity", "supported", 1, Place("a", 0, 2), ("reader", "value")),),
        timings_ms={"retrieve": 1, "read": 1, "generate": 1, "verify": 1, "total": 4},
        model="m",
        settings="s",
        statements=(Statement("Five [1].", (0,), (1,)),),
        notices=("n",),
        nearest=(ARTICLE,),
    ).to_json()
    assert shape(example("### Answer")) == shape(answer)
    citation, claim, statement = answer["citations"][0], answer["claims"][0], answer["statements"][0]
    assert keys_told("### Answer") == [set(answer), set(citation), set(claim), set(statement)]


def test_the_search_example_has_the_keys_of_a_search_result() -> None:
    hit = Evidence(ARTICLE, "c", 0, 5, "다섯이다.", "다섯이다.", 1.0, 0.5)
    assert shape(example("### SearchResult")) == shape(SearchResult("q", "en", (hit,)).to_json())


def test_examples_quote_the_shipped_article() -> None:
    articles = {article.id: article for article in shipped_articles()}
    for quoted in (*example("### Answer")["citations"], *example("### SearchResult")["hits"]):
        article: Article = articles[quoted["article_id"]]
        assert article.text[quoted["start"] : quoted["end"]] == quoted["quote"]
        assert (article.title, str(article.published)) == (quoted["title"], quoted["published"])
    for claim in example("### Answer")["claims"]:
        span = claim["span"]
        assert articles[span["article_id"]].text[span["start"] : span["end"]] == "26만장 이상"


def test_the_readme_shows_an_answer_with_its_proof() -> None:
    shown = next(block for kind, block in _FENCE.findall(text_of("README.md")) if kind == "text")
    about, quote = re.search(r"^\[1\] (.+)\n    (.+)$", shown, re.MULTILINE).groups()  # type: ignore[union-attr]
    article = next(one for one in shipped_articles() if quote in one.text)
    assert about == f"{article.title}, {article.publisher}, {article.published}"


def test_formats_in_the_readme_are_those_that_are_read() -> None:
    from seeds.formats import SUFFIXES

    told = re.findall(
        r"\.[a-z]+", next(code for code in _CODE.findall(text_of("README.md")) if code.startswith(".txt"))
    )
    assert set(told) <= set(SUFFIXES)
    assert {SUFFIXES[suffix] for suffix in told} == set(SUFFIXES.values())


def test_a_layout_in_the_home_folder_names_what_the_code_writes() -> None:
    layout = next(block for _, block in _FENCE.findall(section("docs/architecture.md", "## What lies in GISA_HOME")))
    names = [line.split()[0] for line in layout.splitlines()]
    for written in ("index/gisa.db", "index/faiss.json", "index/faiss-12.bin", "cache/neutral-en-0.npz"):
        assert any(fnmatch(written, re.sub(r"-\d+", "-*", name)) for name in names), written
