"""Errors as the REST API tells them, and as docs/rest.md lists them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from rag.errors import GisaError, IndexDamagedError, IndexStoreError, ModelFileError
from ui.rest.problems import KINDS, problem
from ui.service.errors import LedgerError

ROOT = Path(__file__).parent.parent
ROOMS = ("seeds", "index", "rag", "ui")
BASES = {"error", "seeds", "rag"}  # never raised themselves
# What only a command line meets, what the store mends itself, and what the chat page alone shows.
ELSEWHERE = {"usage", "settings", "index_archive", "index_generation", "ingest_failed"}
FRAMEWORK = {"not_found", "method_not_allowed", "internal"}
"""Codes of a RequestError, which says in our words what the framework found."""


def listed() -> dict[str, int]:
    """The codes of the table in docs/rest.md, with their statuses."""
    text = (ROOT / "docs/rest.md").read_text(encoding="utf-8")
    table = text.partition("\n## Errors\n")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return {code: int(row[1]) for row in rows for code in re.findall(r"`(\w+)`", row[0])}


def codes() -> set[str]:
    """Of every error that the rooms below HTTP, and ui, define."""
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        if re.search(r"^class \w+Error\(", path.read_text(encoding="utf-8"), re.MULTILINE):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return {error.code for error in _below(GisaError) if error.__module__.split(".")[0] in ROOMS}


def _below(error: type[GisaError]) -> Iterator[type[GisaError]]:
    yield error
    for one in error.__subclasses__():
        yield from _below(one)


def test_the_table_is_the_error_tree() -> None:
    assert set(listed()) == (codes() | FRAMEWORK) - BASES - ELSEWHERE


def test_the_table_has_the_statuses_that_are_told() -> None:
    told = {code: KINDS[code].status if code in KINDS else 500 for code in listed()}
    assert listed() == told
    assert set(KINDS) <= set(listed())


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (LedgerError, "ledger"),
        (IndexDamagedError, "index_damaged"),
        (IndexStoreError, "index"),
        (ModelFileError, "model_file"),
    ],
)
def test_what_a_caller_cannot_mend_is_for_the_operator(kind: type[GisaError], code: str) -> None:
    told = problem(kind("It broke. Mend it.", "고장입니다. 고치세요."), "ko", "r1")
    assert (told["status"], told["code"], told["detail"]) == (500, code, "고장입니다. 고치세요.")
    assert "관리자" in told["action"]
    assert told["request_id"] == "r1"
