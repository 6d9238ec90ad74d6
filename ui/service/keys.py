"""API keys: made of 256 random bits and kept as their sha256 alone, which nobody can guess back to a key."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass
from typing import Literal, get_args

from ui.service.database import Database

Scope = Literal["ask", "manage"]
"""`ask`: questions, search, reading articles, feedback. `manage`: adding and removing articles, metrics; and `ask`."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
_KEY = re.compile(r"gisa_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_USED_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key. `id` may be shown and logged; times are seconds since 1970."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created: float
    used: float | None
    revoked: float | None


class Keys:
    """Thread-safe. Raises LedgerError, DiskFullError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, scopes: tuple[Scope, ...]) -> str:
        """A new key, which is told this once and never again."""
        identity = secrets.token_hex(4)
        key = f"gisa_{identity}_{secrets.token_urlsafe(32)}"
        told = (identity, name, _hash(key), " ".join(scopes), time.time())
        self._database.write(("INSERT INTO keys VALUES (?, ?, ?, ?, ?, NULL, NULL)", told))
        return key

    def all(self) -> list[Key]:
        """Oldest first, revoked ones too."""
        found = self._database.rows("SELECT id, name, scopes, created, used, revoked FROM keys ORDER BY created, id")
        return [_key(row) for row in found]

    def any(self) -> bool:
        """Whether there is a key that opens anything."""
        return bool(self._database.rows("SELECT 1 FROM keys WHERE revoked IS NULL LIMIT 1"))

    def revoke(self, identity: str) -> bool:
        """Whether there was a key of that id to revoke."""
        revoked = "UPDATE keys SET revoked=? WHERE id=? AND revoked IS NULL"
        return self._database.write((revoked, (time.time(), identity))) > 0

    def check(self, told: str) -> Key | None:
        """The key that was told, None when there is no such key or it was revoked."""
        if (shape := _KEY.fullmatch(told)) is None:
            return None
        found = self._database.rows(
            "SELECT id, name, scopes, created, used, revoked, sha256 FROM keys WHERE id=? AND revoked IS NULL",
            (shape[1],),
        )
        if not found or not hmac.compare_digest(found[0][6], _hash(told)):
            return None
        key, now = _key(found[0][:6]), time.time()
        if key.used is None or now - key.used > _USED_EVERY_S:
            self._database.write(("UPDATE keys SET used=? WHERE id=?", (now, key.id)))
        return key


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _key(row: tuple[object, ...]) -> Key:
    identity, name, scopes, created, used, revoked = row
    return Key(
        str(identity),
        str(name),
        tuple(scope for scope in SCOPES if scope in str(scopes).split()),
        _time(created) or 0.0,
        _time(used),
        _time(revoked),
    )


def _time(value: object) -> float | None:
    return value if isinstance(value, float) else None
