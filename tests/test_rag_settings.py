"""Where settings come from, what is refused, and what their fingerprint tells apart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from rag.errors import SettingsError
from rag.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty GISA_HOME, and nothing else told."""
    for name in os.environ:
        if name.upper().startswith("GISA_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    return tmp_path


def config(home: Path, text: str) -> None:
    (home / "config.toml").write_text(text, encoding="utf-8")


class TestSources:
    def test_defaults(self, home: Path) -> None:
        settings = load_settings()
        assert settings.home == home
        assert settings.index_folder == home / "index"
        assert settings.embedder.model == "multilingual-e5-small"
        assert settings.llm.base_url is None
        assert settings.llm.api_key is None

    def test_home_without_the_variable(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("GISA_HOME")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        assert load_settings().home == tmp_path / "data" / "gisa"

    def test_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GISA_LLM__BASE_URL", "http://localhost:11434/v1")
        monkeypatch.setenv("GISA_LLM__API_KEY", "s3cret")
        monkeypatch.setenv("GISA_ANSWER__EVIDENCE_SENTENCES", "3")
        settings = load_settings()
        assert settings.llm.base_url == "http://localhost:11434/v1"
        assert settings.llm.api_key is not None
        assert settings.llm.api_key.get_secret_value() == "s3cret"
        assert settings.answer.evidence_sentences == 3

    def test_config_file(self, home: Path) -> None:
        config(home, '[llm]\nmodel = "exaone"\ntimeout_s = 12.5\n[retrieval]\ncandidates = 40\n')
        settings = load_settings()
        assert settings.llm.model == "exaone"
        assert settings.llm.timeout_s == 12.5
        assert settings.retrieval.candidates == 40

    def test_the_first_that_says_something_wins(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        config(home, "[answer]\nevidence_sentences = 2\nquestion_characters = 100\n[llm]\nmax_tokens = 50\n")
        monkeypatch.setenv("GISA_ANSWER__EVIDENCE_SENTENCES", "3")
        monkeypatch.setenv("GISA_LLM__MAX_TOKENS", "60")
        settings = load_settings(llm={"max_tokens": 70})
        assert settings.answer.question_characters == 100  # the file
        assert settings.answer.evidence_sentences == 3  # the environment before the file
        assert settings.llm.max_tokens == 70  # arguments before both

    def test_a_secret_is_not_printed(self) -> None:
        settings = load_settings(llm={"api_key": "s3cret"})
        assert "s3cret" not in repr(settings)
        assert "s3cret" not in settings.model_dump_json()

    def test_frozen(self) -> None:
        settings = load_settings()
        with pytest.raises(ValueError, match="frozen"):
            settings.home = Path("/elsewhere")  # type: ignore[misc]
        with pytest.raises(ValueError, match="frozen"):
            settings.llm.model = "other"  # type: ignore[misc]


class TestWrong:
    """Each names the key and is one line in both languages."""

    def refused(self, key: str, **values: Any) -> None:
        with pytest.raises(SettingsError) as caught:
            load_settings(**values)
        error = caught.value
        assert error.exit_code == 2
        for line in (error.en, error.ko):
            assert key in line
            assert "\n" not in line
            assert "config.toml" in line

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ('[llm]\nmodell = "x"\n', "llm.modell"),
            ('hoem = "/tmp"\n', "hoem"),
            ("[answer]\nevidence_sentences = 0\n", "answer.evidence_sentences"),
            ('[llm]\ntimeout_s = "soon"\n', "llm.timeout_s"),
            ('[embedder]\nprecision = "float8"\n', "embedder.precision"),
        ],
    )
    def test_in_the_file(self, home: Path, text: str, key: str) -> None:
        config(home, text)
        self.refused(key)

    @pytest.mark.parametrize(
        ("name", "value", "key"),
        [
            ("GISA_LLM__MODELL", "x", "llm.modell"),
            ("GISA_LLM__MAX_TOKENS", "-1", "llm.max_tokens"),
            ("GISA_RETRIEVAL__CANDIDATES", "many", "retrieval.candidates"),
            ("GISA_LLMM__MODEL", "x", "GISA_LLMM__MODEL"),
            ("GISA_MODEL", "x", "GISA_MODEL"),
            ("gisa_hoem", "/tmp", "gisa_hoem"),
        ],
    )
    def test_in_the_environment(self, monkeypatch: pytest.MonkeyPatch, name: str, value: str, key: str) -> None:
        monkeypatch.setenv(name, value)
        self.refused(key)

    def test_all_strays_of_the_environment_are_named_without_their_values(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GISA_LLMM__API_KEY", "s3cret")
        monkeypatch.setenv("GISA_LLM__MODELL", "x")
        self.refused("GISA_LLMM__API_KEY")
        self.refused("llm.modell")
        with pytest.raises(SettingsError) as caught:
            load_settings()
        assert "s3cret" not in caught.value.en + caught.value.ko

    @pytest.mark.parametrize("name", ["GISA_LANG", "GISA_DEBUG", "GISAXX", "NOT_GISA_MODEL"])
    def test_variables_that_are_no_settings_are_let_be(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setenv(name, "ko")
        assert load_settings().llm.base_url is None

    def test_as_argument(self) -> None:
        self.refused("retrieval.weight", retrieval={"weight": 1})
        self.refused("colour", colour="red")

    def test_all_wrong_keys_are_named_at_once(self, home: Path) -> None:
        config(home, "[llm]\nmodell = 1\n[answer]\nsentences = 2\n")
        self.refused("llm.modell")
        self.refused("answer.sentences")

    @pytest.mark.parametrize("text", ["[llm\n", "llm = \n", "= 3\n"])
    def test_a_file_that_is_not_toml(self, home: Path, text: str) -> None:
        config(home, text)
        self.refused("config.toml")

    def test_a_file_that_is_not_text(self, home: Path) -> None:
        (home / "config.toml").write_bytes(b"\xff\xfe\x00[llm]")
        self.refused("config.toml")


class TestFingerprint:
    def test_is_twelve_hex_digits_and_stable(self) -> None:
        first = Settings(home=Path("/a")).fingerprint
        assert len(first) == 12
        assert int(first, 16) >= 0
        assert first == Settings(home=Path("/a")).fingerprint

    @pytest.mark.parametrize(
        "values",
        [
            {"home": Path("/elsewhere")},
            {"llm": {"api_key": "s3cret"}},
            {"llm": {"timeout_s": 5}},
            {"llm": {"threads": 1}},
        ],
    )
    def test_the_same(self, values: dict[str, Any]) -> None:
        assert load_settings(**values).fingerprint == load_settings().fingerprint

    @pytest.mark.parametrize(
        "values",
        [
            {"llm": {"model": "exaone"}},
            {"llm": {"base_url": "http://localhost:11434/v1"}},
            {"llm": {"max_tokens": 80}},
            {"embedder": {"model": "intfloat/multilingual-e5-large"}},
            {"embedder": {"precision": "float32"}},
            {"retrieval": {"candidates": 50}},
            {"retrieval": {"names_weight": 0.5}},
            {"answer": {"evidence_sentences": 3}},
        ],
    )
    def test_another(self, values: dict[str, Any]) -> None:
        assert load_settings(**values).fingerprint != load_settings().fingerprint


def test_serve_settings_do_not_change_the_fingerprint(tmp_path: Path) -> None:
    plain = Settings(home=tmp_path)
    assert Settings(home=tmp_path, serve={"port": 1, "queue_length": 3}).fingerprint == plain.fingerprint  # type: ignore[arg-type]
