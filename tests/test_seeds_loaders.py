"""Files of every format to articles, and what bad files get."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest
from article_files import MARKDOWN, NEWS, NEWS_BODY, PAGE, body, make_docx, make_pdf, problem_of
from hypothesis import given
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


def test_two_files_of_one_id_are_two_articles_and_twice_in_one_file_is_a_problem(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "news.txt").write_text(f"{folder} 마을에 역이 섰다.", encoding="utf-8")
    lines = (json.dumps({"id": "x", "text": text}) for text in ("섬에 다리가 놓였다.", "강에 배가 떴다."))
    (tmp_path / "c.jsonl").write_text("\n".join(lines), encoding="utf-8")
    first, second, kept, refused = sorted(load_each([tmp_path]), key=lambda it: getattr(it, "source", "~"))
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert isinstance(kept, Article)
    assert isinstance(refused, FileProblem)
    assert (first.id, first.source) == ("news", str(tmp_path / "a" / "news.txt"))
    assert (second.id, second.source) == ("news", str(tmp_path / "b" / "news.txt"))
    assert (kept.id, "섬에" in kept.text) == ("x", True)
    assert "c.jsonl has the id x twice" in refused.error.en


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.txt", b""),
        ("blank.txt", b" \n\t\r\n"),
        ("blank16.txt", " \n \n".encode("utf-16")),
        ("picture.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8),
        ("picture.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 8),
        ("nul.txt", "가나다\x00라마바.".encode()),
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


@given(
    st.sampled_from(sorted(SAMPLES)),
    st.binary(max_size=200),
    st.sampled_from([b"", b"%PDF-1.7\n", b"PK\x03\x04", b"<html>", b"---\n"]),
)
def test_any_bytes_load_or_are_told(name: str, data: bytes, head: bytes) -> None:
    check(name, head + data)


@given(st.text(max_size=300), st.sampled_from(["utf-8", "utf-16"]), st.sampled_from(["a.txt", "a.md", "a.html"]))
def test_any_text_loads_or_is_told(text: str, encoding: str, name: str) -> None:
    check(name, text.encode(encoding, errors="ignore"))


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
