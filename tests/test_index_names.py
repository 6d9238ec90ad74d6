"""Names across scripts: expected values are from general knowledge of Korean and English names."""

from __future__ import annotations

import time
from importlib import resources

import pytest

from index.names import NameBook, mine
from index.text import kiwi


@pytest.fixture(scope="module")
def book() -> NameBook:
    kiwi().tokenize("준비")
    return NameBook()


def _names(book: NameBook, text: str) -> list[str]:
    return [name.text for name in book.find(text)]


# The gazetteer itself


def test_gazetteer_rows_are_well_formed() -> None:
    rows = resources.files("index").joinpath("data/names.tsv").read_text(encoding="utf-8").splitlines()
    rows = [row for row in rows if not row.startswith("#")]
    assert len(rows) >= 1200
    for row in rows:
        kind, korean, latin = row.split("\t")
        assert kind in {"country", "place", "company", "media", "org", "school", "person", "product", "event", "term"}
        for forms in (korean, latin):
            assert all(form and form == form.strip() for form in forms.split("|")), row
            assert len(set(forms.split("|"))) == len(forms.split("|")), row


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("영국", "United Kingdom"),
        ("British", "영국"),
        ("U.K.", "영국"),
        ("英", "Britain"),
        ("EU", "유럽연합"),
        ("현대차그룹", "Hyundai Motor Group"),
        ("LG Uplus", "LG유플러스"),
        ("과기정통부", "Ministry of Science and ICT"),
        ("MSIT", "과학기술정보통신부"),
        ("한국전자통신연구원", "ETRI"),
        ("연세대", "Yonsei University"),
        ("Samsung's", "삼성전자"),
        ("samsung electronics", "삼성전자"),
        ("Starmer", "키어 스타머"),
        ("Huang", "젠슨 황"),
        ("GPUs", "그래픽처리장치"),
        ("data centre", "데이터센터"),
        ("Türkiye", "튀르키예"),
        ("코어웨이브", "CoreWeave"),
    ],
)
def test_variants(book: NameBook, name: str, other: str) -> None:
    assert other in book.variants(name)
    assert name not in book.variants(name)


@pytest.mark.parametrize("name", ["", "  ", "Qwertyville", "us", "apple", "turkey", "가나다라마"])
def test_variants_of_what_is_no_name(book: NameBook, name: str) -> None:
    assert book.variants(name) == ()


def test_mined_pairs_join_what_is_known() -> None:
    book = NameBook([("루나하임", "Lunaheim"), ("과학기술정보통신부", "과정부")])
    assert book.variants("Lunaheim") == ("루나하임",)
    assert "Ministry of Science and ICT" in book.variants("과정부")


def test_short_mined_forms_keep_their_case() -> None:
    book = NameBook([("개량줄기", "IT")])
    assert book.find("How did it start?") == []
    assert book.variants("IT") == ("개량줄기",)


# Mining


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("클라우드 공급업체 엔스케일(Nscale)은", ("엔스케일", "Nscale")),
        ("어제 ‘블랙 포레스트 랩스’(Black Forest Labs)가", ("블랙 포레스트 랩스", "Black Forest Labs")),
        ("Nscale(엔스케일)은", ("엔스케일", "Nscale")),
        ("최신 그레이스 블랙웰(Grace Blackwell) 칩", ("그레이스 블랙웰", "Grace Blackwell")),
        ("한국전자통신연구원(ETRI) 등", ("한국전자통신연구원", "ETRI")),
        ("31일 과학기술정보통신부(이하 과기정통부)는", ("과학기술정보통신부", "과기정통부")),
        ("규제를 맡은 금융감독청(FCA)이", ("금융감독청", "FCA")),
        ("정부는 인공지능(AI) 예산을", ("인공지능", "AI")),
        ("도널드 트럼프(Donald Trump) 대통령", ("도널드 트럼프", "Donald Trump")),
        ("대표이사 홍길동(Gil-dong Hong)", ("홍길동", "Gil-dong Hong")),
        ("국제학술지 네이처(Nature)에", ("네이처", "Nature")),
        (
            "매사추세츠 공과대학(Massachusetts Institute of Technology)",
            ("매사추세츠 공과대학", "Massachusetts Institute of Technology"),
        ),
        ('"곧 안다"라고 말했다. 댄 베넷(Dan Bennett)은', ("댄 베넷", "Dan Bennett")),
        ("미국 국립기상국(National Weather Service)은", ("국립기상국", "National Weather Service")),
        ("공교육(Education)의", ("공교육", "education")),
        ("첫 '제조 포럼(Manufacturing Forum)'을", ("제조 포럼", "Manufacturing Forum")),
    ],
)
def test_mine_finds_the_pair(text: str, pair: tuple[str, str]) -> None:
    assert mine(text) == {pair}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20억달러(약 2조7000억원)",
        "전경. (사진=픽사베이)",
        "11일(현지시간)",
        "트럼프(79)",
        "성장률(3.2%)",
        "(",
        "()",
        "원장(왼쪽)",
    ],
)
def test_mine_leaves_other_brackets(text: str) -> None:
    assert mine(text) == set()


