"""Which spans of a news text are the article.

The made-up articles mark every line: "+" is article, "-" is not, and ⟦ ⟧ bound the article within a line.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeds.boilerplate import body_spans
from seeds.loaders import load

SOURCES = Path(__file__).parents[2] / "shared" / "articles"

MADE_UP = {
    "agency: byline prefix, caption with photographer, rights": """
- 섬 마을에 첫 도서관…주민 "십 년 기다렸다"
- 책 만 권 갖춰
-
- [한빛=새벽뉴스] 김하늘 기자 = 주민들이 20일 새 도서관 앞에서 사진을 찍고 있다. 2025.03.20. sky@saebyeok.example
-
+ [한빛=새벽뉴스] 김하늘 기자 = ⟦한빛시는 20일 섬 마을에 첫 도서관을 열었다고 밝혔다.⟧
-
+ 도서관은 책 1만2000권을 갖췄다. 아이들은 토요일에도 갈 수 있다.
- sky@saebyeok.example
- <저작권자ⓒ 새벽뉴스, 무단전재-재배포 금지>
""",
    "bracketed outlet and reporter, subheads, noun captions": """
- 바람으로 도는 마을 발전소
-
- 2025.04.02 10:20    박바다 기자
- 마을 발전소 모습. (사진=한빛군)
-
+ [푸른경제 박바다 기자] ⟦한빛군이 바람으로 전기를 만드는 발전소를 세운다.⟧
-
- 마을 입구 전경.
-
- 전기는 마을이 나눠 쓴다
-
+ 발전소 하나가 800가구에 전기를 댄다. 남는 전기는 판다.
-
- 발전기 로고.
-
- 내년에는 두 곳 더
-
+ 군은 "내년에 두 곳을 더 세우겠다"고 말했다.
""",
    "online paper: reporter line, related headlines without a heading": """
+ 로봇이 딸기를 따는 온실이 문을 열었다. 하루에 40㎏을 딴다.
+ 온실을 만든 회사는 “내년까지 10곳을 더 연다”라고 밝혔다.
- 이나무 기자 tree@greenhouse.example
- - 딸기 로봇, 값 절반으로
- - "사람이 할 일은 따로 있다"
- - 온실 회사, 300억 투자 유치
""",
    "portal copy: dates, buttons, subscriptions, section note": """
- 강릉에 새 기차역
- 입력 2025.05.06. 오전 9:12 수정 2025.05.06. 오후 1:30
- 최구름 기자
- 좋아요
- 공유
- 글자 크기 변경하기
-
+ (강릉=한빛뉴스) 최구름 기자 = ⟦강릉에 새 기차역이 들어선다.⟧
-
+ 역은 2027년에 문을 열며, 공사에 1200억원이 든다.
-
- ▶ 네이버에서 한빛뉴스 구독하기
- ▶ 제보는 카카오톡 한빛뉴스
- 여러분의 소중한 제보를 기다립니다.
- 구독과 좋아요 부탁드립니다!
- Copyright ⓒ 한빛뉴스. All rights reserved. 무단 전재 및 재배포 금지.
- 이 기사는 언론사에서 사회 섹션으로 분류했습니다.
""",
    "table runs as a site copies them": """
+ 시는 31일 공원 두 곳을 새로 연다고 밝혔다.
- |  |
- | 사진은 새 공원의 호수. 시민들이 배를 타고 있다. [사진=한빛DB] |
+ 공원에는 나무 3000그루를 심었다.
- | 곳 | 나무 |
- | 북쪽 | 2000 |
""",
    "stacked captions and a credit behind a sentence": """
+ 한빛대가 바다 로봇을 선보였습니다.
-
- (사진=바다사진)
- (사진=바다사진)
-
- 로봇이 바닷속을 걷고 있다. /사진제공=한빛대
-
- 연구진이 로봇을 들어 보이고 있다.(출처=한빛대)
-
+ 로봇은 수심 200m까지 내려갑니다. 무게는 35㎏입니다.
-
- 사진=한빛대 제공
-
+ 연구진은 값을 낮추는 일이 남았다고 했습니다.
""",
    "arrow captions against an arrow list": """
