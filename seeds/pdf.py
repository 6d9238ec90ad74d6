"""PDF to text: columns one after the other, lines joined to paragraphs, page numbers and running headers left out."""

from __future__ import annotations

import io
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import pypdf
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

from seeds.decode import breaks_number, goes_on, is_unfinished, normalise, text_width
from seeds.document import DAMAGE, Document, damaged, locked, too_large_inside
from seeds.errors import ArticleFileError
from seeds.notice import left_out

_PAGE_LIMIT = 2_000
_RUNNING = ("page numbers and running headers", "쪽 번호와 반복되는 머리글·바닥글")
_PAGE_NUMBER = re.compile(
    r"(?P<dash>[-–—(<[]\s*)?(?:page|p\.)?\s*(?P<number>\d{1,4})\s*(?:(?:/|of)\s*\d{1,4})?\s*(?:쪽|면|페이지)?\s*(?P<close>[-–—)>\]])?",
    re.IGNORECASE,
)
# Particles and endings, which begin no word.
_WORD_END = re.compile(
    r"(?:을|를|은|는|의|에|로|으로|와|과|에서|에게|부터|까지|이다|[했됐혔렸졌였었났왔갔]다|[하되]고|습니다|[합됩입]니다)(?=[\s.,]|$)|다\."
)
_FULL = 0.9
"""Share of the usual width that a line takes with the next word, if it ends for want of room. Widths are estimates."""
_COLUMN_LINES = 4
_PROSE = 0.6
"""Share of its column's width that most lines of prose take."""
_LEAST_COLUMNS = 20
"""Width of the narrowest column of prose, in Latin letters: what is narrower is a list or a table."""
_CLAUSE = 20


@dataclass(frozen=True, slots=True)
class _Line:
    """`x` and `y` (upwards) are where it begins, in points, `size` that of its type."""

    text: str
    page: int
    x: float
    y: float
    size: float

    @property
    def end(self) -> float:
        """About where it ends: Hangul is as wide as it is high, other letters half that."""
        return self.x + text_width(self.text) * self.size / 2


def parse_pdf(name: str, data: bytes) -> Document:
    """Raises ArticleFileError if it is damaged, protected, too large or has no text layer."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if len(reader.pages) > _PAGE_LIMIT:
            raise too_large_inside(name)
        pages = [_in_columns(_lines(name, number, page)) for number, page in enumerate(reader.pages, 1)]
        title = (reader.metadata.title or "") if reader.metadata else ""
    except (FileNotDecryptedError, DependencyError) as error:
        raise locked(name, "PDF") from error
    except (PyPdfError, *DAMAGE) as error:
        raise damaged(name, "PDF") from error
    if not any(pages):
        raise ArticleFileError(
            f"{name} has no text layer (scanned pages). Run text recognition (OCR) on it first.",
            f"{name}: 글자 정보가 없는(스캔한) PDF입니다. 먼저 문자 인식(OCR)을 해 주세요.",
        )
    lines = _without_margins(pages)
    omitted = {_RUNNING: sum(map(len, pages)) - len(lines)}
    text = _joined(lines)
    # many PDFs are titled after the program or template that made them; the real title also stands on the page
    title = unicodedata.normalize("NFC", title).strip()
    return Document(text, title=title if title and title in text else None, notices=left_out(name, omitted))


def _lines(name: str, number: int, page: pypdf.PageObject) -> list[_Line]:
    """The pieces of lines that the page draws, in its order. A line across columns may be in several pieces."""
    pieces: list[_Line] = []

    def add(text: str, ctm: Sequence[float], tm: Sequence[float], _font: object, size: float) -> None:
        x = tm[4] * ctm[0] + tm[5] * ctm[2] + ctm[4]
        y = tm[4] * ctm[1] + tm[5] * ctm[3] + ctm[5]
        pieces.append(_Line(text, number, x, y, abs(size * (tm[3] or tm[1] or 1) * (ctm[3] or ctm[1] or 1)) or 1))

    page.extract_text(visitor_text=add)
    lines: list[_Line] = []
    ended = True
    for piece in pieces:
        for i, words in enumerate(normalise(name, piece.text).split("\n")):
            ended = ended or i > 0
            if not words.strip():
                if not ended:
                    lines[-1] = replace(lines[-1], text=lines[-1].text + words)
            elif ended or piece.x - lines[-1].end > 2 * piece.size:
                lines.append(replace(piece, text=words.lstrip()))
                ended = False
            else:
                lines[-1] = replace(lines[-1], text=lines[-1].text + words)
    return lines


def _in_columns(pieces: list[_Line]) -> list[_Line]:
    """The lines of a page, column by column where the page draws them across; else in its own order."""
    gutter = _gutter(pieces)
    if gutter is not None:
        across = [piece for piece in pieces if _is_across(piece, gutter)]

        def place(piece: _Line) -> tuple[int, bool, float, float]:
            above = sum(other.y > piece.y for other in across)
            if _is_across(piece, gutter):
                return 2 * above + 1, False, -piece.y, piece.x
            return 2 * above, piece.x >= gutter, -piece.y, piece.x

        pieces = sorted(pieces, key=place)
    lines: list[_Line] = []
    for piece in pieces:
        last = lines[-1] if lines else None
        if last and abs(last.y - piece.y) < piece.size / 2 and last.x < piece.x and not _parts(gutter, last, piece):
            lines[-1] = replace(last, text=f"{last.text.rstrip()} {piece.text}")
        else:
            lines.append(piece)
    return lines


def _parts(gutter: float | None, one: _Line, other: _Line) -> bool:
    return gutter is not None and one.x < gutter <= other.x


def _gutter(pieces: Sequence[_Line]) -> float | None:
    """Where the right one of two columns of prose begins, if the page draws from one to the other and back."""
    if not pieces:
        return None
    for edge, count in Counter(round(piece.x) for piece in pieces).most_common(3):
        gutter = edge - 1.0
        right = [piece for piece in pieces if piece.x >= gutter]
        top, bottom = max(piece.y for piece in right), min(piece.y for piece in right)
        beside = [piece for piece in pieces if piece.x < gutter and bottom <= piece.y <= top]
        left = [piece for piece in beside if not _is_across(piece, gutter)]
        if count < _COLUMN_LINES or len(left) < max(_COLUMN_LINES, 0.8 * len(beside)):
            continue
        sides = [piece.x >= gutter for piece in pieces if bottom <= piece.y <= top]
        turns = sum(one != other for one, other in pairwise(sides))
        if turns >= _COLUMN_LINES and _is_prose(left) and _is_prose(right):
            return gutter
    return None


def _is_prose(column: Sequence[_Line]) -> bool:
    usual = median(text_width(piece.text) for piece in column)
    return usual >= max(_LEAST_COLUMNS, _PROSE * max(text_width(piece.text) for piece in column))


def _is_across(piece: _Line, gutter: float) -> bool:
    return piece.x < gutter and piece.end > gutter + 2 * piece.size


def _without_margins(pages: Sequence[Sequence[_Line]]) -> list[_Line]:
    """All lines but page numbers and those that stand at the same edge of most pages.

    Of the latter the first is kept at the top, the last at the bottom: it may be the headline or the outlet.
    """
    edges: dict[tuple[bool, str], list[_Line]] = {}
    numbers: list[tuple[_Line, int]] = []
    dropped: set[int] = set()
    for page in pages:
        by_height = sorted(page, key=lambda line: -line.y)
        for is_top, lines in ((True, by_height[:2]), (False, by_height[2:][-2:])):
            for line in lines:
                for words in _with_any_page(line):
                    edges.setdefault((is_top, words), []).append(line)
        for line in {id(line): line for line in (*by_height[:1], *by_height[-1:])}.values():
            if number := _PAGE_NUMBER.fullmatch(line.text.strip()):
                if number["dash"] and number["close"]:
                    dropped.add(id(line))
                numbers.append((line, int(number["number"]) - line.page))
    usual = Counter(offset for _, offset in numbers)
    dropped |= {id(line) for line, offset in numbers if offset == 0 or usual[offset] > 1}
    for (is_top, _), lines in edges.items():
        if len(lines) > 1 and 2 * len(lines) > len(pages):
            dropped |= {id(line) for line in (lines[1:] if is_top else lines[:-1])}
    return [line for page in pages for line in page if id(line) not in dropped]


def _with_any_page(line: _Line) -> set[str]:
    """The line, and the line with "#" in each place where the page's number may stand."""
    words = " ".join(line.text.split())
    places = re.finditer(rf"(?<!\d){line.page}(?!\d)", words)
    return {words, *(f"{words[: place.start()]}#{words[place.end() :]}" for place in places)}


