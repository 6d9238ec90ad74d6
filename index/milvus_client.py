"""One connection to Milvus: a server by its address, or Milvus Lite in a file. Its errors become ours here."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from index.errors import DiskFullError, IndexBusyError, IndexStoreError, IndexUnreachableError

try:
    import grpc
    from pymilvus import CollectionSchema, MilvusClient, MilvusException
    from pymilvus.milvus_client.index import IndexParams
except ImportError as missing:
    raise IndexStoreError(
        "A collection on Milvus needs another package: pip install 'gisa-news[milvus]'",
        "Milvus에 기사 모음을 두려면 패키지가 더 필요합니다: pip install 'gisa-news[milvus]'",
    ) from missing

logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs each error with its trace; ours tell it once

Consistency = Literal["Strong", "Bounded", "Session", "Eventually"]
Row = dict[str, Any]
_files: dict[Path, int] = {}  # Milvus Lite serves a file once a process, however many have it open
_files_lock = Lock()


class Connection:
    """What the store needs of a MilvusClient. Threads may share it.

    `address` is http://host:19530, or a path that ends in .db (Milvus Lite: one process at a time). Raises
    IndexUnreachableError, IndexBusyError (a file that another process serves), IndexStoreError (a token refused).
    """

    def __init__(self, address: str, token: str | None, consistency: Consistency, timeout_s: float) -> None:
        self.address = address
        self._consistency = consistency
        self._timeout_s = timeout_s
        self._file = Path(address).absolute() if is_file(address) else None
        if self._file:
            _open_file(self._file)
        try:
            with self._translated():
                self._client = MilvusClient(
                    str(self._file or address), token=token or "", timeout=timeout_s, dedicated=True
                )
        except BaseException:
            self._leave_file()
            raise

    @property
    def lite(self) -> bool:
        return self._file is not None

    def exists(self, collection: str) -> bool:
        with self._translated():
            return bool(self._client.has_collection(collection, timeout=self._timeout_s))

    def create(self, collection: str, schema: CollectionSchema, indexes: IndexParams, shards: int) -> None:
        with self._translated():
            self._client.create_collection(
                collection,
                schema=schema,
                num_shards=shards,
                consistency_level=self._consistency,
                timeout=self._timeout_s,
            )
            # Of an empty collection they are made at once: waiting for each, pymilvus would look twice a second.
            self._client.create_index(collection, indexes, timeout=self._timeout_s, sync=False)

    def load(self, collection: str) -> None:
        with self._translated():
            self._client.load_collection(collection, timeout=self._timeout_s)

    def index_type(self, collection: str, field: str) -> str:
        with self._translated():
            return str(self._client.describe_index(collection, field, timeout=self._timeout_s)["index_type"])

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """In one request: all rows can be seen, or none."""
        with self._translated():
            self._client.upsert(collection, list(rows), timeout=self._timeout_s)

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        for at in range(0, len(ids), 1000):
            with self._translated():
                self._client.delete(collection, ids=list(ids[at : at + 1000]), timeout=self._timeout_s)

    def query(self, collection: str, clause: str, fields: Sequence[str], *, now: bool = False) -> list[Row]:
        """Rows that match; for clauses that name few. `now` sees everything written, by whomever."""
        with self._translated():
            return list(
                self._client.query(
                    collection, filter=clause, output_fields=list(fields), timeout=self._timeout_s, **self._level(now)
                )
            )

    def count(self, collection: str, clause: str = "") -> int:
        return int(self.query(collection, clause, ["count(*)"])[0]["count(*)"])

    def scan(
        self, collection: str, clause: str, fields: Sequence[str], batch: int = 1000, *, now: bool = False
    ) -> Iterator[list[Row]]:
        """All rows that match, however many, `batch` at a time."""
        with self._translated():
            rows = self._client.query_iterator(
                collection, filter=clause, output_fields=list(fields), batch_size=batch, **self._level(now)
            )
            try:
                while found := rows.next():
                    yield found
            finally:
                rows.close()

    def search(
        self,
        collection: str,
        field: str,
        vector: Any,
        *,
        limit: int,
        clause: str,
        fields: Sequence[str],
        parameters: dict[str, Any],
    ) -> list[tuple[float, Row]]:
        """(inner product, row) of the nearest rows that match, nearest first."""
        with self._translated():
            (found,) = self._client.search(
                collection,
                data=[vector],
                anns_field=field,
                limit=limit,
                filter=clause,
                output_fields=list(fields),
                search_params=parameters,
                timeout=self._timeout_s,
                **self._level(False),
            )
        return [(hit["distance"], hit["entity"]) for hit in found]

    def close(self) -> None:
        self._client.close()
        self._leave_file()

    def _level(self, now: bool) -> dict[str, str]:
        return {"consistency_level": "Strong" if now else self._consistency}

    def _leave_file(self) -> None:
        if self._file:
            _close_file(self._file)
            self._file = None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (MilvusException, grpc.RpcError) as error:
            raise _ours(error, self.address) from error


def is_file(address: str) -> bool:
    """Whether the address means Milvus Lite."""
    return "://" not in address


def _open_file(path: Path) -> None:
    if path.suffix != ".db":
        raise IndexStoreError(
            f"{path} is no address of Milvus: write http://HOST:19530, or a path that ends in .db for Milvus Lite.",
            f"{path} 은(는) Milvus 주소가 아닙니다. http://호스트:19530 또는 .db로 끝나는 경로(Milvus Lite)를 쓰세요.",
        )
    try:
        from milvus_lite.db import MilvusLite
        from milvus_lite.exceptions import DataDirLockedError
        from milvus_lite.server_manager import server_manager_instance  # noqa: F401  # what pymilvus starts
    except ImportError as missing:
        raise IndexStoreError(
            f"To keep a collection in {path} another package is needed: pip install milvus-lite",
            f"{path} 에 기사 모음을 두려면 패키지가 더 필요합니다: pip install milvus-lite",
        ) from missing
    with _files_lock:
        if not _files.get(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                MilvusLite(str(path)).close()
            except DataDirLockedError as error:
                raise IndexBusyError(
                    f"Another process has {path} open: Milvus Lite serves one. Wait for it, or use a Milvus server.",
                    f"다른 프로세스가 {path} 을(를) 열고 있습니다. 끝나기를 기다리거나 Milvus 서버를 쓰세요.",
                ) from error
        _files[path] = _files.get(path, 0) + 1


def _close_file(path: Path) -> None:
    from milvus_lite.server_manager import server_manager_instance

    with _files_lock:
        _files[path] -= 1
        if not _files[path]:
            server_manager_instance.release_server(str(path))


def _ours(error: MilvusException | grpc.RpcError, address: str) -> IndexStoreError:
    code, said = _status(error), _message(error)
    if code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED) or "auth check failure" in said:
        return IndexStoreError(
            f"Milvus at {address} refuses the token. Set GISA_STORE__TOKEN to user:password or an API key.",
            f"{address} 의 Milvus가 토큰을 거부했습니다. GISA_STORE__TOKEN을 사용자:비밀번호 또는 API 키로 설정하세요.",
        )
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED) or "Fail connecting" in said:
        return IndexUnreachableError(
            f"Milvus at {address} does not answer. Check that it runs and that GISA_STORE__ADDRESS is right.",
            f"{address} 의 Milvus가 응답하지 않습니다. 실행 중인지, GISA_STORE__ADDRESS가 맞는지 확인하세요.",
        )
    if "quota exhausted" in said or "quota exceeded" in said:
        return DiskFullError(
            f"Milvus at {address} takes no more: {said}. Make room there and try again.",
            f"{address} 의 Milvus에 더 쓸 수 없습니다: {said}. 공간을 늘린 뒤 다시 시도하세요.",
        )
    return IndexStoreError(
        f"Milvus at {address} failed: {said}. Look at its logs, then try again.",
        f"{address} 의 Milvus에서 오류가 났습니다: {said}. Milvus 로그를 확인한 뒤 다시 시도하세요.",
    )


def _status(error: BaseException) -> grpc.StatusCode | None:
    """The gRPC status behind an error of pymilvus: its code, or that of what caused it."""
    seen: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in seen:  # pymilvus raises errors from themselves
        code = at.code() if isinstance(at, grpc.RpcError) else getattr(at, "code", None)
        if isinstance(code, grpc.StatusCode):
            return code
        seen.append(at)
        at = at.__cause__
    return None


def _message(error: MilvusException | grpc.RpcError) -> str:
    said = error.message if isinstance(error, MilvusException) else str(error.details())
    return " ".join(str(said).split())[:300]
