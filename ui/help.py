"""The help of every command and option, in English and Korean.

Commands and options are declared with a key of `HELP` as their help; `speak` puts the texts in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import typer
from rich.markup import escape
from typer import rich_utils
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from rag.errors import Language
from ui.words import OPTIONS, PANELS, SUBCOMMAND, USAGE_LINE, Said

HELP: dict[str, Said] = {
    "gisa": Said(
        "Ask a collection of Korean news articles, in Korean or English, and see the sentences that prove the answer."
        "\n\nAnswers go to stdout, all else to stderr. Everything gisa writes lies in GISA_HOME."
        "\n\nExit codes:"
        "\n0  answered, or done (--file: every line)"
        "\n1  unexpected error"
        "\n2  wrong usage, question or settings"
        "\n3  refused: the articles do not say it"
        "\n4  an article file cannot be used"
        "\n5  a model file cannot be had"
        "\n6  the collection is missing, damaged or in use"
        "\n7  the disk is full"
        "\n8  no such article"
        "\n9  the model server does not answer"
        "\n10  data or results of gisa eval cannot be used"
        "\n11  gisa eval compare --gate: the second run is significantly worse, or not whole"
        "\n130  interrupted",
        "한국 뉴스 기사 모음에 한국어나 영어로 묻고, 답을 뒷받침하는 문장을 함께 봅니다."
        "\n\n답은 표준 출력에, 나머지는 모두 표준 오류에 나옵니다. gisa가 쓰는 모든 것은 GISA_HOME에 있습니다."
        "\n\n종료 코드:"
        "\n0  답했거나 마침(--file: 모든 줄)"
        "\n1  예기치 않은 오류"
        "\n2  잘못된 명령, 질문 또는 설정"
        "\n3  기사에 없는 내용이라 답하지 않음"
        "\n4  쓸 수 없는 기사 파일"
        "\n5  구할 수 없는 모델 파일"
        "\n6  기사 모음이 없거나 손상되었거나 사용 중"
        "\n7  디스크 가득 참"
        "\n8  없는 기사"
        "\n9  응답하지 않는 모델 서버"
        "\n10  쓸 수 없는 gisa eval 자료나 결과"
        "\n11  gisa eval compare --gate: 두 번째 평가가 유의하게 나쁘거나 온전하지 않음"
        "\n130  중단",
    ),
    "gisa.lang": Said("Language of messages and help.", "메시지와 도움말의 언어."),
    "gisa.verbose": Said(
        "Show what gisa is doing (never the question).", "진행 기록을 자세히 보여 줍니다(질문은 제외)."
    ),
    "gisa.version": Said("Show the version and exit.", "버전을 보여 주고 끝냅니다."),
    "ask": Said(
        "Answer a question from the articles, with the sentences that prove it."
        "\n\nExamples:"
        '\ngisa ask "How many GPUs is Korea securing?"'
        '\ngisa ask "한국은 GPU를 몇 장 확보하나요?" --since 2025-10'
        "\ngisa ask --file questions.txt --json > answers.jsonl",
        "기사에서 답을 찾아 근거 문장과 함께 보여 줍니다."
        "\n\n예:"
        '\ngisa ask "한국은 GPU를 몇 장 확보하나요?"'
        '\ngisa ask "How many GPUs is Korea securing?" --since 2025-10'
        "\ngisa ask --file questions.txt --json > answers.jsonl",
    ),
    "ask.question": Said("The question, in Korean or English.", "한국어나 영어 질문."),
    "ask.language": Said("Language of the answer; auto: the question's.", "답의 언어. auto는 질문의 언어."),
    "ask.json": Said("Print JSON, one object a line.", "JSON으로 한 줄에 하나씩 출력합니다."),
    "ask.llm": Said(
        "Do not write with a model: quote the best sentences, at once.",
        "모델로 쓰지 않고 가장 알맞은 문장을 바로 인용합니다.",
    ),
    "ask.file": Said(
        "Answer every line of this file (- for standard input). Blank lines are skipped. The exit code is 0 when every "
        "line has its answer, its refusal or, where it is no question, its error; what would fail every line ends it.",
        "이 파일의 줄마다 답합니다(-는 표준 입력). 빈 줄은 건너뜁니다. 줄마다 답이나 거절, 질문이 아닌 줄에는 오류가 "
        "나오면 종료 코드는 0입니다. 모든 줄에 미치는 오류가 나면 거기서 그 코드로 끝납니다.",
    ),
    "since": Said("Only articles from this day, month or year on.", "이 날(달, 해)부터의 기사만."),
    "until": Said("Only articles up to this day, month or year.", "이 날(달, 해)까지의 기사만."),
    "publisher": Said("Only this publisher. May be repeated.", "이 발행사의 기사만. 여러 번 쓸 수 있습니다."),
    "article": Said("Only the article with this id. May be repeated.", "이 id의 기사만. 여러 번 쓸 수 있습니다."),
    "search": Said(
        "Show the sentences nearest to a question, without an answer.", "답 없이 질문에 가장 가까운 문장을 보여 줍니다."
    ),
    "search.limit": Said("How many sentences.", "문장 수."),
    "index": Said("Add, list and remove articles; check the index.", "기사를 추가, 나열, 삭제하고 색인을 점검합니다."),
    "index.add": Said(
        "Add articles: .txt .md .html .pdf .docx .hwpx .jsonl files, or folders of them. Changed ones are replaced.",
        "기사를 추가합니다: .txt .md .html .pdf .docx .hwpx .jsonl 파일이나 그 폴더. 바뀐 기사는 교체합니다.",
    ),
    "index.add.paths": Said("Files and folders.", "파일과 폴더."),
    "index.add.ray": Said(
        "Split and embed on a Ray cluster: host:6379, or local for one on this machine.",
        "Ray 클러스터에서 나누고 임베딩합니다: 호스트:6379, 이 컴퓨터에서만 하려면 local.",
    ),
    "index.list": Said("List the articles, newest first.", "기사를 최신순으로 나열합니다."),
    "index.remove": Said("Remove articles.", "기사를 삭제합니다."),
    "index.remove.ids": Said("Ids, as in `gisa index list`.", "`gisa index list`에 나오는 id."),
    "index.verify": Said(
        "Check every stored byte and name each damage; 6 is returned when there is any.",
        "저장된 모든 내용을 확인해 손상을 알립니다. 손상이 있으면 6을 돌려줍니다.",
    ),
    "index.rebuild": Said(
        "Make the search index anew from the stored articles.", "저장된 기사에서 검색 색인을 다시 만듭니다."
    ),
    "index.export": Said(
        "Write the whole collection to one file, vectors too: to keep it, or to move it. The file is checked whole "
        "when it is imported.",
        "기사 모음 전체를 벡터까지 파일 하나로 내보냅니다. 보관하거나 옮길 때 쓰며, 가져올 때 파일 전체를 확인합니다.",
    ),
    "index.export.file": Said("The file.", "파일."),
    "index.import": Said(
        "Take in a file made by `gisa index export`. Articles of the same id are replaced, all others stay; a damaged "
        "or foreign file changes nothing.",
        "`gisa index export`로 만든 파일을 가져옵니다. 같은 id의 기사는 교체하고 나머지는 그대로 둡니다. "
        "손상되었거나 다른 파일이면 아무것도 바꾸지 않습니다.",
    ),
    "models": Said("Fetch and list the model files.", "모델 파일을 받고 나열합니다."),
    "models.pull": Said(
        "Fetch the pinned models and verify them. What is here already is kept.",
        "지정된 모델을 받아 확인합니다. 이미 있는 것은 그대로 둡니다.",
    ),
    "models.pull.name": Said("One model; all of them when left out.", "모델 하나. 쓰지 않으면 모두."),
    "models.pull.from_file": Said(
        "Take the model from this copy of the pinned file, without network.",
        "네트워크 없이, 가지고 있는 같은 파일에서 가져옵니다.",
    ),
    "models.list": Said("List the pinned models and whether they are here.", "지정된 모델과 상태를 나열합니다."),
    "serve": Said(
        "Serve the chat page at / and the REST API under /v1, described at /docs."
        "\n\nOn loopback nobody needs a key; on any other address everybody does (`gisa keys create`).",
        "/에서 채팅 화면을, /v1 아래에서 REST API를 서비스합니다(설명은 /docs)."
        "\n\n루프백에서는 키가 필요 없고, 다른 주소에서는 모두 키가 필요합니다(`gisa keys create`).",
    ),
    "serve.host": Said("Address to listen on.", "받을 주소."),
    "serve.port": Said("Port to listen on; 0 takes any free one.", "받을 포트. 0은 빈 포트 아무거나."),
    "serve.llm": Said(
        "Serve without a model: answers quote the best sentences.", "모델 없이: 가장 알맞은 문장을 인용해 답합니다."
    ),
    "mcp": Said(
        "Serve AI applications over the Model Context Protocol, on stdin and stdout: they start this command."
        "\n\nOver HTTP `gisa serve` speaks the same protocol at /mcp.",
        "AI 앱에 MCP(Model Context Protocol)로 서비스합니다(표준 입출력). 앱이 이 명령을 직접 실행합니다."
        "\n\nHTTP로는 `gisa serve`의 /mcp에서 같은 프로토콜을 씁니다.",
    ),
    "keys": Said("Make, list and revoke API keys of the server.", "서버의 API 키를 만들고, 나열하고, 폐기합니다."),
    "keys.create": Said(
        "Make a key and print it, this once: only its hash is kept.",
        "키를 만들어 이번 한 번만 출력합니다. 해시만 저장합니다.",
    ),
    "keys.create.name": Said("Whose it is, or what for.", "누구의 것인지, 어디에 쓰는지."),
    "keys.create.scope": Said(
        "ask: questions, search, articles to read. manage: also adding and removing articles, metrics.",
        "ask: 질문, 검색, 기사 읽기. manage: 기사 추가와 삭제, 지표도.",
    ),
    "keys.list": Said("List the keys, without what opens anything.", "키 목록(비밀 값 없이)."),
    "keys.revoke": Said("Revoke a key, at once and for good.", "키를 바로, 영구히 폐기합니다."),
    "keys.revoke.id": Said("Its id, as in `gisa keys list`.", "`gisa keys list`에 나오는 id."),
    "eval": Said(
        "Measure answers and retrieval (run, retrieval, judge, report, compare, new).",
        "답과 검색의 품질을 잽니다(run, retrieval, judge, report, compare, new).",
    ),
    # Options that typer adds, by the text it gives them
    "Show this message and exit.": Said("Show this message and exit.", "이 도움말을 보여 주고 끝냅니다."),
    "Install completion for the current shell.": Said(
        "Install completion for the current shell.", "이 셸에 자동 완성을 설치합니다."
    ),
    "Show completion for the current shell, to copy it or customize the installation.": Said(
        "Show completion for the current shell.", "이 셸의 자동 완성 코드를 보여 줍니다."
    ),
}


def speaking(
    app: typer.Typer, language: Language, brought: Mapping[str, tuple[str, str]] = MappingProxyType({})
) -> TyperGroup:
    """The command tree of `app` with its help in `language`; `brought` is what an app of another room has beside HELP.

    Raises KeyError for a help that is a key of neither.
    """
    for name, title in PANELS.items():
        setattr(rich_utils, name, title.to(language))
    tree = get_command(app)
    assert isinstance(tree, TyperGroup)
    _translate(tree, language, HELP | {key: Said(*both) for key, both in brought.items()})
    return tree


def _translate(command: TyperCommand | TyperGroup, language: Language, texts: Mapping[str, Said]) -> None:
    command.help = _text(command.help, language, texts)
    command.format_usage = partial(_usage, command, language)  # type: ignore[method-assign]
    command.options_metavar = OPTIONS.to(language)
    for parameter in command.get_params(typer.Context(command)):
        if isinstance(parameter, (TyperArgument, TyperOption)):
            parameter.help = _text(parameter.help, language, texts)
        if isinstance(parameter, TyperOption) and parameter.is_flag:
            parameter.metavar = ""  # typer would write <bool>, as if a flag took a value
    if isinstance(command, TyperGroup):
        command.subcommand_metavar = SUBCOMMAND.to(language)
        for one in command.commands.values():
            assert isinstance(one, (TyperCommand, TyperGroup))
            _translate(one, language, texts)


def _usage(command: TyperCommand | TyperGroup, language: Language, context: Any, formatter: Any) -> None:
    """In place of `format_usage`, which has the first word in English."""
    arguments = " ".join(command.collect_usage_pieces(context))
    formatter.write_usage(context.command_path, arguments, prefix=f"{USAGE_LINE.to(language)} ")


def _text(key: str | None, language: Language, texts: Mapping[str, Said]) -> str:
    return escape(texts[key or ""].to(language))
