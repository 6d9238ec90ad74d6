"""HWPX as OWPML (KS X 6101) has it, of several years' namespaces; and HWP, which is named."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from article_files import body, problem_of

from seeds.article import Article
from seeds.loaders import load_bytes, load_each
from seeds.notice import Notice


def hwpx(*sections: str, year: str = "2011", **members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/hwp+zip")
        for number, inner in enumerate(sections):
            archive.writestr(
                f"Contents/section{number}.xml",
                f'<hs:sec xmlns:hs="http://www.hancom.co.kr/hwpml/{year}/section"'
                f' xmlns:hp="http://www.hancom.co.kr/hwpml/{year}/paragraph">{inner}</hs:sec>',
            )
        for name, text in members.items():
            archive.writestr(name.replace("__", "/"), text)
    return out.getvalue()


def p(inner: str) -> str:
    return f"<hp:p><hp:run>{inner}</hp:run></hp:p>"


def t(words: str) -> str:
    return f"<hp:t>{words}</hp:t>"


def read(data: bytes) -> tuple[Article, str]:
    told: list[Notice] = []
    [article] = load_bytes("release.hwpx", data, tell=told.append)
    return article, " ".join(notice.en for notice in told)


@pytest.mark.parametrize("year", ["2011", "2016", "2024"])
@pytest.mark.parametrize("name", ["release.hwpx", "release.zip", "release"])
def test_paragraphs_of_all_sections_in_order(year: str, name: str) -> None:
    sections = [p(t(f"{n}번 노선은 버스 {n + 3}대가 다닌다.")) for n in range(12)]
    [article] = load_bytes(name, hwpx(*sections, year=year))
    assert body(article) == [f"{n}번 노선은 버스 {n + 3}대가 다닌다." for n in range(12)]


def test_marks_within_a_text() -> None:
    article, _ = read(
        hwpx(p(t("한들군은<hp:nbSpace/>콩을 <hp:markpenBegin/>3천㏊<hp:markpenEnd/>에<hp:lineBreak/>심는다.")))
    )
    assert article.text.split() == ["한들군은", "콩을", "3천㏊에", "심는다."]


@pytest.mark.parametrize(
    "paragraphs",
    [
        p(t("버스는 <hp:deleteBegin/>9대<hp:deleteEnd/><hp:insertBegin/>17대<hp:insertEnd/>다.")),
        p(t("버스는 ") + "<hp:t><hp:deleteBegin/>9</hp:t>") + p(t("대다.<hp:deleteEnd/>17대다.")),
        p(t("버스는 <hp:deleteBegin/>9대") + t("<hp:deleteEnd/>17대다.")),
    ],
    ids=["in one text", "over two paragraphs", "over two texts"],
)
def test_changes_are_read_as_accepted(paragraphs: str) -> None:
    article, told = read(hwpx(paragraphs))
    assert body(article) == ["버스는 17대다."]
    assert "tracked deletions (1)" in told


def test_tables_boxes_and_notes() -> None:
    cell = "<hp:tc><hp:subList>{}</hp:subList></hp:tc>"
    row = f"<hp:tr>{cell.format(p(t('새 노선')))}{cell.format(p(t('7개')))}</hp:tr>"
    frame = f"<hp:tbl><hp:tr>{cell.format(p(t('요금은 그대로다.')) + p(t('밤 버스는 없다.')))}</hp:tr></hp:tbl>"
    note = f"<hp:ctrl><hp:footNote><hp:subList>{p(t('전기 버스 9대를 포함한다.'))}</hp:subList></hp:footNote></hp:ctrl>"
    box = f"<hp:rect><hp:drawText><hp:subList>{p(t('기사는 34명을 뽑는다.'))}</hp:subList></hp:drawText></hp:rect>"
    head = f"<hp:ctrl><hp:header><hp:subList>{p(t('보도자료'))}</hp:subList></hp:header></hp:ctrl>"
    article, told = read(
        hwpx(p(head + t("버스는 17대") + note + t("다.")) + p(f"<hp:tbl>{row}</hp:tbl>") + p(frame + box))
    )
    assert body(article) == [
        "버스는 17대다.",
        "전기 버스 9대를 포함한다.",
        "요금은 그대로다.",
        "밤 버스는 없다.",
        "기사는 34명을 뽑는다.",
    ]
    assert "| 새 노선 | 7개 |" in article.text
    assert "headers and footers (1)" in told
    assert "1 table row" in told


def test_damaged_empty_or_locked() -> None:
    data = hwpx(p(t("버스는 17대다.")))
    assert "damaged" in problem_of("a.hwpx", data[:-60]).en
    assert "HWPX" in problem_of("a.hwpx", hwpx("<hp:p>")).en
    assert "no text" in problem_of("a.hwpx", hwpx(p(""))).en
    locked = hwpx(p(""), **{"META-INF__manifest.xml": "<odf:manifest><odf:encryption-data/></odf:manifest>"})
    assert "password" in problem_of("a.hwpx", locked).en


@pytest.mark.parametrize(
    "data",
    [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + b"HWP Document File" + bytes(239),
        b"HWP Document File V3.00 \x1a\x01\x02\x03\x04\x05" + bytes(300),
    ],
    ids=["HWP 5", "HWP 3"],
)
def test_hwp_is_named_with_a_way_out(data: bytes) -> None:
    problem = problem_of("a.hwp", data)
    assert "HWP" in problem.en
    assert ".hwpx" in problem.en
    assert ".hwpx" in problem.ko


def test_a_folder_tells_what_it_passes_over(tmp_path: Path) -> None:
    names = ["a.hwp", "sub/b.HWP", "table.csv", "slides.pptx", "photo.jpg", "README", ".hidden.txt", ".git/config"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "linked").symlink_to(tmp_path / "sub")
    (tmp_path / "release.hwpx").write_bytes(hwpx(p(t("버스는 17대다."))))
    told: list[Notice] = []
    [article] = load_each([tmp_path], tell=told.append)
    assert isinstance(article, Article)
    [notice] = told
    for message in (notice.en, notice.ko):
        assert str(tmp_path) in message
        assert "9" in message  # the six files, the hidden file, the hidden folder, the link
        assert ".hwp 2" in message
        assert ".csv 1" in message
        assert ".hwpx" in message
    assert "table.csv" in notice.en
    (tmp_path / "only").mkdir()
    told.clear()
    assert list(load_each([tmp_path / "only"], tell=told.append)) == []
    assert told == []