def _joined(lines: Sequence[_Line]) -> str:
    """Lines as paragraphs: those that end for want of room go on with the next."""
    if not lines:
        return ""
    widths: dict[int, list[float]] = {}
    falls: dict[int, list[float]] = {}
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        widths.setdefault(round(line.size), []).append(line.end - line.x)
        if following is not None and following.y < line.y:
            falls.setdefault(round(line.size), []).append(line.y - following.y)
    width = {size: sorted(its)[int(0.8 * len(its))] for size, its in widths.items()}
    fall = {size: median(its) for size, its in falls.items()}

    def goes_on_in(line: _Line, following: _Line) -> bool:
        size = round(line.size)
        if not is_unfinished(line.text, following.text) or abs(line.size - following.size) > 0.1 * line.size:
            return False
        if line.page == following.page and line.y - following.y > 1.5 * fall.get(size, line.y):
            return False
        word = following.text.split()[0]
        room = width[size] - (line.end - line.x) - (1 + text_width(word)) * line.size / 2
        full = width[size] >= _LEAST_COLUMNS * line.size / 2 and room < (1 - _FULL) * width[size]
        told = len(line.text) >= _CLAUSE and (goes_on(line.text) or breaks_number(line.text, following.text))
        return full or told

    joins = [goes_on_in(line, following) for line, following in pairwise(lines)]
    spaced = any(joined and line.text[-1].isspace() for line, joined in zip(lines, joins, strict=False))
    parts = [lines[0].text]
    for joined, line in zip(joins, lines[1:], strict=True):
        if joined:
            parts[-1] = _seam(parts[-1], line.text, spaced)
        else:
            parts.append(line.text)
    return "\n".join(part.rstrip() for part in parts)


def _seam(line: str, following: str, spaced: bool) -> str:
    """Two lines as one. Where other lines end in a space (`spaced`), one that does not breaks within a word."""
    if line[-1].isspace():
        return line.rstrip() + " " + following
    if re.search(r"[a-z]-$", line) and following[0].islower():
        return line[:-1] + following
    if line.endswith("\u00ad"):
        return line[:-1] + following
    both_digits = line[-1].isdigit() and following[0].isdigit()
    hyphen = re.search(r"\w[-~∼–/]$", line) and following[0].isalnum()
    # `300만 원` is written with a space, `300만` and `1천500` without
    number = breaks_number(line, following) and not (
        line[-1] in "만천백억조" and not re.match(r"[\d만억조]", following)
    )
    within = spaced or both_digits or hyphen or number or _WORD_END.match(following)
    return line + ("" if within else " ") + following
