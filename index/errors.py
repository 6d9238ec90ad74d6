"""Errors of the index.

GisaError
└── IndexStoreError
    ├── IndexDamagedError   the stored articles themselves cannot be read
    ├── IndexMissingError   there is no collection, or it is empty
    ├── IndexBusyError      another process is writing
    ├── IndexUnreachableError   the server that holds the collection does not answer
    ├── DiskFullError       nothing was half-stored
    └── ArticleNotFoundError
"""

from __future__ import annotations

from seeds.errors import GisaError


class IndexStoreError(GisaError):
    code = "index"
    exit_code = 6


class IndexDamagedError(IndexStoreError):
    code = "index_damaged"


class IndexMissingError(IndexStoreError):
    code = "index_missing"


class IndexBusyError(IndexStoreError):
    code = "index_busy"


class IndexUnreachableError(IndexStoreError):
    code = "index_unreachable"


class DiskFullError(IndexStoreError):
    code = "disk_full"
    exit_code = 7


class ArticleNotFoundError(IndexStoreError):
    code = "article_not_found"
    exit_code = 8
