"""`gisa index export` and `import`: output and exit codes, on real collections of toy articles."""

from __future__ import annotations

from pathlib import Path

import pytest
from entries import entry
from store_desk import _open

from ui import cli


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> object:
    """Runs a command line in a home: (exit code, stdout, stderr)."""
    monkeypatch.setattr("sys.excepthook", None)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("GISA_LANG", raising=False)

    def run(home: str, *arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setenv("GISA_HOME", str(tmp_path / home))
        code = cli.main(["--lang", "en", *map(str, arguments)])
        return code, *capsys.readouterr()

    return run


def test_a_collection_moves_from_one_home_to_another(tmp_path: Path, run) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "moved.gisa"
    with _open(tmp_path / "old" / "index") as store:
        store.put([entry("a"), entry("b")])
    assert run("old", "index", "export", file) == (0, f"Exported 2 articles to {file}.\n", "")
    code, out, err = run("new", "index", "import", file)
    assert (code, out) == (0, "Added 2, replaced 0, unchanged 0.\n")
    assert err == "Importing articles\n"
    assert run("new", "index", "import", file)[1] == "Added 0, replaced 0, unchanged 2.\n"
    assert run("new", "index", "verify") == (0, "No damage: 2 articles.\n", "")
    assert run("new", "index", "list")[1].split("\t")[0] == "a"


def test_a_damaged_file_is_one_line_and_6_and_makes_no_collection(tmp_path: Path, run) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "bad.gisa").write_bytes(b"SQLite format 3\0 and then no more")
    code, out, err = run("new", "index", "import", tmp_path / "bad.gisa")
    assert (code, out, err.count("\n")) == (6, "", 1)
    assert "Nothing was changed" in err
    assert not (tmp_path / "new" / "index").exists()


def test_what_is_there_is_not_written_over(tmp_path: Path, run) -> None:  # type: ignore[no-untyped-def]
    with _open(tmp_path / "old" / "index") as store:
        store.put([entry("a")])
    (tmp_path / "letter.txt").write_text("mine")
    code, _, err = run("old", "index", "export", tmp_path / "letter.txt")
    assert (code, "Choose another name" in err) == (6, True)
    assert (tmp_path / "letter.txt").read_text() == "mine"
