"""The environment, read in one place: where things are kept and which keys are there.

Values come from the environment first, then `.env`, then `.streamlit/secrets.toml` in the checkout.
"""

import getpass
import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from core.errors import InputRefused
from core.loopback import is_loopback

CHECKOUT = Path(__file__).resolve().parent.parent
"""The folder of the checkout: the catalogue and the sample project ship in its `data/`."""

SHIPPED_DATA = CHECKOUT / "data"
"""What ships with the code: `models.json` and `sample/`."""

LONGEST_NAME = 80
"""Characters of a person's name."""


def _folder(value: str | Path) -> Path:
    """The absolute path of a folder, which may still have to be made."""
    folder = Path(value).expanduser().resolve()
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    return folder


Folder = Annotated[Path, BeforeValidator(_folder)]


def _url(value: str) -> str:
    """An address without a slash at its end; plain http only on this computer."""
    parts = urlsplit(value.strip().rstrip("/"))
    if not parts.hostname or parts.scheme not in ("http", "https") or parts.username or parts.query:
        raise ValueError("it is not the address of a server")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("it must begin with https://")
    return parts.geturl()


Url = Annotated[str, BeforeValidator(_url)]


def _webhook(value: str | SecretStr) -> str:
    """The address of a webhook: whole, since its path and query are its secret."""
    address = value.get_secret_value() if isinstance(value, SecretStr) else value.strip()
    base, _, _ = address.partition("?")
    _url(base)
    if not address.isascii() or not address.isprintable() or " " in address:
        raise ValueError("it is not the address of a server")
    return address


def as_name(value: str) -> str:
    """A person's name, on one line. Raises ValueError."""
    name = " ".join(value.split())
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"it is not a name of at most {LONGEST_NAME} characters")
    return name


def _login_name() -> str:
    """The name of the account that runs this; "" where accounts have none."""
    try:
        return as_name(getpass.getuser())
    except (OSError, KeyError, ImportError, ValueError):  # no such account, as in some containers
        return ""


class Settings(BaseModel):
    """Everything the environment decides. Keys never show in a repr."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Folder = SHIPPED_DATA
    """Folder with projects, ledger and caches. `STILLMOTION_DATA`."""
    fal_key: SecretStr | None = None
    """Key that orders takes at fal.ai. `FAL_KEY`."""
    fal_admin_key: SecretStr | None = None
    """Key that reads the bill at fal.ai. `FAL_ADMIN_KEY`."""
    fal_queue_url: Url = "https://queue.fal.run"
    """Where requests are queued. `STILLMOTION_FAL_QUEUE_URL`."""
    fal_rest_url: Url = "https://rest.fal.ai"
    """Where uploads are allowed. `STILLMOTION_FAL_REST_URL`."""
    fal_cdn_url: Url = "https://v3.fal.media"
    """Where stills are uploaded to. `STILLMOTION_FAL_CDN_URL`."""
    fal_api_url: Url = "https://api.fal.ai/v1"
    """Where history, prices and bills are read. `STILLMOTION_FAL_API_URL`."""
    fal_pace: float = Field(default=1.0, gt=0, le=10)
    """Factor on every wait between calls to fal.ai; rehearsals use little. `STILLMOTION_FAL_PACE`."""
    max_still_megapixels: float = Field(default=100.0, gt=0)
    """A still with more pixels than this, in millions, is refused. `STILLMOTION_MAX_STILL_MEGAPIXELS`."""

    person: Annotated[str, AfterValidator(as_name)] = Field(default_factory=_login_name)
    """Who orders takes here, for the ledger; the account's own name unless set. `STILLMOTION_PERSON`."""

    webhook_url: Annotated[SecretStr, BeforeValidator(_webhook)] | None = None
    """Where alerts are told, in Slack's incoming form; a secret. `STILLMOTION_WEBHOOK_URL`."""

    @property
    def rehearsal(self) -> bool:
        """Whether fal.ai is played by this computer, so that nothing is charged."""
        return is_loopback(urlsplit(self.fal_queue_url).hostname or "")


NAMES: Mapping[str, str] = {
    "data": "STILLMOTION_DATA",
    "fal_key": "FAL_KEY",
    "fal_admin_key": "FAL_ADMIN_KEY",
    "fal_queue_url": "STILLMOTION_FAL_QUEUE_URL",
    "fal_rest_url": "STILLMOTION_FAL_REST_URL",
    "fal_cdn_url": "STILLMOTION_FAL_CDN_URL",
    "fal_api_url": "STILLMOTION_FAL_API_URL",
    "fal_pace": "STILLMOTION_FAL_PACE",
    "max_still_megapixels": "STILLMOTION_MAX_STILL_MEGAPIXELS",
    "person": "STILLMOTION_PERSON",
    "webhook_url": "STILLMOTION_WEBHOOK_URL",
}
"""Field of Settings → its name in the environment."""


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in force. Raises InputRefused when a value cannot be used."""
    values = _merged(os.environ if environment is None else environment)
    found = {field: values[name] for field, name in NAMES.items() if values.get(name, "").strip()}
    try:
        return Settings.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        broken = NAMES.get(str(first["loc"][0]), "A setting") if first["loc"] else "A setting"
        reason = first["msg"].removeprefix("Value error, ")
        raise InputRefused(
            f"{broken} has a value that cannot be used: {reason}.",
            remedy="Correct it in the environment, in .env or in .streamlit/secrets.toml.",
        ) from error


def _merged(environment: Mapping[str, str]) -> dict[str, str]:
    return {**_from_files(), **environment}


@cache
def _from_files() -> dict[str, str]:
    """Values from `.streamlit/secrets.toml` and, stronger, `.env`."""
    found: dict[str, str] = {}
    secrets = CHECKOUT / ".streamlit" / "secrets.toml"
    if secrets.is_file():
        try:
            table = tomllib.loads(secrets.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputRefused(
                ".streamlit/secrets.toml is not valid TOML.", remedy="Correct the file, or remove it."
            ) from error
        found |= {key: str(value) for key, value in table.items() if isinstance(value, str | int | float)}
    dotenv = CHECKOUT / ".env"
    if dotenv.is_file():
        found |= {key: value for key, value in dotenv_values(dotenv).items() if value is not None}
    return found
