"""What is read off a question: language, the kind of answer it expects, names, numbers, search terms."""

from __future__ import annotations

import unicodedata

import pytest
from made_up import NAMES, question

from index.names import NameBook
from rag.errors import QuestionError
from rag.question import detect, expects, has_language, read


class TestLanguage:
    @pytest.mark.parametrize(
        "text",
        [
            "How many GPUs is Korea securing?",
            "Nscale GPU count",
            "NVIDIA Blackwell GPUs in the UK",
            "AI-RAN?",
            "Who is 배경훈?",
            "What does 소버린 mean in the article?",
            "what is the JADE consortium",
            "GPU",
            "NVIDIA UK investment amount",
            "Mira Murati resignation reason",
            "GPU deal signing date",
            "Korea science minister name",
            "Jensen Huang visit date",
            "Nvidia stock price",
            "AI data center London cost",
            "was NVIDIA in talks",
        ],
    )
    def test_english(self, text: str) -> None:
        assert detect(text) == "en"

    @pytest.mark.parametrize(
        "text",
        [
            "한국이 확보하는 GPU는 몇 장인가?",
            "NVIDIA Blackwell GPU 4,000개를 들여오는 회사는?",
            "Nscale은 어디에 있나",
            "엔비디아",
            "OpenAI와 NVIDIA의 Stargate UK 개발에 누가 참여하나?",
        ],
    )
    def test_korean(self, text: str) -> None:
        assert detect(text) == "ko"

    @pytest.mark.parametrize(
        "text",
        [
            "韓国は何枚のGPUを確保しますか?",
            "日本はどれくらいGPUを持っていますか",
            "韩国将获得多少个GPU？",
            "Combien de processeurs la Corée va-t-elle obtenir cette année ?",
            "¿Cuántos procesadores va a conseguir el gobierno coreano este año?",
            "Wie viele Grafikprozessoren bekommt Korea in diesem Jahr?",
            "prezzo centro dati Londra",
            "data firma accordo Nvidia",
            "numero GPU acquistate Corea",
            "chi guida il ministero della scienza",
            "Chi è il ministro in carica a Seoul",
            "investissement Nvidia Royaume-Uni montant",
            "raison démission Mira Murati",
            "Anzahl GPUs Korea gekauft",
            "Was investiert Nvidia in Großbritannien",
            "motivo dimisión Mira Murati",
            "cuántas GPU compra Corea",
            "valor do investimento em libras",
            "quantas GPUs a Coreia compra",
            "Nvidia đầu tư bao nhiêu vào Anh",
            "lý do Mira Murati từ chức",
            "jumlah GPU dibeli Korea",
            "alasan Mira Murati mundur",
            "Сколько видеокарт получит Корея?",
            "كم عدد المعالجات التي ستحصل عليها كوريا؟",
        ],
    )
    def test_neither(self, text: str) -> None:
        with pytest.raises(QuestionError) as caught:
            detect(text)
        assert "Korean and English" in caught.value.en
        assert "한국어와 영어" in caught.value.ko

    def test_told_language_goes_before_detection(self) -> None:
        assert read("GPU 26만장", NAMES, "en").language == "en"
        assert read("Korea GPUs", NAMES, "ko").language == "ko"


