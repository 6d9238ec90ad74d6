"""Settings become objects: the collection is made once, and a first build that was broken off goes on."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from shipped import SECURED, TRAP

from rag.assemble import open_collection, open_gisa, open_store
from rag.errors import DiskFullError, GisaError, IndexStoreError
from rag.settings import Settings
from seeds.loaders import shipped_articles


@pytest.fixture
def settings(tmp_path: Path, embedder_folder: Path) -> Settings:
    return Settings(home=tmp_path, embedder={"model": str(embedder_folder)})


def test_first_use_makes_the_collection_and_says_so(settings: Settings) -> None:
    told: list[int] = []
    with open_gisa(settings, llm=False, on_first_build=told.append) as gisa:
        assert told == [len(list(shipped_articles()))] == [5]
        assert SECURED in gisa.search(TRAP, limit=1).hits[0].text
        answer = gisa.ask(TRAP)
        assert answer.answered_by == "extract"
        assert answer.settings == settings.fingerprint
    with open_gisa(settings, llm=False, on_first_build=told.append) as gisa:
        assert told == [5]
        assert len(gisa.store.articles()) == 5
    assert not (settings.index_folder / "seeding").exists()
    with pytest.raises(GisaError):
        gisa.ask(TRAP)  # closed


def test_a_first_build_that_was_broken_off_goes_on(settings: Settings) -> None:
    with open_collection(settings):
        (settings.index_folder / "seeding").touch()
    with open_gisa(settings, llm=False) as gisa:
        assert len(gisa.store.articles()) == 5


def test_a_first_build_that_was_broken_off_before_its_first_article_goes_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("rag.assemble.kiwi", broken_off)
        with pytest.raises(KeyboardInterrupt):
            open_gisa(settings, llm=False)
    store = open_store(settings)
    assert store.articles() == []
    store.close()
    with open_gisa(settings, llm=False) as gisa:
        assert len(gisa.store.articles()) == 5


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, DiskFullError), (errno.EDQUOT, DiskFullError), (errno.EROFS, IndexStoreError)]
)
def test_a_home_that_takes_no_file_is_explained(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[GisaError]
) -> None:
    def refused(path: Path) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "touch", refused)
    with pytest.raises(IndexStoreError) as caught:
        open_gisa(settings, llm=False)
    assert type(caught.value) is kind
    assert not list(settings.index_folder.iterdir())


def test_an_emptied_collection_is_not_filled_again(settings: Settings) -> None:
    with open_collection(settings) as collection:
        assert collection.store.articles() == []
    with open_gisa(settings, llm=False) as gisa:
        assert gisa.store.articles() == []
    store = open_store(settings)
    assert store.articles() == []
    store.close()
