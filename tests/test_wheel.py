"""The built wheel: it carries every file of the packages, and runs where there is no repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("seeds", "index", "rag", "ui", "eval")


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """Standard output of a command that has to succeed, with nothing of the repository on its path."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "GISA_", "PIP_"))}
    done = subprocess.run(
        command, cwd=folder, env=clean | environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


def package_files() -> set[str]:
    """Files of the packages under version control, relative to the repository."""
    names = run("git", "ls-files", "-z", *ROOMS, folder=ROOT).split("\0")
    return {name for name in names if name and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what is under version control, so that nothing lying about gets in."""
    source = tmp_path_factory.mktemp("source")
    for name in package_files() | {"pyproject.toml", "README.md", "LICENSE"}:
        copy = source / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", source, folder=source)
    (built,) = (source / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a new venv that has the wheel and, beside it, only what the wheel depends on.

    Its dependencies are those of this environment, seen through a .pth file: installing them again takes minutes and
    shows nothing new. A .pth inside a folder named by a .pth is not read, so the editable install of the repository
    stays invisible.
    """
    venv = tmp_path_factory.mktemp("empty") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv, folder=venv.parent)
    python = venv / "bin/python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel, folder=venv)
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python.parent


def test_wheel_has_every_file_of_the_packages_and_no_other(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        kept = {name: archive.read(name) for name in names if name.partition("/")[0] in ROOMS}
        metadata = next(name.partition("/")[0] for name in names if name.endswith(".dist-info/METADATA"))
    assert kept == {name: (ROOT / name).read_bytes() for name in package_files()}
    assert f"{metadata}/licenses/LICENSE" in names
    assert {name.partition("/")[0] for name in names} == {*ROOMS, metadata}


@pytest.mark.parametrize("room", ROOMS)
def test_installed_packages_are_the_wheels(programs: Path, tmp_path: Path, room: str) -> None:
    found = run(programs / "python", "-c", f"import {room}; print({room}.__file__)", folder=tmp_path)
    assert Path(found.strip()).is_relative_to(programs.parent)


def test_installed_gisa_tells_what_it_can_do(programs: Path, tmp_path: Path) -> None:
    shown = run(programs / "gisa", "--help", folder=tmp_path, GISA_HOME=str(tmp_path))
    for command in ("ask", "search", "index", "eval", "models"):
        assert command in shown


def test_installed_gisa_finds_the_commands_of_eval(programs: Path, tmp_path: Path) -> None:
    shown = run(programs / "gisa", "eval", "--help", folder=tmp_path, GISA_HOME=str(tmp_path))
    for command in ("run", "retrieval", "report", "compare"):
        assert command in shown


def test_installed_gisa_lists_its_models(programs: Path, tmp_path: Path) -> None:
    shown = run(programs / "gisa", "models", "list", folder=tmp_path, GISA_HOME=str(tmp_path), COLUMNS="200")
    for model in ("multilingual-e5-small", "qwen2.5-coder-1.5b-instruct"):
        assert model in shown


@pytest.mark.usefixtures("embedder_folder")
def test_installed_gisa_answers_from_its_own_articles(programs: Path, tmp_path: Path, home: Path) -> None:
    own = tmp_path / "home"  # the tests' models, but an index of its own, built from the wheel's articles
    own.mkdir()
    (own / "models").symlink_to(home / "models", target_is_directory=True)
    question = "How many GPUs is Korea securing?"
    told = {"GISA_HOME": str(own), "GISA_ANSWER__SURE_ODDS": "-1.5"}  # how sure the weights are is not what is tried
    shown = run(programs / "gisa", "ask", "--no-llm", "--json", question, folder=tmp_path, **told)
    answer = json.loads(shown)
    assert (answer["question"], answer["refused"], answer["answered_by"]) == (question, False, "reader")
    assert any("26만" in citation["quote"] for citation in answer["citations"])
