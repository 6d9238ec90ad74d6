"""Everything gisa itself says on a terminal, in English and Korean. Answers and errors bring their own words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from rag.errors import Language

if TYPE_CHECKING:
    from rag.types import Answer


class Said(NamedTuple):
    """One message in both languages; names in braces are filled in by `to`."""

    en: str
    ko: str

    def to(self, language: Language, **values: object) -> str:
        return (self.ko if language == "ko" else self.en).format(**values)


# Under an answer

BY_MODEL = Said("Written by {model}, checked against the quoted sentences", "{model} 작성, 인용 문장과 대조함")
BY_READING = Said("Read in the article, at the marked words", "기사의 표시된 단어에서 읽음")
BY_QUOTING = Said("Quoted from the articles, nothing asserted", "기사에서 그대로 인용, 단정하지 않음")
REFUSED = Said("Not answered: the articles do not say it", "답하지 않음: 기사에 없는 내용")
SECONDS = Said("{seconds:.1f} s", "{seconds:.1f}초")
NEAREST = Said("Nearest articles", "가장 가까운 기사")
UNCONFIRMED = Said("Not confirmed by the articles: {text}", "기사에서 확인되지 않음: {text}")
UNKNOWN = Said(
    "In the sentence, but not checked to be what was asked: {text}", "문장에 있으나 묻는 내용인지 확인하지 않음: {text}"
)
UNDATED = Said("no date", "날짜 없음")
NOTHING_FOUND = Said("Nothing found.", "찾은 문장이 없습니다.")

# While the answer is made

EVIDENCE = Said("Evidence", "근거")
DRAFT = Said("Draft, being checked", "초안, 확인 중")
THINKING = Said("Reading", "읽는 중")
OPENING = Said("Opening the collection", "기사 모음 여는 중")
FIRST_BUILD = Said(
    "No collection yet: making one from the {count} articles that come with gisa.",
    "아직 기사 모음이 없어 함께 온 기사 {count}건으로 만듭니다.",
)
QUESTIONS = Said("Questions", "질문")
INDEXING = Said("Indexing articles", "기사 색인")
STAGES: dict[str, Said] = {
    "waiting": Said("Waiting for another gisa: {name}", "다른 gisa를 기다리는 중: {name}"),
    "download": Said("Downloading {name}", "내려받는 중: {name}"),
    "copy": Said("Copying {name}", "복사하는 중: {name}"),
    "verify": Said("Verifying {name}", "확인하는 중: {name}"),
    "convert": Said("Converting {name}", "변환하는 중: {name}"),
}

# The collection

ADDED = Said(
    "Added {added}, replaced {replaced}, unchanged {unchanged}, failed {failed}.",
    "추가 {added}, 교체 {replaced}, 그대로 {unchanged}, 실패 {failed}.",
)
RENAMED = Said(
    "{old}: another article has this id, so it is kept as {new}.",
    "{old}: 다른 기사와 id가 같아 {new}(으)로 저장했습니다.",
)
REPLACED = Said(
    "{id}: “{old}” is replaced by “{new}”. To undo: gisa index add {file}",
    "{id}: “{old}” 기사를 “{new}”(으)로 바꿨습니다. 되돌리려면: gisa index add {file}",
)
REPLACED_MORE = Said(
    "{count} more are replaced; {folder} has what they were.",
    "{count}건을 더 바꿨습니다. 이전 기사는 {folder}에 있습니다.",
)
EXPORTING = Said("Exporting the collection", "기사 모음 내보내는 중")
EXPORTED = Said("Exported {count} articles to {file}.", "기사 {count}건을 {file} 로 내보냈습니다.")
CHECKING = Said("Checking the file", "파일 확인하는 중")
IMPORTING = Said("Importing articles", "기사 가져오기")
IMPORTED = Said(
    "Added {added}, replaced {replaced}, unchanged {unchanged}.", "추가 {added}, 교체 {replaced}, 그대로 {unchanged}."
)
REMOVED = Said("Removed {id}.", "삭제함: {id}")
REBUILT = Said("Rebuilt the index of {count} articles.", "기사 {count}건의 색인을 다시 만들었습니다.")
EMPTY = Said(
    "The collection is empty. Fill it with `gisa index add PATH`.",
    "기사 모음이 비어 있습니다. `gisa index add 경로`로 채우세요.",
)
WHOLE = Said("No damage: {count} articles.", "손상 없음: 기사 {count}건.")
DAMAGE = Said("Damaged: {where}: {what}", "손상: {where}: {what}")
MENDABLE = Said("Mend it with `gisa index rebuild`.", "`gisa index rebuild`로 고치세요.")
LOST = Said(
    "Part of this cannot be rebuilt: remove the articles named and add them again, or start with another GISA_HOME.",
    "일부는 다시 만들 수 없습니다. 위의 기사를 삭제하고 다시 추가하거나, 다른 GISA_HOME에서 시작하세요.",
)
COLUMNS = {
    "id": Said("id", "id"),
    "published": Said("published", "게재일"),
    "publisher": Said("publisher", "발행사"),
    "title": Said("title", "제목"),
    "name": Said("name", "이름"),
    "role": Said("role", "역할"),
    "state": Said("state", "상태"),
    "size": Said("size", "크기"),
    "licence": Said("licence", "라이선스"),
    "scopes": Said("scopes", "권한"),
    "created": Said("created", "만든 날"),
    "used": Said("last used", "마지막 사용"),
}

# Models

ROLES = {"embedder": Said("embedder", "임베딩"), "llm": Said("LLM", "LLM")}
STATES = {
    "ready": Said("ready", "준비됨"),
    "changed": Said("changed, checked at next use", "바뀜, 다음에 쓸 때 확인"),
    "partial": Said("partly downloaded", "일부만 받음"),
    "missing": Said("not here", "없음"),
}
DOWNLOAD = Said("{size} to download", "{size} 받아야 함")
READY = Said("{name} is ready: {path}", "{name} 준비됨: {path}")

# The server

SERVING = Said(
    "Serving on {url}, the chat page; the API is described at {url}/docs. Ctrl+C ends it.",
    "{url} 에서 서비스 중(채팅 화면), API 설명은 {url}/docs. Ctrl+C로 끝냅니다.",
)
STOPPING = Said("Finishing what was begun.", "시작한 일을 마치는 중입니다.")
KEY_MADE = Said(
    "Keep it: it is not shown again. Send it as `Authorization: Bearer KEY`.",
    "다시 보여 주지 않으니 보관하세요. `Authorization: Bearer 키`로 보냅니다.",
)
KEY_REVOKED = Said("Revoked {id}.", "폐기함: {id}")
NO_KEYS = Said(
    "There are no keys. Make one with `gisa keys create NAME`.", "키가 없습니다. `gisa keys create 이름`으로 만드세요."
)
NEEDS_KEY = Said(
    "{host} can be reached from other machines, so callers need a key, and there is none. "
    "Make one with `gisa keys create NAME`, then serve again.",
    "{host} 은(는) 다른 컴퓨터에서도 접속할 수 있어 키가 필요한데 아직 없습니다. "
    "`gisa keys create 이름`으로 만든 뒤 다시 시작하세요.",
)
NOT_LISTENING = Said(
    "Cannot listen on {host}:{port} ({why}). Choose another with --host and --port.",
    "{host}:{port} 에서 받을 수 없습니다({why}). --host와 --port로 다른 곳을 고르세요.",
)
NO_SUCH_KEY = Said(
    "There is no key {id} to revoke. See `gisa keys list`.",
    "폐기할 키 {id}이(가) 없습니다. `gisa keys list`를 확인하세요.",
)
KEY_STATES = {"valid": Said("valid", "유효"), "revoked": Said("revoked", "폐기됨")}

# Errors of the command line itself

NO_QUESTION = Said(
    'Ask a question, as in gisa ask "How many GPUs is Korea securing?", or name a file of them with --file.',
    '질문을 적거나(예: gisa ask "한국은 GPU를 몇 장 확보하나?") --file로 질문 파일을 지정하세요.',
)
TWO_SOURCES = Said(
    "A question and --file were both given. Use one of them.", "질문과 --file이 함께 쓰였습니다. 하나만 쓰세요."
)
BAD_ARGUMENT = Said(
    "The question is not text in this terminal's encoding. Use a UTF-8 terminal, or --file.",
    "질문이 이 터미널의 인코딩에 맞는 글이 아닙니다. UTF-8 터미널이나 --file을 쓰세요.",
)
FILE_UNREAD = Said(
    "{path} cannot be read ({why}). Check the path.", "{path}: 읽을 수 없습니다({why}). 경로를 확인하세요."
)
FILE_EMPTY = Said(
    "{path} holds no question. Write one question a line.", "{path}: 질문이 없습니다. 한 줄에 질문 하나씩 적으세요."
)
FILE_NOT_TEXT = Said(
    "{path} is not readable text. Save it as UTF-8, one question a line.",
    "{path}: 읽을 수 있는 글이 아닙니다. 한 줄에 질문 하나씩 UTF-8로 저장하세요.",
)
BAD_DATE = Said(
    "{option}: {text!r} is no date. Write 2025-10-31, 2025-10 or 2025.",
    "{option}: {text!r}은(는) 날짜가 아닙니다. 2025-10-31, 2025-10, 2025처럼 쓰세요.",
)
BAD_PERIOD = Said("--since is later than --until. Swap them.", "--since가 --until보다 늦습니다. 서로 바꾸세요.")
NO_MATCH = Said(
    "No article matches --since, --until, --publisher and --article. See `gisa index list`.",
    "--since, --until, --publisher, --article에 맞는 기사가 없습니다. `gisa index list`를 확인하세요.",
)
NO_FILES = Said(
    "No article file found there. gisa reads {suffixes}.", "거기에 기사 파일이 없습니다. gisa가 읽는 형식: {suffixes}."
)
FROM_FILE_NEEDS_NAME = Said(
    "--from-file needs the model's name. See `gisa models list`.",
    "--from-file에는 모델 이름이 필요합니다. `gisa models list`를 확인하세요.",
)
NOT_INSTALLED = Said(
    "This part of gisa is not installed. Install gisa again with `make` or pip.",
    "gisa의 이 부분이 설치되어 있지 않습니다. `make`나 pip로 gisa를 다시 설치하세요.",
)
USAGE = Said("{message} See `{command} --help`.", "명령이 잘못되었습니다: {message} `{command} --help`를 보세요.")
USAGE_KO = {
    r"No such command '(.+?)'\..*": r"'\1' 명령은 없습니다.",
    r"No such option: (\S+).*": r"\1 옵션은 없습니다.",
    r"Missing (?:argument|option|parameter) '(.+?)'.*": r"'\1' 값이 필요합니다.",
    r"Missing command\.": "명령이 필요합니다.",
    r"Invalid value for '(.+?)'.*: (.+?)\.?": r"'\1' 값이 잘못되었습니다(\2).",
    r"Option '(.+?)' requires an argument\.": r"\1 옵션에 값이 필요합니다.",
    r"Got unexpected extra arguments? \((.+)\)": r"필요 없는 말이 있습니다: \1.",
}
"""What typer says of a wrong command line, as patterns of its English, and the same in Korean."""
UNEXPECTED = Said(
    "Something went wrong inside gisa ({kind}). The details are in {path}: please report them.",
    "gisa 내부 오류입니다({kind}). 자세한 내용은 {path}에 있으니 알려 주세요.",
)

# Help

PANELS = {
    "ARGUMENTS_PANEL_TITLE": Said("Arguments", "인자"),
    "OPTIONS_PANEL_TITLE": Said("Options", "옵션"),
    "COMMANDS_PANEL_TITLE": Said("Commands", "명령"),
    "DEFAULT_STRING": Said("[default: {{}}]", "[기본값: {{}}]"),
    "ENVVAR_STRING": Said("[env var: {{}}]", "[환경 변수: {{}}]"),
    "REQUIRED_LONG_STRING": Said("[required]", "[필수]"),
}
USAGE_LINE = Said("Usage:", "사용법:")
OPTIONS = Said("[OPTIONS]", "[옵션]")
SUBCOMMAND = Said("COMMAND [ARGS]...", "명령 [인자]...")


def doubts(answer: Answer, language: Language) -> Iterator[str]:
    """Lines for what the answer says without its being read in the articles; a quotation asserts nothing."""
    for claim in answer.claims if answer.answered_by != "extract" else ():
        if claim.verdict == "contradicted":
            yield UNCONFIRMED.to(language, text=claim.text)
        elif claim.verdict == "unknown":
            yield UNKNOWN.to(language, text=claim.text)
