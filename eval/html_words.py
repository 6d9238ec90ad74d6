"""All words of the report page, in English and Korean. Names of measures are in eval.measures."""

from __future__ import annotations

from typing import NamedTuple


class Said(NamedTuple):
    """Words in both languages; `of` fills in names in braces, by words of the same language where it is given both."""

    en: str
    ko: str

    def of(self, **values: object) -> Said:
        en = {name: value.en if isinstance(value, Said) else value for name, value in values.items()}
        ko = {name: value.ko if isinstance(value, Said) else value for name, value in values.items()}
        return Said(self.en.format(**en), self.ko.format(**ko))


TITLE = Said("Evaluation report", "평가 보고서")
MADE = Said("Made {time} by gisa eval report", "{time}, gisa eval report 작성")
CONTENTS = Said("Contents", "차례")
AS_TABLE = Said("The same as a table", "표로 보기")
QUESTIONS = Said("Questions", "질문")
NONE = Said("none", "없음")

# What was measured

SUMMARY = Said("Summary", "요약")
SUMMARY_TOLD = Said(
    "The line through each mark is the 95% interval of a bootstrap over the questions: how much the figure owes to "
    "these questions rather than others like them.",
    "점을 지나는 선은 질문을 다시 뽑아 구한 95% 구간(부트스트랩)으로, 비슷한 다른 질문이었다면 달라졌을 폭입니다.",
)
SHARES = Said("Shares of right answers", "맞은 비율")
SHARES_TOLD = Said(
    "Shares with 95% intervals; the table below has the same figures.",
    "비율과 95% 구간. 아래 표에 같은 수치가 있습니다.",
)
MEASURE = Said("Measure", "항목")
ALL = Said("All", "전체")
KOREAN = Said("Korean", "한국어")
ENGLISH = Said("English", "영어")
HALLUCINATION = Said("hallucination rate", "환각률")
HALLUCINATION_TOLD = Said(
    "Unanswerable questions that were answered (NoMIRACL); less is better",
    "기사에 답이 없는 질문 중 답한 비율(NoMIRACL). 낮을수록 좋음",
)
ERROR_RATE = Said("error rate", "오류율")
ERROR_RATE_TOLD = Said(
    "Answerable questions that were refused (NoMIRACL); less is better",
    "답할 수 있는 질문 중 거절한 비율(NoMIRACL). 낮을수록 좋음",
)
UNSUPPORTED = Said("unsupported quantities", "근거 없는 수치")
FAILED_TO_ANSWER = Said("questions that failed with an error", "오류로 답하지 못한 질문")
MEDIAN = Said("whole answer, median", "답변 시간 중앙값")
P95 = Said("whole answer, 95th percentile", "답변 시간 95백분위")
EVIDENCE_WAIT = Said("evidence, median", "근거 제시 시간 중앙값")
JUDGES = Said("Answers judged by models", "모델이 판정한 답")
JUDGES_TOLD = Said(
    "What each evaluator let pass, beside the metric that needs no model, over the answers both decided (+ replies "
    "that could not be read); κ is their agreement beyond chance.",
    "평가기와 모델 없는 지표가 모두 판정한 답에서 견준 값(+ 읽지 못한 판정). κ는 우연을 뺀 일치도입니다.",
)
EVALUATOR = Said("Evaluator", "평가기")
OF = Said("Of", "대상")
ANSWERS = Said("Answers", "답 수")
JUDGE_PASSES = Said("Judge lets pass", "판정 통과")
METRIC_PASSES = Said("Metric lets pass", "지표 통과")
AGREE = Said("The same", "일치")
ARTICLES = Said("Articles", "기사")
SHIPPED = Said("the shipped ones", "함께 온 기사")
MODEL = Said("Language model", "언어 모델")
NO_MODEL = Said("none: answers are quoted", "없음: 인용으로 답함")
UNNAMED_MODEL = Said("yes, not named", "있음, 이름 없음")
EMBEDDER = Said("Embedder", "임베딩 모델")
TARGET = Said("Target", "대상")
LOCAL = Said("gisa on this machine", "이 컴퓨터의 gisa")
REVISION = Said("Revision", "코드 버전")
SETTINGS = Said("Settings", "설정")
COLLECTION = Said("Collection", "기사 모음")
MACHINE = Said("Machine", "컴퓨터")
TIME = Said("Time", "시각")
SET = Said("Set", "질문 세트")
FILE = Said("File", "파일")

# Failures and questions

