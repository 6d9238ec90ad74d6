"""Encodings and formats: what each file's bytes become, and what damaged ones get."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pypdf
import pytest
from article_files import MARKDOWN, NEWS, NEWS_BODY, PAGE, body, make_docx, make_pdf, problem_of

from seeds.loaders import load_bytes


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


# --- Markdown


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


@pytest.mark.parametrize(
    "data", [make_pdf(["새 역이 섰다."]), make_docx(), NEWS.encode("cp949")], ids=["pdf", "docx", "cp949"]
)
def test_content_counts_not_the_suffix(data: bytes) -> None:
    expected = load_bytes("a", data)[0].text
    for name in ("a.txt", "a.md", "a.html", "a.pdf", "a.docx", "a"):
        assert load_bytes(name, data)[0].text.split() == expected.split()
