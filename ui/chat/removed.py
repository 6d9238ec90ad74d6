"""Articles removed on the page, put aside whole so that they can be put back, also after the server was restarted.

One JSON file an article in GISA_HOME/removed: neither searched nor indexed. Its days are looked at when a server starts
and whenever the list is.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from index.disk import write_private
from seeds.article import Article

FOLDER = "removed"
DAYS = 7
_DAY_S = 24 * 3600
_ARTICLE: TypeAdapter[Article] = TypeAdapter(Article)
_log = structlog.get_logger(__name__)


class Removed:
    """What was removed in the last `DAYS` days, the same for all pages and processes of a GISA_HOME."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def put(self, article: Article) -> None:
        """Put an article aside, whole or not at all. Raises IndexStoreError, DiskFullError."""
        write_private(self._path(article.id), _ARTICLE.dump_json(article))

    def get(self, article_id: str) -> Article | None:
        return self._read(self._path(article_id))

    def drop(self, article_id: str) -> None:
        """Forget it: it is back."""
        self._path(article_id).unlink(missing_ok=True)

    def all(self) -> list[Article]:
        """The last removed first; those whose days are over are deleted."""
        self.tidy()
        paths = sorted(self._times().items(), key=lambda one: -one[1])
        return [article for path, _ in paths if (article := self._read(path)) is not None]

    def tidy(self) -> None:
        """Delete what has been here for its days."""
        for path, removed in self._times().items():
            if removed < time.time() - DAYS * _DAY_S:
                path.unlink(missing_ok=True)

    def _times(self) -> dict[Path, float]:
        """When each was removed, in seconds since 1970."""
        found: dict[Path, float] = {}
        for path in self._folder.glob("*.json"):
            with suppress(FileNotFoundError):  # another page was quicker
                found[path] = path.stat().st_mtime
        return found

    def _path(self, article_id: str) -> Path:
        return self._folder / f"{hashlib.sha256(article_id.encode()).hexdigest()[:32]}.json"

    def _read(self, path: Path) -> Article | None:
        try:
            return _ARTICLE.validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            _log.warning("removed article not readable", file=path.name, error=type(error).__name__)
            return None
