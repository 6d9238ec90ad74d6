"""The Makefile, its set-up of .venv and the CI script, in folders of their own with stand-ins for Python and gisa."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("seeds", "index", "rag", "ui", "eval")
TARGETS = {"reader", "ask", "serve", "test", "check", "eval", "bench", "clean", "help"}


def run(*command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as from a new shell: nothing of a `make` that may be running these tests reaches it."""
    clean = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ} | {"LC_ALL": "C.UTF-8"}
    return subprocess.run(
        command, cwd=folder, env=clean | environment, capture_output=True, text=True, timeout=120, check=False
    )


def executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the Makefile and what the set-up depends on; a space in its name."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def ready(clone: Path) -> Path:
    """The same with a .venv that counts as set up, in which `gisa` prints its arguments, one a line."""
    executable(clone / ".venv/bin/gisa", "printf '<%s>\\n' \"$@\"")
    (clone / ".venv/gisa-ready").write_text(f"{clone.resolve()}\n")
    return clone


def test_make_alone_lists_every_target(clone: Path) -> None:
    shown = run("make", folder=clone)
    assert set(re.findall(r"^  make (\w+) +\S.*$", shown.stdout, re.M)) == TARGETS
    assert run("make", "help", folder=clone).stdout == shown.stdout
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize(
    "question",
    [
        "How many GPUs is Korea securing?",
        "한국은 GPU를 몇 장 확보하나요?",
        """it's "quoted" and `id` and $HOME and $(shell touch made) and ${Q} and $$ #1; \\ | & 50%""",
        "two\nlines",
        "--help",
    ],
)
def test_make_ask_hands_the_question_over_as_it_is(ready: Path, question: str) -> None:
    for shown in (run("make", "ask", f"Q={question}", folder=ready), run("make", "ask", folder=ready, Q=question)):
        assert (shown.stdout, shown.returncode) == (f"<ask>\n<-->\n<{question}>\n", 0)
    assert not (ready / "made").exists()


@pytest.mark.parametrize("arguments", [[], ["Q="], ["Q=  "]])
def test_make_ask_without_a_question_says_how(clone: Path, arguments: list[str]) -> None:
    shown = run("make", "ask", *arguments, folder=clone)
    assert 'make ask Q="' in shown.stderr
    assert shown.returncode == 2
    assert not (clone / ".venv").exists()


def test_an_old_python_is_refused_in_one_line(clone: Path, tmp_path: Path) -> None:
    old = executable(tmp_path / "python3", "exit 1")
    shown = run("make", "serve", f"PYTHON={old}", folder=clone)
    assert "Python 3.11 or newer" in shown.stderr
    assert shown.returncode == 2
    assert not (clone / ".venv").exists()


def test_a_python_without_venv_is_refused(clone: Path, tmp_path: Path) -> None:
    bare = executable(tmp_path / "python3", 'case "$2" in *ensurepip*) exit 1;; esac')
    shown = run("make", "serve", f"PYTHON={bare}", folder=clone)
    assert "python3-venv" in shown.stderr
    assert shown.returncode == 2


@pytest.fixture
def serve(tmp_path: Path) -> tuple[str, ...]:
    """`make serve` with a stand-in Python: its venv's pip notes what it is told and fails while a file `fail` is there;
    its venv's gisa prints its arguments."""
    executable(tmp_path / "venv/bin/python", 'case "$2" in pip) echo "$@" >> pip.log; [ ! -e fail ];; esac')
    executable(tmp_path / "venv/bin/gisa", 'echo "$@"')
    python = executable(tmp_path / "python3", f'case "$2" in venv) cp -r {tmp_path / "venv/bin"} .venv/bin;; esac')
    return ("make", "serve", f"PYTHON={python}")


def test_set_up_is_done_once_and_again_when_pins_change(clone: Path, serve: tuple[str, ...]) -> None:
    first = run(*serve, folder=clone)
    assert (first.returncode, first.stdout) == (0, "serve\n")
    assert first.stderr.count("\n") == 1  # one line says what is happening
    told = (clone / "pip.log").read_text().splitlines()
    assert all("-c constraints.txt" in line for line in told)
    assert told[-1].endswith("-e .[dev]")
    assert run(*serve, folder=clone).stderr == ""
    (clone / ".venv/kept").touch()
    for pinned in ("constraints.txt", "pyproject.toml"):
        for path in (clone / ".venv/gisa-ready", clone / "constraints.txt", clone / "pyproject.toml"):
            os.utime(path, (1_700_000_000, 1_700_000_000))
        assert run(*serve, folder=clone).stderr == ""
        (clone / pinned).touch()
        assert "up to date" in run(*serve, folder=clone).stderr
        assert run(*serve, folder=clone).stderr == ""
    assert (clone / ".venv/kept").exists()


def test_set_up_that_failed_is_made_anew(clone: Path, serve: tuple[str, ...]) -> None:
    (clone / "fail").touch()
    failed = run(*serve, folder=clone)
    assert "did not finish" in failed.stderr
    assert failed.returncode == 2
    (clone / "fail").unlink()
    (clone / ".venv/left").touch()
    assert run(*serve, folder=clone).stdout == "serve\n"
    assert not (clone / ".venv/left").exists()


def test_a_venv_made_by_hand_is_completed_not_removed(clone: Path, tmp_path: Path, serve: tuple[str, ...]) -> None:
    shutil.copytree(tmp_path / "venv", clone / ".venv")
    (clone / ".venv/kept").touch()
    assert run(*serve, folder=clone).stdout == "serve\n"
    assert (clone / ".venv/kept").exists()


def test_set_up_is_made_anew_where_the_folder_was_moved(clone: Path, tmp_path: Path, serve: tuple[str, ...]) -> None:
    assert run(*serve, folder=clone).returncode == 0
    moved = clone.rename(tmp_path / "moved")
    assert "Setting up" in run(*serve, folder=moved).stderr
    assert (moved / ".venv/gisa-ready").read_text() == f"{moved.resolve()}\n"


def test_make_clean_leaves_what_is_the_users(ready: Path, tmp_path: Path) -> None:
    for room in (*ROOMS, "tests"):
        (ready / room / "__pycache__").mkdir(parents=True)
    home = tmp_path / "home"
    (home / "models").mkdir(parents=True)
    (ready / ".gisa").mkdir()
    assert run("make", "clean", folder=ready, GISA_HOME=str(home)).returncode == 0
    assert (home / "models").is_dir()
    left = {path.name for path in ready.rglob("*")}
    assert left == {"Makefile", "pyproject.toml", "constraints.txt", ".gisa", *ROOMS, "tests"}


def test_ci_script_starts_from_nothing_and_cleans_up(tmp_path: Path) -> None:
    folder = tmp_path / "clone"
    (folder / ".ci").mkdir(parents=True)
    (folder / ".venv").mkdir()
    shutil.copy(ROOT / ".ci/run", folder / ".ci/run")  # keeps the mode: it must be executable
    executable(
        tmp_path / "bin/make", 'echo "$@"; echo "$GISA_HOME"; ls -A . "$GISA_HOME"; touch "$GISA_HOME/model"; exit 3'
    )
    shown = run(
        str(folder / ".ci/run"), folder=tmp_path, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}", GISA_HOME="/mine"
    )
    said, home, *listed = shown.stdout.splitlines()
    assert (said, shown.returncode) == ("test", 3)
    assert listed == [".:", ".ci", "", f"{home}:"]
    assert home != "/mine"
    assert not Path(home).exists()
