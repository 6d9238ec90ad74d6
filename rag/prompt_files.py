"""What the local model makes of the beginning of prompts, as files that later processes start from.

A file is named for what it is of and for its own sha256: llama.cpp aborts the whole process over a damaged one, so only
a file that is what its name says may be handed to it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)


def find(folder: Path, name: str, key: str) -> Path | None:
    """The whole file of that name and key; None when it is missing or damaged. Raises OSError."""
    for path in folder.glob(f"prompt-{name}-{key}-*.kv"):
        if path.stem.endswith(f"-{_sha256(path)}"):
            return path
        _log.warning("kept beginning of prompts is damaged", path=str(path))
    return None


def keep(part: Path, name: str, key: str) -> Path:
    """Give a file that was just written its name, in place of any other of `name` in its folder. Raises OSError."""
    kept = part.with_name(f"prompt-{name}-{key}-{_sha256(part)}.kv")
    for old in part.parent.glob(f"prompt-{name}-*.kv"):
        old.unlink(missing_ok=True)
    return part.replace(kept)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