class TestLimits:
    @pytest.mark.parametrize("text", ["", "   ", "\n\t", "?!", "123 456", "🙂🙂🙂", "❓", "...", "1+1=?"])
    def test_nothing_asked(self, text: str) -> None:
        with pytest.raises(QuestionError) as caught:
            read(text, NAMES)
        assert caught.value.exit_code == 2
        assert "How many GPUs" in caught.value.en  # says what one could ask
        assert "GPU는 몇 장" in caught.value.ko

    def test_too_long(self) -> None:
        with pytest.raises(QuestionError) as caught:
            read("why " * 2500, NAMES)
        assert "2,000" in caught.value.en
        assert "2,000" in caught.value.ko

    def test_the_limit_itself_is_allowed(self) -> None:
        text = "why " + "x" * 16
        assert read(text, NAMES, "en", most=20).text == text
        with pytest.raises(QuestionError, match="21"):
            read(text + "x", NAMES, "en", most=20)

    def test_white_space_is_not_counted(self) -> None:
        assert read("  How\n\nmany   GPUs?\t", NAMES, most=14).text == "How many GPUs?"

    def test_decomposed_hangul_is_composed(self) -> None:
        composed = "한국이 확보하는 GPU는?"
        decomposed = unicodedata.normalize("NFD", composed)
        assert decomposed != composed
        assert read(decomposed, NAMES).text == composed


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("count", "How many GPUs is Korea securing?"),
        ("count", "What number of countries focus on sovereign AI?"),
        ("count", "한국이 확보하는 GPU는 몇 장인가?"),
        ("count", "소버린 AI에 집중하는 나라는 몇 개국인가?"),
        ("amount", "How much will NVIDIA invest in the UK?"),
        ("amount", "What is the budget of the computing center?"),
        ("amount", "엔비디아가 영국에 투자하는 금액은 얼마인가?"),
        ("amount", "국가AI컴퓨팅센터의 예산은?"),
        ("date", "When was the agreement signed?"),
        ("date", "What year did the boom begin?"),
        ("date", "협약은 언제 맺었나?"),
        ("date", "몇 년에 시작됐나?"),
        ("date", "Is it known when the campus opens?"),
        ("count", "몇 년짜리 계획인가?"),
        ("count", "몇 년에 걸쳐 짓나?"),
        ("other", 'What does the company mean when it says "AI factory"?'),
        ("other", "Is the country ahead when it comes to private funding?"),
        ("person", "Who leads the ministry?"),
        ("person", "Which minister welcomed the forum?"),
        ("person", "포럼을 환영한 장관은 누구인가?"),
        ("place", "Where is the AI campus?"),
        ("place", "Which city hosts the conference?"),
        ("place", "복합단지는 어디에 있나?"),
        ("reason", "Why did OpenAI lose its CTO?"),
        ("reason", "미국과 영국이 가까워진 이유는?"),
        ("reason", "두 나라가 손잡은 배경은 무엇인가?"),
        ("reason", "배경으로 꼽힌 것은?"),
        ("reason", "이 결정의 배경, 무엇인가"),
        ("other", "배경훈 장관은 협력을 어떻게 평가했나?"),
        ("other", "What is AI-RAN?"),
        ("other", "소버린 AI란 무엇인가?"),
    ],
)
def test_expects(kind: str, text: str) -> None:
    assert expects(text, detect(text)) == kind


class TestWhatIsGiven:
    def test_names(self) -> None:
        assert {"Korea", "NVIDIA"} <= {name.text for name in question("Is NVIDIA in Korea?").names}
        assert "엔비디아" in {name.text for name in question("엔비디아는 어디에 투자하나?").names}

    def test_quantities(self) -> None:
        (given,) = question("Who is installing 4,000 GPUs?").quantities
        assert given.low == given.high == 4000
        (given,) = question("26만장을 확보하는 나라는?").quantities
        assert given.low == 260_000

    def test_korean_terms_have_no_particles(self) -> None:
        terms = question("엔비디아가 반도체를 영국에 들여오나?").terms
        assert "반도체" in terms
        assert "영국" in terms

    def test_names_are_searched_in_both_scripts(self) -> None:
        assert any("엔비디아" in term for term in question("Is NVIDIA there?").terms)
        assert any("nvidia" in term.lower() for term in question("엔비디아는 어디 있나?").terms)

    def test_mined_pairs_too(self) -> None:
        book = NameBook([("가람소프트", "Garamsoft")])
        terms = read("What does Garamsoft make?", book).terms
        assert any("가람" in term for term in terms)

    def test_english_words_are_not_searched_in_korean_text(self) -> None:
        terms = {term.lower() for term in question("How many servers does the company own?").terms}
        assert terms.isdisjoint({"how", "many", "servers", "does", "company", "own"})


class TestHasLanguage:
    @pytest.mark.parametrize(
        "text",
        [
            "More than 260,000 GPUs [1].",
            'The article says: "정부가 26만장을 확보한다." [1]',
            "Bae Kyung-hoon (배경훈), the minister [1].",
            "260,000 [1].",
        ],
    )
    def test_english(self, text: str) -> None:
        assert has_language(text, "en")

    @pytest.mark.parametrize(
        "text",
        [
            "26만장 이상입니다 [1].",
            "Nscale입니다.",
            "26만 [1].",
            "NVIDIA와 OpenAI, Nscale이다.",
            "Seoul National University [1].",
            "Bank of America",
            "OpenAI o3",
        ],
    )
    def test_korean(self, text: str) -> None:
        assert has_language(text, "ko")

    def test_the_other(self) -> None:
        assert not has_language("정부는 GPU 26만장 이상을 확보한다 [1].", "en")
        assert not has_language("More than 260,000 GPUs [1].", "ko")
        assert not has_language("The bank is NatWest [1].", "ko")
