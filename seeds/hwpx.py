"""Hangul Word Processor documents (.hwpx, KS X 6101: zipped XML) to text, tracked changes accepted."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from seeds.document import DAMAGE, DELETION, Block, Document, damaged, join_blocks, locked, row_of
from seeds.notice import left_out

MIMETYPE = b"application/hwp+zip"
_SECTION = re.compile(r"Contents/section(\d+)\.xml")
_CHARACTERS = {"tab": "\t", "lineBreak": "\n", "hyphen": "-", "nbSpace": " ", "fwSpace": " "}
_OMITTED = {
    "header": ("page headers and footers", "머리말과 꼬리말"),
    "footer": ("page headers and footers", "머리말과 꼬리말"),
    "hiddenComment": ("comments", "숨은 설명"),
    "memo": ("comments", "메모"),
}


def parse_hwpx(name: str, data: bytes) -> Document:
    """Paragraphs with their text boxes and notes behind them, and tables, a line a row."""
    reader = _Reader()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.namelist()
            if "META-INF/manifest.xml" in members and b"encryption-data" in archive.read("META-INF/manifest.xml"):
                raise locked(name, "HWPX")
            sections = sorted((int(found[1]), found[0]) for found in map(_SECTION.fullmatch, members) if found)
            blocks = [
                block for _, member in sections for block in reader.blocks(ElementTree.fromstring(archive.read(member)))
            ]
    except DAMAGE as error:
        raise damaged(name, "HWPX") from error
    return replace(join_blocks(name, blocks), notices=left_out(name, reader.omitted))


class _Reader:
    """Reads the sections of one document. `omitted` counts what is left out.

    Tracked deletions are marked where they begin and where they end, which may be paragraphs later.
    """

    def __init__(self) -> None:
        self._deleting = False
        self.omitted: Counter[tuple[str, str]] = Counter()

    def blocks(self, box: Element) -> Iterator[Block]:
        """The paragraphs and table rows in `box`, with True for tables."""
        begun = ""  # of a paragraph whose end is deleted, so that it goes on in the next
        for node in box:
            if _name(node) == "p":
                apart: list[Block] = []
                words = begun + "".join(self._inline(node, apart))
                begun = words if self._deleting else ""
                if not begun:
                    yield words, False
                yield from apart
            else:
                yield from self.blocks(node)
        if begun:
            yield begun, False

    def _inline(self, node: Element, apart: list[Block]) -> Iterator[str]:
        """The words in a paragraph; what stands outside of its line (tables, text boxes, notes) goes to `apart`."""
        if _name(node) == "t":
            yield self._kept(node.text)
        for part in node:
            kind = _name(part)
            if kind == "tbl":
                apart.extend(self._table(part))
            elif kind in ("subList", "drawText"):
                apart.extend(self.blocks(part))
            elif kind in _OMITTED:
                self.omitted[_OMITTED[kind]] += any("".join(text.itertext()).strip() for text in _texts(part))
            elif kind in ("deleteBegin", "deleteEnd"):
                self._deleting = kind == "deleteBegin"
                self.omitted[DELETION] += self._deleting
            elif kind == "script":  # of a formula
                yield self._kept(part.text)
            else:
                yield self._kept(_CHARACTERS.get(kind))
                yield from self._inline(part, apart)
            if _name(node) == "t":
                yield self._kept(part.tail)

    def _table(self, table: Element) -> Iterator[Block]:
        for row in (part for part in table if _name(part) == "tr"):
            cells = [cell for cell in row if _name(cell) == "tc"]
            if len(cells) == 1:  # a frame around text
                yield from self.blocks(cells[0])
            else:
                yield row_of(self.blocks(cell) for cell in cells), True

    def _kept(self, words: str | None) -> str:
        return "" if self._deleting or not words else words


def _name(node: Element) -> str:
    """Without the namespace, which names the year of the format."""
    return node.tag.rpartition("}")[2]


def _texts(box: Element) -> Iterator[Element]:
    return (node for node in box.iter() if _name(node) == "t")
