"""Made-up articles as files of every format, for the tests of the loaders."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import docx
import pytest

from seeds.article import Article
from seeds.errors import ArticleFileError
from seeds.loaders import load_bytes

NEWS = """섬 마을에 첫 도서관

2025-03-20     김하늘 기자

[한빛일보 김하늘 기자] 한빛시는 20일 섬 마을에 첫 도서관을 열었다고 밝혔다.

도서관은 책 1만2000권을 갖췄다.

저작권자 ⓒ 한빛일보 무단전재 및 재배포 금지
"""
NEWS_BODY = ["한빛시는 20일 섬 마을에 첫 도서관을 열었다고 밝혔다.", "도서관은 책 1만2000권을 갖췄다."]


def body(article: Article) -> list[str]:
    return [article.text[start:end] for start, end in article.body]


def make_pdf(lines: Iterable[str], title: str | None = None) -> bytes:
    """A one-page PDF whose text layer is `lines`: one font with a ToUnicode map, no glyphs needed."""
    lines = list(lines)
    letters = sorted({c for line in lines for c in line})
    code = {c: i for i, c in enumerate(letters, 1)}
    pairs = "".join(f"<{code[c]:04X}> <{c.encode('utf-16-be').hex()}>\n" for c in letters)
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{len(letters)} beginbfchar\n{pairs}endbfchar\n"
        "endcmap end end"
    )
    shown = "".join(f"<{''.join(f'{code[c]:04X}' for c in line)}> Tj T*\n" for line in lines)
    content = f"BT /F1 12 Tf 14 TL 72 770 Td\n{shown}ET" if lines else ""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type0 /BaseFont /U /Encoding /Identity-H"
        " /DescendantFonts [6 0 R] /ToUnicode 7 0 R >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /U /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity)"
        " /Supplement 0 >> /DW 1000 >>",
        f"<< /Length {len(cmap)} >>\nstream\n{cmap}\nendstream",
        f"<< /Title <FEFF{(title or '').encode('utf-16-be').hex()}> >>",
    ]
    return pdf_file(objects, "/Info 8 0 R")


def pdf_file(objects: Sequence[str], trailer: str = "") -> bytes:
    """A PDF of these objects, numbered from 1, the first of them its catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, obj in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{obj}\nendobj\n".encode("ascii")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF".encode()
    return bytes(out)


def make_docx(title: str = "") -> bytes:
    document = docx.Document()
    document.core_properties.title = title
    document.add_heading("섬 마을에 첫 도서관", 0)
    document.add_paragraph("[한빛일보 김하늘 기자] 한빛시는 20일 섬 마을에 첫 도서관을 열었다고 밝혔다.")
    document.add_heading("아이들이 가장 반겼다.", 1)
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "책", "1만2000권이다."
    document.add_paragraph("도서관은 책 1만2000권을 갖췄다.")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def problem_of(name: str, data: bytes, **options: int) -> ArticleFileError:
    with pytest.raises(ArticleFileError) as caught:
        load_bytes(name, data, **options)
    for message in (caught.value.en, caught.value.ko):
        assert message
        assert "\n" not in message
    assert any("\uac00" <= c <= "\ud7a3" for c in caught.value.ko)
    return caught.value


MARKDOWN = """---
id: island-library
title: "섬 마을 도서관: 첫날"
publisher: 한빛일보
published: 2025-03
url: https://hanbit.example/1
---

# 섬 마을에 첫 도서관

한빛시는 **20일** 섬 마을에 [첫 도서관](https://hanbit.example/lib)을 열었다고 *밝혔다*.
    도서관은 책 1만2000권을 갖췄다.

## 왜 지금 열었을까?

| 곳 | 수 |
|---|---|
| 북쪽 | 2 |

- 아이들은 토요일에도 갈 수 있다.

![새 도서관](a.png)
"""

PAGE = """<!DOCTYPE html><html lang="ko"><head><meta charset="{charset}"><title>섬 마을에 첫 도서관 - 한빛일보</title>
<meta property="og:title" content="섬 마을에 첫 도서관"><meta property="og:site_name" content="한빛일보">
<meta property="article:published_time" content="2025-03-20T09:00:00+09:00"><meta name="author" content="김하늘 기자">
<link rel="canonical" href="https://hanbit.example/1"></head><body><nav><ul><li><a href="/">홈</a></li></ul></nav>
<article><h1>섬 마을에 첫 도서관</h1>
<p>[한빛일보 김하늘 기자] 한빛시는 20일 섬 마을에 <b>첫</b> 도서관을 열었다고 밝혔다.</p>
<figure><img src="a.jpg"><figcaption>새 도서관을 둘러보고 있다.</figcaption></figure>
<h2>왜 지금 열었을까?</h2>
<p>도서관은 책 1만2000권을 갖췄다.<br>아이들은 토요일에도 갈 수 있다.</p>
<table><tr><td>곳</td><td>수</td></tr><tr><td>북쪽</td><td>2</td></tr></table>
<p>김하늘 기자 sky@hanbit.example</p></article>
<footer>Copyright ⓒ 한빛일보. 무단전재 및 재배포 금지</footer><script>var a = "다.";</script></body></html>"""
