"""The word lists of rag/data/followup.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

Tongue = Literal["english", "korean"]


@lru_cache(maxsize=1)
def _all() -> dict[str, Any]:
    return tomllib.loads(resources.files("rag").joinpath("data/followup.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=32)
def words(tongue: Tongue, kind: str) -> frozenset[str]:
    return frozenset(_all()[tongue][kind].split())


@lru_cache(maxsize=1)
def past_tenses() -> dict[str, str]:
    """Irregular English verbs: say, said."""
    told: dict[str, str] = _all()["english"]["past"]
    return told


def opposites(tongue: Tongue) -> Iterator[tuple[str, str]]:
    """Words that stand against each other, each pair both ways round."""
    for pair in _all()[tongue]["pairs"].split():
        one, _, other = pair.partition("/")
        yield one, other
        yield other, one
