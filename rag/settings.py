"""The one settings tree. It only holds values; `rag.assemble` turns them into objects.

Sources, the first that says something wins: keyword arguments, environment variables (`GISA_LLM__BASE_URL=...`, two
underscores between levels), `config.toml` in GISA_HOME, the defaults below. Unknown keys are errors, so that a typo
never goes unnoticed.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from rag.errors import SettingsError

_NOT_SETTINGS = frozenset({"lang", "debug", "eval_key", "eval_judge_url", "eval_judge_model", "eval_judge_key"})
"""Environment variables GISA_... that the command line reads by itself."""

_ORIGIN = r"^(https://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+|http://127\.0\.0\.1)(:[0-9]+)?$"
"""Plain HTTP to this machine alone."""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EmbedderSettings(_Group):
    model: str = Field(default="multilingual-e5-small", description="A pinned model, a folder, or a hub name.")
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    threads: int | None = Field(default=None, ge=1, description="Processor threads; all of them when unset.")


class ArticleSettings(_Group):
    """How articles are read that are added from now on."""

    time_zone: ZoneInfo = Field(
        default=ZoneInfo("Asia/Seoul"),
        description="Whose days articles are of and filtered by; a time in another zone is turned into one.",
    )


class StoreSettings(_Group):
    """Where the collection is: in GISA_HOME, or on Milvus. Nothing here changes what an article says."""

    kind: Literal["local", "milvus"] = Field(default="local", description="In GISA_HOME, or on Milvus.")
    address: str | None = Field(
        default=None, description="Of Milvus: http://HOST:19530, or a path that ends in .db for Milvus Lite."
    )
    token: SecretStr | None = Field(default=None, description="Of Milvus: user:password, or an API key.")
    collection: str = Field(
        default="gisa", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$", description="What its collections begin with."
    )
    consistency: Literal["Strong", "Bounded", "Session", "Eventually"] = Field(
        default="Strong", description="Of searches: Strong sees every write, the others may be moments behind."
    )
    index: Literal["auto", "FLAT", "HNSW", "HNSW_SQ", "DISKANN"] = Field(
        default="auto", description="Of vectors, chosen when the collection is made; auto: HNSW, in a file FLAT."
    )
    shards: int = Field(default=1, ge=1, le=16, description="Chosen when the collection is made.")
    timeout_s: float = Field(default=30.0, gt=0, description="Seconds for one request.")

    @model_validator(mode="after")
    def _milvus_is_somewhere(self) -> StoreSettings:
        if self.kind == "milvus" and not self.address:
            raise ValueError("milvus needs an address")
        return self


class LLMSettings(_Group):
    model: str = Field(
        default="qwen2.5-coder-1.5b-instruct", description="A pinned model, a .gguf file, or a server's name."
    )
    base_url: str | None = Field(
        default=None, description="An OpenAI-compatible server, e.g. http://localhost:11434/v1."
    )
    api_key: SecretStr | None = None
    timeout_s: float = Field(
        default=55.0, gt=0, description="Seconds to wait for the model in one call; an answer makes several."
    )
    max_tokens: int = Field(default=160, ge=16, le=4096, description="Tokens of one answer.")
    context_tokens: int = Field(default=2048, ge=1024, description="Context window of the local model.")
    threads: int | None = Field(
        default=None, ge=1, description="Processor threads of the local model; all cores when unset."
    )


class RetrievalSettings(_Group):
    candidates: int = Field(
        default=60, ge=1, le=2000, description="Chunks taken from each of dense and lexical search."
    )
    names_weight: float = Field(default=1.5, ge=0, description="What holding all names asked about adds to a score.")


class ReaderSettings(_Group):
    """What points at the words that answer."""

    model: str = Field(
        default="gisa",
        description="gisa's own, a file of weights for it, or an extractive transformers model by folder or hub name.",
    )
    passages: int = Field(
        default=16, ge=1, le=60, description="Passages of 350 characters that are read for a question."
    )


class AnswerSettings(_Group):
    evidence_sentences: int = Field(default=5, ge=1, le=20, description="Sentences shown for a question.")
    drafting: Literal["when_needed", "always"] = Field(
        default="when_needed",
        description="When the model phrases an English answer: where it is neither value nor name, or always.",
    )
    least_odds: float | None = Field(
        default=None, description="Log odds that a reading answers, below which gisa refuses; as fitted when unset."
    )
    sure_odds: float | None = Field(
        default=None,
        description="Log odds from which gisa asserts what was read instead of quoting it; as fitted when unset.",
    )
    question_characters: int = Field(default=2000, ge=1, description="Longest question, in characters.")


class SlackSettings(_Group):
    """A Slack app of yours. Off until both secrets are set."""

    bot_token: SecretStr | None = Field(default=None, description="Bot User OAuth Token, xoxb-...")
    signing_secret: SecretStr | None = Field(default=None, description="Signing Secret of the app's Basic Information.")
    api_url: str = Field(default="https://slack.com/api/", description="Slack's Web API.")

    @model_validator(mode="after")
    def _both_or_none(self) -> SlackSettings:
        if (self.bot_token is None) != (self.signing_secret is None):
            raise ValueError("bot_token and signing_secret go together")
        return self


class KakaoSettings(_Group):
    """A skill of a KakaoTalk chatbot of yours. Off until its secret is set."""

    secret: SecretStr | None = Field(
        default=None, min_length=16, description="What the skill sends in the header X-Gisa-Secret."
    )
    answer_s: float = Field(default=4.5, ge=2, lt=5, description="Seconds to answer in where Kakao takes no callback.")
    callback_origins: tuple[Annotated[str, Field(pattern=_ORIGIN)], ...] = Field(
        default=("https://*.kakao.com",), description="Where answers may be posted; *. stands for any subdomain."
    )


class ServeSettings(_Group):
    """How `gisa serve` listens and what it bears. Nothing here changes an answer."""

    host: str = Field(default="127.0.0.1", description="Address to listen on. Any but loopback needs a key.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    require_keys: bool = Field(default=False, description="Ask for a key on loopback too.")
    allowed_origins: tuple[str, ...] = Field(
        default=(), description="Origins of other web pages that may call, e.g. https://news.example."
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(), description="Names this server goes by, beside its own address, while no key is asked for."
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(), description="Addresses of proxies whose X-Forwarded-For is believed."
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s<>\"()]+$",
        description="Where readers reach this server, for links to articles without an address of their own.",
    )
    sources_in_text: bool = Field(
        default=True, description="List the sources under answers to OpenAI clients, in the text."
    )
    asks_per_minute: int = Field(default=60, ge=1, description="Answers a key or address may ask for.")
    requests_per_minute: int = Field(default=3000, ge=1, description="Requests of any kind of a key or address.")
    body_kib: int = Field(default=64, ge=1, description="Largest body of a request, uploads apart.")
    upload_mib: int = Field(default=20, ge=1, le=1024, description="Largest upload of articles.")
    answer_timeout_s: float = Field(default=55.0, gt=0, description="Seconds for one answer, its wait included.")
    answers_at_once: int = Field(default=1, ge=1, le=64, description="Answers written at a time; a local model: 1.")
    queue_length: int = Field(default=8, ge=0, le=1000, description="Questions that may wait for the model.")
    queue_each: int = Field(default=4, ge=0, le=1000, description="How many of them may be of one asker.")
    conversation_turns: int = Field(default=4, ge=1, le=50, description="Turns of a conversation that are looked at.")
    conversation_hours: float = Field(default=24.0, gt=0, description="Hours until an idle conversation is deleted.")
    answers_days: float = Field(default=30.0, gt=0, description="Days until answers and their feedback are deleted.")
    slack: SlackSettings = SlackSettings()
    kakao: KakaoSettings = KakaoSettings()


class Settings(BaseSettings):
    """All of gisa's settings. Frozen: make another to change one."""

    model_config = SettingsConfigDict(
        env_prefix="GISA_", env_nested_delimiter="__", extra="forbid", frozen=True, populate_by_name=True
    )

    home: Path = Field(
        default_factory=lambda: user_data_path("gisa", appauthor=False), description="All that gisa writes."
    )
    articles: ArticleSettings = ArticleSettings()
    store: StoreSettings = StoreSettings()
    embedder: EmbedderSettings = EmbedderSettings()
    llm: LLMSettings = LLMSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    reader: ReaderSettings = ReaderSettings()
    answer: AnswerSettings = AnswerSettings()
    serve: ServeSettings = ServeSettings()

    @property
    def index_folder(self) -> Path:
        return self.home / "index"

    @property
    def replaced_folder(self) -> Path:
        """What articles were before others took their places."""
        return self.home / "replaced"

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits over everything that can change an answer (not where files lie, not secrets)."""
        told = self.model_dump_json(
            exclude={"home": True, "store": True, "serve": True, "llm": {"api_key", "timeout_s", "threads"}}
        )
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        home = os.environ.get("GISA_HOME")
        config = (Path(home) if home else user_data_path("gisa", appauthor=False)) / "config.toml"
        strays = InitSettingsSource(settings_cls, _strays(settings_cls))
        return init_settings, env_settings, strays, TomlConfigSettingsSource(settings_cls, config)


def _strays(settings_cls: type[BaseSettings]) -> dict[str, Any]:
    """Environment variables GISA_... that are no setting. pydantic-settings passes over them; as keys they are refused
    like any other unknown one."""
    known = {*settings_cls.model_fields, *_NOT_SETTINGS}
    ours = {name: name.casefold().removeprefix("gisa_") for name in os.environ if name.casefold().startswith("gisa_")}
    return {name: os.environ[name] for name, key in ours.items() if key.partition("__")[0] not in known}


def load_settings(**values: Any) -> Settings:
    """Settings from all sources. Raises SettingsError that names each key that is wrong."""
    try:
        return Settings(**values)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsError(
            f"Settings are wrong: {wrong}. Check GISA_ environment variables and config.toml in GISA_HOME.",
            f"설정이 잘못되었습니다: {wrong}. GISA_ 환경 변수와 GISA_HOME의 config.toml을 확인하세요.",
        ) from error
    except ValueError as error:  # a config.toml that is not TOML
        raise SettingsError(
            f"config.toml in GISA_HOME cannot be read: {error}. Correct or remove it.",
            f"GISA_HOME의 config.toml을 읽을 수 없습니다: {error}. 고치거나 지우세요.",
        ) from error
