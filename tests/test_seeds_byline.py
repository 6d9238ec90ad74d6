"""Publisher, author and date as Korean news prints them. Outlets and people are made up."""

from __future__ import annotations

from datetime import date

import pytest

from seeds.byline import Byline, clean_author, find_byline, is_byline_line, is_date_line, is_rights_line

SENTENCE = "한빛시는 20일 섬 마을에 첫 도서관을 열었다고 밝혔다."


@pytest.mark.parametrize(
    ("line", "publisher", "author"),
    [
        ("[서울=새벽핌] 김하늘 기자 = " + SENTENCE, "새벽핌", "김하늘"),
        ("(강릉=새벽뉴스) 김하늘 박바다 기자 = " + SENTENCE, "새벽뉴스", "김하늘, 박바다"),
        ("【서울=새벽시스】김하늘 기자 = " + SENTENCE, "새벽시스", "김하늘"),
        ("[푸른경제 김하늘 기자] " + SENTENCE, "푸른경제", "김하늘"),
        ("(별넷코리아=김하늘 기자)" + SENTENCE, "별넷코리아", "김하늘"),
        ("[푸른투데이=강릉] 김하늘 특파원 = " + SENTENCE, "푸른투데이", "김하늘"),
        ("[푸른뉴스] " + SENTENCE, "푸른뉴스", None),
        ("김하늘 기자 = " + SENTENCE, None, "김하늘"),
        (SENTENCE + "\n김하늘 기자 sky@naver.com", None, "김하늘"),
        (SENTENCE + "\n김하늘·박바다 기자", None, "김하늘, 박바다"),
        (SENTENCE + "\n별타임스 news@star.example", "별타임스", None),
        (SENTENCE + "\n김하늘 기자 sky@news.star.example", "news.star.example", "김하늘"),
        (SENTENCE + "\n김하늘 기자 sky@newsis.com", "뉴시스", "김하늘"),
        (SENTENCE + "\n저작권자 © 별타임스 무단전재 및 재배포 금지", "별타임스", None),
        (SENTENCE + "\n<저작권자(c) 새벽뉴스, 무단 전재-재배포, AI 학습 및 활용 금지>", "새벽뉴스", None),
        (SENTENCE + "\nCopyright ⓒ 별일보. All rights reserved. 무단 전재 및 재배포 금지", "별일보", None),
        (SENTENCE, None, None),
        ("[단독] " + SENTENCE, None, None),
    ],
)
def test_who(line: str, publisher: str | None, author: str | None) -> None:
    found = find_byline(line)
    assert (found.publisher, found.author) == (publisher, author)


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("2025-03-20     김하늘 기자", date(2025, 3, 20)),
        ("2025.03.20", date(2025, 3, 20)),
        ("2025. 3. 20.", date(2025, 3, 20)),
        ("2025년 3월 20일", date(2025, 3, 20)),
        ("2025년 3월 20일 (목) 오전 10:20", date(2025, 3, 20)),
        ("입력 2025-03-20 10:20", date(2025, 3, 20)),
        ("수정 2025.03.21. 오후 1:30  입력 2025.03.20. 오전 9:12", date(2025, 3, 20)),
        ("기사입력 2025/03/20 10:20:30 최종수정 2025/03/21 11:00:00", date(2025, 3, 20)),
        ("승인 2025.03.20 10:20", date(2025, 3, 20)),
        ("2025-13-45", None),
        ("2025년 3월 20일 한빛시는 섬 마을에 첫 도서관을 열었다고 밝혔다.", None),
        ("버전 2025.3", None),
    ],
)
def test_when(line: str, day: date | None) -> None:
    assert find_byline(f"섬 마을에 첫 도서관\n{line}\n{SENTENCE}").published == day
    assert is_date_line(line) == (day is not None or line == "2025-13-45")


def test_date_far_down_in_the_text_is_not_the_articles() -> None:
    assert find_byline("\n".join([SENTENCE] * 20 + ["2025-03-20"])).published is None


