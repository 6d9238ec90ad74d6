"""PDF: the text that was laid out comes back. Each test lays out a text that it knows, and compares with that."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from article_files import body, pdf_file

from seeds.article import Article
from seeds.loaders import load_bytes
from seeds.notice import Notice

Piece = tuple[float, float, float, str]
"""x and y in points from the lower left, size of type, text."""
STORY = (
    "솔마루시는 지난 4일 언덕길 버스 17대를 새로 들인다고 알렸다. 버스값은 모두 6천300만 원이며 절반은 도가 댄다. "
    "정류장 28곳에는 바람막이를 세우고, 배차 간격은 12분으로 줄인다. 시장은 주민 9천870명이 서명한 뜻을 "
    "받아들였다고 말했다. 첫 버스는 내년 5월에 다니며 요금은 그대로다."
)


def make(pages: Sequence[Sequence[Piece]]) -> bytes:
    """Pages that show the pieces in this order: one font with a ToUnicode map, no glyphs needed."""
    code = {c: i for i, c in enumerate(sorted({c for page in pages for piece in page for c in piece[3]}), 1)}
    pairs = "".join(f"<{i:04X}> <{c.encode('utf-16-be').hex()}>\n" for c, i in code.items())
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{len(code)} beginbfchar\n{pairs}endbfchar\n"
        "endcmap end end"
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{' '.join(f'{6 + 2 * i} 0 R' for i in range(len(pages)))}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /U /Encoding /Identity-H"
        " /DescendantFonts [4 0 R] /ToUnicode 5 0 R >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /U /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity)"
        " /Supplement 0 >> /DW 1000 >>",
        f"<< /Length {len(cmap)} >>\nstream\n{cmap}\nendstream",
    ]
    for number, page in enumerate(pages):
        content = "".join(
            f"BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm <{''.join(f'{code[c]:04X}' for c in text)}> Tj ET\n"
            for x, y, size, text in page
        )
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {7 + 2 * number} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        ]
    return pdf_file(objects)


def by_words(text: str, width: int) -> list[str]:
    """Lines of at most that many columns; Hangul takes two."""
    lines = [""]
    for word in text.split():
        line = f"{lines[-1]} {word}".strip()
        if len(line.encode("cp949")) <= width:
            lines[-1] = line
        else:
            lines.append(word)
    return lines


def by_letters(text: str, width: int) -> list[str]:
    """Lines filled to the last column, as Hangul Word Processor breaks them; a space stays where the line ends."""
    lines = [""]
    for letter in text:
        if len((lines[-1] + letter).rstrip().encode("cp949")) > width:
            lines.append("")
        lines[-1] += letter
    return lines


def column(lines: Sequence[str], *, x: float = 57, top: float = 740, size: float = 11) -> list[Piece]:
    return [(x, top - 20 * i, size, line) for i, line in enumerate(lines)]


def read(pages: Sequence[Sequence[Piece]]) -> tuple[Article, str]:
    told: list[Notice] = []
    [article] = load_bytes("a.pdf", make(pages), tell=told.append)
    return article, " ".join(notice.en for notice in told)


@pytest.mark.parametrize("width", [24, 30, 36, 50, 71])
def test_lines_broken_between_words(width: int) -> None:
    article, _ = read([column(by_words(STORY, width))])
    assert article.text.replace("\n", " ") == STORY
    assert all(line.endswith(".") for line in article.text.split("\n"))


@pytest.mark.parametrize("width", [24, 30, 33, 39, 42, 45, 48, 51, 54])
def test_lines_broken_anywhere(width: int) -> None:
    article, _ = read([column(by_letters(STORY, width))])
    assert article.text.replace("\n", " ") == STORY


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("눈을 치우는 사람은 모두 1만 2천", "700명이다.", "모두 1만 2천700명이다."),
        ("눈을 치우는 사람은 모두 12,", "700명이다.", "모두 12,700명이다."),
        ("눈을 치우는 사람은 모두 2700", "명이다.", "모두 2700명이다."),
        ("눈을 치우는 값은 모두 3조 2천", "억 원이다.", "모두 3조 2천억 원이다."),
        ("눈을 치운 것은 지난해 12월 3", "일이다.", "12월 3일이다."),
        ("언덕에 내린 눈은 지난해보다 18.", "5%가 더 내렸다.", "지난해보다 18.5%가 더 내렸다."),
        ("문의할 곳은 시청 02-123-", "4567이다.", "02-123-4567이다."),
        ("The city will clear snow with thirty-one plough-", "ers this year.", "thirty-one ploughers this year."),
        ("눈을 치우는 사람이 모자라 시청", "에서 더 뽑았다.", "시청에서 더 뽑았다."),
    ],
)
def test_numbers_and_words_broken_at_a_line_end(first: str, second: str, joined: str) -> None:
    article, _ = read([column([first, second])])
    assert body(article)[0].endswith(joined)


def test_headlines_and_paragraphs_stay_apart() -> None:
    head = "언덕길 버스 17대 새로 들인다, 내년 5월부터"
    article, _ = read(
        [
            [
                (57, 780, 18, head),
                *column(by_words(STORY[:66], 40)),
                *column(["정류장 28곳에도 바람막이"], top=600),
                *column(by_words(STORY[66:], 40), top=560),
            ]
        ]
    )
    assert article.title == head
    assert article.text.split("\n") == [head, STORY[:66].strip(), "정류장 28곳에도 바람막이", STORY[66:].strip()]


@pytest.mark.parametrize("order", ["across", "down"])
def test_two_columns(order: str) -> None:
    lines = by_words(f"{STORY} {STORY}", 24)
    half = len(lines) // 2
    left, right = column(lines[:half]), column(lines[half:], x=300)
    if order == "down":
        pieces = left + right
    else:
        rows = [row for pair in zip(left, right, strict=False) for row in pair]
        pieces = rows + right[half:]
    head = "언덕길 버스 17대를 새로 들인다는 소식에 산동네가 반겼다"
    article, _ = read([[(57, 790, 16, head), *pieces]])
    assert article.text.replace("\n", " ") == f"{head} {STORY} {STORY}"


def test_a_table_is_read_row_by_row() -> None:
    rows = [("가람동", "3대"), ("나래동", "5대"), ("다솜동", "2대"), ("라온동", "4대"), ("마루동", "3대")]
    pieces = [(x, 700 - 20 * i, 11, text) for i, row in enumerate(rows) for x, text in zip((57, 300), row, strict=True)]
    article, _ = read([pieces])
    assert article.text.split("\n") == [" ".join(row) for row in rows]


@pytest.mark.parametrize("mark", ["{}", "- {} -", "– {} –", "{} / 3", "{}쪽", "Page {} of 3", "[{}]"])
@pytest.mark.parametrize("drawn_first", [True, False])
def test_page_numbers_and_running_headers(mark: str, drawn_first: bool) -> None:
    lines = by_words(STORY, 30)
    third = -(-len(lines) // 3)
    pages = []
    for number in (1, 2, 3):
        margins = [(57.0, 810.0, 9.0, f"솔마루시 소식지 {number}쪽의 3"), (290.0, 20.0, 9.0, mark.format(number))]
        text = column(lines[third * (number - 1) : third * number])
        pages.append(margins + text if drawn_first else text + margins)
    article, told = read(pages)
    assert " ".join(body(article)) == STORY
    assert article.text.count("소식지") == 1
    assert "page numbers and running headers (5)" in told


def test_a_number_that_ends_a_page_is_no_page_number() -> None:
    article, told = read([column(["회의 자료", "참석한 사람 수", "417"]), column(["예산 자료", "쓴 돈(억 원)", "63"])])
    assert {"417", "63"} <= set(article.text.split("\n"))
    assert told == ""


def test_pages_are_read_by_pypdf_too() -> None:
    import pypdf

    pages = pypdf.PdfReader(io.BytesIO(make([column(["첫 쪽이다."]), column(["다음 쪽이다."])]))).pages
    assert [page.extract_text().strip() for page in pages] == ["첫 쪽이다.", "다음 쪽이다."]
