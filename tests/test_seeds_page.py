"""Web pages and Markdown: what a reader sees is read, what nobody sees is not; and front matter as people write it.

What is hidden, and how, is as the HTML standard, the AMP components and schema.org say.
"""

from __future__ import annotations

import json

import pytest
from article_files import body, problem_of

from seeds.article import Article
from seeds.loaders import load_bytes
from seeds.notice import Notice

FIRST, LAST = "나래군은 포도밭 36㏊에 비가림을 세운다.", "일은 10월에 끝난다."


def read(name: str, text: str) -> tuple[Article, str]:
    told: list[Notice] = []
    [article] = load_bytes(name, text.encode(), tell=told.append)
    return article, " ".join(notice.en for notice in told)


def page(inner: str, head: str = "") -> str:
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>포도밭</title>{head}</head><body><article>"
        f"<h1>포도밭</h1><p>{FIRST}</p>{inner}<p>{LAST}</p></article></body></html>"
    )


@pytest.mark.parametrize(
    "hidden",
    [
        "<noscript>{}</noscript>",
        "<noscript><div><p>{}</p></div></noscript>",
        "<template><p>{}</p></template>",
        "<p hidden>{}</p>",
        "<div hidden=''><p>{}</p></div>",
        "<p style='display:none'>{}</p>",
        "<p style='color:red; DISPLAY : none !important'>{}</p>",
        "<div style='visibility:hidden;'><p>{}</p></div>",
        "<dialog><p>{}</p></dialog>",
        "<amp-sidebar layout='nodisplay'><p>{}</p></amp-sidebar>",
        "<amp-user-notification><p>{}</p></amp-user-notification>",
        "<amp-consent><p>{}</p></amp-consent>",
        "<amp-ad><p>{}</p></amp-ad>",
        "<p><del>{}</del></p>",
        "<p><s>{}</s></p>",
        "<!-- <p>{}</p> -->",
        "<script>var a = '{}';</script>",
    ],
)
def test_what_nobody_sees_is_not_read(hidden: str) -> None:
    article, told = read("a.html", page(hidden.format("포도밭은 모두 99㏊라고 한다.")))
    assert body(article) == [FIRST, LAST]
    assert "99" not in article.text
    quiet = hidden.startswith(("<noscript", "<template", "<!--", "<script"))
    assert ("left out" in told) == (not quiet)


@pytest.mark.parametrize(
    "seen",
    [
        "<p style='display:block'>{}</p>",
        "<p hidden='until-found'>{}</p>",
        "<details><summary>더</summary><p>{}</p></details>",
        "<p><ins>{}</ins></p>",
        "<p><u>{}</u></p>",
        "<amp-fit-text layout='responsive'><p>{}</p></amp-fit-text>",
    ],
)
def test_what_readers_see_is_read(seen: str) -> None:
    words = "포도밭은 모두 41㏊라고 한다."
    article, _ = read("a.html", page(seen.format(words)))
    assert words in body(article)


def test_a_page_that_its_script_uncovers_is_read() -> None:
    assert body(read("a.html", page("").replace("<body>", "<body style='visibility:hidden'>"))[0]) == [FIRST, LAST]


STRUCK_OUT = [
    ("a.html", "<html><body><p>{}</p></body></html>", "<del>21억 원</del> <ins>34억 원</ins>"),
    ("a.html", "<html><body><p>{}</p></body></html>", "<s>21억 원</s> 34억 원"),
    ("a.html", "<html><body><p>{}</p></body></html>", "<strike><b>21억 원</b></strike> 34억 원"),
    ("a.md", "{}", "~~21억 원~~ 34억 원"),
    ("a.md", "{}", "~~21억 **원**~~ 34억 원"),
]


@pytest.mark.parametrize(("name", "around", "amount"), STRUCK_OUT)
def test_struck_out_text_is_not_the_articles(name: str, around: str, amount: str) -> None:
    article, told = read(name, around.format(f"나래군은 비가림에 {amount}을 쓴다고 밝혔다."))
    assert " ".join(article.text.split()) == "나래군은 비가림에 34억 원을 쓴다고 밝혔다."
    assert "struck-out text (1)" in told


@pytest.mark.parametrize(
    "mark",
    ["1)", "[1]", "(2)", "*", "†", "주1)", "[주 1]", "①", "1", "2, 3", "<a href='#fn1'>1</a>", "<a href='#n'>가</a>"],
)
def test_raised_footnote_marks_go(mark: str) -> None:
    text = page(f"<p>농가 510곳<sup>{mark}</sup>이 함께한다.<sup>{mark}</sup></p>")
    assert body(read("a.html", text)[0]) == [FIRST, "농가 510곳이 함께한다.", LAST]


@pytest.mark.parametrize(
    ("raised", "kept"),
    [("넓이는 90m<sup>2</sup>다.", "m2"), ("값은 10<sup>6</sup>이다.", "106"), ("1<sup>st</sup> place won.", "1st")],
)
def test_powers_and_ordinals_stay(raised: str, kept: str) -> None:
    assert kept in read("a.html", page(f"<p>{raised}</p>"))[0].text


