"""Settings, read once from `LAKEHOUSE_*` variables or a `.env` file."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from agentic_lakehouse.errors import SettingsInvalid

PACKAGE = Path(__file__).parent
SHIPPED = PACKAGE.parent if (PACKAGE.parent / "prompts").is_dir() else PACKAGE / "_shipped"
"""Where `prompts/` and `data/` stand: beside the package in a checkout, inside it in a wheel."""


class Settings(BaseSettings):
    """Where things are and which model and engine do the work."""

    model_config = SettingsConfigDict(
        env_prefix="LAKEHOUSE_", env_file=".env", extra="ignore", frozen=True, use_attribute_docstrings=True
    )

    home: Path = Path(".lakehouse")
    """Warehouse, catalog database and Dagster history, unless set apart."""
    landing: str = "data/landing"
    """Folder or fsspec URL with `<vendor>/<feed>/<file>`."""
    vendors: Path = SHIPPED / "data" / "vendors"
    """Folder of `<vendor>.yaml` files."""
    prompts: Path = SHIPPED / "prompts"
    standard: Path = SHIPPED / "data" / "contracts" / "product_core.odcs.yaml"
    policy: Path = SHIPPED / "data" / "policies" / "default.yaml"
    rules: Path = SHIPPED / "data" / "rules"
    """Folder of rule sets, `*.yaml` each; what stands in folders below it is not read."""
    catalog_uri: str = ""
    """SQLAlchemy URL of the catalog database; SQLite in `home` by default."""
    warehouse: str = ""
    """Folder or fsspec URL for tables and kept bytes; a folder in `home` by default."""
    model: str = "embedded"
    """`embedded`, a pydantic-ai model name, or a comma-separated ladder of them, weakest first."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server, for `openai-chat:<name>`."""
    model_timeout_seconds: float = Field(default=120.0, gt=0)
    model_context: int = Field(default=32_000, ge=1_000)
    """Tokens that one question and its answer may have; a longer one is asked in batches of columns."""
    model_turns: int = Field(default=4, ge=0)
    """How often a model may look at rows, columns, terms or a tried expression before it maps a feed; 0 for never."""
    replay: Literal["", "journal"] = ""
    """`journal`: models are answered for by the journal alone, so that a past run comes out the same without any."""
    engine: Literal["auto", "local", "spark"] = "auto"
    memory_limit: str = "2GB"
    """Most memory that one SQL statement may use."""
    query_timeout_seconds: float = Field(default=300.0, gt=0)
    budget_calls: int | None = Field(default=None, ge=0)
    """Most model calls in one run of one feed."""
    budget_tokens: int | None = Field(default=None, ge=0)
    """Most input and output tokens in one run of one feed."""
    budget_usd: float | None = Field(default=None, ge=0)
    """Most money in one run of one feed; a call whose price is unknown is not stopped by it."""
    budget_feed_calls: int | None = Field(default=None, ge=0)
    budget_feed_tokens: int | None = Field(default=None, ge=0)
    budget_feed_usd: float | None = Field(default=None, ge=0)
    """The same for one feed in a day (UTC), whatever the run."""
    budget_day_calls: int | None = Field(default=None, ge=0)
    budget_day_tokens: int | None = Field(default=None, ge=0)
    budget_day_usd: float | None = Field(default=None, ge=0)
    """The same for all feeds in a day (UTC)."""
    webhook_url: SecretStr = SecretStr("")
    """Where changes of a feed's state are posted as JSON; whoever knows the address may write there."""
    webhook_secret: SecretStr = SecretStr("")
    """Key of the HMAC-SHA256 that signs what is posted."""
    smtp_host: str = ""
    """Mail server that sends the same by mail."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """465 for TLS from the first byte."""
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = ""
    smtp_to: str = ""
    """Comma-separated addresses."""
    smtp_starttls: bool = True
    """Whether TLS is asked for before anything is said; a server that has none is sent nothing."""
    notify_timeout_seconds: float = Field(default=5.0, gt=0)
    """How long a channel may take for one notice."""

    @cached_property
    def home_path(self) -> Path:
        """`home`, absolute: Dagster needs it so."""
        return self.home.expanduser().resolve()

    @property
    def catalog_url(self) -> str:
        """SQLAlchemy URL of the catalog database."""
        return self.catalog_uri or f"sqlite:///{self.home_path / 'catalog.db'}"

    @property
    def warehouse_uri(self) -> str:
        """Root of tables and kept bytes, without a trailing slash."""
        return (self.warehouse or str(self.home_path / "warehouse")).rstrip("/")

    @property
    def ladder(self) -> tuple[str, ...]:
        """Model names, weakest first."""
        return tuple(name.strip() for name in self.model.split(",") if name.strip())


class ReviewSettings(BaseSettings):
    """The one secret of those who decide. No part of `Settings`: what runs feeds, models and tools never holds it."""

    model_config = SettingsConfigDict(env_prefix="LAKEHOUSE_", env_file=".env", extra="ignore", frozen=True)

    review_token: SecretStr | None = None


def load_review_token() -> SecretStr | None:
    """Read the token that deciding needs; only what a person decides by may ask for it."""
    found = ReviewSettings().review_token
    return found if found is not None and found.get_secret_value() else None


class OpenMetadataSettings(BaseSettings):
    """What the import of a standard needs, and nothing else may see."""

    model_config = SettingsConfigDict(
        env_prefix="LAKEHOUSE_OPENMETADATA_", env_file=".env", extra="ignore", frozen=True
    )

    token: SecretStr | None = None


def load_openmetadata_token() -> SecretStr | None:
    """Read the token of the OpenMetadata server that standards are imported from."""
    found = OpenMetadataSettings().token
    return found if found is not None and found.get_secret_value() else None


def forget_review_token() -> SecretStr | None:
    """Take the token out of this process's environment, and out of that of its children: what runs feeds never has it.

    Returns:
        What was set; `None` where nothing was.
    """
    found = os.environ.pop("LAKEHOUSE_REVIEW_TOKEN", "")
    return SecretStr(found) if found else None


def load_settings(**overrides: object) -> Settings:
    """Read settings from the environment.

    Raises:
        SettingsInvalid: a value does not fit; names the variable.
    """
    try:
        return Settings(**{k: v for k, v in overrides.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsInvalid(
            f"LAKEHOUSE_{name} is not right: {first['msg']}.", hint=f"Mend or unset LAKEHOUSE_{name}.", setting=name
        ) from error
