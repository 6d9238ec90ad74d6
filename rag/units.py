"""What numbers count: currencies, percents, multiples, measures, durations and counters, in Korean and English.

A `Unit` is canonical: `개 장 대 GPUs chips` are all `item`, `파운드 £ pounds` all `GBP`. Units that convert exactly
into each other share a dimension (`GW` and `MW`; years and months); months and days do not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Kind = Literal["count", "money", "percent", "multiple", "ordinal", "measure", "plain"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A canonical unit. `factor` of it make one of its `dimension`; `ko` and `en` are the words it goes by."""

    name: str
    kind: Kind
    ko: tuple[str, ...]
    en: tuple[str, ...]
    dimension: str
    factor: Decimal = Decimal(1)


def _unit(name: str, kind: Kind, ko: str, en: str, *dimension: str) -> Unit:
    """`ko` and `en` list words split by commas; `dimension` may be its name and the factor to it."""
    split = [tuple(word.strip() for word in words.split(",") if word.strip()) for words in (ko, en)]
    base, factor = dimension or (name, "1")
    return Unit(name, kind, split[0], split[1], base, Decimal(factor))


PLAIN = _unit("", "plain", "", "")
ORDINAL = _unit(
    "ordinal", "ordinal", "번째, 번 째, 주년, 차, 위, 호기, 호, 등, 세기, 층, 단계, 순위, 학년, 라운드, 세대", ""
)
MULTIPLE = _unit("x", "multiple", "배", "times, fold, x, X, ×")
PERCENT = _unit("%", "percent", "%, ％, 퍼센트, 프로", "%, percent, per cent, pct")
ITEM = _unit(
    "item",
    "count",
    "개, 장, 대, 기, 매, 척, 채, GPU, 칩",
    "item, unit, piece, GPU, CPU, TPU, NPU, chip, processor, accelerator, server, card, graphics card, device, "
    "machine, robot, vehicle, car, model, product, data center, data centre, datacenter, plant, building",
)
PARAMETER = _unit("parameter", "count", "매개변수, 파라미터", "parameter")

_MONEY = (
    _unit("KRW", "money", "원", "won, Korean won, South Korean won"),
    _unit("USD", "money", "달러, 미국달러, 미국 달러, 미달러, 미 달러, 불", "dollar, US dollar, U.S. dollar, buck"),
    _unit("GBP", "money", "파운드, 영국 파운드", "pound, pound sterling, pounds sterling, British pound"),
    _unit("EUR", "money", "유로", "euro"),
    _unit("JPY", "money", "엔, 엔화", "yen, Japanese yen"),
    _unit("CNY", "money", "위안, 위안화", "yuan, renminbi, Chinese yuan"),
    _unit("HKD", "money", "홍콩달러, 홍콩 달러", "Hong Kong dollar"),
    _unit("TWD", "money", "대만달러, 대만 달러", "Taiwan dollar, New Taiwan dollar"),
    _unit("SGD", "money", "싱가포르달러, 싱가포르 달러", "Singapore dollar"),
    _unit("CAD", "money", "캐나다달러, 캐나다 달러", "Canadian dollar"),
    _unit("AUD", "money", "호주달러, 호주 달러", "Australian dollar"),
    _unit("CHF", "money", "스위스프랑, 스위스 프랑", "Swiss franc"),
    _unit("INR", "money", "루피", "rupee, Indian rupee"),
    _unit("RUB", "money", "루블", "ruble, rouble"),
    _unit("VND", "money", "베트남 동", "Vietnamese dong, dong"),
)
_PERCENT = (
    PERCENT,
    _unit("%p", "percent", "%p, %P, %포인트, ％p, 퍼센트포인트, 퍼센트 포인트", "percentage point, pp"),
)