RUN = Said("Run {name}", "평가 {name}")
FAILURES = Said("What went wrong", "틀린 답")
FAILURES_COUNT = Said("{wrong} of {all} questions went wrong.", "질문 {all}개 중 {wrong}개가 틀렸습니다.")
NO_FAILURES = Said("Nothing went wrong.", "틀린 답이 없습니다.")
EXPECTED = Said("Expected", "기대한 사실")
A_REFUSAL = Said("a refusal: the articles do not say it", "거절: 기사에 없는 내용")
FROM = Said("in article", "기사")
ANSWER = Said("Answer", "답")
QUOTES = Said("Quotes", "인용")
NOTICES = Said("Notices", "안내")
CLAIMS = Said("Not borne out", "확인되지 않은 주장")
TRACE = Said("Trace", "과정")
FOUND = Said("Evidence found, best first", "찾은 근거, 순위대로")
ODDS = Said("log odds {odds:+.1f}", "로그 승산 {odds:+.1f}")
NOT_JUDGED = Said("not judged", "판정하지 않음")
SCORE = Said("score {score:.2f}", "점수 {score:.2f}")
DRAFTS = Said("Drafts", "초안")
DRAFT_KEPT = Said("shown", "답으로 씀")
DRAFT_FAILED = Said("thrown away: {why}", "버림: {why}")
JUDGEMENTS = Said("Judgements", "판정")
PASSED = Said("passed", "통과")
NOT_PASSED = Said("did not pass", "통과하지 못함")
UNREAD = Said("could not be read", "판정을 읽을 수 없음")
ERROR = Said("Error", "오류")
NO_ANSWER = Said("There was no answer.", "답이 없었습니다.")
EACH = Said("Every question", "모든 질문")
SEARCH = Said("Words of question, answer or name", "질문, 답, 이름에서 찾기")
ONLY_WRONG = Said("Only what went wrong", "틀린 것만")
SHOWN = Said("shown", "개 표시")
NAME = Said("Name", "이름")
QUESTION = Said("Question and answer", "질문과 답")
LANGUAGE = Said("Language", "언어")
KIND = Said("Kind", "종류")
OUTCOME = Said("Outcome", "결과")
RIGHT = Said("right", "맞음")
SECONDS = Said("Seconds", "초")
BY = Said("Answered by", "답한 방식")
ANSWERED_BY = {
    "reader": Said("read", "판독"),
    "llm": Said("written", "작성"),
    "extract": Said("quoted", "인용"),
    "none": Said("refused", "거절"),
}
FAILED = Said("failed", "오류")
WRONG = {
    "facts": Said("facts not in the answer", "답에 사실 없음"),
    "quotes": Said("facts not in the quotes", "인용에 사실 없음"),
    "refused": Said("refused though answerable", "답이 있는데 거절"),
    "answered": Said("answered though unanswerable", "답이 없는데 답함"),
    "article": Said("wrong article cited", "다른 기사 인용"),
    "language": Said("wrong language", "다른 언어"),
    "supported": Said("quantity without support", "근거 없는 수치"),
    "error": Said("error", "오류"),
}

# Retrieval, latency, history

RETRIEVAL = Said("Retrieval", "검색")
RETRIEVAL_TOLD = Said(
    "Recall at k: the share of questions with a right passage among the first k, by method.",
    "재현율@k: 앞의 k개 단락 안에 정답 단락이 있는 질문의 비율, 방법별.",
)
RECALL_OF = Said("Recall by depth on {data}", "{data}: 깊이별 재현율")
DATA_COUNT = Said("{queries} questions, {passages} passages", "질문 {queries}개, 단락 {passages}개")
METHOD = Said("Method", "방법")
MS = Said("ms a question", "질문당 ms")
NOT_READ = Said("{count} not read", "{count}개 읽지 못함")
LATENCY = Said("Latency", "답변 시간")
LATENCY_TOLD = Said(
    "Share of answers that were there after so many seconds (logarithmic axis).",
    "해당 시간 안에 나온 답의 비율(로그 축).",
)
BY_QUESTION = Said("Wait by question, slowest first", "질문별 답변 시간, 느린 순")
BY_QUESTION_TOLD = Said(
    "Median {median:.2f} s, 95th percentile {p95:.2f} s, longest {most:.2f} s.",
    "중앙값 {median:.2f}초, 95백분위 {p95:.2f}초, 최대 {most:.2f}초.",
)
SLOWEST = Said("The slowest ten", "가장 느린 열 개")
HISTORY = Said("History", "추이")
HISTORY_HOME = Said("All runs in {folder}.", "{folder} 안의 모든 평가.")
HISTORY_FILES = Said("The files given, oldest first.", "지정한 파일, 오래된 순.")
HISTORY_LINE = Said("{sets}; articles: {articles}; model: {model}", "{sets}; 기사: {articles}; 모델: {model}")
HISTORY_OF = Said("{line}, over {count} runs", "{line}, 평가 {count}회")
HISTORY_TIME = Said("{line}, median seconds over {count} runs", "{line}, 평가 {count}회의 답변 시간 중앙값(초)")
ONE_RUN = Said("There is one run so far; a line needs two.", "아직 평가가 한 번뿐이라 추이를 그릴 수 없습니다.")
NOT_A_RUN = Said("Left out, for they could not be read as runs: {names}.", "평가로 읽을 수 없어 뺀 파일: {names}.")
