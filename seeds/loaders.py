"""Files -> articles: .txt .md .html .pdf .docx .hwpx and .jsonl (many articles, one JSON object a line).

A file is known by its content, its suffix only tells kinds of plain text apart. What the file says of itself (front
matter, JSON keys, HTML metadata) comes before what its byline and date line say. Whatever cannot become an article is
an ArticleFileError, or a FileProblem where many files are read and the others go in. What was changed or passed over
on the way is told in notices.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from importlib.resources import files
from pathlib import Path

import structlog

from seeds.article import SEOUL, Article
from seeds.compose import article_from_text, compose
from seeds.decode import decode_damaged
from seeds.document import Document, empty, parse_text
from seeds.errors import ArticleFileError, SeedsError
from seeds.formats import SUFFIXES, parse, sniff
from seeds.notice import Notice, Tell, ignore

__all__ = [
    "LIMIT_BYTES",
    "FileProblem",
    "article_from_text",
    "find_files",
    "load",
    "load_bytes",
    "load_each",
    "shipped_articles",
]

LIMIT_BYTES = 20 * 1024 * 1024
"""Largest file read, unless told otherwise: an article has a few kilobytes, a .jsonl of thousands some megabytes."""

_NAME_LENGTH = 200
_PASSED_OVER_SHOWN = 8

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FileProblem:
    """A file, or one line of a .jsonl, that did not become an article. The line is named in the error's message."""

    path: Path
    error: SeedsError


