"""Resolve a model name to a verified local path, fetching it once. `seeds.place` says what lies where on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, overload

import structlog

from seeds.catalogue import CATALOGUE, Role, find, load
from seeds.errors import ModelFileError
from seeds.fetch import fetch
from seeds.place import Place, State
from seeds.transfer import Progress, Silent, Stage

log = structlog.get_logger(__name__)

__all__ = ["ModelStatus", "Progress", "Stage", "State", "ensure", "models_dir", "remove", "resolve", "status", "verify"]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One pinned model as it is on disk.

    `state`: ready; changed (there, but not as it was verified: looked at again when next used); partial (a download
    that was cut off); missing. `size` is bytes on disk, `download` bytes over the network when fetched from nothing.
    """

    name: str
    role: Role
    licence: str
    about: str
    state: State
    path: Path | None
    size: int
    download: int


def models_dir(home: Path) -> Path:
    """Where model files live under GISA_HOME."""
    return home / "models"


def ensure(
    name: str,
    home: Path,
    *,
    progress: Progress | None = None,
    from_file: Path | None = None,
    catalogue: Path = CATALOGUE,
) -> Path:
    """The pinned model's local path, fetched and verified if need be: the .gguf file of an LLM, the
    sentence-transformers folder of an embedder.

    When it is there already this takes a millisecond and no network. Two processes may call it at once: one works, the
    other waits (stage "waiting"). `from_file` names a copy of the pinned file to take instead of downloading.
    Raises ModelFileError: unknown name, no network, wrong sha256, folder not writable; ModelDiskFullError.
    """
    place = Place(find(name, catalogue), models_dir(home))
    if place.is_ready():
        return place.target
    shown = progress or Silent()
    with place.writing(shown):
        if not place.is_ready():
            _make_ready(place, shown, from_file)
    return place.target


def verify(name: str, home: Path, *, progress: Progress | None = None, catalogue: Path = CATALOGUE) -> Path:
    """Hash again everything of the model that is on disk and return its path.

    Raises ModelFileError when it is not there, or when a file is not as pinned: that file is then removed.
    """
    place = Place(find(name, catalogue), models_dir(home))
    shown = progress or Silent()
    if not place.can_check():
        raise ModelFileError(
            f"{name} is not on this machine, or not whole: run `gisa models pull`.",
            f"{name}이(가) 이 컴퓨터에 없거나 온전하지 않습니다. `gisa models pull`을 실행하세요.",
        )
    with place.writing(shown):
        place.check(shown)
    return place.target


def remove(name: str, home: Path, *, catalogue: Path = CATALOGUE) -> None:
    """Delete everything of the model from disk; nothing when it is not there."""
    place = Place(find(name, catalogue), models_dir(home))
    if place.folder.exists():
        with place.writing(Silent()):
            place.discard()


def status(home: Path, *, catalogue: Path = CATALOGUE) -> list[ModelStatus]:
    """Every pinned model and whether it is here. Hashes nothing."""
    return [_status(Place(spec, models_dir(home))) for spec in load(catalogue).values()]


def _status(place: Place) -> ModelStatus:
    state, spec = place.state(), place.spec
    path = place.target if state in ("ready", "changed") else None
    return ModelStatus(spec.name, spec.role, spec.licence, spec.about, state, path, place.size(), spec.download_size)


@overload
def resolve(
    name_or_path: str,
    home: Path,
    role: Literal["llm"],
    *,
    progress: Progress | None = None,
    catalogue: Path = CATALOGUE,
) -> Path: ...
@overload
def resolve(
    name_or_path: str, home: Path, role: Role, *, progress: Progress | None = None, catalogue: Path = CATALOGUE
) -> Path | str: ...
def resolve(
    name_or_path: str, home: Path, role: Role, *, progress: Progress | None = None, catalogue: Path = CATALOGUE
) -> Path | str:
    """What a settings value means: a pinned name (fetched if need be), else an existing .gguf file or
    sentence-transformers folder, else, for an embedder only, a hub model name, returned unchanged.

    Raises ModelFileError as `ensure`, and for a name of the other role or a path where nothing usable is.
    """
    pinned = load(catalogue).get(name_or_path)
    if pinned is not None and pinned.role == role:
        return ensure(name_or_path, home, progress=progress, catalogue=catalogue)
    path = Path(name_or_path).expanduser()
    if pinned is None and (path.is_file() if role == "llm" else (path / "modules.json").is_file()):
        return path
    if pinned is None and role == "embedder" and not path.exists() and not name_or_path.startswith(("/", ".", "~")):
        return name_or_path
    wanted = (".gguf file", ".gguf 파일") if role == "llm" else ("sentence-transformers folder", "임베딩 모델 폴더")
    names = ", ".join(spec.name for spec in load(catalogue).values() if spec.role == role)
    raise ModelFileError(
        f"{name_or_path!r} is no {wanted[0]} and no pinned {role}: set a path that exists, or one of {names}.",
        f"{name_or_path!r}: {wanted[1]}도, 지정된 {role} 모델도 아닙니다. 있는 경로나 다음 이름을 쓰세요: {names}.",
    )


def _make_ready(place: Place, progress: Progress, from_file: Path | None) -> None:
    """Under the lock: keep what is whole on disk, fetch what is not."""
    try:
        if place.can_check():
            place.check(progress)  # copied, restored or touched: the same bytes at another time
            return
        if place.file.exists():
            place.check_file(progress)
    except ModelFileError as damage:
        log.warning("model_file_damaged", model=place.spec.name, reason=damage.en)
    if not place.file.exists():
        fetch(place.spec, place.file, progress, from_file)
    if place.spec.role == "embedder":
        place.convert(progress)
    place.write_stamp(place.hashes())
    log.info("model_ready", model=place.spec.name, path=str(place.target))
