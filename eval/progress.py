"""What the commands of `gisa eval` show on stderr while they work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from seeds.provision import Stage

T = TypeVar("T")


class Fetching:
    """Shows on stderr how far models are that have to be fetched: a bar for each stage."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars

    def start(self, stage: Stage, name: str, total: int) -> None:
        self._task = self._bars.add_task(f"{name}: {stage}", total=total or None)

    def advance(self, size: int) -> None:
        self._bars.advance(self._task, size)


@contextmanager
def fetching() -> Iterator[Fetching]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Fetching(bars)


def track(items: Iterable[T], what: str, total: int) -> Iterable[T]:
    """Passes items through, with a bar on stderr."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield from bars.track(items, total=total, description=what)
