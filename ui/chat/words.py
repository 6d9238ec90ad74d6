"""All words of the page and its conversation, in English and Korean; ui.chat.tab_words has those of the other tabs."""

from __future__ import annotations

from typing import NamedTuple

from rag.errors import Language
from ui.words import Said

TITLE = Said("gisa: ask the news", "gisa: 기사에 묻기")
ASK_TAB = Said("Ask", "질문")
ARTICLES_TAB = Said("Articles", "기사")
QUALITY_TAB = Said("Quality", "품질")

# What our scripts say, by name; names in braces are filled in there

CHAT: dict[str, Said] = {
    # before the first question
    "title": TITLE,
    "heading": Said("Ask the news. See the proof.", "기사에 묻고, 근거를 확인하세요."),
    "lead": Said(
        "Answers come from {n} articles, each with the very sentences it rests on.",
        "기사 {n}건에서 답을 찾아, 그 답이 나온 문장과 함께 보여 드립니다.",
    ),
    "lead_none": Said("There are no articles yet. Add some first.", "아직 기사가 없습니다. 먼저 기사를 추가하세요."),
    "examples": Said("Try one of these", "이렇게 물어보세요"),
    "switch": Said("한국어", "English"),
    "sign_out": Said("Sign out", "로그아웃"),
    # the question
    "question": Said("Your question", "질문"),
    "placeholder": Said("Ask in English or Korean", "한국어나 영어로 물어보세요"),
    "follow": Said("Ask a follow-up", "이어서 물어보세요"),
    "send": Said("Ask", "묻기"),
    "stop": Said("Stop", "멈춤"),
    "busy": Said(
        "Another answer is being written. Ask when it is there, or stop it.",
        "다른 답을 쓰고 있습니다. 다 쓴 뒤에 묻거나 멈추고 물으세요.",
    ),
    "fresh": Said("New conversation", "새 대화"),
    "earlier": Said("Earlier conversations", "지난 대화"),
    "forget": Said("Forget all of them", "모두 지우기"),
    "filters": Said("Filters", "기사 고르기"),
    "publishers": Said("Publishers", "발행사"),
    "since": Said("From", "시작일"),
    "until": Said("To", "종료일"),
    "clear": Said("Clear filters", "조건 지우기"),
    "filtered": Said("Only {what}", "조건: {what}"),
    "from_day": Said("from {day}", "{day}부터"),
    "to_day": Said("to {day}", "{day}까지"),
    "unfiltered": Said("Ask all articles", "모든 기사에 묻기"),
    "conversation": Said("Conversation", "대화"),
    # while the answer is made
    "searching": Said("Searching the articles", "기사를 찾는 중"),
    "found": Said("{n} sentences found, waiting for the model", "문장 {n}개를 찾음, 모델을 기다리는 중"),
    "judging": Said("Reading sentence {n}", "문장 {n} 읽는 중"),
    "writing": Said("Writing", "쓰는 중"),
    "draft": Said("Draft, being checked", "초안, 확인하는 중"),
    "evidence": Said("Evidence", "근거"),
    "others": Said("{n} more sentences that were found", "그 밖에 찾은 문장 {n}개"),
    # the answer
    "understood": Said("Understood as: {text}", "이렇게 이해했습니다: {text}"),
    "written": Said(
        "Written by {model}, then checked against the sentences below.",
        "{model} 모델이 쓰고, 아래 문장과 맞춰 보았습니다.",
    ),
    "read": Said(
        "Read in the article, at the words marked below.",
        "아래 기사 문장의 표시된 단어에서 읽은 답입니다.",
    ),
    "quoted": Said(
        "Quoted from the article as it stands: it is not sure enough that this answers.",
        "답인지 충분히 확실하지 않아, 기사 문장을 그대로 옮겼습니다.",
    ),
    "why": Said("Why", "이유"),
    "refused": Said("Not answered: the articles do not say it.", "기사에 없는 내용이라 답하지 않았습니다."),
    "corrected": Said("Corrected after checking", "확인한 뒤 고침"),
    "seconds": Said("{n} s", "{n}초"),
    "nearest": Said("The nearest articles", "가장 가까운 기사"),
    "checked": Said("Checked against the article", "기사와 맞음"),
    "unconfirmed": Said("Not confirmed by the articles: {text}", "기사에서 확인되지 않음: {text}"),
    "unknown": Said(
        "In the sentence, but not checked to be what was asked: {text}",
        "문장에 있으나 묻는 내용인지 확인하지 않음: {text}",
    ),
    "source": Said("Source {n}: {title}", "근거 {n}: {title}"),
    "undated": Said("no date", "날짜 없음"),
    # what can be done with it
    "edit": Said("Edit", "고치기"),
    "edit_label": Said("Edit the question", "질문 고치기"),
    "save": Said("Ask again", "다시 묻기"),
    "cancel": Said("Cancel", "취소"),
    "retry": Said("Ask again", "다시 묻기"),
    "copy": Said("Copy", "복사"),
    "copied": Said("Copied", "복사함"),
    "share": Said("Link", "링크"),
    "shared": Said("Link copied", "링크 복사함"),
    "up": Said("Helpful", "도움 됨"),
    "down": Said("Not helpful", "도움 안 됨"),
    "comment": Said("What was right or wrong? (optional)", "무엇이 맞거나 틀렸나요? (선택)"),
    "comment_send": Said("Send", "보내기"),
    "thanks": Said("Thank you. It is kept with the answer.", "고맙습니다. 답과 함께 저장했습니다."),
    # the article
    "reader": Said("Article", "기사"),
    "close": Said("Close the article", "기사 닫기"),
    "original": Said("Original", "원문"),
    "loading": Said("Opening the article", "기사를 여는 중"),
    "changed": Said(
        "The article has changed since this answer; the sentence is no longer in it.",
        "이 답이 나온 뒤 기사가 바뀌어 그 문장이 없습니다.",
    ),
    # what goes wrong
    "stopped": Said("Stopped.", "멈췄습니다."),
    "interrupted": Said("This question was interrupted before its answer.", "답이 나오기 전에 중단된 질문입니다."),
    "offline": Said(
        "You are offline. Your question is kept.", "인터넷에 연결되어 있지 않습니다. 질문은 남아 있습니다."
    ),
    "unreachable": Said(
        "The server cannot be reached; it may be starting again. Your question is kept.",
        "서버에 연결할 수 없습니다. 다시 시작하는 중일 수 있습니다. 질문은 남아 있습니다.",
    ),
    "broken": Said(
        "The connection broke before the answer was there. Your question and the evidence are kept.",
        "답이 나오기 전에 연결이 끊겼습니다. 질문과 근거는 남아 있습니다.",
    ),
    "failed": Said(
        "The server could not answer ({status}). Try again later.",
        "서버가 답하지 못했습니다({status}). 나중에 다시 시도하세요.",
    ),
    "later": Said("Try again in {n} seconds.", "{n}초 뒤에 다시 시도하세요."),
    "signed_out": Said(
        "You are signed out. Load the page again to sign in.", "로그아웃되었습니다. 페이지를 다시 열어 로그인하세요."
    ),
    # signing in
    "sign_in": Said("Sign in", "로그인"),
    "key": Said("API key", "API 키"),
    "key_hint": Said(
        "This server asks for a key (gisa_…). It is kept in this browser alone.",
        "이 서버는 키(gisa_…)가 필요합니다. 키는 이 브라우저에만 남습니다.",
    ),
    "key_wrong": Said(
        "This key opens nothing. Check it, or ask whoever runs the server.",
        "맞지 않는 키입니다. 확인하거나 서버 관리자에게 물어보세요.",
    ),
}


class Example(NamedTuple):
    """A question to begin with, offered where its article is in the collection."""

    article_id: str
    question: str


EXAMPLES = (
    Example("korea-nvidia-gpu-2025-10", "한국은 GPU를 몇 장 확보하나?"),
    Example("korea-nvidia-gpu-2025-10", "How many GPUs is Korea securing?"),
    Example("us-uk-ai-alliance-2025-09", "영국과 미국은 어떤 동맹을 맺었나?"),
    Example("uk-sovereign-ai-2025-07", "Who founded the UK Sovereign AI Industry Forum?"),
)


def for_script(language: Language) -> dict[str, str]:
    """What our scripts say, by name. Names in braces are filled in there."""
    return {name: said.ko if language == "ko" else said.en for name, said in CHAT.items()}
