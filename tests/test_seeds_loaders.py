"""Files of every format to articles, and what bad files get."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import docx
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seeds.article import Article
from seeds.errors import ArticleFileError, GisaError
from seeds.loaders import (
    FileProblem,
    article_from_text,
    find_files,
    load,
    load_bytes,
    load_each,
    shipped_articles,
)

SOURCES = Path(__file__).parents[2] / "shared" / "articles"
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
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, obj in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{obj}\nendobj\n".encode("ascii")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info 8 0 R >>\nstartxref\n{start}\n%%EOF".encode()
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


# --- plain text


def test_text_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "섬_도서관-1.txt"
    path.write_text(NEWS, encoding="utf-8")
    [article] = load(path)
    assert article.id == "섬_도서관-1"
    assert article.title == "섬 마을에 첫 도서관"
    assert article.text == NEWS
    assert body(article) == NEWS_BODY
    assert (article.publisher, article.author, article.published) == ("한빛일보", "김하늘", date(2025, 3, 20))
    assert (article.published_precision, article.language, article.source) == ("day", "ko", str(path))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("도서관이 문을 열었다. 책은 만 권이다.\n모두 반겼다.", "도서관이 문을 열었다."),
        ("왜 도서관인가?\n시는 책이 필요하다고 했다.", "왜 도서관인가?"),
        ("도서관 문 열어", "도서관 문 열어"),
        (
            "한빛시는 이십일 섬 마을의 오래된 등대 자리에 주민들이 십 년 동안 기다려 온 첫 번째 공공 도서관을 새로"
            " 지어 열었다.",
            "한빛시는 이십일 섬 마을의 오래된 등대 자리에 주민들이 십 년 동안 기다려 온 첫 번째 공공 도서관을 새로…",
        ),
    ],
)
def test_title_of_plain_text(text: str, title: str) -> None:
    assert article_from_text(text).title == title
    assert len(title) <= 60


@pytest.mark.parametrize(
    ("stem", "expected"),
    [("a-b_C9", "a-b_C9"), ("기사 (1)", "기사-1"), ("..news..v2", "news-v2"), ("섬마을", "섬마을")],
)
def test_id_from_file_name(stem: str, expected: str) -> None:
    assert load_bytes(f"{stem}.txt", NEWS.encode())[0].id == expected


def test_decomposed_hangul_and_windows_newlines_are_normalised() -> None:
    # "한빛" as a Mac writes it, in conjoining jamo
    [article] = load_bytes(
        "\u1112\u1161\u11ab.txt", "\u1112\u1161\u11ab\u1107\u1175\u11be\r\n시가 문을 열었다.\r".encode()
    )
    assert article.text == "한빛\n시가 문을 열었다.\n"
    assert article.id == "한"


@pytest.mark.parametrize("text", [NEWS, "문을 열었다.", "시는 20일 “책 1만2000권을 갖췄다”고 밝혔다.\n" * 200])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949", "euc-kr"])
def test_korean_encodings(encoding: str, text: str) -> None:
    data = text.encode(encoding)
    assert load_bytes("news.txt", data)[0].text == text


def test_utf_16_big_endian_with_its_mark() -> None:
    assert load_bytes("news.txt", b"\xfe\xff" + NEWS.encode("utf-16-be"))[0].text == NEWS


def test_western_text_is_not_taken_for_korean() -> None:
    text = "The café in Besançon opened on Monday. “It is our third,” said the owner, André Lefèvre, who is proud."
    assert load_bytes("cafe.txt", text.encode("cp1252"))[0].text == text


def test_wrapped_lines_are_joined_without_moving_offsets() -> None:
    text = (
        "한빛시는 20일 섬 마을에 첫 도서관을 열었다고 밝혔다. 도서관은 책\n"
        "1만2000권을 갖췄으며 아이들은 토요일에도 갈 수 있다고 시장이 직접\n"
        "주민들에게 말했다. 내년에는 옆 섬에도 작은 도서관 두 곳을 더 지을 것\n"
        "이라는 계획도 함께 나왔다."
    )
    [article] = load_bytes("wrapped.txt", text.encode())
    assert article.text == text.replace("\n", " ")
    assert body(article) == [article.text]


def test_what_is_given_comes_before_what_the_text_says() -> None:
    article = article_from_text(
        NEWS, id="lib 1", title="도서관", publisher="새벽뉴스", author="이나무", published="2024-05", language="ko",
        url="https://saebyeok.example/1", source="mail", rights="CC BY",
    )  # fmt: skip
    assert (article.id, article.title, article.publisher, article.author) == ("lib 1", "도서관", "새벽뉴스", "이나무")
    assert (article.published, article.published_precision) == (date(2024, 5, 1), "month")
    assert (article.url, article.source, article.rights) == ("https://saebyeok.example/1", "mail", "CC BY")
    with pytest.raises(ArticleFileError, match="published"):
        article_from_text(NEWS, published="어제")


def test_stray_control_characters_become_spaces() -> None:
    [article] = load_bytes("a.jsonl", json.dumps({"text": "새 역이\x1b[31m 섰다."}).encode())
    assert article.text == "새 역이 [31m 섰다."
    assert load_bytes("a.txt", (NEWS * 20 + "끝\x03났다.").encode())[0].text == NEWS * 20 + "끝 났다."


def test_title_below_a_date_line_and_language_of_a_region() -> None:
    article = article_from_text("입력 2025-03-20 10:20\n" + NEWS, language="ko-KR")
    assert (article.title, article.language) == ("섬 마을에 첫 도서관", "ko")
    assert article_from_text("The library opened on Monday in 한빛 city.").language == "en"


# --- Markdown

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


def test_markdown_is_rendered_to_plain_text() -> None:
    [article] = load_bytes("library.md", MARKDOWN.encode())
    assert (article.id, article.title, article.publisher) == ("island-library", "섬 마을 도서관: 첫날", "한빛일보")
    assert (article.published, article.published_precision) == (date(2025, 3, 1), "month")
    assert article.url == "https://hanbit.example/1"
    assert body(article) == [
        "한빛시는 20일 섬 마을에 첫 도서관을 열었다고 밝혔다.",
        "도서관은 책 1만2000권을 갖췄다.",
        "아이들은 토요일에도 갈 수 있다.",
    ]
    for kept in ("섬 마을에 첫 도서관", "왜 지금 열었을까?", "| 북쪽 | 2 |", "새 도서관"):
        assert kept in article.text
    for mark in ("**", "](", "##", "island-library"):
        assert mark not in article.text


def test_markdown_without_front_matter_is_titled_by_its_heading() -> None:
    assert load_bytes("a.md", "# 새 역\n\n강릉에 새 역이 섰다.".encode())[0].title == "새 역"


def test_line_of_dashes_does_not_make_a_sentence_a_heading() -> None:
    assert body(load_bytes("a.md", "강릉에 새 역이 섰다.\n---\n역은 크다.".encode())[0]) == [
        "강릉에 새 역이 섰다.",
        "역은 크다.",
    ]


@pytest.mark.parametrize("front", ["title: [", "title: {a: 1}", "published: 2025-13-45", "published: 어제", "id: [1]"])
def test_bad_front_matter_is_told(front: str) -> None:
    problem_of("a.md", f"---\n{front}\n---\n강릉에 새 역이 섰다.".encode())


# --- HTML

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


@pytest.mark.parametrize("charset", ["utf-8", "euc-kr"])
@pytest.mark.parametrize("name", ["a.html", "a.htm", "a.txt"])
def test_html_page(name: str, charset: str) -> None:
    [article] = load_bytes(name, PAGE.format(charset=charset).encode(charset))
    assert (article.title, article.publisher, article.author) == ("섬 마을에 첫 도서관", "한빛일보", "김하늘")
    assert (article.published, article.url) == (date(2025, 3, 20), "https://hanbit.example/1")
    assert body(article) == [
        "한빛시는 20일 섬 마을에 첫 도서관을 열었다고 밝혔다.",
        "도서관은 책 1만2000권을 갖췄다.",
        "아이들은 토요일에도 갈 수 있다.",
    ]


def test_html_with_lists_quotes_and_links() -> None:
    page = """<html><body><p>시는 4일 밝혔다. 값은 <a href="x">3만원</a>이다.</p>
    <ul><li>하나는 빨갛다.<ul><li>둘은 <i>파랗다</i>.</li></ul></li><li><p>셋은 희다.</p></li></ul>
    <blockquote><p>넷은 검다.</p></blockquote><p>다섯은 없다.</p></body></html>"""
    assert body(load_bytes("a.html", page.encode())[0]) == [
        "시는 4일 밝혔다. 값은 3만원이다.",
        "하나는 빨갛다.",
        "둘은 파랗다.",
        "셋은 희다.",
        "넷은 검다.",
        "다섯은 없다.",
    ]


def test_portal_page_with_line_breaks_for_paragraphs() -> None:
    page = """<html><head><meta property="og:title" content="첫 비행">
    <meta property="og:article:author" content="한빛일보 | 포털"></head><body><div id="ct">
    <div><h2>첫 비행</h2><span>입력 2025.03.04. 오전 10:20</span></div><article id="dic_area">
    <span class="end_photo_org"><img src="x"><em class="img_desc">사진은 시험기 모습.</em></span>
    [한빛=한빛일보] 김하늘 기자 = 한빛시가
    만든 시험기가 4일 처음 날았다.<br><br>시험기는 <b>42분</b> 동안 하늘에 있었다고 시는 밝혔다.<br><br>
    ◇ 다음은 바다<br><br>시는 "사흘 뒤 바다 위를 난다"고 말했다.</article>
    <div>Copyright ⓒ 한빛일보. All rights reserved. 무단 전재 및 재배포 금지.</div></div></body></html>"""
    [article] = load_bytes("a.html", page.encode())
    assert (article.title, article.author, article.published) == ("첫 비행", "김하늘", date(2025, 3, 4))
    assert body(article) == [
        "한빛시가 만든 시험기가 4일 처음 날았다.",
        "시험기는 42분 동안 하늘에 있었다고 시는 밝혔다.",
        '시는 "사흘 뒤 바다 위를 난다"고 말했다.',
    ]


def test_html_without_an_article_is_told() -> None:
    problem_of("a.html", b"<html><head><title>x</title></head><body></body></html>")


# --- PDF


def test_pdf_with_wrapped_lines() -> None:
    lines = [
        "섬 마을에 첫 도서관",
        "한빛시는 20일 섬 마을에 첫 도서관을 열었다고 밝혔다. 도서관은 책",
        "1만2000권을 갖췄으며 아이들은 토요일에도 갈 수 있다고 시장이 직접",
        "주민들에게 말했다. 내년에는 옆 섬에도 작은 도서관 두 곳을 더 지을 것",
        "이라는 계획도 함께 나왔다.",
    ]
    [article] = load_bytes("library.pdf", make_pdf(lines, title="섬 마을에 첫 도서관"))
    assert article.title == "섬 마을에 첫 도서관"
    assert body(article) == [" ".join(lines[1:])]


def test_pdf_titled_after_its_template() -> None:
    [article] = load_bytes("a.pdf", make_pdf(["새 역이 섰다.", "역은 크다."], title="Microsoft Word - 양식.docx"))
    assert article.title == "새 역이 섰다."


def test_pdf_without_text_layer() -> None:
    assert "OCR" in problem_of("scan.pdf", make_pdf([])).en


def test_pdf_with_a_password() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf(["새 역이 섰다."])))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    assert "password" in problem_of("locked.pdf", out.getvalue()).en


def test_damaged_pdf() -> None:
    assert "damaged" in problem_of("a.pdf", make_pdf(["새 역이 섰다."])[:200]).en


# --- Word


def test_docx() -> None:
    [article] = load_bytes("library.docx", make_docx())
    assert article.title == "섬 마을에 첫 도서관"
    assert (article.publisher, article.author) == ("한빛일보", "김하늘")
    assert body(article) == NEWS_BODY
    assert "| 책 | 1만2000권이다. |" in article.text
    assert load_bytes("library.docx", make_docx("섬의 책"))[0].title == "섬의 책"


def test_docx_that_unpacks_to_too_much() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * (101 * 1024 * 1024))
    assert len(out.getvalue()) < 200_000
    assert "unpacks" in problem_of("bomb.docx", out.getvalue()).en


@pytest.mark.parametrize("data", [b"PK\x03\x04broken", make_docx()[:-300]], ids=["head only", "cut off"])
def test_damaged_docx(data: bytes) -> None:
    assert "damaged" in problem_of("a.docx", data).en


def test_archive_that_is_no_word_document() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("Contents/section0.xml", "<a/>")
    assert "not a Word document" in problem_of("a.docx", out.getvalue()).en


def test_old_word_or_hwp() -> None:
    assert ".docx" in problem_of("a.hwp", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)).en


# --- JSON lines


def test_jsonl_keys_and_defaults(tmp_path: Path) -> None:
    records = [
        {"id": "lib/1", "title": "도서관", "text": NEWS, "publisher": "새벽뉴스", "author": "이나무",
         "published": "2024-05-06", "url": "https://saebyeok.example/1", "language": "ko"},
        {"text": "강릉에 새 역이 섰다."},
    ]  # fmt: skip
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in records) + "\n\n", encoding="utf-8")
    first, second = load(path)
    assert (first.id, first.title, first.publisher, first.author) == ("lib/1", "도서관", "새벽뉴스", "이나무")
    assert (first.published, first.url, first.language) == (date(2024, 5, 6), "https://saebyeok.example/1", "ko")
    assert (second.id, second.title) == ("set-2", "강릉에 새 역이 섰다.")


def test_jsonl_bad_lines_are_numbered_and_the_rest_load(tmp_path: Path) -> None:
    lines = ['{"text": "하나가 왔다."}', "{not json", '{"title": "제목"}', '{"text": "넷이 왔다."}', '["text"]',
             '{"text": "\\ud800"}', '{"text": " "}', '{"text": "여덟이 왔다.", "published": [1]}']  # fmt: skip
    path = tmp_path / "mixed.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    loaded = list(load_each([path]))
    assert [a.text for a in loaded if isinstance(a, Article)] == ["하나가 왔다.", "넷이 왔다."]
    problems = [p.error for p in loaded if isinstance(p, FileProblem)]
    assert [e.en.split(":")[0] for e in problems] == [f"Line {n}" for n in (2, 3, 5, 6, 7, 8)]
    assert [e.ko.split(":")[0] for e in problems] == [f"{n}번째 줄" for n in (2, 3, 5, 6, 7, 8)]
    with pytest.raises(ArticleFileError, match="Line 2"):
        load(path)


def test_jsonl_in_cp949() -> None:
    assert load_bytes("a.jsonl", '{"text": "강릉에 새 역이 섰다."}'.encode("cp949"))[0].text == "강릉에 새 역이 섰다."


# --- finding files, and bad ones


def test_find_files_walks_sorts_and_skips(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "sub/c.PDF", "photo.jpg", ".hidden.txt", ".git/d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    missing, named = tmp_path / "missing.txt", tmp_path / "photo.jpg"
    folder = [tmp_path / "a.md", tmp_path / "b.txt", tmp_path / "sub" / "c.PDF"]
    assert find_files([tmp_path]) == folder
    assert find_files([named, tmp_path, missing, tmp_path / "a.md"]) == [named, *folder, missing]


def test_bad_files_are_reported_and_the_rest_go_in(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "good.txt").write_text(NEWS, encoding="utf-8")
    loaded = list(load_each([tmp_path, tmp_path / "gone.txt"]))
    assert [item.id if isinstance(item, Article) else item.path.name for item in loaded] == [
        "bad.txt", "empty.txt", "good", "gone.txt",
    ]  # fmt: skip


def test_two_files_of_one_id_do_not_replace_each_other(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "news.txt").write_text(f"{folder} 마을에 역이 섰다.", encoding="utf-8")
    first, second = load_each([tmp_path])
    assert isinstance(first, Article)
    assert isinstance(second, FileProblem)
    assert str(tmp_path / "a" / "news.txt") in second.error.en


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.txt", b""),
        ("blank.txt", b" \n\t\r\n"),
        ("blank16.txt", " \n \n".encode("utf-16")),
        ("picture.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8),
        ("picture.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 8),
        ("nul.txt", "가나다\x00라마바.".encode()),
        ("cut.txt", NEWS.encode()[:100] + b"\xed\xff" + NEWS.encode()[102:]),
        ("credits.txt", "저작권자 © 한빛일보 무단전재 및 재배포 금지".encode()),
        ("empty.jsonl", b"\n\n"),
        ("../../etc/pass\nwd.txt", b""),
    ],
)
def test_what_is_no_article_is_told_in_one_line(name: str, data: bytes) -> None:
    problem_of(name, data)


def test_large_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    monkeypatch.setattr(Path, "open", lambda *a, **k: pytest.fail("the file was opened"))
    with pytest.raises(ArticleFileError, match="20 MB"):
        load(path)


def test_the_limit_is_a_parameter(tmp_path: Path) -> None:
    path = tmp_path / "news.txt"
    path.write_text(NEWS, encoding="utf-8")
    size = path.stat().st_size
    assert load(path, limit_bytes=size)[0].text == NEWS
    with pytest.raises(ArticleFileError):
        load(path, limit_bytes=size - 1)
    problem_of("news.txt", NEWS.encode(), limit_bytes=size - 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "locked.txt"
    path.write_text(NEWS, encoding="utf-8")
    path.chmod(0)
    with pytest.raises(ArticleFileError, match="permissions"):
        load(path)


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    for path in (tmp_path / "pipe.txt", tmp_path):
        with pytest.raises(ArticleFileError, match="regular file"):
            load(path)


@pytest.mark.parametrize(
    "data", [make_pdf(["새 역이 섰다."]), make_docx(), NEWS.encode("cp949")], ids=["pdf", "docx", "cp949"]
)
def test_content_counts_not_the_suffix(data: bytes) -> None:
    expected = load_bytes("a", data)[0].text
    for name in ("a.txt", "a.md", "a.html", "a.pdf", "a.docx", "a"):
        assert load_bytes(name, data)[0].text.split() == expected.split()


# --- properties

SAMPLES = {
    "a.pdf": make_pdf(["새 역이 섰다.", "역은 크다."]),
    "a.docx": make_docx(),
    "a.html": PAGE.format(charset="utf-8").encode(),
    "a.md": MARKDOWN.encode(),
    "a.jsonl": json.dumps({"text": NEWS}).encode(),
    "a.txt": NEWS.encode("cp949"),
}


def check(name: str, data: bytes) -> None:
    try:
        articles = load_bytes(name, data)
    except GisaError:
        return
    for article in articles:
        assert article.id
        assert article.title
        assert article.content_hash
        previous = 0
        for start, end in article.body:
            assert previous <= start < end <= len(article.text)
            previous = end
        assert article.body


@settings(deadline=None)
@given(
    st.sampled_from(sorted(SAMPLES)),
    st.binary(max_size=200),
    st.sampled_from([b"", b"%PDF-1.7\n", b"PK\x03\x04", b"<html>", b"---\n"]),
)
def test_any_bytes_load_or_are_told(name: str, data: bytes, head: bytes) -> None:
    check(name, head + data)


@settings(deadline=None)
@given(st.text(max_size=300), st.sampled_from(["utf-8", "utf-16"]), st.sampled_from(["a.txt", "a.md", "a.html"]))
def test_any_text_loads_or_is_told(text: str, encoding: str, name: str) -> None:
    check(name, text.encode(encoding, errors="ignore"))


@settings(deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_damaged_files_load_or_are_told(name: str, draw: st.DataObject) -> None:
    sample = bytearray(SAMPLES[name])
    for position in draw.draw(st.lists(st.integers(0, len(sample) - 1), min_size=1, max_size=8)):
        sample[position] = draw.draw(st.integers(0, 255))
    check(name, bytes(sample[: draw.draw(st.integers(1, len(sample)))]))


# --- what ships, and the sources as published


def test_shipped_articles_have_every_key() -> None:
    articles = shipped_articles()
    assert len(articles) == 5
    assert len({a.id for a in articles}) == 5
    for article in articles:
        assert article.published
        assert article.source.endswith(".txt")
        assert article.rights
        assert "---" not in article.text
    assert {a.published_precision for a in articles} == {"day", "month"}


def test_shipped_articles_keep_every_sentence() -> None:
    for article in shipped_articles():
        covered = {i for start, end in article.body for i in range(start, end)}
        position = 0
        for line in article.text.split("\n"):
            if line.endswith("."):
                assert covered >= set(range(position, position + len(line))), line[:20]
            position += len(line) + 1


def test_published_sources_tell_their_origin() -> None:
    if not SOURCES.is_dir():
        pytest.skip(f"the published sources are not at {SOURCES}")
    found = {a.id[:3]: (a.publisher, a.author, a.published) for a in load_each([SOURCES]) if isinstance(a, Article)}
    assert found == {
        "000": (None, None, None),
        "001": ("애플경제", "전윤미", date(2025, 9, 19)),
        "002": ("AI타임스", "박찬", None),
        "003": ("뉴스핌", "양태훈", None),
        "004": ("AI타임스", None, None),
    }
