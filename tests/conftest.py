"""Fixtures that several test files share. Models are the real ones, under GISA_HOME, fetched once when missing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from platformdirs import user_data_path

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder
    from rag.reading.reader import Reader

# A crowded machine is slow, and that is no defect of what is tested.
settings.register_profile("gisa", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gisa")


@pytest.fixture(scope="session")
def home() -> Path:
    """Where the models are. Tests read models from it and write nothing else there."""
    told = os.environ.get("GISA_HOME")
    return Path(told) if told else user_data_path("gisa", appauthor=False)


@pytest.fixture(scope="session")
def embedder_folder(home: Path) -> Path:
    """The default embedding model as a sentence-transformers folder."""
    from seeds.provision import ensure

    return ensure("multilingual-e5-small", home)


@pytest.fixture(scope="session")
def embedder(embedder_folder: Path) -> SentenceTransformerEmbedder:
    """The default embedding model, loaded once."""
    from index.sentence_transformer import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(embedder_folder)


@pytest.fixture(scope="session")
def reader(embedder: SentenceTransformerEmbedder) -> Reader:
    """gisa's reader, with the weights that are shipped."""
    from shipped import reader_of

    return reader_of(embedder)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of given data beside the repository; tests that need it are skipped where it is not."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder
