"""gisa's whole error tree, in one place to import from. Foreign exceptions are mapped to it once, at the seam.

GisaError (code, exit code, one line in English and Korean that says what to do next)
├── SeedsError
│   ├── ArticleFileError
│   └── ModelFileError
│       └── ModelDiskFullError
├── IndexStoreError
│   ├── IndexDamagedError
│   ├── IndexMissingError
│   ├── IndexBusyError
│   ├── IndexUnreachableError
│   ├── DiskFullError
│   └── ArticleNotFoundError
└── RagError
    ├── QuestionError            an empty or over-long question
    ├── SettingsError            unknown key or impossible value
    └── ModelServerError         the language model cannot be reached or did not answer
"""

from __future__ import annotations

from index.errors import (
    ArticleNotFoundError,
    DiskFullError,
    IndexBusyError,
    IndexDamagedError,
    IndexMissingError,
    IndexStoreError,
    IndexUnreachableError,
)
from seeds.errors import ArticleFileError, GisaError, Language, ModelDiskFullError, ModelFileError, SeedsError


class RagError(GisaError):
    code = "rag"


class QuestionError(RagError):
    code = "question"
    exit_code = 2


class SettingsError(RagError):
    code = "settings"
    exit_code = 2


class ModelServerError(RagError):
    code = "model_server"
    exit_code = 9


__all__ = [
    "ArticleFileError",
    "ArticleNotFoundError",
    "DiskFullError",
    "GisaError",
    "IndexBusyError",
    "IndexDamagedError",
    "IndexMissingError",
    "IndexStoreError",
    "IndexUnreachableError",
    "Language",
    "ModelDiskFullError",
    "ModelFileError",
    "ModelServerError",
    "QuestionError",
    "RagError",
    "SeedsError",
    "SettingsError",
]
