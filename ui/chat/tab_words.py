"""All words of the Articles and Quality tabs, in English and Korean."""

from __future__ import annotations

from ui.chat.runs import Cites, Figure, Wrong
from ui.words import Said

REFUSED = Said(
    "This needs a key that may manage. Sign in with one.", "관리 권한이 있는 키가 필요합니다. 그 키로 로그인하세요."
)

# Articles: the list

SEARCH = Said("Search the articles", "기사 찾기")
SEARCH_HINT = Said("Words of title, publisher or text", "제목, 발행사, 본문의 낱말")
PUBLISHER = Said("Publisher", "발행사")
ANY_PUBLISHER = Said("All publishers", "모든 발행사")
SINCE = Said("From", "시작일")
UNTIL = Said("Until", "종료일")
FILTERS = Said("Filters", "기사 고르기")
DATE_HINT = Said("2025-10-31 or 2025", "2025-10-31 또는 2025")
SORT = Said("Order", "순서")
SORTS = {
    "newest": Said("Newest first", "최신순"),
    "oldest": Said("Oldest first", "오래된순"),
    "title": Said("By title", "제목순"),
    "publisher": Said("By publisher", "발행사순"),
}
ARTICLES = Said("Articles", "기사")
COUNT = Said("{count} of {total} articles", "기사 {total}건 중 {count}건")
ALL = Said("{total} articles", "기사 {total}건")
ONE = Said("1 article", "기사 1건")
NO_MATCH = Said(
    "No article matches. Change the words or the filters.", "맞는 기사가 없습니다. 검색어나 조건을 바꾸세요."
)
NONE_YET = Said("No articles yet. Add some above.", "아직 기사가 없습니다. 위에서 추가하세요.")
BAD_DATE = Said(
    "{text} is no date. Write 2025-10-31, 2025-10 or 2025.",
    "{text}: 날짜가 아닙니다. 2025-10-31, 2025-10, 2025처럼 쓰세요.",
)
UNDATED = Said("no date", "날짜 없음")
EARLIER = Said("Previous", "이전")
LATER = Said("Next", "다음")
PAGE = Said("Page {page} of {pages}", "{pages}쪽 중 {page}쪽")

# Articles: the reader

PICK = Said("Choose an article to read it here.", "기사를 고르면 여기에서 읽을 수 있습니다.")
ASIDE = Said(
    "Grey text is kept but not searched: bylines, captions, rights lines.",
    "회색 글은 보관하되 검색하지 않습니다: 기자 이름, 사진 설명, 저작권 문구.",
)
SOURCE = Said("From {source}", "출처 파일 {source}")
REPLACE = Said("Replace with a file", "파일로 교체")
REMOVE = Said("Remove", "삭제")
REMOVED = Said(
    "Removed “{title}”. No answer uses it any more. It can be put back for {days} days.",
    "‘{title}’ 기사를 삭제했습니다. 이제 답에 쓰이지 않습니다. {days}일 동안 되돌릴 수 있습니다.",
)
UNDO_LABEL = Said("Removed in the last {days} days", "최근 {days}일 동안 삭제한 기사")
BACK = Said("Back to the list", "목록으로")
UNDO = Said("Undo", "되돌리기")
UNDONE = Said("“{title}” is back.", "‘{title}’ 기사를 되돌렸습니다.")
REPLACED = Said("Replaced.", "교체했습니다.")
UNCHANGED = Said("The file holds the same article: nothing changed.", "같은 기사라 바뀐 것이 없습니다.")

ONE_ARTICLE = Said(
    "The file holds {count} articles. Choose a file with one.",
    "파일에 기사가 {count}건 있습니다. 기사 하나가 든 파일을 고르세요.",
)

# Articles: adding