# Finding


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How many GPUs is Korea securing?", ["Korea"]),
        ("Which British Minister visited Northumberland?", ["British", "Northumberland"]),
        ("Did Samsung's Lee Jae-yong meet Jensen Huang?", ["Samsung", "Lee Jae-yong", "Jensen Huang"]),
        ("What is Nscale building in Loughton, Essex?", ["Nscale", "Loughton", "Essex"]),
        ("Who is Shilpa Kolhatkar?", ["Shilpa Kolhatkar"]),
        ("Is Barclays Eagle Labs in London?", ["Barclays", "Eagle Labs", "London"]),
        ("How many H100s does NHN Cloud have, and what about GPT-4o?", ["H100s", "NHN Cloud", "GPT-4o"]),
        ("What did Yonsei University, ETRI and KT sign?", ["Yonsei University", "ETRI", "KT"]),
        ("What does the Ministry of Science and ICT plan?", ["Ministry of Science and ICT"]),
        ("What is AI-RAN?", ["AI-RAN"]),
        ("Which AI-based services are there?", []),
        ("The US told us to wait.", ["US"]),
        ("Explain the plan.", []),
        ("Which Prime Minister signed it in May 2025?", []),
        ("What does the AI Minister say about GPUs?", []),
        ("키어 스타머 총리가 발표한 다음 성장 구역은 어디인가?", ["키어 스타머"]),
        ("노섬벌랜드에는 무엇이 들어서나요?", ["노섬벌랜드"]),
        ("콜하트카르 책임자는 몇 개국이라고 했나?", ["콜하트카르"]),
        ("삼성전자와 SK텔레콤, 연세대가 맺은 것은?", ["삼성전자", "SK텔레콤", "연세대"]),
        ("영국은 미국산 GPU를 얼마나 사나?", ["영국", "미국"]),
        ("'AI-RAN' 공동 연구에 누가 참여하나?", ["AI-RAN"]),
        ("Keir Starmer는 무엇을 발표했나?", ["Keir Starmer"]),
        ("교육이란 무엇인가?", []),
        ("수단과 방법을 가리지 않고", []),
        ("정부는 GPU를 몇 장 확보하나?", []),
        ("", []),
        ("🙂🙂", []),
    ],
)
def test_find(book: NameBook, question: str, names: list[str]) -> None:
    assert _names(book, question) == names


def test_find_gives_spans_kinds_and_variants(book: NameBook) -> None:
    question = "How many GPUs did Samsung buy?"
    (name,) = book.find(question)
    assert question[name.start : name.end] == name.text == "Samsung"
    assert name.kind == "company"
    assert "삼성전자" in name.variants


def test_find_gives_terms_when_asked(book: NameBook) -> None:
    assert [name.text for name in book.find("How many GPUs did Samsung buy?", kinds={"term"})] == ["GPUs"]


def test_longer_name_wins(book: NameBook) -> None:
    assert _names(book, "인도네시아 정부") == ["인도네시아"]
    assert _names(book, "애플경제 보도") == ["애플경제"]


# Occurring


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Northumberland", "영국 북동부 노섬벌랜드에 건설된다"),
        ("Loughton", "에식스주 러프턴에 단지를 짓는다"),
        ("Shilpa Kolhatkar", "실파 콜하트카르 책임자는"),
        ("Kolhatkar", "실파 콜하트카르 책임자는"),
        ("콜하트카르", "Shilpa Kolhatkar of NVIDIA"),
        ("Keir Starmer", "스타머 총리는 이날"),
        ("키어 스타머", "영국 총리인 Keir Starmer가"),
        ("Starmer", "키어 스타머 총리는"),
        ("Huang", "젠슨 황 최고경영자는"),
        ("British", "영국의 기업들"),
        ("UK", "영국의 기업들"),
        ("U.K.", "英 총리"),
        ("Britain", "미·영 동맹과 영국 정부"),
        ("영국", "the U.K. government"),
        ("영국", "British companies"),
        ("US", "미국산 소고기"),
        ("America", "美 빅테크"),
        ("Samsung", "삼성전자는 이날"),
        ("삼성", "Samsung said"),
        ("삼성", "Samsung Electronics said"),
        ("Manchester", "연구는 맨체스터대가 이끈다."),
        ("Yonsei University", "연세대, 엔비디아가"),
        ("MSIT", "과기정통부는 31일"),
        ("Bae Kyung-hoon", "배경훈 부총리"),
        ("Bae Kyung-hun", "배경훈 부총리"),
        ("CoreWeave", "코어웨이브, 세일즈포스"),
        ("Bristol University", "브리스톨 대학에서는"),
        ("Iran", "이란 정부는 핵 협상을"),
        ("Turkey", "튀르키예 대통령"),
        ("Nvidia's", "엔비디아는"),
        ("Eagle Labs", "Barclays Eagle Labs가 런던에"),
        ("바덴뷔르템베르크", "in Baden-Wurttemberg, the"),
        ("신테시아", "Synthesia의 영상 모델"),
    ],
)
def test_occurs(book: NameBook, name: str, text: str) -> None:
    assert book.occurs(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Austria", "오스트레일리아 총리"),
        ("Australia", "오스트리아 총리"),
        ("Iran", "교육이란 무엇인가"),
        ("Iran", "'소버린 AI'란 무엇인가"),
        ("India", "인도네시아 정부"),
        ("India", "인도적 지원을"),
        ("China", "중국어 교재"),
        ("Sudan", "이동 수단으로 쓴다"),
        ("Apple", "[애플경제 김 기자]"),
        ("Suwon", "교수원 모집"),
        ("US", "they told us so"),
        ("Seoul National University", "연세대와 고려대"),
        ("Lee Jae-yong", "이재명 대통령은"),
        ("Stanford University", "옥스퍼드 대학이"),
        ("Emily Carter", "스타머 총리는 이날 대학이 주도하는 연구를"),
        ("Busan", "새로운 버전을 선보였다"),
        ("John Smith", "스마트 제조"),
        ("KT", "SKT 가입자"),
        ("Tesla", ""),
        ("", "영국 총리"),
    ],
)
def test_does_not_occur(book: NameBook, name: str, text: str) -> None:
    assert not book.occurs(name, text)