_TIME = (
    _unit("decade", "count", "", "decade", "month", "120"),
    _unit("year", "count", "년, 개년", "year, yr", "month", "12"),
    _unit("month", "count", "개월, 달", "month"),
    _unit("week", "count", "주, 주일, 주간", "week", "second", "604800"),
    _unit("day", "count", "일", "day", "second", "86400"),
    _unit("hour", "count", "시간", "hour, hr", "second", "3600"),
    _unit("minute", "count", "분", "minute", "second", "60"),
    _unit("second", "count", "초", "second"),
)
DURATIONS = frozenset(unit.name for unit in _TIME)
_COUNTERS = (
    ITEM,
    PARAMETER,
    _unit("person", "count", "명, 인, 사람",
          "person, people, user, employee, worker, researcher, engineer, developer, student, resident, customer, "
          "member, expert, staff, patient, victim, passenger, subscriber, scientist, official, individual"),
    _unit("job", "count", "", "job"),
    _unit("country", "count", "개국, 개 국가, 개 나라, 나라, 국가, 국", "country, nation"),
    _unit("company", "count", "개사, 개 사, 개 기업, 개 회사, 개 업체, 사, 기업, 회사, 업체",
          "company, firm, business, corporation, enterprise, carrier, operator"),
    _unit("startup", "count", "개 스타트업", "startup, start-up"),
    _unit("university", "count", "개 대학, 개 대학교", "university, college"),
    _unit("city", "count", "개 도시, 도시", "city"),
    _unit("place", "count", "곳, 개소, 군데, 개 지역", "site, place, location, region"),
    _unit("party", "count", "자", "party"),
    _unit("team", "count", "개 팀, 팀", "team"),
    _unit("household", "count", "가구", "household"),
    _unit("case", "count", "건", "case, incident, deal, contract, patent"),
    _unit("kind", "count", "종, 종류, 가지", "kind, type, species"),
    _unit("work", "count", "편, 권, 곡", "film, movie, book, episode, song, paper"),
    _unit("time", "count", "번, 회, 차례", "occasion"),
    _unit("share", "count", "", "share"),
    _unit("point", "count", "포인트, 점", "point"),
    _unit("game", "count", "경기", "game, match"),
    _unit("animal", "count", "마리", "animal"),
    _unit("age", "count", "세, 살", "years old, year old, years of age"),
    _unit("vote", "count", "표", "vote"),
    _unit("seat", "count", "석, 좌석", "seat"),
    _unit("goal", "count", "골", "goal"),
    _unit("win", "count", "승", "win"),
    _unit("loss", "count", "패", "loss"),
    _unit("page", "count", "쪽, 페이지", "page"),
    _unit("token", "count", "토큰", "token"),
    _unit("core", "count", "코어", "core"),
    _unit("qubit", "count", "큐비트", "qubit"),
    _unit("barrel", "count", "배럴", "barrel"),
)  # fmt: skip

_SI = {"k": ("킬로", "kilo", "1e3"), "M": ("메가", "mega", "1e6"), "G": ("기가", "giga", "1e9"),
       "T": ("테라", "tera", "1e12"), "P": ("페타", "peta", "1e15"), "E": ("엑사", "exa", "1e18")}  # fmt: skip


def _scaled(symbol: str, ko: str, en: str, prefixes: str) -> tuple[Unit, ...]:
    """A measure with its SI prefixes: W, kW, MW, ..."""
    base = _unit(symbol, "measure", f"{symbol}, {ko}", f"{symbol}, {en}")
    rows = [base]
    for letter in prefixes:
        hangul, latin, factor = _SI[letter]
        name = letter + symbol
        words = f"{name}, K{symbol}, {latin}{en}" if letter == "k" else f"{name}, {latin}{en}"
        rows.append(_unit(name, "measure", f"{name}, {hangul}{ko}", words, symbol, factor))
    return tuple(rows)


_MEASURES = (
    *_scaled("W", "와트", "watt", "kMGT"),
    *_scaled("Wh", "와트시", "watt-hour", "kMGT"),
    *_scaled("B", "바이트", "byte", "kMGTPE"),
    *_scaled("Hz", "헤르츠", "hertz", "kMGT"),
    *_scaled("FLOPS", "플롭스", "flops", "GTPE"),
    *_scaled("bps", "bps", "bps", "kMGT"),
    _unit("km", "measure", "km, ㎞, 킬로미터", "km, kilometer, kilometre", "m", "1000"),
    _unit("m", "measure", "m, 미터", "m, meter, metre"),
    _unit("cm", "measure", "cm, ㎝, 센티미터, 센티", "cm, centimeter, centimetre", "m", "0.01"),
    _unit("mm", "measure", "mm, ㎜, 밀리미터", "mm, millimeter, millimetre", "m", "0.001"),
    _unit("nm", "measure", "nm, ㎚, 나노미터, 나노", "nm, nanometer, nanometre", "m", "1e-9"),
    _unit("inch", "measure", "인치", "inch, inches"),
    _unit("ft", "measure", "피트", "foot, feet, ft"),
    _unit("mile", "measure", "마일", "mile"),
    _unit("km/h", "measure", "km/h, kph",
          "km/h, kph, kilometers per hour, kilometres per hour, kilometers an hour, kilometres an hour"),
    _unit("mph", "measure", "mph", "mph, miles per hour, miles an hour"),
    _unit("t", "measure", "톤, t", "ton, tonne, metric ton, metric tonne", "kg", "1000"),
    _unit("kg", "measure", "kg, ㎏, 킬로그램", "kg, kilogram, kilo"),
    _unit("g", "measure", "그램, g", "gram, g", "kg", "0.001"),
    _unit("L", "measure", "리터", "liter, litre"),
    _unit("km²", "measure", "㎢, km², km2, 제곱킬로미터",
          "km², km2, square kilometer, square kilometre, sq km", "m²", "1000000"),
    _unit("ha", "measure", "헥타르, ㏊, ha", "hectare, ha", "m²", "10000"),
    _unit("m²", "measure", "㎡, m², m2, 제곱미터", "m², m2, square meter, square metre, sq m"),
    _unit("pyeong", "measure", "평", "pyeong"),
    _unit("acre", "measure", "에이커", "acre"),
    _unit("°C", "measure", "℃, 도, 섭씨도", "℃, °C, degree Celsius, degrees Celsius, degree"),
)  # fmt: skip