ADD = Said("Add articles", "기사 추가")
DROP = Said("Files: .txt .md .html .pdf .docx .hwpx .jsonl", "파일: .txt .md .html .pdf .docx .hwpx .jsonl")
READING = Said("Reading file {done} of {total}", "파일 읽는 중: {total}개 중 {done}개")
TAKING_IN = Said("Taking in article {done} of {total}", "기사 넣는 중: {total}건 중 {done}건")
RESULT = Said("Result for each file", "파일별 결과")
FILE = Said("File", "파일")
OUTCOME = Said("Result", "결과")
OUTCOME_COUNT = Said("{count} {outcome}", "{outcome} {count}건")
OUTCOMES = {
    "added": Said("added", "추가됨"),
    "replaced": Said("replaced", "교체됨"),
    "unchanged": Said("unchanged", "그대로"),
    "failed": Said("not added", "추가 안 됨"),
}
TOO_MANY = Said(
    "{count} files at once are too many: {most} at most. Add them in parts.",
    "한 번에 파일 {count}개는 너무 많습니다. {most}개까지 나누어 추가하세요.",
)
NOT_TAKEN_IN = Said(
    "Something went wrong on the server. Try this file again.",
    "서버에 문제가 생겼습니다. 이 파일을 다시 추가해 보세요.",
)

# Quality: the figures

NO_RUNS = Said("Nothing has been measured yet", "아직 측정한 결과가 없습니다")
HOW_TO = Said(
    "Run this on the server; it asks the golden questions and writes the results where this page finds them:",
    "서버에서 아래 명령을 실행하세요. 골든 질문에 답하게 하고 결과를 이 화면이 찾는 곳에 적습니다:",
)
HOW_TO_END = Said("Then press Refresh.", "끝나면 새로 고침을 누르세요.")
REFRESH = Said("Refresh", "새로 고침")
LATEST = Said("Latest evaluation", "최근 평가")
MEASURED = Said("{count} questions of {sets}, {time} UTC", "{sets} 질문 {count}개, {time} UTC")
ON = Said(
    "code {revision}, {model}, articles: {articles}, {machine}", "코드 {revision}, {model}, 기사: {articles}, {machine}"
)
WITH_MODEL = Said("with the local model", "로컬 모델 사용")
WITHOUT_MODEL = Said("by quoting alone", "모델 없이 인용만")
UNREAD = Said("Not readable as results of a run: {names}", "평가 결과로 읽을 수 없는 파일: {names}")
FIGURES: dict[Figure, Said] = {
    "facts": Said("Facts in the answer", "답에 있는 사실"),
    "quotes": Said("Facts in the quotes", "인용문에 있는 사실"),
    "article": Said("Right article cited", "맞는 기사 인용"),
    "answered": Said("Answered, where the articles say it", "기사에 있을 때 답함"),
    "refused": Said("Refused, where they do not", "기사에 없을 때 거절함"),
    "quantity": Said("No unsupported number", "근거 없는 수 없음"),
    "language": Said("In the question's language", "질문과 같은 언어"),
}
CITES: dict[Cites, Said] = {
    "recall": Said("Citation recall", "인용 재현율"),
    "precision": Said("Citation precision", "인용 정밀도"),
}
MEAN_OF = Said("mean of {count} answers", "답 {count}개의 평균")
FIGURE = Said("What", "항목")
SHARE = Said("Right", "맞음")
QUESTIONS = Said("Questions", "질문 수")
NOTHING = Said("none", "없음")
LATENCY = Said("Seconds until the whole answer, by question", "질문별 전체 답까지 걸린 시간(초)")
LATENCY_TOLD = Said(
    "Dashed lines: half of the answers took {median} s or less, 95 of 100 took {p95} s or less. The slowest: {most} s.",
    "점선: 절반은 {median}초, 95%는 {p95}초 안에 답했습니다. 가장 느린 답은 {most}초입니다.",
)
AS_TABLE = Said("As a table", "표로 보기")
QUESTION = Said("Question", "질문")
SECONDS = Said("Seconds", "초")
OVER_RUNS = Said("Over the runs", "평가별 변화")
OVER_RUNS_TOLD = Said(
    "{count} runs of the same questions with the same model, oldest on the left.",
    "같은 질문과 모델로 한 평가 {count}번, 왼쪽이 가장 오래된 것입니다.",
)
ONE_RUN = Said(
    "There is one run of these questions with this model yet; from the second on, its figures are drawn here.",
    "이 질문과 모델로 한 평가가 아직 하나입니다. 두 번째부터 변화를 그립니다.",
)
RUN = Said("Run", "평가")
REVISION = Said("Code", "코드")
REFUSALS = Said("Right refusals", "맞는 거절")
MEDIAN = Said("Median seconds", "중앙값(초)")
FROM_TO = Said("{name}: from {first} to {last}", "{name}: {first}에서 {last}(으)로")

