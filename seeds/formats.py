"""Bytes to text: tells a file's format by its content and reads it into a Document."""

from __future__ import annotations

import io
import logging
import re
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import docx
import pypdf
from docx.table import Table
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

from seeds.decode import decode, normalise, unwrap
from seeds.document import DAMAGE, Document, damaged, join_blocks, parse_text, too_large_inside
from seeds.errors import ArticleFileError
from seeds.markup import parse_html, parse_markdown

Format = Literal["text", "markdown", "html", "pdf", "docx", "jsonl"]

SUFFIXES: dict[str, Format] = {
    ".txt": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".jsonl": "jsonl",
}

_UNPACKED_LIMIT = 100 * 1024 * 1024
_MEMBER_LIMIT = 10_000
_PAGE_LIMIT = 2_000
_TEXT_LIMIT = 20_000_000
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
        return "docx"
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise ArticleFileError(
            f"{name} is an old Word, HWP or password-protected Office file. Save it as .docx (no password) or .txt.",
            f"{name}: 구형 워드, HWP 또는 암호가 걸린 오피스 파일입니다. 암호 없이 .docx 또는 .txt로 저장해 주세요.",
        )
    suffix = re.search(r"\.[^.]+$", name)
    named = SUFFIXES.get(suffix[0].lower()) if suffix else None
    if named == "jsonl":
        return "jsonl"
    head = decode(name, data)[:2048].lstrip("\ufeff \t\r\n").lower()
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


def _parse_text_file(name: str, data: bytes) -> Document:
    return parse_text(name, decode(name, data))


def _parse_docx(name: str, data: bytes) -> Document:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if "word/document.xml" not in archive.namelist():
                raise ArticleFileError(
                    f"{name} is an archive or another Office file, not a Word document. Save it as .docx or .txt.",
                    f"{name}: 워드 문서가 아닌 압축 파일 또는 다른 오피스 파일입니다. .docx 또는 .txt로 저장해 주세요.",
                )
        # a member cannot be read beyond the size that the directory states
        if len(members) > _MEMBER_LIMIT or sum(member.file_size for member in members) > _UNPACKED_LIMIT:
            raise too_large_inside(name)
        word = docx.Document(io.BytesIO(data))
        blocks: list[tuple[str, bool]] = []
        for block in word.iter_inner_content():
            if isinstance(block, Table):
                cells = ([cell.text.replace("\n", " ") for cell in row.cells] for row in block.rows)
                blocks.extend((f"| {' | '.join(row)} |", True) for row in cells)
                continue
            style = (block.style.name or "") if block.style is not None else ""
            blocks.append((block.text, style.startswith(("Heading", "Title", "Caption"))))
        title = word.core_properties.title
    except DAMAGE as error:
        raise damaged(name, "Word") from error
    heading = next((words.strip() for words, apart in blocks if apart and words.strip() and words[0] != "|"), None)
    return replace(join_blocks(name, blocks), title=title.strip() or heading)


def _parse_pdf(name: str, data: bytes) -> Document:
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if len(reader.pages) > _PAGE_LIMIT:
            raise too_large_inside(name)
        text = "\n".join(page.extract_text() for page in reader.pages)
        title = (reader.metadata.title or "") if reader.metadata else ""
    except (FileNotDecryptedError, DependencyError) as error:
        raise ArticleFileError(
            f"{name} is protected by a password. Save a copy without one and add that.",
            f"{name}: 암호가 걸린 PDF입니다. 암호를 푼 사본을 저장해 추가해 주세요.",
        ) from error
    except (PyPdfError, *DAMAGE) as error:
        raise damaged(name, "PDF") from error
    if not text.strip():
        raise ArticleFileError(
            f"{name} has no text layer (scanned pages). Run text recognition (OCR) on it first.",
            f"{name}: 글자 정보가 없는(스캔한) PDF입니다. 먼저 문자 인식(OCR)을 해 주세요.",
        )
    text = unwrap(normalise(name, text), within_words=True)
    # many PDFs are titled after the program or template that made them; the real title also stands on the page
    title = unicodedata.normalize("NFC", title).strip()
    return Document(text, title=title if title and title in text else None)


_PARSERS: dict[Format, Callable[[str, bytes], Document]] = {
    "text": _parse_text_file,
    "markdown": parse_markdown,
    "html": parse_html,
    "pdf": _parse_pdf,
    "docx": _parse_docx,
}
