"""The help of every command and option of `gisa eval`, in English and in Korean, by the key they are declared with.

`ui`, which this room does not know, finds it beside the app and shows it as it shows its own.
"""

from __future__ import annotations

HELP: dict[str, tuple[str, str]] = {
    "eval.run": (
        "Ask every question of a set and score the answers.",
        "질문 세트의 모든 질문을 묻고 답을 채점합니다.",
    ),
    "eval.run.set": ("Questions; the golden ones when left out.", "질문 파일. 쓰지 않으면 기본 평가 질문."),
    "eval.run.articles": (
        "Ask these articles instead of the shipped ones.",
        "함께 온 기사 대신 이 기사에 묻습니다.",
    ),
    "eval.run.llm": ("Answer by quoting alone.", "모델 없이 인용만으로 답합니다."),
    "eval.run.target": (
        "Measure a gisa that runs there, over its REST API.",
        "그 주소에서 서비스 중인 gisa를 REST API로 잽니다.",
    ),
    "eval.run.key": ("The target's API key.", "그 서버의 API 키."),
    "eval.run.timeout": (
        "How long the target may take for one answer.",
        "그 서버가 답 하나에 쓸 수 있는 시간.",
    ),
    "eval.run.limit": ("Ask only so many questions.", "물을 질문 수."),
    "eval.run.language": ("Ask only questions in this language.", "이 언어의 질문만 묻습니다."),
    "eval.run.out": (
        "Where results go; a new file in GISA_HOME/eval/runs.",
        "결과를 쓸 파일. 쓰지 않으면 GISA_HOME/eval/runs의 새 파일.",
    ),
    "eval.run.resume": (
        "Go on with the run in --out that was broken off.",
        "--out에 있는, 중단된 평가를 이어서 합니다.",
    ),
    "eval.run.judge.url": (
        "Have a model judge the answers afterwards: an OpenAI-compatible API, http://127.0.0.1:8080/v1 say.",
        "끝난 뒤 모델이 답을 판정하게 합니다: OpenAI 호환 API의 주소. 예: http://127.0.0.1:8080/v1.",
    ),
    "eval.failures": (
        "List what went wrong, with answers and quotes.",
        "틀린 것을 답, 인용과 함께 나열합니다.",
    ),
    "eval.retrieval": (
        "Score retrieval on questions with known passages, beside the plain methods.",
        "정답 문단이 알려진 질문으로 검색을 채점하고, 기본 방법들과 나란히 보여 줍니다.",
    ),
    "eval.retrieval.data": (
        "A data set: corpus.jsonl and queries.jsonl.",
        "자료 폴더: corpus.jsonl과 queries.jsonl.",
    ),
    "eval.retrieval.method": ("Only this method; may be said again.", "이 방법만. 여러 번 쓸 수 있습니다."),
    "eval.retrieval.out": (
        "Results are added here; else a file in GISA_HOME/eval.",
        "결과를 덧붙일 파일. 쓰지 않으면 GISA_HOME/eval의 파일.",
    ),
    "eval.judge": (
        "Have a model judge the answers of a run, and tell how far it agrees with the metrics that need none."
        "\n\nIts judgements are kept in FILE; the same command again goes on where it stopped.",
        "모델에게 평가의 답을 판정하게 하고, 모델이 필요 없는 지표와 얼마나 일치하는지 알려 줍니다."
        "\n\n판정은 FILE에 남으며, 같은 명령을 다시 쓰면 멈춘 곳부터 이어서 합니다.",
    ),
    "eval.file": ("A file that `gisa eval run` wrote.", "`gisa eval run`이 쓴 파일."),
    "eval.judge.url": (
        "An OpenAI-compatible API, http://127.0.0.1:8080/v1 say.",
        "OpenAI 호환 API의 주소. 예: http://127.0.0.1:8080/v1.",
    ),
    "eval.judge.model": ("The model's name there.", "거기에서 부르는 모델 이름."),
    "eval.judge.key": ("The API's key.", "그 API의 키."),
    "eval.judge.timeout": ("How long one reply may take.", "응답 하나를 기다리는 시간."),
    "eval.judge.limit": ("Judge only so many answers.", "판정할 답의 수."),
    "eval.report": (
        "Show the tables of results measured before, or write them as a page with pictures.",
        "전에 잰 결과를 표로 보여 주거나, 그림이 있는 페이지로 씁니다.",
    ),
    "eval.report.files": (
        "Files that `gisa eval run` or `gisa eval retrieval` wrote.",
        "`gisa eval run`이나 `gisa eval retrieval`이 쓴 파일.",
    ),
    "eval.report.html": (
        "Write one page that opens offline, instead of tables.",
        "표 대신, 네트워크 없이 열리는 페이지 하나를 씁니다.",
    ),
    "eval.report.language": (
        "Language the page opens in; it can be switched there.",
        "페이지가 열릴 때의 언어. 페이지에서 바꿀 수 있습니다.",
    ),
    "eval.compare": (
        "Show what got better or worse between two runs of the same questions, and whether chance would do the same.",
        "같은 질문을 두 번 평가한 결과에서 무엇이 나아지고 나빠졌는지, 우연으로 볼 수 있는지 보여 줍니다.",
    ),
    "eval.compare.json": ("Print one JSON object instead of tables.", "표 대신 JSON 객체 하나를 출력합니다."),
    "eval.compare.gate": (
        "Exit with 11 when the second run is significantly worse, or lacks questions of the first.",
        "두 번째 평가가 유의하게 나쁘거나 첫 번째의 질문이 빠져 있으면 종료 코드 11로 끝납니다.",
    ),
    "eval.compare.allow": (
        "How much a share may go down and the gate stay open (0.02: 2 points).",
        "비율이 이만큼 내려가도 통과시킵니다(0.02: 2%p).",
    ),
    "eval.compare.allow_seconds": (
        "Let the gate look at time too: how much longer the median answer may take.",
        "시간도 봅니다. 답 시간의 중앙값이 길어져도 되는 초.",
    ),
    "eval.compare.seed": ("Seed of the draws of the bootstrap.", "부트스트랩 추출의 시드."),
    "eval.new": (
        "Draft golden questions from the articles of your collection, for a person to review.",
        "사람이 검토할 평가 질문의 초안을 기사 모음에서 만듭니다.",
    ),
    "eval.new.out": (
        "Where drafts go; a new file in GISA_HOME/eval/drafts.",
        "초안을 쓸 파일. 쓰지 않으면 GISA_HOME/eval/drafts의 새 파일.",
    ),
    "eval.new.count": ("How many questions to draft.", "만들 질문 수."),
    "eval.new.language": (
        "Language of the questions; half in each when left out.",
        "질문의 언어. 쓰지 않으면 두 언어로 절반씩.",
    ),
    "eval.new.llm": (
        "Word questions by templates, without a model.",
        "모델 없이 정해진 틀로 질문을 만듭니다.",
    ),
    "eval.new.seed": ("Seed of the choice of sentences.", "문장을 고르는 시드."),
    "eval.new.feedback": (
        "Gather the drafts made from feedback on the chat page.",
        "채팅 화면의 의견에서 나온 초안을 모읍니다.",
    ),
}
