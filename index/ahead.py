"""Stages of work that overlap: each computes its next few results in a thread of its own, while others use the last."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

_In = TypeVar("_In")
_Out = TypeVar("_Out")
_END: Any = object()


@contextmanager
def ahead(items: Iterable[_In], step: Callable[[_In], _Out], *, name: str, depth: int = 1) -> Generator[Iterator[_Out]]:
    """An iterator over `step` of each item, in order, at most `depth` of them computed beyond the one last taken.

    What `items` or `step` raises is raised, as it is, by the iterator. On leaving the context no more steps begin, and
    the one at work is waited for.
    """
    coming = iter(items)

    def one() -> _Out:
        for item in coming:
            return step(item)
        return _END  # type: ignore[no-any-return]

    with ThreadPoolExecutor(1, thread_name_prefix=name) as worker:
        computed: deque[Future[_Out]] = deque(worker.submit(one) for _ in range(depth))

        def results() -> Iterator[_Out]:
            while (result := computed.popleft().result()) is not _END:
                computed.append(worker.submit(one))
                yield result

        try:
            yield results()
        finally:
            worker.shutdown(wait=False, cancel_futures=True)
