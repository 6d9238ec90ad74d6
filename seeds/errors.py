"""The root of gisa's error tree, and the errors of this room. Every message exists in English and in Korean.

GisaError
├── SeedsError
│   ├── ArticleFileError     a file that cannot become an article (not text, empty, too large, unreadable)
│   └── ModelFileError       model weights that cannot be had (offline, wrong sha256)
│       └── ModelDiskFullError   no room for them
├── index.errors.IndexStoreError ...
└── rag.errors.RagError ...
"""

from __future__ import annotations

from typing import ClassVar, Literal

Language = Literal["ko", "en"]


class GisaError(Exception):
    """Anything gisa can explain. `en` and `ko` are one line each and end with what to do next.

    `code` is a stable identifier for programs (REST, --json); `exit_code` is what the command line returns.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, en: str, ko: str) -> None:
        super().__init__(en)
        self.en = en
        self.ko = ko

    def message(self, language: Language) -> str:
        return self.ko if language == "ko" else self.en


class SeedsError(GisaError):
    code = "seeds"


class ArticleFileError(SeedsError):
    """A file cannot become an article."""

    code = "article_file"
    exit_code = 4


class ModelFileError(SeedsError):
    """Model weights cannot be fetched or verified."""

    code = "model_file"
    exit_code = 5


class ModelDiskFullError(ModelFileError):
    """The disk has no room for model weights. What was fetched whole is kept for the next try."""

    code = "disk_full"
    exit_code = 7
