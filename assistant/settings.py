"""Environment and an optional `assistant.toml` -> one frozen Settings object. The only reader of either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import (
    AliasChoices,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from assistant.addresses import without_password
from assistant.errors import SettingsError
from assistant.permission import check_allowed
from assistant.private import CONVERSATIONS, LIBRARIES
from assistant.toml_file import read_toml

CONFIG_FILE = Path("assistant.toml")
MOST_BYTES = 1_000_000
"""Of that file."""
_OF_FILE = "what the file says"


class Settings(BaseSettings):
    """Everything that can be set, with its default. Later sources lose: arguments, environment, `assistant.toml`."""

    model_config = SettingsConfigDict(
        env_prefix="ASSISTANT_",
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        env_ignore_empty=True,
    )

    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("footnote", appauthor=False)),
        description="Folder that holds the libraries and the conversations",
    )
    library: str = Field(
        default="default",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
        description="Name of the library that is indexed into and asked",
    )

    embedder: Literal["built-in", "openai"] = Field(default="built-in", description="What turns text into vectors")
    embedding_model: str = Field(default="text-embedding-3-small", description="Model used when embedder is openai")
    threads: int = Field(default=0, ge=0, le=256, description="Threads of the built-in models; 0 is one a core")

    read_seconds: float = Field(
        default=60.0, gt=0, description="Time that reading a file may take; a large one gets it for each 5 MB"
    )
    read_memory_mb: int = Field(default=2_000, ge=200, description="Memory that reading a file may take")
    passage_characters: int = Field(default=900, ge=200, le=4000, description="Length a passage is filled up to")
    evidence_count: int = Field(default=12, ge=1, le=100, description="Passages that are found for a question")
    reader: Literal["trained", "rules"] = Field(
        default="trained", description="What reads the passages: the built-in reading model, or rules alone"
    )
    reranker: str | None = Field(
        default=None, description="Name of a cross-encoder that orders the passages; needs sentence-transformers"
    )
    refusal_threshold: float | None = Field(
        default=None, ge=0, le=1, description="Refuse below this answerability; unset: the calibrated value"
    )

    llm: str | None = Field(default=None, description="Name of the language model; unset: answers are the sources' own")
    llm_timeout_seconds: float = Field(default=60.0, gt=0, description="Time budget for one answer of the model")
    llm_context_tokens: int = Field(default=16_000, ge=1_000, description="Window of the language model")
    llm_retries: int = Field(
        default=2, ge=0, le=10, description="How often a passing fault of the model server is tried again, in that time"
    )
    llm_seed: int = Field(default=0, ge=0, lt=2**31, description="Seed sent to the model, for servers that have one")
    llm_price_prompt: float | None = Field(default=None, ge=0, description="Price of a million tokens sent")
    llm_price_completion: float | None = Field(default=None, ge=0, description="Price of a million tokens written")
    llm_currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$", description="Currency of these prices")
    record: Path | None = Field(default=None, description="File to which each request to the model is appended")
    rewrite: Literal["auto", "always", "never"] = Field(
        default="auto", description="Whether the model words what is searched for; auto: follow-ups and other languages"
    )
    unsupported: Literal["show", "drop"] = Field(
        default="show", description="What is done with a model's claims that no sentence carries"
    )
    judge: bool = Field(default=False, description="Let the language model check its claims once more, in a request")
    openai_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("openai_api_key", "OPENAI_API_KEY"),
        description="Key of the model server; never printed",
    )
    openai_base_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("openai_base_url", "OPENAI_BASE_URL"),
        description="Address of an OpenAI-compatible server; unset: OpenAI itself",
    )

    @field_validator("data_dir", "record")
    @classmethod
    def _as_text(cls, path: Path | None) -> Path | None:
        try:
            str(path).encode()
        except UnicodeEncodeError:
            raise ValueError("the path is not UTF-8 text") from None
        return path

    _file: Path = PrivateAttr(default=CONFIG_FILE)
    _of_file: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def file(self) -> Path:
        """The `assistant.toml` that was read, or would have been, with its whole path."""
        return self._file

    @property
    def of_file(self) -> dict[str, str]:
        """What is in force because `file` says so, as text: neither an argument nor the environment says it."""
        return dict(self._of_file)

    def check_allowed(self, *names: str) -> None:
        """See that what the folder's file says of these settings may count, before it does.

        Raises:
            SettingsError: the user has not allowed it; the file, the value and the command that allows it are named.
        """
        check_allowed(self._file, {name: value for name, value in self._of_file.items() if name in names})

    @property
    def library_dir(self) -> Path:
        """Where this library's SQLite file and its two indexes lie."""
        return self.data_dir / LIBRARIES / self.library

    @property
    def conversations_file(self) -> Path:
        """The SQLite file that holds the chats, apart from the library: indexing anew loses no chat."""
        return self.data_dir / CONVERSATIONS / f"{self.library}.db"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, which wins over `assistant.toml`."""
        return init_settings, env_settings, _FolderFile(settings_cls)

    @model_validator(mode="wrap")
    @classmethod
    def _remember(cls, values: Any, handler: ModelWrapValidatorHandler[Settings]) -> Settings:
        of_file = values.pop(_OF_FILE, {}) if isinstance(values, dict) else {}
        settings = handler(values)
        settings._file = Path.cwd() / CONFIG_FILE
        settings._of_file = of_file
        return settings

    @field_serializer("openai_base_url", when_used="json")
    def _address(self, address: str | None) -> str | None:
        return address and without_password(address)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What is printed of the settings: no key, and no password of an address."""
        for name, value in super().__repr_args__():
            yield name, without_password(value) if name == "openai_base_url" and value else value