@pytest.mark.parametrize("mark", ["1)", " 1)", "[1]", "[^1]", "(1)", "¹", "¹⁾"[:1] + ")", "*", "†", "주1)", " [12]"])
@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_footnote_marks_behind_a_sentence_do_not_cost_it(name: str, mark: str) -> None:
    article, _ = read(name, f"포도밭에 비가림\n\n{FIRST}\n\n함께하는 농가는 510곳이다.{mark}\n\n{LAST}\n")
    assert body(article) == [FIRST, "함께하는 농가는 510곳이다.", LAST]
    inside, _ = read(name, f"농가는 510곳이다.{mark} {LAST}\n")
    assert " ".join(body(inside)) == f"농가는 510곳이다. {LAST}"


def test_numbers_in_brackets_within_a_sentence_stay() -> None:
    text = "물가는 지난달(3.5)보다 낮은 2.8이다. 그는 “간다.”(지난 3일)라고 했다."
    assert body(read("a.txt", text)[0]) == [text]


ARTICLE_BODY = "나래군은 밤 줍기 축제를 12일 연다고 밝혔다. 어른 입장료는 7천 원이다."


@pytest.mark.parametrize(
    "data",
    [
        {"@type": "NewsArticle", "articleBody": ARTICLE_BODY},
        [{"@type": "BreadcrumbList"}, {"@type": "NewsArticle", "articleBody": ARTICLE_BODY}],
        {"@graph": [{"@type": "WebPage"}, {"@type": "ReportageNewsArticle", "articleBody": ARTICLE_BODY}]},
        {"@type": "WebPage", "mainEntity": {"@type": "Article", "articleBody": ARTICLE_BODY}},
        {"@type": "NewsArticle", "articleBody": ARTICLE_BODY.replace(". ", ".<br><br>").replace("7천", "&#55;천")},
        {"@type": "NewsArticle", "articleBody": "<p>" + ARTICLE_BODY.replace(". ", ".</p>\n<p>") + "</p>"},
    ],
    ids=["alone", "in a list", "in a graph", "as main entity", "with breaks and entities", "with paragraphs"],
)
@pytest.mark.parametrize(
    "shown",
    ["<div id='root'></div><noscript>자바스크립트를 켜 주세요.</noscript>", "<p>잠시만 기다려 주세요.</p>", ""],
)
def test_the_article_of_a_page_that_a_script_draws(data: object, shown: str) -> None:
    script = f"<script type='application/ld+json'>{json.dumps(data, ensure_ascii=False)}</script>"
    broken = "<script type='application/ld+json'>{not json</script>"
    html = f"<html><head><title>밤 줍기 축제</title>{broken}{script}</head><body>{shown}</body></html>"
    article, told = read("a.html", html)
    assert " ".join(body(article)) == ARTICLE_BODY
    assert "JSON-LD" in told


def test_what_a_page_shows_comes_before_its_shortened_articlebody() -> None:
    script = f"<script type='application/ld+json'>{json.dumps({'articleBody': FIRST[:12] + '…'})}</script>"
    article, told = read("a.html", page("<p>농가는 510곳이다.</p>", script))
    assert body(article) == [FIRST, "농가는 510곳이다.", LAST]
    assert told == ""


def test_a_page_with_nothing_but_a_plea_for_its_script_is_refused() -> None:
    problem_of("a.html", "<html><body><noscript>스크립트를 켜 주세요.</noscript></body></html>".encode())


# --- front matter

TITLES = [
    "[도시읽기] 골목의 밤",
    "[속보]",
    "{새 역} 문 열어",
    '"새 역이 섰다" 주민들 반겨',
    "'새 역' 사흘 만에 북새통",
    "“새 역이 섰다” 주민들 반겨",
    "밤 기차: 사흘의 기록",
    "강릉 #1 명소",
    "@골목 @시장",
    "*별* 보러 간다",
    "& 그리고",
    "% 오른 값",
    "! 주의",
    "- 한 줄",
    "> 접힌 소식",
    "`새 역` 뒤",
    "| 새 역",
    "12:30",
    "007",
    "1,000",
    "yes",
    "2025-03-01",
]


@pytest.mark.parametrize("title", TITLES)
def test_titles_are_read_as_they_are_written(title: str) -> None:
    article, _ = read("a.md", f"---\nid: a1\ntitle: {title}\npublished: 2025-03-20\n---\n강릉에 새 역이 섰다.")
    assert (article.id, article.title, str(article.published)) == ("a1", title, "2025-03-20")


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ('title: "새 역: 첫날"', "새 역: 첫날"),
        ("title: '[단독] 새 역'", "[단독] 새 역"),
        ('title: "\\"새 역\\" 섰다"', '"새 역" 섰다'),
        ("title: >\n  새 역이\n  섰다", "새 역이 섰다"),
        ('title: "새 역이\n  섰다"', "새 역이 섰다"),
        ("title:\n  새 역이\n  섰다", "새 역이 섰다"),
        ("title: 새 역", "새 역"),
    ],
)
def test_titles_in_yaml_of_every_style(front: str, title: str) -> None:
    assert read("a.md", f"---\n{front}\npublisher: 한빛: 신문\n---\n강릉에 새 역이 섰다.")[0].title == title


def test_other_keys_with_colons_and_brackets() -> None:
    article, _ = read("a.md", "---\npublisher: [주] 한빛일보\nauthor: 글: 김하늘\nurl: null\n---\n강릉에 새 역이 섰다.")
    assert (article.publisher, article.author, article.url) == ("[주] 한빛일보", "글: 김하늘", None)