def test_spans_can_be_highlighted(book: NameBook) -> None:
    text = "영국 북동부 노섬벌랜드에 건설된다"
    assert [text[start:end] for start, end in book.spans("Northumberland", text)][:1] == ["노섬벌랜드"]


# Glossing and expanding


def test_lines_are_looked_at_one_by_one(book: NameBook) -> None:
    lines = [
        "제목에는 없다",
        "\u3000삼성전자는 서울에 있다.",
        "",
        "미",
        "국가의 일이다.",
        "이재용 회장은 삼성전자를 이끈다.",
        "끝",
    ]
    text = "\n".join(lines)
    assert [text[start:end] for start, end in book.spans("Samsung Electronics", text)] == ["삼성전자", "삼성전자"]
    assert list(book.spans("Samsung Electronics", text)) == [
        (at, at + 4) for at in range(len(text)) if text.startswith("삼성전자", at)
    ]
    assert book.occurs("Seoul", text)
    assert book.occurs("Lee Jae-yong", text)
    assert not book.occurs("미국", text)  # a name does not go over the end of a line
    assert {name.text for line in lines for name in book.find(line)} == {name.text for name in book.find(text)}


def test_gloss(book: NameBook) -> None:
    text = "연세대와 한국전자통신연구원(ETRI)은 정부와 협력한다. 연세대는"
    assert book.gloss(text) == "연세대(Yonsei University)와 한국전자통신연구원(ETRI)은 정부와 협력한다. 연세대는"
    assert book.gloss(text, limit=0) == text
    assert book.gloss("") == ""


def test_expand(book: NameBook) -> None:
    korean = book.expand("How many GPUs is Korea securing?")
    assert {"그래픽처리장치", "한국"} <= set(korean)
    assert "Yonsei University" in book.expand("연세대는 무엇을 하나?")
    assert book.expand("") == []


@pytest.mark.parametrize("text", ["한 국가가 자국의 자료를 쓴다", "그 영 국민은 떠났다", "정보를 중 국어로 옮긴다"])
def test_a_short_name_is_not_written_apart(book: NameBook, text: str) -> None:
    assert book.find(text, kinds={"country"}) == []


@pytest.mark.parametrize(("text", "name"), [("삼성 전자가 샀다", "삼성 전자"), ("젠 슨 황이 왔다", "젠 슨 황")])
def test_a_longer_one_may_be(book: NameBook, text: str, name: str) -> None:
    assert [found.text for found in book.find(text, kinds={"company", "person"})] == [name]


# Size


def test_is_fast_enough_for_a_question(book: NameBook) -> None:
    started = time.perf_counter()
    NameBook([("루나하임", "Lunaheim")])
    loaded = time.perf_counter()
    book.find("What did Keir Starmer promise Northumberland before the London Tech Week?")
    found = time.perf_counter()
    assert loaded - started < 5
    assert found - loaded < 1


def test_long_text(book: NameBook) -> None:
    text = ("노섬벌랜드에 데이터센터를 짓는다고 Shilpa Kolhatkar가 밝혔다. " * 250)[:10_000]
    started = time.perf_counter()
    book.find(text)
    assert book.occurs("Kolhatkar", text)
    assert not book.occurs("Zanzibar Holdings", text)
    assert len(mine(text)) == 0
    assert time.perf_counter() - started < 10
