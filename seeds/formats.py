"""Tells a file's format by its content and reads it into a Document."""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from seeds.decode import decode_damaged
from seeds.document import DAMAGE, Document, damaged, parse_text, too_large_inside
from seeds.errors import ArticleFileError
from seeds.hwpx import MIMETYPE, parse_hwpx
from seeds.markup import parse_html, parse_markdown
from seeds.pdf import parse_pdf
from seeds.word import parse_word

Format = Literal["text", "markdown", "html", "pdf", "docx", "hwpx", "jsonl"]

SUFFIXES: dict[str, Format] = {
    ".txt": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".hwpx": "hwpx",
    ".jsonl": "jsonl",
}

_UNPACKED_LIMIT = 100 * 1024 * 1024
_MEMBER_LIMIT = 10_000
_TEXT_LIMIT = 20_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HWP = b"HWP Document File"
# They log what we report as an error of our own; without a handler it would also land on standard error.
for _name in ("pypdf", "trafilatura", "htmldate", "charset_normalizer"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


def sniff(name: str, data: bytes) -> Format:
    """The format that `data` has, whatever `name` says; the suffix decides only between kinds of plain text.

    Raises ArticleFileError for formats that are known and not read (old Word, HWP, other archives).
    """
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _sniff_archive(name, data)
    if data.startswith(_HWP) or (data.startswith(_OLE) and _HWP in data):
        raise ArticleFileError(
            f"{name} is an HWP file, which gisa does not read. In Hangul, save it as .hwpx, .docx or .txt.",
            f"{name}: HWP 파일은 읽지 못합니다. 한글에서 .hwpx, .docx 또는 .txt로 저장해 주세요.",
        )
    if data.startswith(_OLE):
        raise ArticleFileError(
            f"{name} is an old Word, HWP or password-protected Office file. Save it as .docx (no password) or .txt.",
            f"{name}: 구형 워드, HWP 또는 암호가 걸린 오피스 파일입니다. 암호 없이 .docx 또는 .txt로 저장해 주세요.",
        )
    suffix = re.search(r"\.[^.]+$", name)
    named = SUFFIXES.get(suffix[0].lower()) if suffix else None
    if named == "jsonl":
        return "jsonl"
    head = decode_damaged(name, data).text[:2048].lstrip("\ufeff \t\r\n").lower()
    if re.match(r"<(?:!doctype html|html|head|body)\b", head) or (
        named == "html" and re.search(r"<(?:\w+[\s>]|!--)", head)
    ):
        return "html"
    return "markdown" if named == "markdown" or re.match(r"---[ \t]*\r?\n", head) else "text"


def parse(name: str, data: bytes) -> Document:
    """Read one article of any format but jsonl, which holds many.

    Raises ArticleFileError: undecodable, damaged, encrypted, a scan, or larger unpacked than is safe.
    """
    document = _PARSERS[sniff(name, data)](name, data)
    if len(document.text) > _TEXT_LIMIT:
        raise too_large_inside(name)
    return document


def _sniff_archive(name: str, data: bytes) -> Format:
    """Which of the formats that are zip archives it is. Raises ArticleFileError for others and for huge ones."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            names = archive.namelist()
            # a member cannot be read beyond the size that the directory states
            if len(members) > _MEMBER_LIMIT or sum(member.file_size for member in members) > _UNPACKED_LIMIT:
                raise too_large_inside(name)
            if "word/document.xml" in names:
                return "docx"
            if "mimetype" in names and archive.read("mimetype").strip() == MIMETYPE:
                return "hwpx"
    except DAMAGE as error:
        raise damaged(name, "HWPX" if name.lower().endswith(".hwpx") else "Word") from error
    raise ArticleFileError(
        f"{name} is an archive or another Office file, not a Word document. Save it as .docx or .txt.",
        f"{name}: 워드 문서가 아닌 압축 파일 또는 다른 오피스 파일입니다. .docx 또는 .txt로 저장해 주세요.",
    )


def _parse_text_file(name: str, data: bytes) -> Document:
    decoded = decode_damaged(name, data)
    return replace(parse_text(name, decoded.text), notices=decoded.notices(name))


_PARSERS: dict[Format, Callable[[str, bytes], Document]] = {
    "text": _parse_text_file,
    "markdown": parse_markdown,
    "html": parse_html,
    "pdf": parse_pdf,
    "docx": parse_word,
    "hwpx": parse_hwpx,
}
