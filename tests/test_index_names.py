"""Names across scripts: expected values are from general knowledge of Korean and English names."""

from __future__ import annotations

import pytest

from index.names import NameBook, mine


@pytest.fixture(scope="module")
def book() -> NameBook:
    return NameBook()


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("클라우드 공급업체 엔스케일(Nscale)은", ("엔스케일", "Nscale")),
        ("‘옥스퍼드 퀀텀 서킷’(Oxford Quantum Circuits)과", ("옥스퍼드 퀀텀 서킷", "Oxford Quantum Circuits")),
        ("Nscale(엔스케일)은", ("엔스케일", "Nscale")),
        ("최신 그레이스 블랙웰(Grace Blackwell) 칩", ("그레이스 블랙웰", "Grace Blackwell")),
        ("한국전자통신연구원(ETRI) 등", ("한국전자통신연구원", "ETRI")),
        ("31일 과학기술정보통신부(이하 과기정통부)는", ("과학기술정보통신부", "과기정통부")),
        ("규제를 맡은 금융감독청(FCA)이", ("금융감독청", "FCA")),
        ("정부는 인공지능(AI) 예산을", ("인공지능", "AI")),
    ],
)
def test_mine_finds_the_pair(text: str, pair: tuple[str, str]) -> None:
    assert mine(text) == {pair}


@pytest.mark.parametrize(
    "text", ["", "20억달러(약 2조7000억원)", "전경. (사진=픽사베이)", "11일(현지시간)", "트럼프(79)", "성장률(3.2%)"]
)
def test_mine_leaves_other_brackets(text: str) -> None:
    assert mine(text) == set()