def test_photographer_of_a_caption_is_not_the_author() -> None:
    caption = "[한빛=새벽뉴스] 박바다 기자 = 주민들이 책을 고르고 있다. 2025.03.20. sea@saebyeok.example"
    assert find_byline(f"{caption}\n[한빛=새벽뉴스] 김하늘 기자 = {SENTENCE}") == Byline("새벽뉴스", "김하늘", None)


@pytest.mark.parametrize(
    "line",
    [
        SENTENCE,
        "기자 출신인 그는 구독 서비스를 그만두었다고 말했다.",
        "김하늘 기자가 쓴 책이 상을 받았다.",
        "문의는 sky@hanbit.example 로 보내면 되며 답은 하루 안에 온다고 시는 밝혔다.",
        "저작권자는 자신의 글을 무단으로 퍼간 회사를 상대로 소송을 냈다.",
        "무단 전재와 재배포를 금지하는 법안이 국회를 통과했다.",
    ],
)
def test_sentences_are_not_credits(line: str) -> None:
    assert not is_byline_line(line)
    assert not is_rights_line(line)


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("기자명 김하늘 기자", "김하늘"),
        ("취재기자 김하늘 기자", "김하늘"),
        ("글·사진 김하늘 기자", "김하늘"),
        ("글 김하늘 기자 · 사진 박바다 기자", "김하늘"),
        ("사진 | 박바다 기자", "박바다"),
        ("정리=김하늘 기자", "김하늘"),
        ("사회부 김하늘 기자", "김하늘"),
        ("디지털뉴스팀 김하늘 기자", "김하늘"),
        ("김하늘 선임기자", "김하늘"),
        ("김하늘 수습 기자", "김하늘"),
        ("김하늘 의학전문기자", "김하늘"),
        ("김하늘 박바다 인턴기자", "김하늘, 박바다"),
        ("취재: 김하늘", "김하늘"),
        ("글쓴이 : 김하늘", "김하늘"),
        ("글 | 김하늘", "김하늘"),
        ("촬영기자:이나무/영상편집:최들", None),
        ("영상편집 : 최들", None),
        ("온라인뉴스팀 기자", None),
        ("사진기자", None),
        ("사진영 기자", "사진영"),
        ("전문수 기자", "전문수"),
        ("김영국 기자", "김영국"),
        ("[앵커]", None),
        ("[리포트]", None),
    ],
)
def test_labels_are_no_names(line: str, author: str | None) -> None:
    assert find_byline(f"{SENTENCE}\n{line}").author == author
    assert find_byline(f"섬 마을에 첫 도서관\n{line}\n{SENTENCE}").author == author


@pytest.mark.parametrize(
    "line", ["촬영기자:이나무/영상편집:최들", "온라인뉴스팀 기자", "글·사진 김하늘 기자", "취재: 김하늘"]
)
def test_lines_of_labels_are_credits(line: str) -> None:
    assert is_byline_line(line)


@pytest.mark.parametrize("role", ["앵커", "리포터", "기자", "촬영기자"])
def test_a_role_in_brackets_is_no_publisher(role: str) -> None:
    assert find_byline(f"[{role}]\n{SENTENCE}").publisher is None


@pytest.mark.parametrize(
    ("given", "author"),
    [
        ("김하늘 기자", "김하늘"),
        ("기자 김하늘", "김하늘"),
        ("글·사진 김하늘 기자", "김하늘"),
        ("취재: 김하늘", "김하늘"),
        ("김하늘 선임기자", "김하늘"),
        ("한빛일보", "한빛일보"),
        ("기자", None),
        ("취재기자", None),
        ("편집국", None),
        ("admin", None),
        ("", None),
        (None, None),
    ],
)
def test_authors_of_metadata_lose_their_labels(given: str | None, author: str | None) -> None:
    assert clean_author(given) == author
