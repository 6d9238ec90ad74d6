"""What was read of a collection as it stands, kept until it changes: one question asks for the same things again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from index import postings, queries, totals
from index.types import Statistics

MOST = 20_000
"""So many terms' document frequencies are kept in memory, and so many chunks' numbers."""


@dataclass(slots=True)
class _State:
    fingerprint: str
    statistics: Statistics | None = None
    frequency: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)


class Known:
    """Each method is called within a transaction, by one thread at a time."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._state = _State("")

    def statistics(self, connection: sqlite3.Connection) -> Statistics:
        state = self._now(connection)
        if state.statistics is None:
            state.statistics = totals.read(connection, self._dimension).statistics()
        return state.statistics

    def frequency(self, connection: sqlite3.Connection, terms: Iterable[str]) -> dict[str, int]:
        """In how many chunks each term stands."""
        state, asked = self._now(connection), list(dict.fromkeys(terms))
        state.frequency.update(
            postings.document_frequency(connection, (term for term in asked if term not in state.frequency))
        )
        return {term: state.frequency[term] for term in asked}

    def ids(self, connection: sqlite3.Connection, numbers: Sequence[int]) -> list[str]:
        """Chunk ids for chunk numbers, in their order; numbers that are gone are left out."""
        found = queries.ids(connection, numbers)
        self._now(connection).numbers.update((chunk_id, number) for number, chunk_id in found.items())
        return [found[number] for number in numbers if number in found]

    def numbers(self, connection: sqlite3.Connection, chunk_ids: Iterable[str]) -> list[int]:
        """The other way: each number once, in no certain order."""
        state, asked = self._now(connection), set(chunk_ids)
        unknown = json.dumps([chunk_id for chunk_id in asked if chunk_id not in state.numbers])
        state.numbers.update(
            connection.execute(
                "SELECT chunks.id, number FROM json_each(?) CROSS JOIN chunks ON chunks.id=value", (unknown,)
            )
        )
        return [state.numbers[chunk_id] for chunk_id in asked if chunk_id in state.numbers]

    def _now(self, connection: sqlite3.Connection) -> _State:
        fingerprint = queries.fingerprint(connection)
        if self._state.fingerprint != fingerprint:
            self._state = _State(fingerprint)
        for kept in self._state.frequency, self._state.numbers:
            if len(kept) > MOST:
                kept.clear()
        return self._state