# Quality: what went wrong

FAILURES = Said("What went wrong", "잘못된 답")
FAILURES_COUNT = Said("{count} of {total} questions went wrong.", "질문 {total}개 중 {count}개가 잘못되었습니다.")
NO_FAILURES = Said("Nothing went wrong.", "잘못된 답이 없습니다.")
KIND = Said("Show", "보기")
ALL_KINDS = Said("All ({count})", "전체 ({count})")
KIND_COUNT = Said("{kind} ({count})", "{kind} ({count})")
WRONG: dict[Wrong, Said] = {
    "error": Said("An error instead of an answer", "답 대신 오류"),
    "refused": Said("Refused, though the articles say it", "기사에 있는데 거절함"),
    "answered": Said("Answered, though the articles do not say it", "기사에 없는데 답함"),
    "facts": Said("A fact is missing in the answer", "답에 사실이 빠짐"),
    "quotes": Said("A fact is missing in the quotes", "인용문에 사실이 빠짐"),
    "article": Said("Another article was cited", "다른 기사를 인용함"),
    "quantity": Said("A number the quotes do not bear out", "인용문에 근거 없는 수"),
    "language": Said("In the other language", "다른 언어로 답함"),
}
EXPECTED = Said("Expected", "기대한 답")
EXPECT_REFUSAL = Said("A refusal: the articles do not say it.", "거절: 기사에 없는 내용입니다.")
OR = Said("or", "또는")
GIVEN = Said("Answer given", "실제 답")
QUOTES = Said("Quotes", "인용문")
SHOW_QUOTE = Said("Show in the article", "기사에서 보기")
NO_QUOTES = Said("No quotes.", "인용문 없음.")
MISSING = Said("missing", "빠짐")
NUMBERS = Said("Not borne out: {numbers}", "근거 없음: {numbers}")

# Quality: feedback

FEEDBACK = Said("Feedback", "의견")
THUMBS = Said("Show feedback", "의견 보기")
ALL_THUMBS = Said("All", "전체")
THUMB = {"up": Said("Helpful", "도움됨"), "down": Said("Not helpful", "도움 안 됨")}
NO_FEEDBACK = Said(
    "No feedback yet. It comes from the thumbs under answers.", "아직 의견이 없습니다. 답 아래의 엄지 단추로 남깁니다."
)
PICK_FEEDBACK = Said("Choose a piece of feedback to see its answer.", "의견을 고르면 그 답을 볼 수 있습니다.")
COMMENT = Said("Comment", "남긴 말")
UNDERSTOOD = Said("Understood as", "이렇게 이해함")
COMMENTED = Said("with a comment", "남긴 말 있음")
NO_COMMENT = Said("No comment.", "남긴 말 없음.")
DRAFT = Said("Draft a golden question", "골든 질문 초안 만들기")
DRAFTED = Said(
    "Draft written. A person must review it before it counts:", "초안을 적었습니다. 사람이 검토해야 쓸 수 있습니다:"
)
TO_DO = Said("Left to do", "남은 일")
GONE = Said(
    "This feedback is gone: it was changed or is too old. Refresh.",
    "바뀌었거나 오래되어 없는 의견입니다. 새로 고치세요.",
)
