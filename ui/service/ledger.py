"""Conversations, answers and feedback: user data, kept in serve.db alone and only as long as the settings say."""

from __future__ import annotations

import json
import secrets
import time
from typing import Literal

from ui.service.database import Database
from ui.service.errors import AnswerNotFoundError, ConversationNotFoundError
from ui.service.records import Answered, Turn

Thumb = Literal["up", "down"]
_HOUR_S = 3600.0


class Ledger:
    """Thread-safe. Raises LedgerError and DiskFullError everywhere."""

    def __init__(self, database: Database, *, conversation_hours: float, answers_days: float) -> None:
        self._database = database
        self._idle_s = conversation_hours * _HOUR_S
        self._kept_s = answers_days * 24 * _HOUR_S

    def conversation(self, place: str | None = None) -> str:
        """A conversation's id: the one known by `place` (a chat tool's thread, say) while it lasts, else a new one."""
        self._expire()
        if place is not None:
            found = self._database.rows("SELECT id FROM conversations WHERE place=?", (place,))
            if found:
                return str(found[0][0])
        new = secrets.token_urlsafe(16)
        self._database.write(("INSERT OR IGNORE INTO conversations VALUES (?, ?, ?)", (new, place, time.time())))
        return (
            new
            if place is None
            else str(self._database.rows("SELECT id FROM conversations WHERE place=?", (place,))[0][0])
        )

    def knows(self, place: str) -> bool:
        """Whether a conversation is known by `place`, and lasts."""
        self._expire()
        return bool(self._database.rows("SELECT 1 FROM conversations WHERE place=?", (place,)))

    def turns(self, conversation: str, most: int, after: str | None = None) -> list[Turn]:
        """The last turns, oldest first; of the answer `after` its turn alone: what was asked before it may have been
        replaced since, and its question stands alone. Raises ConversationNotFoundError, AnswerNotFoundError."""
        self._expire()
        if not self._database.rows("SELECT 1 FROM conversations WHERE id=?", (conversation,)):
            raise ConversationNotFoundError
        found = self._database.rows(
            "SELECT question, standalone, json_extract(answer, '$.answer') FROM answers "
            "WHERE conversation=?1 AND (?2 IS NULL OR id=?2) ORDER BY number DESC LIMIT ?3",
            (conversation, after, most),
        )
        if after is not None and not found:
            raise AnswerNotFoundError
        return [Turn(*row) for row in reversed(found)]

    def keep(self, answered: Answered) -> None:
        """Remember an answer, and that its conversation goes on."""
        now = time.time()
        question = answered.answer.question
        self._database.write(
            ("UPDATE conversations SET used=? WHERE id=?", (now, answered.conversation)),
            (
                "INSERT INTO answers (id, conversation, at, question, standalone, answer) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    answered.id,
                    answered.conversation,
                    now,
                    question,
                    answered.rewritten or question,
                    json.dumps(answered.to_json(), ensure_ascii=False),
                ),
            ),
        )

    def feedback(self, answer: str, asker: str, thumb: Thumb, comment: str | None) -> None:
        """What an asker thinks of an answer; said again, it takes the place of what was said. Raises
        AnswerNotFoundError."""
        self._expire()
        if not self._database.rows("SELECT 1 FROM answers WHERE id=?", (answer,)):
            raise AnswerNotFoundError
        self._database.write(
            ("INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?)", (answer, asker, thumb, comment, time.time()))
        )

    def _expire(self) -> None:
        now = time.time()
        self._database.write(
            ("DELETE FROM conversations WHERE used < ?", (now - self._idle_s,)),
            ("DELETE FROM answers WHERE at < ?", (now - self._kept_s,)),
        )