+ 협약은 세 가지를 담았다.
-
- ▲ 두 시장이 악수하고 있다.
-
+ 두 시는 다음을 함께 하기로 했다.
+ ▲ ⟦버스 노선 12개 연결⟧
+ ▲ ⟦축제 공동 개최⟧
+ ▲ ⟦도서관 회원증 공유⟧
+ 협약은 5년 동안 이어진다.
""",
    "related articles under a heading, one of them a sentence": """
+ 한빛전자가 접는 시계를 내놓았다고 11일 밝혔다.
+ 값은 49만원이며 10월에 나온다.
-
- [관련기사]
- 한빛전자, 2분기 이익 두 배
- 접는 시계, 우리는 이렇게 만들었다.
- "시계가 전화를 대신한다"
-
- 많이 본 뉴스
- 1 강릉에 새 기차역
- 2 딸기 따는 로봇
""",
    "blog: no full stops, hearts and hashtags": """
- 주말에 다녀온 한빛 미술관
+ 이번 주말에 한빛 미술관에 다녀왔어요
+ 입장료는 만 원인데 아이는 무료예요
- 주차장
+ 주차장은 넓은 편이고 두 시간까지 무료입니다
+ 다음에는 바다 쪽 전시를 보려고 해요
- 공감과 댓글은 큰 힘이 됩니다!
- #한빛미술관 #주말나들이
""",
    "press release bullets are sentences": """
- 지역 책방 지원 늘린다
-
+ □ ⟦문화부는 3일 지역 책방 지원을 두 배로 늘린다고 밝혔다.⟧
+ ○ ⟦지원을 받는 책방은 120곳이다.⟧
+ - ⟦한 곳이 받는 돈은 최대 500만원이다.⟧
""",
    "outlet mail, terse rights, AI clause": """
+ 지난주 주요 소식을 모았습니다.
-
- 한빛, '별이' 새 판 준비 중...."더 빠른 그림"
-
+ 한빛이 그림 그리는 모델의 새 판을 만들고 있습니다. 곧 나옵니다.
-
- 별타임스 news@star.example
-
- 저작권자 © 별타임스 무단전재 및 재배포, AI학습 및 활용 금지
""",
    "sentences that look like furniture stay": """
+ 저작권자는 자신의 글을 무단으로 퍼간 회사를 상대로 소송을 냈다.
+ 기자 출신인 한 작가는 구독 서비스를 그만두었다고 말했다.
+ 사진 작가 열 명이 함께 연 전시에는 첫날 900명이 왔다.
+ 2025년 9월 19일 열린 회의에서 시는 예산 40억원을 정했다.
+ 구글은 5일 새 유튜브 구독 서비스를 한국에 내놓았다.
+ 이 서비스는 한 달에 9900원이며 다음 달부터 구독이 가능하게 됩니다.
+ 이미지/영상 생성 모델도 함께 공개했다.
+ 내년 3월에 출시할 예정.
+ ⟦수출은 지난해보다 5% 늘었다.⟧ (자료=한빛통계)
+ 댓글 300개가 하루 만에 달렸어요.
+ 누가 이 돈을 낼까? 시는 아직 말하지 않았다!
+ 값은 얼마냐는 물음에 회사는 “정해지지 않았다”고 했다
""",
    "a clause ending in a comma runs on": """
+ 지난달 열린 한빛 기술 주간에서 여러 나라의 기업들이 모여 첫 모임을 열었는데요,
+ 이 모임은 해마다 두 번 열립니다.
""",
    "English": """
- Island gets its first library
-
- By Haneul Kim
+ The island of Hanbit opened its first library on Monday.
-
- (Photo: Hanbit city)
-
+ By then it was needed.
+ Copyright law changed on the same day.
+ It holds 12,000 books, and children may visit on Saturdays too.
- Copyright 2025 Hanbit Daily. All rights reserved.
""",
    "list at the end that the text announces": """
