"""What the server remembers: conversations, answers and feedback, and for how long."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from serving import ASKED, Open

from ui.service import Answered
from ui.service.database import NAME, Database
from ui.service.errors import (
    AnswerNotFoundError,
    ConversationNotFoundError,
    LedgerError,
)
from ui.service.ledger import Ledger

pytest_plugins = ["serving"]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path)


def kept(database: Database, **times: float) -> Ledger:
    return Ledger(database, **{"conversation_hours": 1.0, "answers_days": 1.0} | times)


def test_conversations_end_and_answers_are_forgotten(opened: Open, database: Database) -> None:
    async def run() -> Answered:
        async with opened() as service:
            return await service.ask(ASKED)

    answered = asyncio.run(run())
    ledger = kept(database)
    conversation = ledger.conversation()
    ledger.keep(Answered(answered.id, conversation, None, answered.answer))
    ledger.feedback(answered.id, "me", "up", "good")
    ledger.feedback(answered.id, "me", "down", "on second thoughts")
    assert database.rows("SELECT thumb, comment FROM feedback") == [("down", "on second thoughts")]
    assert [turn.question for turn in ledger.turns(conversation, 4)] == [ASKED]
    with pytest.raises(ConversationNotFoundError):
        kept(database, conversation_hours=0.0).turns(conversation, 4)
    with pytest.raises(AnswerNotFoundError):
        kept(database, answers_days=0.0).feedback(answered.id, "me", "up", None)
    assert database.rows("SELECT count(*) FROM feedback") == [(0,)]
    assert ASKED.encode() not in b"".join(
        repr(row).encode() for row in database.rows("SELECT question, answer FROM answers")
    )


def test_only_the_owner_may_read_what_people_asked(database: Database, tmp_path: Path) -> None:
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0


def test_another_programs_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"not a database, but long enough to look like one" * 100)
    before = (tmp_path / NAME).read_bytes()
    with pytest.raises(LedgerError):
        Database(tmp_path)
    assert (tmp_path / NAME).read_bytes() == before


def test_a_write_is_whole_or_nothing(database: Database) -> None:
    with pytest.raises(LedgerError):
        database.write(
            ("INSERT INTO conversations VALUES ('a', NULL, 1.0)", ()),
            ("INSERT INTO no_such_table VALUES (1)", ()),
        )
    assert database.rows("SELECT * FROM conversations") == []