def find_files(paths: Iterable[str | Path], *, tell: Tell = ignore) -> list[Path]:
    """The files to load: those named, as they are, and those of a known suffix in the folders named, sorted.

    Files of other suffixes, hidden files and folders, and links to folders are passed over, which `tell` is told.
    Named files, missing ones too, and folders that cannot be listed stay in the list, so that loading reports them.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            found[path] = None
            continue
        files, passed_over = _walk(path)
        for file in files:
            if file.suffix.lower() in SUFFIXES or file.is_dir():
                found[file] = None
            else:
                passed_over.append(file)
        if passed_over:
            hidden_last = sorted(passed_over, key=lambda its: (its.name.startswith("."), its))
            _tell_all(tell, [_passed_over(path, hidden_last)])
    return list(found)


def load(path: str | Path, *, limit_bytes: int = LIMIT_BYTES, zone: tzinfo = SEOUL) -> list[Article]:
    """The article of a file; all of them for a .jsonl.

    Raises ArticleFileError if the file, or the first bad line of a .jsonl, cannot be loaded; `load_each` keeps the
    good lines.
    """
    return [_raise(loaded) for loaded in load_each([path], limit_bytes=limit_bytes, walk=False, zone=zone)]


def load_each(
    paths: Iterable[str | Path],
    *,
    limit_bytes: int = LIMIT_BYTES,
    walk: bool = True,
    zone: tzinfo = SEOUL,
    tell: Tell = ignore,
) -> Iterator[Article | FileProblem]:
    """Load file after file, lazily, with a FileProblem for each that fails.

    `walk=False` takes `paths` as files only; days of publication are those of `zone`; `tell` is told what was changed,
    left out or passed over. Two articles of one id in one file are a problem too; those of two files are told apart
    when they are stored. `source` is the absolute path: from another folder a relative one names another file.
    """
    for path in find_files(paths, tell=tell) if walk else map(Path, paths):
        try:
            data = _read(path, limit_bytes)
        except ArticleFileError as error:
            yield FileProblem(path, error)
            continue
        ids = set[str]()
        for loaded in _parse_each(path.name, os.path.abspath(path), data, zone, tell):
            if isinstance(loaded, SeedsError):
                yield FileProblem(path, loaded)
            elif loaded.id in ids:
                yield FileProblem(path, _same_id(path.name, loaded.id))
            else:
                ids.add(loaded.id)
                yield loaded


def load_bytes(
    name: str, data: bytes, *, limit_bytes: int = LIMIT_BYTES, zone: tzinfo = SEOUL, tell: Tell = ignore
) -> list[Article]:
    """The articles of an uploaded file. `name` is its file name, never opened.

    Raises ArticleFileError, also for the first bad line of a .jsonl.
    """
    if len(data) > limit_bytes:
        raise _too_large(_shown(name), limit_bytes)
    return [_raise(loaded) for loaded in _parse_each(_shown(name), name, data, zone, tell)]


def shipped_articles() -> list[Article]:
    """The articles that come with gisa, by file name. `source` is what their front matter names."""
    folder = files("seeds") / "articles"
    members = sorted((m for m in folder.iterdir() if m.name.endswith(".md")), key=lambda m: m.name)
    return [_raise(loaded) for m in members for loaded in _parse_each(m.name, m.name, m.read_bytes(), SEOUL, ignore)]


def _walk(folder: Path) -> tuple[list[Path], list[Path]]:
    """All files below `folder` and the folders that cannot be listed, sorted; and what is hidden or a linked folder."""
    found: list[Path] = []
    passed_over: list[Path] = []

    def unlisted(error: OSError) -> None:
        found.append(Path(error.filename))

    for parent, folders, names in os.walk(folder, onerror=unlisted):
        here = [Path(parent, name) for name in folders]
        passed_over.extend(path for path in here if path.name.startswith(".") or path.is_symlink())
        folders[:] = [path.name for path in here if not path.name.startswith(".")]
        for path in (Path(parent, name) for name in names):
            (passed_over if path.name.startswith(".") else found).append(path)
    return sorted(found), passed_over


def _tell_all(tell: Tell, notices: Iterable[Notice]) -> None:
    for notice in notices:
        log.info("changed while loading", what=notice.en)
        tell(notice)


def _passed_over(folder: Path, paths: Sequence[Path]) -> Notice:
    """How many files of each suffix a folder holds that are not read, with the first few by name."""
    kinds = Counter((path.suffix.lower() if not path.name.startswith(".") else "") or path.name for path in paths)
    counts = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common(_PASSED_OVER_SHOWN))
    names = ", ".join(_shown(path.name) for path in paths[:_PASSED_OVER_SHOWN])
    more = len(paths) - _PASSED_OVER_SHOWN
    and_more = (f" and {more} more", f" 외 {more}개") if more > 0 else ("", "")
    hwp = ".hwp" in kinds
    return Notice(
        f"{folder}: {len(paths)} passed over ({counts}): {names}{and_more[0]}."
        + (" In Hangul, save .hwp files as .hwpx." if hwp else ""),
        f"{folder}: {len(paths)}개를 읽지 않았습니다({counts}): {names}{and_more[1]}."
        + (" .hwp 파일은 한글에서 .hwpx로 저장해 주세요." if hwp else ""),
    )


def _read(path: Path, limit_bytes: int) -> bytes:
    """The file's bytes; a larger file is refused before it is read."""
    name = path.name
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode):
            if status.st_size > limit_bytes:
                raise _too_large(name, limit_bytes)
            with path.open("rb") as file:
                data = file.read(limit_bytes + 1)
            if len(data) > limit_bytes:
                raise _too_large(name, limit_bytes)
            return data
    except FileNotFoundError as error:
        raise ArticleFileError(
            f"{path} does not exist. Check the path.", f"{path}: 파일이 없습니다. 경로를 확인해 주세요."
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = (error.strerror if isinstance(error, OSError) else None) or "bad path"
        raise ArticleFileError(
            f"{name!r} cannot be read ({reason}). Check the path and its permissions.",
            f"{name!r}: 파일을 읽을 수 없습니다({reason}). 경로와 권한을 확인해 주세요.",
        ) from error
    raise ArticleFileError(
        f"{name} is not a regular file, or a folder that cannot be listed. Name a file, or check its permissions.",
        f"{name}: 일반 파일이 아니거나 열 수 없는 폴더입니다. 파일을 지정하거나 권한을 확인해 주세요.",
    )


def _parse_each(name: str, source: str, data: bytes, zone: tzinfo, tell: Tell) -> Iterator[Article | SeedsError]:
    try:
        if sniff(name, data) != "jsonl":
            document = parse(name, data)
            article = compose(name, source, document, document.fields, stem=Path(name).stem, zone=zone)
            _tell_all(tell, (*document.notices, *_unsearched_tables(name, document, article)))
            yield article
            return
        decoded = decode_damaged(name, data)
        _tell_all(tell, decoded.notices(name))
        # split on newlines only: other separators may stand inside a JSON string
        lines = decoded.text.split("\n")
        if not any(line.strip() for line in lines):
            raise empty(name)
    except ArticleFileError as error:
        yield error
        return
    stem = Path(name).stem
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _article_of_line(name, source, number, line, stem, zone=zone)
            except ArticleFileError as error:
                yield ArticleFileError(f"Line {number}: {error.en}", f"{number}번째 줄: {error.ko}")


def _unsearched_tables(name: str, document: Document, article: Article) -> Iterator[Notice]:
    """Says if tables that the file's markup sets apart are kept with an article, but not searched."""
    searched = {start for start, _ in article.body}
    rows = sum(article.text.startswith("|", start) and start not in searched for start, _ in document.asides)
    if rows:
        yield Notice(
            f"{name}: {rows} table row(s) are kept with the article, but not searched.",
            f"{name}: 표 {rows}행은 기사와 함께 보관하지만 검색하지 않습니다.",
        )


def _article_of_line(name: str, source: str, number: int, line: str, stem: str, *, zone: tzinfo) -> Article:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ArticleFileError(
            f"{name} has a line that is not JSON. Write one JSON object a line.",
            f"{name}: JSON이 아닌 줄이 있습니다. 한 줄에 JSON 객체 하나를 써 주세요.",
        ) from error
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise ArticleFileError(
            f'{name} needs an object with a "text" string on each line. Correct the line and add the file again.',
            f'{name}: 줄마다 "text" 문자열이 있는 객체가 필요합니다. 그 줄을 고쳐 다시 추가해 주세요.',
        )
    return compose(name, source, parse_text(name, record["text"]), record, stem=f"{stem}-{number}", zone=zone)


def _raise(loaded: Article | FileProblem | SeedsError) -> Article:
    if isinstance(loaded, FileProblem):
        raise loaded.error
    if isinstance(loaded, SeedsError):
        raise loaded
    return loaded


def _shown(name: str) -> str:
    """A file name fit for one line of a message: no folders, no control characters."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(c if c.isprintable() else "?" for c in last)[:_NAME_LENGTH] or "file"


def _too_large(name: str, limit_bytes: int) -> ArticleFileError:
    size = f"{limit_bytes / 1024 / 1024:g} MB"
    return ArticleFileError(
        f"{name} is larger than {size}. Split it, or save only the article's text.",
        f"{name}: {size}보다 큽니다. 나누거나 기사 본문만 저장해 추가해 주세요.",
    )


def _same_id(name: str, article_id: str) -> ArticleFileError:
    return ArticleFileError(
        f"{name} has the id {article_id} twice. Give each article an id of its own.",
        f"{name}: id {article_id}이(가) 두 번 있습니다. 기사마다 다른 id를 주세요.",
    )