UNITS: tuple[Unit, ...] = (ORDINAL, MULTIPLE, *_MONEY, *_PERCENT, *_TIME, *_COUNTERS, *_MEASURES)
BY_NAME: dict[str, Unit] = {unit.name: unit for unit in (PLAIN, *UNITS)}
KO: dict[str, Unit] = {word: unit for unit in reversed(UNITS) for word in unit.ko}
# Things counted by 개, 장, 대 or 곳 that a claim could mix up: part of a word in lower case -> what it is.
THINGS = {
    **dict.fromkeys(
        ("gpu", "칩", "chip", "그래픽처리장치", "그래픽카드", "graphics card", "가속기", "accelerator"), "chip"
    ),
    **dict.fromkeys(("데이터센터", "데이터 센터", "data center", "data centre", "datacenter"), "data center"),
    **dict.fromkeys(("슈퍼컴퓨터", "supercomputer"), "supercomputer"),
    **dict.fromkeys(("서버", "server"), "server"),
    **dict.fromkeys(("로봇", "robot"), "robot"),
    **dict.fromkeys(("스타트업", "startup", "start-up"), "startup"),
    **dict.fromkeys(("대학", "universit"), "university"),
    **dict.fromkeys(("일자리", "고용", "job"), "job"),
}
SIGNS = {
    "US$": "USD", "U.S.$": "USD", "HK$": "HKD", "NT$": "TWD", "S$": "SGD", "C$": "CAD", "CA$": "CAD", "A$": "AUD",
    "AU$": "AUD", "$": "USD", "＄": "USD", "£": "GBP", "￡": "GBP", "€": "EUR", "₩": "KRW", "￦": "KRW", "¥": "JPY",
    "￥": "JPY", "₹": "INR", "₽": "RUB",
}  # fmt: skip
ISO = (*(unit.name for unit in _MONEY), "RMB")


def _plural(word: str) -> str:
    if re.search(r"[^a-z]y$|[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(?:s|ch|x)$", word) else "s")


def _english() -> dict[str, Unit]:
    """Lower-case words and their plurals, and symbols (`GW`, `%`) as they are written."""
    words: dict[str, Unit] = {}
    for unit in reversed(UNITS):
        for word in unit.en:
            if word.islower() or " " in word or unit.kind in {"count", "money"}:
                words[word.lower()] = unit
                words[_plural(word.lower())] = unit
            else:
                words[word] = unit
    return words


EN: dict[str, Unit] = _english()

# A Korean counter ends at something that is not Hangul, or at a particle or suffix: 3원을 is money, 3원칙 is not.
FOLLOWS = (
    "의|을|를|이|가|은|는|에|로|으로|도|만|과|와|까지|부터|씩|쯤|여|규모|어치|가량|정도|안팎|내외|미만|초과|짜리|당|간|째|보다|"
    "나|라|며|였|입|밖|뿐|마다|남짓|수준|내|동안|전|후|뒤|급|분|치|중|상당|들|넘|안|대|선|한|하|된|되|늘|줄|증|감|반|꼴|상|"
    "높|낮|많|적|더|뛰|올|인|조차|기준|필요|산업|세계|구축|공급|확보|투자|투입|도입|지원|기금|펀드|예산"
)
_KO_END = rf"(?=(?![가-힣])|(?:{FOLLOWS}))"


def _any(words: dict[str, Unit]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_hangul = {word: unit for word, unit in KO.items() if re.search(r"[가-힣]$", word)}
_symbols = {word: unit for word, unit in KO.items() if word not in _hangul}
KO_UNIT = re.compile(rf"(?P<word>(?:{_any(_hangul)}){_KO_END}|(?:{_any(_symbols)})(?![A-Za-z0-9]))")
EN_UNIT = re.compile(rf"(?P<word>{_any(EN)})(?![A-Za-z0-9])")
SIGN_BEFORE = re.compile(rf"(?P<word>{_any(dict.fromkeys(SIGNS, PLAIN))}|\b(?:{'|'.join(ISO)}) ?)$")
SIGN_AFTER = re.compile(rf" ?(?P<word>{'|'.join(ISO)}|[€£₩])(?![A-Za-z0-9])")


def sign_unit(word: str) -> Unit:
    """The currency a sign or an ISO code stands for."""
    name = SIGNS.get(word.strip(), word.strip())
    return BY_NAME["CNY" if name == "RMB" else name]
