"""What readers thought of answers, for those who mend them: the feedback that `ui.service.ledger` keeps."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ui.service.database import Database
from ui.service.ledger import Thumb

MOST = 200
_DAY_S = 86400.0
_FOUND = (
    "SELECT feedback.rowid, thumb, comment, feedback.at, question, standalone, answer.answer, answer.id "
    "FROM feedback JOIN answers AS answer ON answer.id = feedback.answer WHERE answer.at >= ?"
)


@dataclass(frozen=True, slots=True)
class Opinion:
    """A thumb on an answer. `number` tells it from others and says nothing of who it is from; `standalone` is the
    question as it was understood, `answer` the JSON object that was sent, `answer_id` its id."""

    number: int
    thumb: Thumb
    comment: str | None
    at: datetime
    question: str
    standalone: str
    answer: dict[str, Any]
    answer_id: str


class Opinions:
    """Thread-safe. Raises LedgerError. `days`: answers older than that are as good as deleted."""

    def __init__(self, database: Database, *, days: float) -> None:
        self._database, self._kept_s = database, days * _DAY_S

    def newest(self, thumb: Thumb | None = None) -> list[Opinion]:
        """Newest first, `MOST` at most; only those of one thumb if told."""
        which, values = ("", ()) if thumb is None else (" AND thumb = ?", (thumb,))
        ordered = f"{_FOUND}{which} ORDER BY feedback.at DESC, feedback.rowid DESC LIMIT {MOST}"
        return [_opinion(row) for row in self._database.rows(ordered, (self._oldest(), *values))]

    def one(self, number: int) -> Opinion | None:
        """None when it was said anew since, or is too old."""
        found = self._database.rows(f"{_FOUND} AND feedback.rowid = ?", (self._oldest(), number))
        return _opinion(found[0]) if found else None

    def _oldest(self) -> float:
        return time.time() - self._kept_s


def _opinion(row: tuple[Any, ...]) -> Opinion:
    number, thumb, comment, at, question, standalone, answer, answer_id = row
    when = datetime.fromtimestamp(at, UTC)
    return Opinion(number, thumb, comment, when, question, standalone, json.loads(answer), answer_id)
