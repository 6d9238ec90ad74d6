"""Word: what Word shows once all changes are accepted. Documents are written as WordprocessingML (ECMA-376) has it."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
from article_files import body

from seeds.article import Article
from seeds.loaders import load_bytes
from seeds.notice import Notice

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
CHANGED = 'w:id="1" w:author="desk" w:date="2025-06-02T09:00:00Z"'
NOTE_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"


def word(inner: str, **parts: str) -> bytes:
    """A .docx with that in its body, and with `footnotes`, `comments` or a `header` beside it."""
    out = io.BytesIO()
    docx.Document().save(out)
    made = io.BytesIO()
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(made, "w") as new:
        for member in old.namelist():
            text = old.read(member)
            if member == "word/document.xml":
                text = f'<w:document xmlns:w="{W}" xmlns:mc="{MC}"><w:body>{inner}</w:body></w:document>'.encode()
            elif member == "word/_rels/document.xml.rels":
                more = "".join(
                    f'<Relationship Id="more{kind}" Type="{NOTE_TYPE.format(kind=kind)}" Target="{kind}.xml"/>'
                    for kind in parts
                )
                text = text.replace(b"</Relationships>", f"{more}</Relationships>".encode())
            elif member == "[Content_Types].xml":
                more = "".join(
                    f'<Override PartName="/word/{kind}.xml" ContentType="application/vnd.openxmlformats-officedocument'
                    f'.wordprocessingml.{kind}+xml"/>'
                    for kind in parts
                )
                text = text.replace(b"</Types>", f"{more}</Types>".encode())
            new.writestr(member, text)
        for kind, text_of in parts.items():
            new.writestr(f"word/{kind}.xml", text_of)
    return made.getvalue()


def run(words: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def p(inner: str, mark: str = "") -> str:
    return f"<w:p><w:pPr><w:rPr>{mark}</w:rPr></w:pPr>{inner}</w:p>"


def cell(inner: str) -> str:
    return f"<w:tc>{inner}</w:tc>"


def read(data: bytes) -> tuple[Article, str]:
    """The article, and what was told of it in English."""
    told: list[Notice] = []
    [article] = load_bytes("a.docx", data, tell=told.append)
    return article, " ".join(notice.en for notice in told)


DELETED = f'<w:del {CHANGED}><w:r><w:delText xml:space="preserve">41억 원</w:delText></w:r></w:del>'


@pytest.mark.parametrize(
    "changed",
    [
        f"{DELETED}<w:ins {CHANGED}>{run('57억 원')}</w:ins>",
        f"<w:moveFrom {CHANGED}>{run('41억 원')}</w:moveFrom><w:moveTo {CHANGED}>{run('57억 원')}</w:moveTo>",
        f"<w:ins {CHANGED}>{DELETED}{run('57')}{run('억 원')}</w:ins>",
        f'{DELETED}<w:hyperlink w:anchor="a"><w:ins {CHANGED}>{run("57억 원")}</w:ins></w:hyperlink>',
        f"<w:sdt><w:sdtContent><w:ins {CHANGED}>{run('57억 원')}</w:ins>{DELETED}</w:sdtContent></w:sdt>",
        f"<w:smartTag>{run('57억 원')}</w:smartTag>{DELETED}",
        f'<w:fldSimple w:instr="DATE">{run("57억 원")}</w:fldSimple>{DELETED}',
        run("41억 원", "<w:strike/>") + run("57억 원", '<w:strike w:val="0"/>'),
        f"{run('41억 원', '<w:vanish/>')}{run('57억 원')}",
    ],
    ids=["del+ins", "moved", "del in ins", "link", "content control", "smart tag", "field", "struck", "hidden"],
)
def test_changes_are_read_as_accepted(changed: str) -> None:
    article, told = read(word(f"<w:p>{run('솔마루시는 버스 예산을 ')}{changed}{run('으로 늘렸다.')}</w:p>"))
    assert body(article) == ["솔마루시는 버스 예산을 57억 원으로 늘렸다."]
    assert "left out" in told


def test_paragraphs_and_rows_inserted_and_deleted() -> None:
    inserted, deleted = f"<w:ins {CHANGED}/>", f"<w:del {CHANGED}/>"
    rows = (
        f"<w:tr><w:trPr>{deleted}</w:trPr>{cell(p(run('옛 노선')))}{cell('<w:p/>')}</w:tr>"
        f"<w:tr>{cell(p(run('새 노선')))}{cell(p(run('7개')))}</w:tr>"
    )
    article, told = read(
        word(
            p(run("첫 버스는 5월에 다닌다."))
            + p(f"<w:ins {CHANGED}>{run('정류장은 28곳이다.')}</w:ins>", inserted)
            + p(run("배차 간격은 "), deleted)
            + p(run("12분이다."))
            + f"<w:tbl>{rows}</w:tbl>"
        )
    )
    assert body(article) == ["첫 버스는 5월에 다닌다.", "정류장은 28곳이다.", "배차 간격은 12분이다."]
    assert "| 새 노선 | 7개 |" in article.text
    assert "옛 노선" not in article.text
    assert "1 table row" in told


def test_text_boxes_notes_and_frames_are_text() -> None:
    box = f"<w:pict><w:txbxContent>{p(run('버스 기사는 34명을 뽑는다.'))}</w:txbxContent></w:pict>"
    both = f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    note = f'<w:footnote w:id="2">{p(run("전기 버스 9대를 포함한다."))}</w:footnote>'
    article, told = read(
        word(
            p(both + run("버스는 17대다.") + '<w:r><w:footnoteReference w:id="2"/></w:r>')
            + f"<w:tbl><w:tr>{cell(p(run('요금은 그대로다.')) + p(run('밤 버스는 없다.')))}</w:tr></w:tbl>",
            footnotes=f'<w:footnotes xmlns:w="{W}">{note}</w:footnotes>',
            comments=f'<w:comments xmlns:w="{W}"><w:comment w:id="0">{p(run("확인"))}</w:comment></w:comments>',
            header=f'<w:hdr xmlns:w="{W}">{p(run("대외비"))}</w:hdr>',
        )
    )
    assert body(article) == [
        "버스는 17대다.",
        "버스 기사는 34명을 뽑는다.",
        "전기 버스 9대를 포함한다.",
        "요금은 그대로다.",
        "밤 버스는 없다.",
    ]
    assert "comments (1)" in told
    assert "page headers and footers (1)" in told


def test_signs_within_a_line() -> None:
    article, told = read(
        word(
            f"<w:p>{run('길이는 3')}<w:r><w:noBreakHyphen/></w:r>{run('4㎞이다.')}<w:r><w:softHyphen/><w:tab/></w:r>"
            f"{run('끝은')}<w:r><w:lastRenderedPageBreak/></w:r>{run(' 바다다.')}</w:p>"
        )
    )
    assert article.text == "길이는 3-4㎞이다.\t끝은 바다다."
    assert told == ""
