"""Word documents (.docx) to text, as Word shows and prints them with all tracked changes accepted."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from seeds.document import DAMAGE, DELETION, Block, Document, damaged, join_blocks, row_of
from seeds.notice import left_out

_DELETED = qn("w:del"), qn("w:moveFrom")
_NOT_SHOWN = (
    *_DELETED,
    qn("w:pPr"),
    qn("w:rPr"),
    qn("w:rt"),  # how a word is pronounced, set above it
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",  # the same again for old programs
)
_CHARACTERS = {
    qn("w:tab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
}
_TEXT = qn("w:t"), "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_NOTES = {
    qn("w:footnoteReference"): (RELATIONSHIP_TYPE.FOOTNOTES, qn("w:footnote")),
    qn("w:endnoteReference"): (RELATIONSHIP_TYPE.ENDNOTES, qn("w:endnote")),
}
_HIDDEN = ("hidden text", "숨긴 글")
_STRUCK = ("struck-out text", "취소선을 그은 글")
_COMMENT = ("comments", "메모")
_MARGIN = ("page headers and footers", "머리글과 바닥글")
_EMBEDDED = ("embedded documents", "삽입한 문서")


def parse_word(name: str, data: bytes) -> Document:
    """Paragraphs with their text boxes and notes behind them, and tables, a line a row."""
    try:
        word = docx.Document(io.BytesIO(data))
        reader = _Reader(word)
        blocks = list(reader.blocks(word.element.body))
        title = word.core_properties.title
        omitted = reader.omitted | reader.other_parts()
    except DAMAGE as error:
        raise damaged(name, "Word") from error
    heading = next((words.strip() for words, apart in blocks if apart and words.strip() and words[0] != "|"), None)
    return replace(join_blocks(name, blocks), title=title.strip() or heading, notices=left_out(name, omitted))


class _Reader:
    """Reads the parts of one document. `omitted` counts what is left out."""

    def __init__(self, word: Any) -> None:
        self._part = word.part
        self._styles = {style.style_id: style.name or "" for style in word.styles}
        self._notes: dict[str, dict[str, Any]] = {}
        self.omitted: Counter[tuple[str, str]] = Counter()

    def blocks(self, box: Any) -> Iterator[Block]:
        """The paragraphs and table rows in `box`, with True for headings and tables."""
        begun = ""  # of a paragraph whose end is deleted, so that it goes on in the next
        for node in box:
            if node.tag == qn("w:p"):
                apart: list[Block] = []
                words = begun + "".join(self._inline(node, apart))
                if node.find(f"{qn('w:pPr')}/{qn('w:rPr')}/{qn('w:del')}") is not None:
                    begun = words
                else:
                    begun = ""
                    yield words, self._style(node).startswith(("Heading", "heading", "Title", "Caption", "caption"))
                yield from apart
            elif node.tag == qn("w:tbl"):
                yield from self._table(node)
            elif node.tag in _DELETED:
                self.omitted[DELETION] += 1
            elif node.tag == qn("w:altChunk"):
                self.omitted[_EMBEDDED] += 1
            elif node.tag not in _NOT_SHOWN:  # content controls and inserted blocks hold paragraphs
                yield from self.blocks(node)
        if begun:
            yield begun, False

    def other_parts(self) -> Counter[tuple[str, str]]:
        """How many comments, page headers and footers hold text."""
        kinds = {
            RELATIONSHIP_TYPE.COMMENTS: (_COMMENT, qn("w:comment")),
            RELATIONSHIP_TYPE.HEADER: (_MARGIN, qn("w:hdr")),
            RELATIONSHIP_TYPE.FOOTER: (_MARGIN, qn("w:ftr")),
        }
        found: Counter[tuple[str, str]] = Counter()
        for relation in self._part.rels.values():
            if relation.reltype in kinds and not relation.is_external:
                kind, tag = kinds[relation.reltype]
                root = parse_xml(relation.target_part.blob)
                found[kind] += sum(any(part.text for part in box.iter(_TEXT[0])) for box in root.iter(tag))
        return found

    def _inline(self, node: Any, apart: list[Block]) -> Iterator[str]:
        """The words in a paragraph; what stands outside of its line (text boxes, notes) goes to `apart`."""
        for part in node:
            if part.tag in _TEXT:
                yield part.text or ""
            elif part.tag in _CHARACTERS:
                yield _CHARACTERS[part.tag]
            elif part.tag in _DELETED:
                self.omitted[DELETION] += 1
            elif part.tag == qn("w:txbxContent"):
                apart.extend(self.blocks(part))
            elif part.tag in _NOTES:
                apart.extend(self._note(part))
            elif part.tag == qn("w:r") and (kind := _not_printed(part)):
                self.omitted[kind] += any(text.text for text in part.iter(*_TEXT))
            elif part.tag not in _NOT_SHOWN:
                yield from self._inline(part, apart)

    def _table(self, table: Any) -> Iterator[Block]:
        rows = [row for row in table.iter(qn("w:tr")) if next(row.iterancestors(qn("w:tbl"))) is table]
        for row in rows:
            if row.find(f"{qn('w:trPr')}/{qn('w:del')}") is not None:
                self.omitted[DELETION] += 1
                continue
            cells = [cell for cell in row.iter(qn("w:tc")) if next(cell.iterancestors(qn("w:tr"))) is row]
            if len(cells) == 1:  # a frame around text
                yield from self.blocks(cells[0])
            else:
                yield row_of(self.blocks(cell) for cell in cells), True

    def _note(self, reference: Any) -> Iterator[Block]:
        relation, tag = _NOTES[reference.tag]
        if tag not in self._notes:
            root = parse_xml(self._part.part_related_by(relation).blob)
            self._notes[tag] = {note.get(qn("w:id")): note for note in root.iter(tag)}
        note = self._notes[tag].get(reference.get(qn("w:id")))
        if note is not None:
            yield from self.blocks(note)

    def _style(self, paragraph: Any) -> str:
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return self._styles.get(style.get(qn("w:val")), "") if style is not None else ""


def _not_printed(run: Any) -> tuple[str, str] | None:
    """Why a run's text is not to be read, if so."""
    kinds = {"w:vanish": _HIDDEN, "w:strike": _STRUCK, "w:dstrike": _STRUCK}
    for tag, kind in kinds.items():
        mark = run.find(f"{qn('w:rPr')}/{qn(tag)}")
        if mark is not None and mark.get(qn("w:val")) not in ("0", "false", "off"):
            return kind
    return None