class _FolderFile(InitSettingsSource):
    """`assistant.toml` of the folder one stands in; and which of its settings are in force, for nobody says otherwise.

    Raises:
        SettingsError: it is no file that can be read.
    """

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        try:
            remedy = f"Correct {CONFIG_FILE}, then run: assistant doctor"
            _, values = read_toml(CONFIG_FILE, MOST_BYTES, SettingsError, remedy)
        except FileNotFoundError:
            values = {}
        super().__init__(settings_cls, values)

    def values(self) -> dict[str, str]:
        """What the file says, whoever else may say it, as text."""
        return {name: str(value) for name, value in super().__call__().items()}

    def __call__(self) -> dict[str, Any]:
        said = {name: value for name, value in super().__call__().items() if name not in self.current_state}
        return said | {_OF_FILE: {name: str(value) for name, value in said.items()}}


def load_settings(**overrides: Any) -> Settings:
    """Resolve the settings; `overrides` that are None are left to the other sources.

    Raises:
        SettingsError: a value is out of range or a name is unknown, and all problems are named at once; or the file of
            the folder names a data folder, and the user has not allowed it.
    """
    settings = _resolved(overrides)
    settings.check_allowed("data_dir")
    return settings


def read_file_settings() -> tuple[Path, dict[str, str]]:
    """The `assistant.toml` of this folder and what it says, as text, in force or not.

    Raises:
        SettingsError: it cannot be read.
    """
    return Path.cwd() / CONFIG_FILE, _FolderFile(Settings).values()


def _resolved(overrides: dict[str, Any]) -> Settings:
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        problems = "; ".join(f"{variable(str(e['loc'][0]))}: {e['msg']}" for e in error.errors())
        raise SettingsError(
            f"The settings cannot be used: {problems}.",
            f"Correct it on the command line, in the environment or in {CONFIG_FILE}, then run: assistant doctor",
        ) from None


def variable(field: str) -> str:
    """The environment variable of a setting, by its name in `Settings`."""
    if field.lower().startswith("openai"):
        return field.upper()
    return f"ASSISTANT_{field.upper()}" if field in Settings.model_fields else field