+ 시는 도서관 세 곳을 새로 연다.
+ 여는 곳은 다음과 같다.
+ - ⟦강릉 북쪽 도서관⟧
+ - ⟦전주 남쪽 도서관⟧
""",
}


def read_marks(marked: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text without its marks, and the spans that the marks say are article."""
    lines: list[str] = []
    spans: list[tuple[int, int]] = []
    position = 0
    for entry in marked.strip("\n").split("\n"):
        line = entry[2:].rstrip()
        if entry.startswith("+"):
            opened = line.find("⟦")
            closed = line.find("⟧") - 1 if opened >= 0 else len(line)
            line = line.replace("⟦", "").replace("⟧", "")
            spans.append((position + max(opened, 0), position + closed))
        lines.append(line)
        position += len(line) + 1
    return "\n".join(lines), tuple(spans)


@pytest.mark.parametrize("name", MADE_UP)
def test_made_up_article_keeps_exactly_its_own_sentences(name: str) -> None:
    text, expected = read_marks(MADE_UP[name])
    assert [text[a:b] for a, b in body_spans(text)] == [text[a:b] for a, b in expected]
    assert body_spans(text) == expected


def test_marks_are_read_as_meant() -> None:
    assert read_marks("- 제목\n+ [가] ⟦나⟧") == ("제목\n[가] 나", ((7, 8),))


def test_text_that_is_no_prose_is_kept_but_for_its_credits() -> None:
    text = "회의 안건\n예산 40억원\n도서관 3곳\n저작권자 © 한빛일보 무단전재 및 재배포 금지"
    assert [text[a:b] for a, b in body_spans(text)] == ["회의 안건", "예산 40억원", "도서관 3곳"]


@pytest.mark.parametrize("text", ["", " \n\t\n", "***\n---", "김하늘 기자 sky@hanbit.example", "(사진=한빛군)"])
def test_nothing_but_furniture_has_no_body(text: str) -> None:
    assert body_spans(text) == ()


def test_asides_stay_out_even_if_they_end_as_a_sentence_does() -> None:
    text = "왜 지금일까?\n\n시는 예산이 정해졌기 때문이라고 말했다."
    assert body_spans(text, [(0, 7)]) == ((9, len(text)),)


@given(st.lists(st.sampled_from([*"가나다 .?\n|-▲[]=()@", "기자", "다.", "사진", "2025.01.02", "구독", "ⓒ", "a@b.cd"])))
def test_spans_are_sorted_disjoint_and_trimmed(parts: list[str]) -> None:
    text = "".join(parts)
    previous = 0
    for start, end in body_spans(text):
        assert previous <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert "\n" not in text[start:end]
        previous = end


# Lines of the published sources, by number from 1, that are no sentence of the article.
FURNITURE = {
    "000": {11, 18, 25},
    "001": {1, 3, 5, 6, 14, 16, 30, 32, 42, 48, 56},
    "002": set(range(14, 24)),
    "003": {1, 2, 3, 4, 5, 12, 13, 19},
    "004": {17, 18, 38, 42, 43, 45, 49, 53, 55},
}
# Lines that begin with a byline, and the word that the article begins with.
AFTER_BYLINE = {("001", 8): "EU는", ("003", 7): "정부가"}


@pytest.mark.parametrize("number", FURNITURE)
def test_published_source_keeps_every_sentence_and_no_furniture(number: str) -> None:
    if not SOURCES.is_dir():
        pytest.skip(f"the published sources are not at {SOURCES}")
    path = next(SOURCES.glob(f"{number}_*.txt"))
    published = path.read_text(encoding="utf-8")
    [article] = load(path)
    assert article.text.replace("\n", " ") == published.replace("\n", " ")
    covered = {i for start, end in article.body for i in range(start, end)}
    position = 0
    for line_number, line in enumerate(published.split("\n"), 1):
        where = f"{number} line {line_number}"
        start = position + len(line) - len(line.lstrip())
        end = position + len(line.rstrip())
        if line_number in FURNITURE[number]:
            assert not covered & set(range(start, end)), where
        else:
            first_word = AFTER_BYLINE.get((number, line_number), "")
            start = published.index(first_word, start)
            assert covered >= set(range(start, end)), where
            assert start - 1 not in covered or start == position, where
        position += len(line) + 1
