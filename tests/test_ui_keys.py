"""`gisa keys`, and what the server takes for a key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from desk import Desk

from ui import words
from ui.service.database import NAME, Database
from ui.service.keys import Keys

pytest_plugins = ["desk"]


def test_a_key_is_shown_once_and_kept_as_its_hash(desk: Desk, tmp_path: Path) -> None:
    made = desk("keys", "create", "Slack bot", "--scope", "ask", "--scope", "manage")
    key = made.out.strip()
    assert (made.code, made.err) == (0, f"{words.KEY_MADE.en}\n")
    assert re.fullmatch(r"gisa_[0-9a-f]{8}_[\w-]{43}", key)
    listed = desk("keys", "list")
    identity = key.split("_")[1]
    assert all(part in listed.out for part in (identity, "Slack bot", "ask manage", "valid"))
    secret = key.split("_", 2)[2]
    assert secret not in listed.out
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.glob(f"{NAME}*"))
    database = Database(tmp_path)
    found = Keys(database).check(key)
    database.close()
    assert found is not None
    assert (found.name, found.scopes) == ("Slack bot", ("ask", "manage"))


def test_a_revoked_key_opens_nothing(desk: Desk, tmp_path: Path) -> None:
    key = desk("keys", "create", "a").out.strip()
    identity = key.split("_")[1]
    assert desk("keys", "revoke", identity).out == f"Revoked {identity}.\n"
    assert "revoked" in desk("keys", "list").out
    again = desk("keys", "revoke", identity)
    assert (again.code, again.err) == (2, f"{words.NO_SUCH_KEY.to('en', id=identity)}\n")
    database = Database(tmp_path)
    assert Keys(database).check(key) is None
    assert not Keys(database).any()
    database.close()


def test_no_keys_yet(desk: Desk) -> None:
    assert desk("keys", "list").err == f"{words.NO_KEYS.en}\n"


@pytest.mark.parametrize("change", [lambda key: key[:-1], lambda key: key.upper(), lambda key: f" {key}", lambda _: ""])
def test_nearly_a_key_is_no_key(tmp_path: Path, change: object) -> None:
    database = Database(tmp_path)
    keys = Keys(database)
    key = keys.create("a", ("ask",))
    other = keys.create("b", ("ask",))
    assert keys.check(key) is not None
    assert keys.check(change(key)) is None  # type: ignore[operator]
    mixed = "_".join(["gisa", key.split("_")[1], other.split("_", 2)[2]])
    assert keys.check(mixed) is None
    database.close()


def test_serving_beyond_loopback_needs_a_key(desk: Desk) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "news.example"):
        told = desk("serve", "--host", host)
        assert (told.code, told.out, told.err) == (2, "", f"{words.NEEDS_KEY.to('en', host=host)}\n")
    assert desk.opened == []  # told before any model is loaded


def test_an_address_that_cannot_be_had_is_told_before_models_are_loaded(desk: Desk) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = desk("serve", "--port", str(taken.getsockname()[1]))
    assert told.code == 2
    assert told.err.startswith("Cannot listen on 127.0.0.1:")
    assert desk.opened == []
