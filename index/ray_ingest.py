"""Bulk ingest on a Ray cluster: actors split and embed, each with a model of its own; this process reads and writes.

The driver reads the files, decides what is new (as `index.build.ingest` does, by the same rules) and puts what comes
back, a batch at a time, as soon as it comes. It is the only writer, on either store: embedding costs a hundred times
what writing does, a local store has one writer anyway, and a run that is killed has stored whole batches and nothing
else. Started again, it finds those stored as they are and goes on with the rest; ids come from content, so that
nothing is there twice.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import structlog

from index.build import IngestReport, Progress, admit, entries
from index.embed import Embedder
from index.errors import IndexStoreError, IndexUnreachableError
from index.names import mine
from index.store import Entry, Store
from seeds.article import Article
from seeds.errors import GisaError
from seeds.loaders import FileProblem

try:
    import pyarrow as pa
    import ray
    import ray.data
    from ray.exceptions import RayError
except ImportError as missing:
    raise IndexStoreError(
        "Taking articles in on Ray needs another package: pip install 'gisa-news[ray]'",
        "Ray로 기사를 추가하려면 패키지가 더 필요합니다: pip install 'gisa-news[ray]'",
    ) from missing

LOCAL = "local"
"""The address that means a cluster of this machine alone, for as long as the run takes."""
WINDOW = 20_000
"""Articles held at a time; the actors are started anew for each so many."""
BATCH = 8
"""Articles that are embedded and stored together."""
Miner = Callable[[str], set[tuple[str, str]]]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Refused:
    """An error of ours on its way from an actor: errors do not pickle by themselves."""

    kind: type[GisaError]
    en: str
    ko: str

    def error(self) -> GisaError:
        made = self.kind.__new__(self.kind)
        GisaError.__init__(made, self.en, self.ko)
        return made


class _Embed:
    """What an actor does: loads the model once, then turns batches of articles into entries."""

    def __init__(self, embedder: Callable[[], Embedder], mine: Miner) -> None:
        self._embedder = embedder()
        self._mine = mine

    def __call__(self, table: pa.Table) -> pa.Table:
        try:
            return _table(entries(_records(table), self._embedder, self._mine))
        except GisaError as error:  # handed back as a record: Ray keeps only the text of what is raised
            return _table([_Refused(type(error), error.en, error.ko)])


def ingest(
    store: Store,
    embedder: Callable[[], Embedder],
    articles: Iterable[Article | FileProblem],
    *,
    address: str = LOCAL,
    actors: int | None = None,
    mine: Miner = mine,
    progress: Progress | None = None,
    keep: Path | None = None,
) -> IngestReport:
    """Add or replace articles; those already stored as they are cost nothing.

    `embedder` makes the model, in each actor; `address` is that of a Ray cluster (host:6379, or ray://host:10001), or
    "local". There are as many actors as the cluster has GPUs, each with one, else as it has processors, or `actors`.
    What is replaced goes into `keep`.
    A batch is stored before the next is awaited. Raises IndexUnreachableError, DiskFullError, IndexBusyError, and
    what `embedder` raises.
    """
    report = IngestReport()
    total = len(articles) if isinstance(articles, Sized) else None
    done = 0

    def told(finished: int) -> None:
        nonlocal done
        done += finished
        if progress:
            progress(done, total)

    coming = iter(articles)
    with _cluster(address):
        while window := list(islice(coming, WINDOW)):
            waiting: dict[str, Article] = {}
            for item in window:
                article = admit(item, store, waiting, report, keep)
                if article is not None:
                    waiting[article.id] = article
            told(len(window) - len(waiting))
            for batch in _embedded(list(waiting.values()), embedder, mine, actors):
                store.put(batch)
                told(len(batch))
    store.flush()
    _log.info("articles taken in on Ray", articles=done, problems=len(report.problems))
    return report


def _embedded(
    articles: Sequence[Article], embedder: Callable[[], Embedder], mine: Miner, actors: int | None
) -> Iterator[list[Entry]]:
    """The entries of all articles, in batches, in the order they are ready."""
    if not articles:
        return
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    gpus, processors = (int(resources.get(kind, 0)) for kind in ("GPU", "CPU"))
    tables = [_table(articles[at : at + BATCH]) for at in range(0, len(articles), BATCH)]
    size = min(actors or gpus or max(processors, 1), len(tables))
    # One table is one block is one batch: nothing is cut anew on its way.
    embedded = ray.data.from_arrow(tables).map_batches(
        _Embed,
        batch_size=None,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=size),
        fn_constructor_kwargs={"embedder": embedder, "mine": mine},
        num_cpus=1,
        num_gpus=1 if gpus else None,
    )
    table: pa.Table
    for table in embedded.iter_batches(batch_size=None, batch_format="pyarrow"):
        made = _records(table)
        for record in made:
            if isinstance(record, _Refused):
                raise record.error()
        yield made


def _records(table: pa.Table) -> list[Any]:
    return [pickle.loads(record) for record in table["pickled"].to_pylist()]


def _table(records: Sequence[Article | Entry | _Refused]) -> pa.Table:
    return pa.table({"pickled": pa.array([pickle.dumps(record) for record in records], pa.large_binary())})


@contextmanager
def _cluster(address: str) -> Iterator[None]:
    """Connected to Ray; its errors are ours."""
    ours = not ray.is_initialized()
    options: dict[str, Any] = {"include_dashboard": False} if address == LOCAL else {"address": address}
    try:
        if ours:
            _start(options)
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        yield
    except RayError as error:
        raise _failed(error) from error
    except ConnectionError as error:
        raise IndexUnreachableError(
            f"There is no Ray cluster at {address}. Check the address, or use --ray local.",
            f"{address} 에 Ray 클러스터가 없습니다. 주소를 확인하거나 --ray local을 쓰세요.",
        ) from error
    finally:
        if ours:
            ray.shutdown()


def _start(options: dict[str, Any]) -> None:
    try:
        ray.init(**options, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise _failed(error) from error  # a node that has not started within 30 s is told of by the bare class


def _failed(error: Exception) -> IndexStoreError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[-1][:300]
    return IndexStoreError(
        f"Ray could not finish: {reason}. What was embedded is stored; start it again to go on.",
        f"Ray 작업을 끝내지 못했습니다: {reason}. 임베딩된 기사는 저장되었습니다. 다시 시작하면 이어서 합니다.",
    )
